"""Manifests and scans at the dock, by command and over HTTP, on a real server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner, Result

import plant as plants
from activities.manifest_places import manifest_at
from floor_driver import Share, place
from fulfillment import bootstrap
from fulfillment.domain.access import Role
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.manifests import ManifestParcel
from fulfillment.entrypoints import cli
from fulfillment.settings import Settings
from fulfillment.temporal.dev_server import start_dev_server
from histories import audited_plant
from http_shop import KEYS, app_of, client_of

EARLIER = datetime(2026, 3, 2, 16, tzinfo=UTC)


@pytest.fixture(scope="module")
async def dock_shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[plants.Plant]:
    """Give a shop whose parcels are fetched by manifest.

    On a server of its own, since a day ends once: another shop's may be over.
    """
    folder = tmp_path_factory.mktemp("dock")
    async with await start_dev_server(None, ui=False) as server:
        client = await bootstrap.connect(Settings(), server.address)
        async with audited_plant(client, folder, pickups="manifest") as shop:
            yield shop


async def run(shop: plants.Plant, *arguments: str) -> Result:
    """Run a command; in a thread, since the shop's worker lives in this one's loop."""
    variables = {
        "FULFILLMENT_DATA_DIR": str(shop.settings.data_dir),
        "FULFILLMENT_TASK_QUEUE": shop.settings.task_queue,
        "TEMPORAL_ADDRESS": str(shop.client.service_client.config.target_host),
        "TEMPORAL_CONFIG_FILE": str(shop.settings.data_dir / "none.toml"),
    }
    runner = CliRunner(env=variables)
    return await asyncio.to_thread(lambda: runner.invoke(cli.app, list(arguments)))


async def labeled(shop: plants.Plant) -> tuple[Share, ManifestParcel]:
    """Return a share that waits for its pickup, and its parcel."""
    share = await (await place(shop, "dock", ("MUG", 1))).share()
    await share.to(Stage.AWAITING_PICKUP)
    name = share.fulfillment_id
    [parcel] = await shop.read(lambda tx: tx.manifests.of_fulfillment(name))
    return share, parcel


async def with_late_manifest(shop: plants.Plant, carrier: str) -> str:
    """Open a manifest whose cut-off is long past, and return its id."""
    late = manifest_at(plants.WAREHOUSES[0], carrier, EARLIER)
    async with shop.database.writing() as tx:
        await tx.manifests.at_cut_off(late)
    return late.manifest_id


async def closed(shop: plants.Plant, manifest_id: str) -> bool:
    """Return whether a manifest is closed."""
    found = await shop.read(lambda tx: tx.manifests.get(manifest_id))
    return found.closed_at is not None


async def test_the_dock_by_commands(dock_shop: plants.Plant) -> None:
    """A day is ended, manifests are listed and shown, parcels scanned; wrong ones are refused."""
    share, parcel = await labeled(dock_shop)
    manifest, number = str(parcel.manifest_id), parcel.tracking_number
    listed = await run(dock_shop, "manifests", "--warehouse", plants.BERLIN)
    assert (0, True) == (listed.exit_code, manifest in listed.stdout)
    shown = await run(dock_shop, "manifests", "show", manifest)
    assert all(text in shown.stdout for text in (number, share.fulfillment_id, "no"))
    alone = await run(dock_shop, "hand-over", "scan", manifest)
    assert (2, True) == (alone.exit_code, "a MANIFEST and a BARCODE" in alone.stderr)
    wrong = await run(dock_shop, "hand-over", "scan", "--carrier", "skyway", number, "--as", "ann")
    assert (1, True) == (wrong.exit_code, "keep it back for overland" in wrong.stderr)
    done = await run(dock_shop, "hand-over", "scan", manifest, number, "--as", "ann")
    assert f"{share.fulfillment_id} is complete" in done.stdout
    await share.at(Stage.IN_TRANSIT)
    again = await run(dock_shop, "hand-over", "scan", manifest, number, "--as", "bob", "--json")
    assert (1, True) == (again.exit_code, "scanned by ann" in again.stderr)
    shown = await run(dock_shop, "manifests", "show", manifest, "--json")
    assert '"handed_over_by": "ann"' in shown.stdout

    carrier = f"command-{dock_shop.settings.task_queue}"
    late = await with_late_manifest(dock_shop, carrier)
    ended = await run(dock_shop, "end-of-day", plants.BERLIN, carrier)
    assert f"end-of-day/BER/{carrier}/2026-03-02T16:00:00Z is under way" in ended.stdout
    await plants.eventually(lambda: closed(dock_shop, late))
    for _ in range(2):
        early = await run(dock_shop, "manifests", "close", manifest)
        assert f"end-of-day/BER/{parcel.carrier_id}/" in early.stdout
    await plants.eventually(lambda: closed(dock_shop, manifest))
    made = await run(dock_shop, "setup", "end-of-day")
    assert "end-of-day/RTM/overland" in made.stdout
    nobody = await run(dock_shop, "end-of-day", plants.BERLIN, "overlnd")
    assert (1, True) == (nobody.exit_code, "correct the id" in nobody.stderr)


async def test_the_dock_over_http(dock_shop: plants.Plant) -> None:
    """The floor looks and scans; operations alone end a day."""
    share, parcel = await labeled(dock_shop)
    floor = client_of(app_of(dock_shop), KEYS[Role.FLOOR])
    office = client_of(app_of(dock_shop), KEYS[Role.OPERATIONS])
    listed = await floor.get("/v1/manifests", params={"carrier": "overland", "state": "open"})
    assert parcel.manifest_id in [each["manifest_id"] for each in listed.json()]
    body = {"code": parcel.tracking_number, "carrier_id": "overland", "warehouse_id": "RTM"}
    wrong = await floor.post("/v1/hand-over/scans", json=body)
    assert (409, "warehouse") == (wrong.status_code, wrong.json()["problems"][0]["path"])
    neither = await floor.post("/v1/hand-over/scans", json={"code": "x"})
    assert "either a manifest_id or a carrier_id" in neither.text
    body = {"code": parcel.tracking_number, "manifest_id": str(parcel.manifest_id)}
    done = await floor.post("/v1/hand-over/scans", json=body)
    assert (200, 0) == (done.status_code, done.json()["left_of_fulfillment"])
    await share.at(Stage.IN_TRANSIT)
    shown = (await floor.get(f"/v1/manifests/{parcel.manifest_id}")).json()
    assert all(each["handed_over_at"] for each in shown["parcels"])

    carrier = f"http-{dock_shop.settings.task_queue}"
    late = await with_late_manifest(dock_shop, carrier)
    wanted = {"warehouse_id": plants.BERLIN, "carrier_id": carrier}
    assert 403 == (await floor.post("/v1/end-of-day", json=wanted)).status_code
    ended = await office.post("/v1/end-of-day", json=wanted)
    assert f"end-of-day/BER/{carrier}/2026-03-02T16:00:00Z" in ended.json()["workflow_ids"]
    await plants.eventually(lambda: closed(dock_shop, late))
    assert 403 == (await floor.post(f"/v1/manifests/{late}/close")).status_code
    again = await office.post(f"/v1/manifests/{late}/close")
    assert [f"end-of-day/BER/{carrier}/2026-03-02T16:00:00Z"] == again.json()["workflow_ids"]
    missing = await floor.get("/v1/manifests/MF-none")
    assert (404, "not_found") == (missing.status_code, missing.json()["code"])
