"""Pick batches by command and over HTTP, on a real server."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from temporalio.client import Client
from typer.testing import CliRunner

import plant as plants
from batch_driver import EAGER, packed_and_away, released
from fulfillment.domain.access import Role
from fulfillment.domain.lifecycle import Stage
from fulfillment.entrypoints import cli
from histories import audited_plant
from http_shop import KEYS, app_of, client_of


@pytest.fixture(scope="module")
async def floor_shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop that picks in batches."""
    async with audited_plant(client, tmp_path_factory.mktemp("asked"), **EAGER) as shop:
        yield shop


@pytest.fixture
def http(floor_shop: plants.Plant) -> AsyncClient:
    """Give a client of the floor."""
    return client_of(app_of(floor_shop), KEYS[Role.FLOOR])


async def command(shop: plants.Plant, client: Client, *arguments: str) -> str:
    """Run a command as in a shell; it must succeed."""
    variables = {
        "FULFILLMENT_DATA_DIR": str(shop.settings.data_dir),
        "FULFILLMENT_TASK_QUEUE": shop.settings.task_queue,
        "FULFILLMENT_FLOOR_PLAN_EVERY": "P1D",
        "TEMPORAL_ADDRESS": str(client.service_client.config.target_host),
        "TEMPORAL_CONFIG_FILE": str(shop.settings.data_dir / "none.toml"),
    }
    runner = CliRunner(env=variables)
    done = await asyncio.to_thread(runner.invoke, cli.app, ["floor", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


async def test_a_batch_by_commands(floor_shop: plants.Plant, client: Client) -> None:
    """Planned, listed, shown, given to somebody, closed, and sorted."""

    async def said(*arguments: str) -> str:
        return await command(floor_shop, client, *arguments)

    placed = [await released(floor_shop, "by-command", ("MUG", 1), ("SOAP", 1)) for _ in range(2)]
    planned = json.loads(await said("plan", plants.BERLIN, "--json"))[plants.BERLIN]
    [batch_id] = [batch["batch_id"] for batch in planned["batches"]]
    assert "RTM: no batch was formed" in await said("plan")
    assert batch_id in await said("batches")
    assert json.loads(await said("batches", "--json", "--all"))[0]["batch_id"] == batch_id
    assert f"pick of batch {batch_id}" in await said("show", f"{batch_id}-pick")
    assert "given to ann" in await said("batch", "assign", batch_id, "--to", "ann")
    shown = await said("batch", "show", batch_id)
    assert all(word in shown for word in ("BER-A0-01", "T01", "S001", placed[0][0].order_id))
    assert "now sorting" in await said("batch", "close-picking", batch_id, "--as", "ann")
    assert "put into slot" in await said("show", f"{batch_id}-sort")
    assert "now sorted" in await said("batch", "close-sorting", batch_id, "--as", "bob")
    for order, share in placed:
        assert await packed_and_away(order, share) == "completed"


async def test_a_batch_over_http(floor_shop: plants.Plant, http: AsyncClient) -> None:
    """The same over HTTP; a second closing of the same session gets the first answer."""
    order, share = await released(floor_shop, "by-http", ("BOOK", 1))
    planned = await http.post("/v1/batches/plan", json={"warehouse_id": plants.BERLIN})
    [batch_id] = [batch["batch_id"] for batch in planned.json()["batches"]]
    await share.at(Stage.PICKING)
    listed = await http.get("/v1/batches", params={"warehouse": plants.BERLIN})
    assert [batch["batch_id"] for batch in listed.json()] == [batch_id]
    walk = (await http.get(f"/v1/batches/{batch_id}")).json()["picks"]
    assert [(pick["sku"], pick["quantity"], pick["picked"]) for pick in walk] == [("BOOK", 1, 0)]
    given = await http.post(f"/v1/batches/{batch_id}/assign", json={"to": None})
    assert given.json()["message"] == "picking is given to the pool"
    body = {"by": "ann", "session_id": "scan-1"}
    answers = [
        (await http.post(f"/v1/batches/{batch_id}/close-picking", json=body)).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    closed = await http.post(f"/v1/batches/{batch_id}/close-sorting", json={})
    assert closed.json()["stage"] == "sorted"
    assert await packed_and_away(order, share) == "completed"
    none = await http.post("/v1/put-backs/none/confirm", json={})
    assert (none.status_code, none.json()["code"]) == (404, "not_found")
    unknown = await http.post("/v1/batches/plan", json={"warehouse_id": "MUC"})
    assert unknown.status_code == 404
    again = await http.post(f"/v1/batches/{batch_id}/close-picking", json={"by": "eve"})
    assert "nothing is left to do" in again.text
