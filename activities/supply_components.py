"""The components of a production: taken from the bins all at once, and what is left, given back."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from activities.availability import levels_today
from activities.supply_booking import leave_production, takes
from activities.supply_planning import supply_waiter
from fulfillment.domain.inventory import Movement
from fulfillment.domain.shelf_life import day_at
from fulfillment.domain.supply import SupplyState, expected_at, left_components
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages.supply import EndSupply
from fulfillment.stores import UnitOfWork


async def parts_in_bins(tx: UnitOfWork, supply: SupplyRecord, now: datetime) -> list[Movement]:
    """Return what is taken from the bins; nothing that has expired."""
    needed = {part.sku: part.needed for part in supply.components}
    place = await tx.catalog.warehouse(supply.warehouse_id)
    today = day_at(place, now)
    stock: dict[str, list[tuple[str, str, int]]] = {}
    for one in await tx.stock.bin_stock(supply.warehouse_id, list(needed), ships_on=today):
        stock.setdefault(one.sku, []).append((one.bin_id, one.lot, one.quantity))
    return takes(needed, stock, supply)


async def lacking_parts(
    tx: UnitOfWork, supply: SupplyRecord, moved: Sequence[Movement], now: datetime
) -> list[str]:
    """Return what of the components the warehouse can't give, as people read it."""
    skus = [part.sku for part in supply.components]
    in_bins = Counter[str]()
    for one in moved:
        in_bins[one.sku] += one.quantity
    free = {
        level.sku: level.available
        for level in await levels_today(tx, skus, now)
        if level.warehouse_id == supply.warehouse_id
    }
    there = {sku: min(in_bins[sku], max(0, free.get(sku, 0))) for sku in skus}
    return [
        f"{part.needed - there[part.sku]} x {part.sku}"
        for part in supply.components
        if there[part.sku] < part.needed
    ]


async def production_due(
    tx: UnitOfWork, supply: SupplyRecord, begun_at: datetime, day: timedelta
) -> datetime:
    """Return when a production that begins now is expected to be completed."""
    source = await tx.supply.source(supply.sku)
    return expected_at(begun_at, source.lead_time_days if source else 0, day)


async def begin_production(
    tx: UnitOfWork, key: str, supply: SupplyRecord, moved: Sequence[Movement], now: datetime
) -> SupplyRecord:
    """Take the components from their bins; who has them waits for them no longer."""
    reason = f"components of {supply.supply_id}"
    await tx.stock.move(key, moved, by="production", reason=reason, at=now)
    await tx.back_orders.replace(supply_waiter(supply.supply_id), [])
    issued = tuple(part.model_copy(update={"issued": part.needed}) for part in supply.components)
    begun = {
        "components": issued,
        "state": SupplyState.PRODUCING,
        "state_since": now,
    }
    after = supply.model_copy(update=begun)
    await tx.supply.save(after)
    return after


async def end_order(
    tx: UnitOfWork, supply: SupplyRecord, request: EndSupply, now: datetime
) -> SupplyRecord:
    """End a supply order; components that its production has not used go back, or to scrap."""
    parts = {part.sku: part for part in supply.components}
    left = left_components(
        {sku: part.needed for sku, part in parts.items()},
        {sku: part.issued for sku, part in parts.items()},
        supply.ordered,
        supply.received,
    )
    moved = await leave_production(tx, supply, left, request.end.components)
    reason = f"{request.state.value}: {supply.supply_id}"
    await tx.stock.move(request.key, moved, by=request.end.by, reason=reason, at=now)
    await tx.back_orders.replace(supply_waiter(supply.supply_id), [])
    back = tuple(
        part.model_copy(update={"given_back": left.get(sku, 0)}) for sku, part in parts.items()
    )
    ended = {
        "state": request.state,
        "state_since": now,
        "reason": request.end.reason,
        "components": back,
    }
    after = supply.model_copy(update=ended)
    await tx.supply.save(after)
    return after
