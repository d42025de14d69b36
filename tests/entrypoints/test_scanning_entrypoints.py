"""Scanner sessions as people and devices reach them: by command, and over HTTP by a robot."""

import asyncio
from itertools import groupby
from pathlib import Path
from random import Random

import httpx
import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

from batch_driver import EAGER, batched, packed_and_away, released
from fulfillment.domain.errors import StaleScan
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.scan_sessions import ScanRequest
from fulfillment.entrypoints import cli
from fulfillment.entrypoints.http.app import make_app
from fulfillment.operations import floor, pick_batches
from fulfillment.records import PickRecord
from fulfillment.simulation.robots import AT_ONCE, Diary, Surroundings
from fulfillment.simulation.scenario import Act, Script
from fulfillment.simulation.staff import Floor
from fulfillment.simulation.ways_http import ByHttp
from histories import audited_plant
from http_shop import API_KEYS, KEYS
from plant import BERLIN, Plant, eventually


async def run(shop: Plant, *arguments: str, given: str = "") -> Result:
    """Run a command; in a thread, since the shop's worker lives in this one's loop."""
    target = shop.client.service_client.config.target_host
    variables = {
        "FULFILLMENT_DATA_DIR": str(shop.settings.data_dir),
        "FULFILLMENT_TASK_QUEUE": shop.settings.task_queue,
        "FULFILLMENT_DEVICE": "keyboard",
        "TEMPORAL_ADDRESS": target,
        "TEMPORAL_CONFIG_FILE": str(shop.settings.data_dir / "none.toml"),
    }
    runner = CliRunner(env=variables)
    return await asyncio.to_thread(lambda: runner.invoke(cli.app, list(arguments), input=given))


def codes(picks: tuple[PickRecord, ...]) -> list[str]:
    """Return what a scanner reads on a walk."""
    read = []
    for bin_id, there in groupby(picks, lambda pick: pick.bin_id):
        read.append(bin_id)
        for pick in there:
            read += [pick.sku, *([str(pick.quantity)] if pick.quantity > 1 else []), pick.tote]
    return read


async def test_a_batch_is_picked_by_commands_and_sorted_over_http(
    client: Client, tmp_path: Path
) -> None:
    """Line by line from standard input; a robot fills the wall, and finds one wrong item."""
    async with audited_plant(client, tmp_path, **EAGER, api_keys=API_KEYS) as shop:
        placed = [await released(shop, "scan", ("MUG", 2), ("BOOK", n)) for n in (1, 3)]
        batch_id = await batched(shop, *(share for _, share in placed))
        picks = (await pick_batches.show_batch(shop.engine, batch_id)).picks
        read = codes(picks)
        begun = await run(shop, "scan", "start", batch_id, "--as", "ann")
        assert begun.stdout == f"0 of {len(picks)}: go to bin {picks[0].bin_id} and scan it\n"
        wrong = await run(shop, "scan", "item", "MUG", "--as", "ann")
        assert (wrong.exit_code, f"expected bin {read[0]}" in wrong.stderr) == (1, True)
        torn = ("--supervisor", "eva", "--reason", "torn label")
        seen = await run(shop, "scan", "override", "--as", "ann", *torn)
        assert seen.stdout.startswith("bin is right\n")
        undone = await run(shop, "scan", "undo", "--as", "ann")
        assert "undone" in undone.stdout
        worked = await run(
            shop, "scan", "work", batch_id, "--as", "ann", given="\n".join(["PIANO", *read])
        )
        assert (worked.exit_code, worked.stdout.count("taken")) == (
            0,
            sum(1 + (pick.quantity > 1) for pick in picks),
        )
        assert "expected bin" in worked.stderr
        assert "close the session" in (await run(shop, "scan", "next", "--as", "ann")).stdout
        closed = await run(shop, "scan", "close", "--as", "ann")
        assert f"{batch_id}-pick is closed" in closed.stdout

        transport = httpx.ASGITransport(app=make_app(shop.engine, shop.settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as service:
            await sorted_by_robot(shop, ByHttp(service, KEYS, shop.engine), placed[0][0].order_id)
            late = ScanRequest(scan_no=99, code="MUG", by="ann", device="keyboard")
            with pytest.raises(StaleScan):
                await ByHttp(service, KEYS, shop.engine).send_scan(f"{batch_id}-pick", late)
        for order, share in placed:
            assert await packed_and_away(order, share) == "completed"


async def sorted_by_robot(shop: Plant, way: ByHttp, order_id: str) -> None:
    """Have a robot sort a batch; with one order it first scans something wrong."""
    around = Surroundings(
        way=way,
        clock=shop.engine.clock,
        rng=Random(1),
        diary=Diary(),
        pace=AT_ONCE,
        scripts={order_id: Script(order_id=order_id, acts=(Act.WRONG_PICK,))},
    )
    shift = asyncio.create_task(Floor(around, BERLIN, ("Sam",)).run())

    async def done() -> bool:
        return not await floor.list_tasks(shop.engine, kind=TaskKind.SORT)

    await eventually(done)
    shift.cancel()
    await asyncio.gather(shift, return_exceptions=True)
    assert {"wrong scan": 1} == around.diary.refusals(order_id)
