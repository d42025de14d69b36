"""What is ordered, and what is set aside for a production, in one transaction."""

from collections import Counter
from datetime import datetime, timedelta

from activities.queueing import held_entries, places_of, set_aside
from fulfillment.domain.back_order_queue import QueueEntry, Waiter, WaiterKind
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.supply import (
    SupplyMethod,
    SupplySource,
    SupplyState,
    expected_at,
    needed_components,
    to_order,
)
from fulfillment.domain.supply_orders import SupplyComponent, SupplyRecord
from fulfillment.stores import UnitOfWork

NOBODY_WAITS = "nobody waits for it any more"


def supply_waiter(supply_id: str) -> Waiter:
    """Return a production as one who waits for its components."""
    return Waiter(kind=WaiterKind.SUPPLY, waiter_id=supply_id)


async def open_supply(
    tx: UnitOfWork, sku: str, now: datetime, day: timedelta
) -> SupplyRecord | None:
    """Return the article's supply order under way, made if there is none; None without a source.

    The SKU is held by the caller.
    """
    found = await tx.supply.under_way(sku)
    if found is not None:
        return found
    source = await tx.supply.source(sku)
    if source is None:
        return None
    made = SupplyRecord(
        supply_id=f"S-{await tx.parcels.next_serial('supply'):06}",
        sku=sku,
        method=source.method,
        supplier_id=source.supplier_id,
        warehouse_id=source.warehouse_id,
        bin_id=source.bin_id,
        ordered=0,
        state=SupplyState.PLANNED,
        opened_at=now,
        state_since=now,
        # When a production can begin, its components say.
        expected_at=expected_at(now, source.lead_time_days, day) if source.supplier_id else None,
    )
    await tx.supply.add(made)
    return made


async def still_missing(tx: UnitOfWork, sku: str, into: str) -> int:
    """Return the units of an article that are waited for, not set aside, and would be served.

    Args:
        tx: the transaction.
        sku: the article.
        into: the warehouse that they would come into; a production elsewhere gets none of them.

    """
    waiting = await tx.back_orders.waiting([sku])
    places = (await places_of(tx, waiting, [])).of
    entries = [entry for entry in waiting if places.get(entry.waiter, into) == into]
    aside: Counter[tuple[str, str, int]] = Counter()
    for entry in entries:
        aside[entry.line] += entry.set_aside
    own = [entry for entry in entries if entry.sku == sku and entry.rank == 0]
    return sum(max(0, entry.units - aside[entry.line]) for entry in own)


async def raise_order(
    tx: UnitOfWork, supply: SupplyRecord, now: datetime, day: timedelta
) -> tuple[SupplyRecord, int]:
    """Order what is missing beside what is outstanding; return how much more that is.

    A production that has begun is not raised: what comes later gets another one.
    """
    source = await tx.supply.source(supply.sku)
    if source is None or supply.state is SupplyState.PRODUCING:
        return supply, 0
    missing = await still_missing(tx, supply.sku, supply.warehouse_id)
    more = to_order(missing, supply.outstanding, source.lot_size)
    if not (more or supply.ordered):
        ended = {"state": SupplyState.CANCELED, "reason": NOBODY_WAITS, "state_since": now}
        return await _saved(tx, supply, ended), 0
    if not more:
        return supply, 0
    ordered = supply.ordered + more
    changed: dict[str, object] = {"ordered": ordered}
    if supply.method is SupplyMethod.PRODUCTION:
        changed["components"] = _components(source, ordered)
    elif supply.state is SupplyState.PLANNED:
        due = expected_at(now, source.lead_time_days, day)
        changed |= {"state": SupplyState.ORDERED, "state_since": now, "expected_at": due}
    return await _saved(tx, supply, changed), more


async def _saved(tx: UnitOfWork, supply: SupplyRecord, changed: dict[str, object]) -> SupplyRecord:
    after = supply.model_copy(update=changed)
    await tx.supply.save(after)
    return after


def _components(source: SupplySource, ordered: int) -> tuple[SupplyComponent, ...]:
    needed = needed_components(source, ordered)
    return tuple(SupplyComponent(sku=sku, needed=units) for sku, units in sorted(needed.items()))


async def queue_components(
    tx: UnitOfWork, supply: SupplyRecord, now: datetime
) -> tuple[tuple[LineQuantity, ...], list[Waiter]]:
    """Have a planned production wait for its components; return what it misses, and who is woken.

    They are set aside for it as for any order, by when it joined the line. What its bill of
    materials no longer names is left to others.
    """
    waiter = supply_waiter(supply.supply_id)
    left = await held_entries(tx, waiter, {part.sku for part in supply.components})
    before = {entry.sku: entry for entry in left}
    entries = [
        _entry(waiter, number, part, supply).model_copy(update=_kept(before.get(part.sku)))
        for number, part in enumerate(supply.components, 1)
    ]
    await tx.back_orders.replace(waiter, entries)
    woken = await set_aside(tx, {*before, *(entry.sku for entry in entries)}, now)
    missing = tuple(
        LineQuantity(line_no=one.line_no, sku=one.sku, quantity=one.units - one.set_aside)
        for one in await tx.back_orders.of_waiter(waiter)
        if one.units > one.set_aside
    )
    return missing, [one for one in woken if one != waiter]


def _entry(waiter: Waiter, number: int, part: SupplyComponent, supply: SupplyRecord) -> QueueEntry:
    return QueueEntry(
        waiter=waiter,
        line_no=number,
        sku=part.sku,
        units=part.needed,
        promise_at=supply.opened_at,
        since=supply.opened_at,
    )


def _kept(entry: QueueEntry | None) -> dict[str, object]:
    if entry is None:
        return {}
    return {"set_aside": entry.set_aside, "set_aside_at": entry.set_aside_at}
