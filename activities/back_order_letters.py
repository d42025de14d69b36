"""What a letter about missing goods says: what can be chosen, until when, and what is expected."""

from typing import Any

from fulfillment.domain.back_order_choices import open_choices
from fulfillment.domain.notices import NoticeKind
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.messages import NotifyCustomer
from fulfillment.stores import UnitOfWork

ABOUT_MISSING = (NoticeKind.BACK_ORDERED, NoticeKind.BACK_ORDER_REMINDER)


async def back_order_facts(tx: UnitOfWork, order: Order, request: NotifyCustomer) -> dict[str, Any]:
    """Return what the letter has beside its other facts; nothing where it is about other things."""
    if request.kind not in ABOUT_MISSING:
        return {}
    missing = await missing_lines(tx, order.order_id)
    return {
        "choices": tuple(choice.value for choice in open_choices(order, missing)),
        "answer_by": f"{request.until:%Y-%m-%d}" if request.until else "",
        "expected": await _expected(tx, {line.sku for line in missing}),
    }


async def missing_lines(tx: UnitOfWork, order_id: str) -> list[LineQuantity]:
    """Return the lines that wait for goods, with how many units."""
    return [
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
        for line in await tx.orders.progress(order_id)
        if line.back_ordered > 0
    ]


async def _expected(tx: UnitOfWork, skus: set[str]) -> str:
    """Return the day on which all of it should be there; "" where that is not known of each."""
    days = [await tx.supply.expected(sku) for sku in sorted(skus)]
    known = [day for day in days if day is not None]
    return f"{max(known):%Y-%m-%d}" if known and len(known) == len(days) else ""
