"""Until when goods may leave, and what of the stock may not any more."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fulfillment.domain.base import Value
from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.inventory import StockLevel


class DatedStock(Value):
    """Units on a warehouse's shelves that expire, and until when they may ship."""

    warehouse_id: str
    bin_id: str
    sku: str
    lot: str
    quantity: int
    ships_until: date


def ships_until(expires_on: date, min_shelf_life_days: int | None) -> date:
    """Return the last day on which goods may leave: so many days of use must be left then."""
    return expires_on - timedelta(days=min_shelf_life_days or 0)


def day_at(warehouse: Warehouse, now: datetime) -> date:
    """Return which day it is at the warehouse."""
    return now.astimezone(ZoneInfo(warehouse.timezone)).date()


def less_expired(
    levels: Sequence[StockLevel], dated: Iterable[DatedStock], today: Mapping[str, date]
) -> list[StockLevel]:
    """Return the levels with what of them may not ship any more.

    Args:
        levels: what is on hand and claimed.
        dated: all that lies there and expires.
        today: the day at each warehouse.

    """
    gone: Counter[tuple[str, str]] = Counter()
    for stock in dated:
        if stock.ships_until < today[stock.warehouse_id]:
            gone[stock.warehouse_id, stock.sku] += stock.quantity
    return [
        level.model_copy(update={"expired": gone[level.warehouse_id, level.sku]})
        for level in levels
    ]
