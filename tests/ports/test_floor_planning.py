"""Planners that run at once, on each kind of database: no fulfillment is ever in two batches."""

import asyncio
from collections.abc import Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import Client

from activities.cancellation import CancellationActivities
from activities.floor_planning import FloorPlanningActivities
from activities.pick_batches import PickBatchActivities
from fulfillment import bootstrap
from fulfillment.domain.lifecycle import Picking, Stage
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.scan_sessions import ScanAnswer, ScanRequest
from fulfillment.domain.scans import ScanKind
from fulfillment.domain.short_picks import ShortPickPolicy
from fulfillment.domain.webhooks import Endpoint
from fulfillment.labels.pdf import PdfDocuments
from fulfillment.messages import (
    BatchCalledOff,
    CallOffBatch,
    Closing,
    FloorPlanned,
    PlanFloor,
    RecordBatchPicking,
    StopWork,
    WorkStopped,
)
from fulfillment.operations import scan_sessions, scanning
from fulfillment.operations.engine import Engine
from fulfillment.persistence import locks
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Ports
from fulfillment.settings import Settings
from fulfillment.webhooks.stores import Which
from order_journey import Journey
from record_samples import BERLIN, NOW, SKUS, claim_of, fulfillment, order, stock_up

ORDERS = 8


async def made(opened: AsyncExitStack, url: str, folder: Path) -> Ports:
    """Open the ports of another process on the same database; a cart holds three orders."""
    settings = Settings(
        database_url=url, data_dir=folder, picking=Picking.BATCH, batch_fewest=1, cart_totes=3
    )
    ports = await opened.enter_async_context(bootstrap.ports(settings))
    return replace(ports, policies=settings.policies())


async def release(database: SqlDatabase, number: int, *skus: str) -> None:
    """Put an order on record whose goods are released to the floor."""
    journey = Journey(database, f"O-{number}")
    journey.order = order(f"O-{number}", skus=skus or SKUS)
    lines = [(line.line_no, line.sku, 2) for line in journey.order.lines]
    journey.fulfillment = fulfillment(f"O-{number}-F1", f"O-{number}", lines)
    await journey.to("reserve")
    async with database.writing() as record:
        name = journey.fulfillment.fulfillment_id
        await record.fulfillments.release(name, NOW, ship_by=NOW, urgent=False)


async def plan(ports: Ports, run: str) -> FloorPlanned:
    """Plan the floor once."""
    request = PlanFloor(key=f"floor/{BERLIN}/{run}/plan_floor/-/1", warehouse_id=BERLIN, run=run)
    return await FloorPlanningActivities(ports).plan_floor(request)


async def stop(ports: Ports, order_id: str, step: int = 1) -> WorkStopped:
    """Cancel an order's fulfillment, as its workflow does."""
    share = f"{order_id}-F1"
    key = f"fulfillment/{share}/stop_work/-/{step}"
    request = StopWork(key=key, order_id=order_id, fulfillment_id=share, reason="-", by="ada")
    return await CancellationActivities(ports).stop_work(request)


async def call_off(ports: Ports, batch_id: str) -> BatchCalledOff:
    """Call a batch off."""
    key = f"pick-batch/{batch_id}/call_off_batch/-/1"
    request = CallOffBatch(key=key, batch_id=batch_id, reason="late", by="eve")
    return await PickBatchActivities(ports).call_off_batch(request)


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


class Picker:
    """A person with a scanner, where no worker runs."""

    def __init__(self, ports: Ports, database: SqlDatabase) -> None:
        """Look nowhere else for what is missing."""
        client, policy = cast("Client", None), ShortPickPolicy.ORDER
        self.engine = Engine(client, database, ports.clock, "-", PdfDocuments(), short_pick=policy)

    async def start(self, batch_id: str) -> ScanAnswer:
        """Begin the walk."""
        return await scan_sessions.start_session(self.engine, batch_id, "ann", "gun")

    async def scan(self, session_id: str, code: str, units: int | None = None) -> ScanAnswer:
        """Scan a code, and return what is asked for then."""
        request = ScanRequest(code=code, by="ann", device="gun", quantity=units)
        # Without a worker, nobody is there to be told of missing units.
        with suppress(AttributeError):
            await scanning.send_scan(self.engine, session_id, request)
        return await scan_sessions.show_session(self.engine, session_id)


async def test_a_batch_called_off_says_who_is_planned_again_and_who_has_ended(
    database_url: str, database: SqlDatabase, tmp_path: Path
) -> None:
    """What lies in the cart of a withdrawn member hinders nobody; nor does it with nobody left.

    A member of which nothing was found has ended, which the merchant is told at the latest now.
    """
    await stock_up(database)
    endpoint = Endpoint(
        endpoint_id="erp",
        url="https://erp.example.com/",
        event_types=("fulfillment.canceled",),
        secret=SecretStr("whsec_a"),
        enabled=True,
        created_at=NOW,
    )
    async with database.writing() as record:
        await record.webhooks.add_endpoint(endpoint)
    async with AsyncExitStack() as opened:
        ports = await made(opened, database_url, tmp_path)
        picker = Picker(ports, database)
        await release(database, 2, "MUG")
        [batch] = (await plan(ports, "3")).batches
        shown = await picker.start(batch.batch_id)
        assert shown.expected is not None
        shown = await picker.scan(shown.session_id, shown.expected.code)
        await picker.scan(shown.session_id, "MUG", 2)
        await stop(ports, "O-2")
        assert await call_off(ports, batch.batch_id) == BatchCalledOff(withdrawn=("O-2-F1",))

        for number in range(2):
            await release(database, number)
        [batch] = (await plan(ports, "1")).batches
        shown = await picker.start(batch.batch_id)
        assert shown.expected is not None
        shown = await picker.scan(shown.session_id, shown.expected.code)
        assert shown.expected is not None
        gone = shown.expected.order_id
        [other] = {"O-0", "O-1"} - {gone}
        await picker.scan(shown.session_id, shown.expected.code, 2)
        # The first answer names the batch, and so does a later one, when it is out of it.
        stopped = [await stop(ports, gone, step) for step in (1, 2)]
        assert [batch.batch_id] * 2 == [one.batch_id for one in stopped]
        assert [2, 0] == [one.released_units for one in stopped]
        assert await call_off(ports, batch.batch_id) == BatchCalledOff(
            given_back=(f"{other}-F1",), withdrawn=(f"{gone}-F1",)
        )

        [batch] = (await plan(ports, "2")).batches
        shown = await picker.start(batch.batch_id)
        while shown.expected is not None:
            is_item = shown.expected.kind is ScanKind.ITEM
            code = "short" if is_item else shown.expected.code
            shown = await picker.scan(shown.session_id, code)
        assert await call_off(ports, batch.batch_id) == BatchCalledOff(
            withdrawn=(f"{other}-F1",), picked_short=(other,)
        )
    async with database.reading() as record:
        messages = await record.webhooks.messages(Which())
    canceled = [str(one.order_id) for one in messages if one.type == "fulfillment.canceled"]
    assert sorted(canceled) == ["O-0", "O-1", "O-2"]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_all_goods_are_held_at_once(
    database_url: str, database: SqlDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any slot, and with them what the orders have claimed in other fulfillments.

    Held one by one, two batches could wait for each other.
    """
    held: list[tuple[str, set[str]]] = []
    hold = locks.hold

    async def noted(connection: AsyncConnection, kind: str, names: Collection[str]) -> None:
        if names and kind in {"sku", "slots"}:
            held.append((kind, set(names)))
        await hold(connection, kind, names)

    await stock_up(database)
    await release(database, 0, "MUG")
    other = fulfillment("O-0-F2", "O-0", [(1, "TEE", 2)])
    async with database.writing() as record:
        await record.fulfillments.add(other)
        await record.stock.claim([claim_of(other.lines[0], other)])
    async with AsyncExitStack() as opened:
        ports = await made(opened, database_url, tmp_path)
        [batch] = (await plan(ports, "1")).batches
        for number, sku in ((1, "MUG"), (2, "TEE")):
            await release(database, number, sku)
        monkeypatch.setattr(locks, "hold", noted)
        await plan(ports, "2")
        # The first time the bins are only read, which keeps nobody waiting.
        assert [("sku", {"MUG", "TEE"})] * 2 + [("slots", {BERLIN})] == held
        held.clear()
        key = f"pick-batch/{batch.batch_id}/record_batch_picking/-/1"
        pick = RecordBatchPicking(key=key, batch_id=batch.batch_id, confirmation=Closing())
        await PickBatchActivities(ports).record_batch_picking(pick)
    assert [("sku", {"MUG", "TEE"})] == held
