"""What can be promised today: expired goods can't."""

from collections.abc import Collection
from datetime import date, datetime

from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.shelf_life import day_at, less_expired
from fulfillment.stores import UnitOfWork


async def levels_today(tx: UnitOfWork, skus: Collection[str], now: datetime) -> list[StockLevel]:
    """Return what each warehouse has of the articles, with what of it may not ship any more."""
    levels = await tx.stock.levels(skus)
    dated = await tx.stock.dated(skus)
    if not dated:
        return levels
    return less_expired(levels, dated, await days(tx, now))


async def days(tx: UnitOfWork, now: datetime) -> dict[str, date]:
    """Return which day it is at each warehouse."""
    return {w.warehouse_id: day_at(w, now) for w in await tx.catalog.warehouses()}
