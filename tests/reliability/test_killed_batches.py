"""Batches whose workers are killed: in mid-walk by scans, and between a closing and its news."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

import plant as plants
from batch_driver import EAGER, batched, packed_and_away, released
from floor_driver import Placed, Share
from fulfillment.domain.errors import StaleScan
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.scans import ScanKind
from fulfillment.entrypoints.stack import Stack
from fulfillment.messages import BatchAnswer, Closing, PickBatchRequest
from fulfillment.operations import floor, pick_batches
from fulfillment.operations.recounts import recount
from fulfillment.temporal.dev_server import DevServer
from plant import Plant
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


async def pick_elsewhere(shop: Plant) -> Share:
    """Pick and sort the share of the other warehouse."""

    async def planned() -> tuple[PickBatchRequest, ...]:
        return (await pick_batches.plan_floor(shop.engine, plants.ROTTERDAM)).batches

    [batch] = await plants.eventually(planned)
    for close in (pick_batches.close_picking, pick_batches.close_sorting):
        await close(shop.engine, batch.batch_id, Closing(by="eva"))
    return Share(shop, batch.members[0][0])


async def count_bins(shop: Plant) -> None:
    """Count the bins of which too little was found."""
    for task in await floor.list_tasks(shop.engine, kind=TaskKind.RECOUNT):
        await recount(shop.engine, task.plan["bin_id"], task.plan["sku"], 0, "rita")


@pytest.fixture(scope="module")
async def works(
    server: DevServer, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Plant, Stack]]:
    """Give a shop that picks in batches, with one worker process, replaced where it is killed."""
    folder = tmp_path_factory.mktemp("works")
    async with site(server, client, folder, **EAGER) as (shop, stack):
        await stack.start_worker()
        yield shop, stack


@pytest.mark.timeout(180)
async def test_a_batch_by_scans(works: tuple[Plant, Stack]) -> None:
    """Wrong scans, an undo, two short picks, a withdrawal and another picker; nothing is lost."""
    shop, stack = works
    await shop.stock("rare", [("BER-A3-09", "RARE1", 1), ("RTM-A3-09", "RARE1", 1)])
    placed = {name: await released(shop, name, *lines) for name, lines in WISHES.items()}
    batch_id = await batched(shop, *(share for _, share in placed.values()))
    await shop.stock("more books", [("BER-A1-06", "BOOK", 5)])
    ann, ben = Scanner(shop.engine, "ann"), Scanner(shop.engine, "ben")
    await begin(ann, batch_id, placed["gone"][0])
    await stack.kill_worker(stack.worker_pids[0])

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


async def recorded(shop: Plant, batch_id: str, stage: BatchStage) -> None:
    """Wait until a closing is on record, without asking any workflow."""

    async def look() -> bool:
        return (await shop.read(lambda tx: tx.batches.get(batch_id))).stage is stage

    await plants.eventually(look)


@pytest.mark.timeout(180)
async def test_between_closing_and_telling(works: tuple[Plant, Stack]) -> None:
    """As soon as walk or wall are on record the worker dies: each member hears of it all the same.

    Who waited for the answer gets it from the next worker; the same session closed again gets the
    same one.
    """
    shop, stack = works
    placed = [await released(shop, "killed", ("MUG", 1), ("BOOK", 1)) for _ in range(2)]
    batch_id = await batched(shop, *(share for _, share in placed))
    closing = Closing(by="ann", session_id="scan-1")

    async def closed(update: str) -> BatchAnswer:
        close = getattr(pick_batches, update)
        answer: BatchAnswer = await close(shop.engine, batch_id, closing)
        return answer

    for update, stage, then in (
        ("close_picking", BatchStage.SORTING, Stage.SORTING),
        ("close_sorting", BatchStage.SORTED, Stage.PACKING),
    ):
        asked = asyncio.create_task(closed(update))
        await recorded(shop, batch_id, stage)
        await stack.kill_worker(stack.worker_pids[0])
        await stack.start_worker()
        assert (await asked).stage is stage
        assert await closed(update) == await asked
        for _, share in placed:
            await share.at(then)
    ended = await asyncio.gather(*(packed_and_away(order, share) for order, share in placed))
    assert ended == ["completed"] * 2
    assert await whats_wrong(shop) == []
