"""Planners that run at once, on each kind of database: no fulfillment is ever in two batches."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from activities.cancellation import CancellationActivities
from activities.floor_planning import FloorPlanningActivities
from activities.pick_batches import PickBatchActivities
from fulfillment import bootstrap
from fulfillment.domain.lifecycle import Picking, Stage
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.messages import (
    CallOffBatch,
    Closing,
    FloorPlanned,
    PlanFloor,
    RecordBatchPicking,
    StopWork,
)
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Ports
from fulfillment.settings import Settings
from order_journey import Journey
from record_samples import BERLIN, NOW, stock_up

ORDERS = 12


async def made(opened: AsyncExitStack, url: str, folder: Path) -> Ports:
    """Open the ports of another process on the same database; a cart holds three orders."""
    settings = Settings(
        database_url=url, data_dir=folder, picking=Picking.BATCH, batch_fewest=1, cart_totes=3
    )
    ports = await opened.enter_async_context(bootstrap.ports(settings))
    return replace(ports, policies=settings.policies())


async def release(database: SqlDatabase, number: int) -> None:
    """Put an order on record whose goods are released to the floor."""
    journey = Journey(database, f"O-{number}")
    await journey.to("reserve")
    async with database.writing() as record:
        name = journey.fulfillment.fulfillment_id
        await record.fulfillments.release(name, NOW, ship_by=NOW, urgent=False)


async def plan(ports: Ports, run: str) -> FloorPlanned:
    """Plan the floor once."""
    request = PlanFloor(key=f"floor/{BERLIN}/{run}/plan_floor/-/1", warehouse_id=BERLIN, run=run)
    return await FloorPlanningActivities(ports).plan_floor(request)


async def test_two_planners_never_take_the_same(
    database_url: str, database: SqlDatabase, tmp_path: Path
) -> None:
    """Four at once, against two that cancel; each order is in one batch, or canceled.

    A plan that is asked for again returns the first one, and changes nothing.
    """
    await stock_up(database, 100)
    for number in range(ORDERS):
        await release(database, number)
    async with AsyncExitStack() as opened:
        ports = [await made(opened, database_url, tmp_path / str(n)) for n in range(4)]

        async def cancel(number: int) -> None:
            key = f"order/O-{number}/stop_work/-/1"
            stop = StopWork(key=key, order_id=f"O-{number}", reason="changed", by="ada")
            await CancellationActivities(ports[number]).stop_work(stop)

        runs = [f"{n}" for n in range(4)]
        planned = await asyncio.gather(
            *(plan(one, run) for one, run in zip(ports, runs, strict=True)), cancel(0), cancel(1)
        )
        made_of = [run for run in planned if run is not None]
        again = await asyncio.gather(
            *(plan(one, run) for one, run in zip(ports, runs, strict=True))
        )
    taken = [name for run in made_of for batch in run.batches for name, _ in batch.members]
    assert len(taken) == len(set(taken))
    assert {f"O-{n}-F1" for n in range(2, ORDERS)} <= set(taken)
    assert [run.batches for run in again] == [run.batches for run in made_of]
    async with database.reading() as record:
        assert await record.fulfillments.released(BERLIN) == []
        live = [
            member.fulfillment_id for batch in await record.batches.page() for member in batch.live
        ]
        assert len(live) == len(set(live))
        stages = {(await record.fulfillments.get(name)).stage for name in live}
        assert stages == {Stage.PICKING}
        books = {finding.rule for finding in await record.books.findings()}
    # The journeys have no workflows whose effects could be on record.
    assert books <= {
        "a fulfillment's stage has the effects that led to it",
        "an order's stage has the effects that led to it",
    }


async def test_closing_and_calling_off_exclude_each_other(
    database_url: str, database: SqlDatabase, tmp_path: Path
) -> None:
    """At once: the batch is picked as a whole, or its members are all released again."""
    await stock_up(database, 100)
    for number in range(3):
        await release(database, number)
    async with AsyncExitStack() as opened:
        ports = [await made(opened, database_url, tmp_path / str(n)) for n in range(2)]
        [batch] = (await plan(ports[0], "1")).batches
        key = f"pick-batch/{batch.batch_id}"
        pick = RecordBatchPicking(
            key=f"{key}/record_batch_picking/-/1", batch_id=batch.batch_id, confirmation=Closing()
        )
        off = CallOffBatch(
            key=f"{key}/call_off_batch/-/1", batch_id=batch.batch_id, reason="late", by="eve"
        )
        picked, called_off = await asyncio.gather(
            PickBatchActivities(ports[0]).record_batch_picking(pick),
            PickBatchActivities(ports[1]).call_off_batch(off),
        )
    async with database.reading() as record:
        stage = (await record.batches.get(batch.batch_id)).stage
        members = {(await record.fulfillments.get(f"O-{n}-F1")).stage for n in range(3)}
    if called_off.too_late is None:
        assert (BatchStage.CANCELED, {Stage.RELEASED}, ()) == (stage, members, picked.live)
    else:
        assert (BatchStage.SORTING, {Stage.SORTING}, 3) == (stage, members, len(picked.live))
