"""Which article each unit of an order came as, where a line was shipped in part by a substitute."""

from collections.abc import Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.return_units import ShippedUnit

Row = Mapping[str, Any]


def split_by_article(units: Sequence[Row], lines: Sequence[Row]) -> list[ShippedUnit]:
    """Return the units of fulfillments that have left, with the article that each came as.

    Args:
        units: of these fulfillments, by line and number, with their warehouse, stage and its time.
        lines: what these fulfillments shipped, by line and article: the lowest units first.

    """
    shipped: dict[tuple[str, int], list[Row]] = {}
    for line in lines:
        shipped.setdefault((line["fulfillment_id"], line["line_no"]), []).append(line)
    articles = {
        key: chain.from_iterable(repeat(line["sku"], line["shipped"]) for line in own)
        for key, own in shipped.items()
    }
    found = []
    for unit in units:
        sku = next(articles[unit["fulfillment_id"], unit["line_no"]], None)
        if sku is not None:
            found.append(_shipped(unit, sku))
    return found


def _shipped(unit: Row, sku: str) -> ShippedUnit:
    return ShippedUnit(
        line_no=unit["line_no"],
        unit_no=unit["unit_no"],
        sku=sku,
        amount_minor=unit["amount_minor"],
        fulfillment_id=unit["fulfillment_id"],
        warehouse_id=unit["warehouse_id"],
        delivered_at=unit["stage_since"] if unit["stage"] == Stage.DELIVERED else None,
    )
