"""A worker process is killed by SIGKILL; the next one goes on where it was."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.api.history.v1 import ActivityTaskStartedEventAttributes
from temporalio.client import Client

import plant as plants
from driving import Drive
from fulfillment.domain.errors import StoreBusy
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind
from fulfillment.entrypoints.stack import Stack
from fulfillment.operations import orders
from fulfillment.temporal.dev_server import DevServer
from fulfillment.temporal.identifiers import order_workflow_id
from histories import events
from journey import RIGHT_ADDRESS, WRONG_ADDRESS
from plant import Plant
from sites import site, whats_wrong
from workflows.order import OrderWorkflow

PATIENT_STOP = timedelta(seconds=10)
STANDING = (Stage.PICKING, Stage.SORTING, Stage.PACKING, Stage.AWAITING_PICKUP, Stage.IN_TRANSIT)
NEXT_TASK = {
    Stage.PICKING: TaskKind.PICK,
    Stage.SORTING: TaskKind.SORT,
    Stage.PACKING: TaskKind.PACK,
    Stage.AWAITING_PICKUP: TaskKind.HAND_OVER,
}


@contextmanager
def occupied(shop: Plant) -> Iterator[None]:
    """Keep every writer out of the database, so that their activities are under way."""
    file = shop.settings.database_url.partition(":///")[2]
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            writer.execute("ROLLBACK")


async def hold(drive: Drive) -> None:
    """Bring an order to a hold."""
    await drive.submit(ship_to=WRONG_ADDRESS)
    await drive.at(OrderStage.ON_HOLD)


async def await_goods(drive: Drive) -> None:
    """Bring an order to wait for goods."""
    await drive.submit(("RARE10", 1))
    await drive.at(OrderStage.BACK_ORDERED)


async def bring(drive: Drive, stage: Stage) -> None:
    """Bring an order to a stage of its fulfillment."""
    await drive.submit()
    await drive.up_to(stage)


async def hand_in(shop: Plant, drive: Drive) -> None:
    """Hand an order in by a plain start, without waiting for anything."""
    await shop.client.start_workflow(
        OrderWorkflow.run,
        plants.order(drive.order_id),
        id=order_workflow_id(drive.order_id),
        task_queue=shop.settings.task_queue,
    )


async def begin_labeling(shop: Plant, drive: Drive) -> None:
    """Have a fulfillment packed, and return as soon as its labels are being bought."""
    await drive.task(TaskKind.PACK)
    await drive.signal("packing_done")

    async def look() -> bool:
        shares = await shop.read(lambda tx: tx.fulfillments.of_order(drive.order_id))
        return shares[0].stage is not Stage.PACKING

    await plants.eventually(look)


async def finish(drive: Drive, stage: Stage) -> None:
    """Carry a fulfillment on from a stage."""
    if stage in NEXT_TASK:
        await drive.carry(since=NEXT_TASK[stage])
    else:
        await drive.deliver()
    await drive.ended()


@pytest.fixture(scope="module")
async def works(
    server: DevServer, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Plant, Stack]]:
    """Give a shop with one worker process, which each test leaves with another one."""
    folder = tmp_path_factory.mktemp("works")
    async with site(server, client, folder, graceful_shutdown=PATIENT_STOP) as (shop, stack):
        await stack.start_worker()
        yield shop, stack


@pytest.mark.timeout(180)
async def test_at_every_stage(works: tuple[Plant, Stack]) -> None:
    """Killed while orders stand at every stage and activities are under way, nothing is lost."""
    shop, stack = works

    def drive(name: str) -> Drive:
        return Drive(shop.engine, f"killed.{name}")

    standing = {stage: drive(stage.value) for stage in STANDING}
    held, waiting, labeling, received = map(drive, ("held", "waiting", "labeling", "received"))
    await asyncio.gather(
        hold(held),
        await_goods(waiting),
        bring(labeling, Stage.PACKING),
        *(bring(one, stage) for stage, one in standing.items()),
    )
    await begin_labeling(shop, labeling)
    with occupied(shop):
        await hand_in(shop, received)
        await plants.eventually(lambda: under_way(received))
        await stack.kill_worker(stack.worker_pids[0])
    await stack.start_worker()
    await orders.correct_address(held.engine, held.order_id, RIGHT_ADDRESS, "Bea")
    await waiting.receive("BER-A0-09", "RARE10", 1)
    await asyncio.gather(
        finish(labeling, Stage.AWAITING_PICKUP),
        *(finish(one, Stage.PICKING) for one in (held, waiting, received)),
        *(finish(one, stage) for stage, one in standing.items()),
    )
    outcomes = await shop.read(lambda tx: tx.orders.page())
    assert {o.outcome.summary for o in outcomes if o.outcome} == {"completed"}
    assert await whats_wrong(shop) == []


async def under_way(drive: Drive) -> bool:
    """Return whether an activity of the order has been begun and not ended."""
    pending = (await drive.handle.describe()).raw_description.pending_activities
    begun = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    return any(activity.state == begun for activity in pending)


async def test_told_to_stop(works: tuple[Plant, Stack]) -> None:
    """A worker told to stop ends the activity under way, which is not tried a second time.

    It says so, and leaves with code 0.
    """
    shop, stack = works
    [pid] = stack.worker_pids
    drive = Drive(shop.engine, "stopped.gracefully")
    with occupied(shop):
        await hand_in(shop, drive)
        await plants.eventually(lambda: under_way(drive))
        stopping = asyncio.create_task(stack.stop_worker(pid))
        await plants.eventually(
            lambda: said(stack, f"worker {pid} stops, and finishes what is under way")
        )
        await asyncio.sleep(0.5)
        assert not stopping.done()
    assert await stopping == 0
    kinds = [event.event_type for event in await events(drive.handle)]
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED in kinds
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED not in kinds
    assert f"worker {pid} stopped" in stack.log_tail()
    await stack.start_worker()
    await drive.task(TaskKind.PICK)
    starts = [
        event.activity_task_started_event_attributes
        for event in await events(drive.handle)
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED
    ]
    await drive.cancel()
    assert [] == [start for start in starts if start.attempt > 1 and not _was_refused(start)]


async def said(stack: Stack, words: str) -> bool:
    """Tell whether a worker has said so."""
    return words in stack.worker_log.read_text(encoding="utf-8")


def _was_refused(start: ActivityTaskStartedEventAttributes) -> bool:
    # A slow machine may keep the database occupied for longer than its writers wait.
    return start.last_failure.application_failure_info.type == StoreBusy.code
