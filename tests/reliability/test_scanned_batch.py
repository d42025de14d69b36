"""A batch is picked and sorted by scans, while scanners change hands and workers are killed."""

from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from batch_driver import EAGER, batched, packed_and_away, released
from floor_driver import Placed, Share
from fulfillment.domain.errors import StaleScan
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.scans import ScanKind
from fulfillment.messages import Closing, PickBatchRequest
from fulfillment.operations import floor, pick_batches
from fulfillment.operations.recounts import recount
from fulfillment.temporal.dev_server import DevServer
from scanner_driver import Scanner
from sites import site, whats_wrong

WISHES = {
    "a": (("MUG", 2), ("BOOK", 1)),
    "b": (("MUG", 1), ("SOAP", 2)),
    "c": (("BOOK", 2), ("RARE1", 1)),
    "gone": (("MUG", 1), ("BOOK", 1)),
}


async def begin(ann: Scanner, batch_id: str, gone: Placed) -> None:
    """Scan wrong things, take one scan back, and have an order withdrawn that was begun."""
    await ann.start(batch_id)
    assert (await ann.refused("RTM-A0-02")).expected == f"bin {ann.expected.code}"
    await ann.until(ScanKind.TOTE, gone.order_id, "MUG")
    await ann.scan("undo")
    assert "item MUG" in (await ann.refused("PIANO")).expected
    await ann.as_expected()
    await gone.cancel()
    assert await gone.ended() == "canceled"


async def find_too_few(ben: Scanner, order_id: str, sku: str) -> str:
    """Report that nothing of an order's article is in its bin; return what the scanner says."""
    await ben.until(ScanKind.ITEM, order_id, sku)
    return (await ben.scan("short")).message


async def sort(sam: Scanner, batch_id: str) -> None:
    """Fill the put wall, with one wrong slot."""
    await sam.start(batch_id)
    await sam.as_expected()
    assert "slot" in (await sam.refused("S999", kind=ScanKind.SLOT)).expected
    await sam.finish()


async def pick_elsewhere(shop: plants.Plant) -> Share:
    """Pick and sort the share of the other warehouse."""

    async def planned() -> tuple[PickBatchRequest, ...]:
        return (await pick_batches.plan_floor(shop.engine, plants.ROTTERDAM)).batches

    [batch] = await plants.eventually(planned)
    for close in (pick_batches.close_picking, pick_batches.close_sorting):
        await close(shop.engine, batch.batch_id, Closing(by="eva"))
    return Share(shop, batch.members[0][0])


async def count_bins(shop: plants.Plant) -> None:
    """Count the bins of which too little was found."""
    for task in await floor.list_tasks(shop.engine, kind=TaskKind.RECOUNT):
        await recount(shop.engine, task.plan["bin_id"], task.plan["sku"], 0, "rita")


@pytest.mark.timeout(180)
async def test_a_batch_by_scans(server: DevServer, client: Client, tmp_path: Path) -> None:
    """Wrong scans, an undo, two short picks, a withdrawal and another picker; nothing is lost."""
    async with site(server, client, tmp_path, **EAGER) as (shop, stack):
        pid = await stack.start_worker()
        await shop.stock("rare", [("BER-A3-09", "RARE1", 1), ("RTM-A3-09", "RARE1", 1)])
        placed = {name: await released(shop, name, *lines) for name, lines in WISHES.items()}
        batch_id = await batched(shop, *(share for _, share in placed.values()))
        await shop.stock("more books", [("BER-A1-06", "BOOK", 5)])
        ann, ben = Scanner(shop.engine, "ann"), Scanner(shop.engine, "ben")
        await begin(ann, batch_id, placed["gone"][0])
        await stack.kill_worker(pid)

        await ben.start(batch_id)
        with pytest.raises(StaleScan):
            await ann.scan("undo")
        order, share = placed["c"]
        said = await find_too_few(ben, order.order_id, "BOOK")
        assert said.endswith("2 from bin BER-A1-06 instead")
        await ben.until(ScanKind.ITEM, order.order_id, "RARE1")
        await stack.start_worker()
        assert "looks elsewhere" in await find_too_few(ben, order.order_id, "RARE1")
        closed = await ben.finish()
        assert closed == (await ben.close()).model_copy(update={"message": closed.message})
        view = await pick_batches.show_batch(shop.engine, batch_id)
        assert ["ben"] == [back.done_by for back in view.put_backs]

        await sort(Scanner(shop.engine, "sam"), batch_id)
        for one in (share, await pick_elsewhere(shop)):
            await one.at(Stage.PACKING)
        assert await order.finish(2) == "completed"
        for name in "ab":
            assert await packed_and_away(*placed[name]) == "completed"
        await count_bins(shop)
        assert [] == await floor.list_tasks(shop.engine)
        assert [] == await whats_wrong(shop)
