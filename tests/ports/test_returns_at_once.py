"""Returns of an order and of what was sent in its place, inspected at once: one is the last."""

import asyncio
from typing import Any, cast

import pytest

from activities import return_inspections
from activities.return_amounts import put_refund
from activities.return_inspections import ReturnInspectionActivities
from activities.return_receipts import ReturnReceiptActivities
from activities.returns import ReturnActivities
from fulfillment.domain.replaced_money import PaidUnit
from fulfillment.domain.return_receipts import (
    InspectedUnits,
    ReceivedGoods,
    ReturnInspection,
    ReturnReceipt,
)
from fulfillment.domain.returns import (
    Condition,
    Disposition,
    ReturnItem,
    ReturnPolicy,
    ReturnReason,
    ReturnRequest,
)
from fulfillment.messages.returns import RecordReturn, RecordReturnInspection, RecordReturnReceipt
from fulfillment.persistence.database import SqlDatabase
from fulfillment.ports import Ports
from fulfillment.webhooks.ports import NO_WAKER
from order_journey import Journey
from record_samples import NOW, stock_up

PLACES = {"O-1": Disposition.SCRAP, "O-1-R1": Disposition.REFURBISH}
"""Where what comes back goes: to different places, as one place would make one wait anyway."""
ORDERS = tuple(PLACES)


class Clock:
    """Stands still."""

    now = staticmethod(lambda: NOW)


class OnlyDatabase:
    """All that these activities reach."""

    clock = Clock()
    waker = NO_WAKER
    returns = ReturnPolicy()

    def __init__(self, database: SqlDatabase) -> None:
        """Keep the database."""
        self.database = database


async def come_back(ports: Ports, order_id: str) -> None:
    """Have the first line of an order asked for and taken in."""
    name, item = f"RMA-{order_id}", ReturnItem(line_no=1, quantity=2, reason=ReturnReason.UNWANTED)
    await ReturnActivities(ports).record_return(
        RecordReturn(
            key=f"return/{name}/record_return/-/1",
            return_id=name,
            request=ReturnRequest(order_id=order_id, items=(item,)),
            at=NOW,
        )
    )
    goods = (ReceivedGoods(sku="MUG", quantity=2),)
    await ReturnReceiptActivities(ports).record_return_receipt(
        RecordReturnReceipt(
            key=f"return/{name}/record_return_receipt/D/1",
            return_id=name,
            order_id=order_id,
            receipt=ReturnReceipt(receipt_id=f"D-{order_id}", items=goods, by="Ann"),
        )
    )


async def inspect(ports: Ports, order_id: str) -> None:
    """Accept the first line of an order."""
    name = f"RMA-{order_id}"
    place = PLACES[order_id]
    found = InspectedUnits(line_no=1, quantity=2, condition=Condition.AS_NEW, disposition=place)
    await ReturnInspectionActivities(ports).record_return_inspection(
        RecordReturnInspection(
            key=f"return/{name}/record_return_inspection/-/1",
            return_id=name,
            order_id=order_id,
            inspection=ReturnInspection(units=(found,), by="Ann"),
            at=NOW,
        )
    )


async def test_of_two_last_returns_at_once_one_gives_the_shipping_back(
    database_url: str, database: SqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order's first line, and what was sent in the place of its second one: all is back."""
    await stock_up(database)
    for order_id in ORDERS:
        await Journey(database, order_id).to("settle")
    async with database.writing() as tx:
        amounts = await tx.returns.unit_amounts("O-1")
        stood_for = {"paid_by": "O-1", "paid_line_no": 2, "order_id": "O-1-R1", "line_no": 1}
        await tx.replacing.add(
            [
                PaidUnit.model_validate(
                    stood_for
                    | {"unit_no": no, "paid_unit_no": no, "amount_minor": amounts[2, no]}
                    | {"shipping_minor": 122}
                )
                for no in (1, 2)
            ]
        )
    other = SqlDatabase(database_url)
    ports = [cast("Ports", OnlyDatabase(each)) for each in (database, other)]
    for order_id in ORDERS:
        await come_back(ports[0], order_id)

    async def slowly(*given: Any) -> int:
        number = await put_refund(*given)
        await asyncio.sleep(0.3)
        return number

    monkeypatch.setattr(return_inspections, "put_refund", slowly)
    try:
        await asyncio.gather(*(inspect(*each) for each in zip(ports, ORDERS, strict=True)))
    finally:
        await other.dispose()
    async with database.reading() as tx:
        so_far = await tx.returns.refunded("O-1")
    assert (4, 0) == (so_far.units, so_far.shipping_kept_minor)
