"""The line of those who wait for goods, in the transaction of whoever changes what there is."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from activities.availability import levels_today
from fulfillment.domain.back_order_queue import (
    Places,
    QueueEntry,
    Waiter,
    WaiterKind,
    less_set_aside,
    share_out,
)
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.substitution import Supply, supply_lines
from fulfillment.ports import Clock, Database
from fulfillment.records import OrderRecord
from fulfillment.stores import UnitOfWork


def order_waiter(order_id: str) -> Waiter:
    """Return an order as one who waits."""
    return Waiter(kind=WaiterKind.ORDER, waiter_id=order_id)


@dataclass(frozen=True)
class Wanted:
    """What an order still needs, and what it has in line."""

    waiter: Waiter
    lines: Sequence[LineQuantity]
    allowed: Mapping[int, Sequence[str]]
    """What is taken instead, by line."""
    entries: Sequence[QueueEntry]
    """The order's own."""

    @property
    def skus(self) -> set[str]:
        """Return what may be taken for it."""
        instead = {sku for line in self.lines for sku in self.allowed.get(line.line_no, ())}
        return {line.sku for line in self.lines} | instead


async def wanted_of(tx: UnitOfWork, order: Order, *, substitute: bool) -> Wanted:
    """Return what an order still needs; what its customer has chosen in line is allowed, too."""
    lines = [
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
        for line in await tx.orders.progress(order.order_id)
        if line.back_ordered > 0
    ]
    allowed = {line.line_no: line.substitutes for line in order.lines if substitute}
    waiter = order_waiter(order.order_id)
    entries = await tx.back_orders.of_waiter(waiter) if lines else []
    for entry in entries:
        known = allowed.get(entry.line_no, ())
        if entry.rank and entry.sku not in known:
            allowed[entry.line_no] = (*known, entry.sku)
    return Wanted(waiter=waiter, lines=lines, allowed=allowed, entries=entries)


async def supply_of(
    tx: UnitOfWork, wanted: Wanted, now: datetime
) -> tuple[Supply, list[StockLevel]]:
    """Return what can be reserved of what is wanted, and the levels; nobody's turn is taken."""
    levels = await levels_today(tx, wanted.skus, now)
    others: Counter[str] = Counter()
    for entry in await tx.back_orders.waiting(wanted.skus):
        if entry.waiter != wanted.waiter:
            others[entry.sku] += entry.set_aside
    return supply_lines(wanted.lines, less_set_aside(levels, others), wanted.allowed), levels


async def held_entries(
    tx: UnitOfWork, waiter: Waiter, skus: Collection[str] = ()
) -> list[QueueEntry]:
    """Return what somebody waits for, with its articles and these held by the transaction.

    What is set aside is read only then: until they are held, others may set aside for whom it is.
    """
    known = await tx.back_orders.of_waiter(waiter)
    await tx.stock.levels({*(entry.sku for entry in known), *skus})
    return await tx.back_orders.of_waiter(waiter)


async def set_aside(tx: UnitOfWork, skus: Collection[str], now: datetime) -> list[Waiter]:
    """Share out what is free of these articles; return who got more, the first in line first."""
    entries = await tx.back_orders.waiting(skus)
    if not entries:
        return []
    levels = await levels_today(tx, skus, now)
    free = Counter(dict.fromkeys(skus, 0))
    for level in levels:
        free[level.sku] += level.available
    before = {(entry.line, entry.sku): entry.set_aside for entry in entries}
    shared = share_out(free, entries, now, await places_of(tx, entries, levels))
    changed = [one for one in shared if one.set_aside != before[one.line, one.sku]]
    await tx.back_orders.set_aside(changed)
    more = [one.waiter for one in changed if one.set_aside > before[one.line, one.sku]]
    return list(dict.fromkeys(more))


async def places_of(
    tx: UnitOfWork, entries: Sequence[QueueEntry], levels: Sequence[StockLevel]
) -> Places:
    """Return which of them take goods of one warehouse only: productions, of their own."""
    waiters = {e.waiter for e in entries if e.waiter.kind is WaiterKind.SUPPLY}
    made = {one: (await tx.supply.get(one.waiter_id)).warehouse_id for one in waiters}
    there = {(level.warehouse_id, level.sku): level.available for level in levels}
    return Places(of=made, free=there)


async def queue_up(
    tx: UnitOfWork,
    record: OrderRecord,
    missing: Sequence[LineQuantity],
    wanted: Wanted,
    now: datetime,
) -> list[Waiter]:
    """Have an order wait for what it misses, and no more; return who gets what it leaves.

    Who waits already keeps its place.
    """
    if not (missing or wanted.entries):
        return []
    since = {entry.line_no: entry.since for entry in reversed(wanted.entries)}
    entries = [
        QueueEntry(
            waiter=wanted.waiter,
            line_no=line.line_no,
            sku=sku,
            rank=rank,
            units=line.quantity,
            promise_at=_promise(record),
            urgency=record.order.urgency,
            since=since.get(line.line_no, now),
        )
        for line in missing
        for rank, sku in enumerate((line.sku, *wanted.allowed.get(line.line_no, ())))
    ]
    await tx.back_orders.replace(wanted.waiter, entries)
    left = {entry.sku for entry in wanted.entries if entry.set_aside}
    return await set_aside(tx, left, now) if left else []


def _promise(record: OrderRecord) -> datetime:
    day = record.order.deliver_by
    if day is None:
        return record.sla_due
    return min(record.sla_due, datetime.combine(day, time(), UTC))


async def leave_line(tx: UnitOfWork, order_id: str) -> set[str]:
    """Have an order wait for no more than it misses; return whose units that may have freed."""
    progress = await tx.orders.progress(order_id)
    misses = {line.line_no: line.back_ordered for line in progress}
    waiter = order_waiter(order_id)
    before = await held_entries(tx, waiter, {line.sku for line in progress})
    skus = {entry.sku for entry in before} | {line.sku for line in progress}
    kept = [_lessened(entry, misses[entry.line_no]) for entry in before if misses[entry.line_no]]
    if kept != before:
        await tx.back_orders.replace(waiter, kept)
    return skus


def _lessened(entry: QueueEntry, units: int) -> QueueEntry:
    # What lies aside for several articles of a line may be more than it misses now: nothing stays
    # set aside, and it is shared out anew with the place that the line has.
    if units >= entry.units:
        return entry
    return entry.model_copy(update={"units": units, "set_aside": 0, "set_aside_at": None})


async def hand_out(database: Database, clock: Clock, skus: Collection[str]) -> tuple[Waiter, ...]:
    """Share out what is free of these articles; return all who have units set aside, in line."""
    async with database.writing() as tx:
        await tx.back_orders.leave_behind(skus)
        return await _handed_out(tx, skus, clock.now())


async def pass_on(database: Database, clock: Clock, order_id: str) -> tuple[Waiter, ...]:
    """Hand out what an order gave back, after it has; the same again returns who still waits."""
    async with database.writing() as tx:
        return await _handed_out(tx, await leave_line(tx, order_id), clock.now())


async def _handed_out(tx: UnitOfWork, skus: Collection[str], now: datetime) -> tuple[Waiter, ...]:
    await set_aside(tx, skus, now)
    entries = await tx.back_orders.waiting(skus)
    having = [entry.waiter for entry in entries if entry.set_aside and entry.sku in skus]
    return tuple(dict.fromkeys(having))
