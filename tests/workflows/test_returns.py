"""Returns, from the request to closed books, on a real server."""

from typing import Any

import plant as plants
from fulfillment.domain.lifecycle import Stage
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
    ReturnReason,
    ReturnRequest,
    ReturnStage,
)
from fulfillment.operations import return_views, returns
from floor_driver import ANN, Placed, place

AMOUNT_MINOR = 3 * 1990 + 3 * 378 + 490


async def delivered(shop: plants.Plant, name: str, **changes: Any) -> Placed:
    """Have an order of two mugs and a book arrive."""
    order = await place(shop, name, **changes)
    assert "completed" == await order.finish()
    return order


def request(order: Placed, **fields: Any) -> ReturnRequest:
    """Ask to return both mugs."""
    items = (ReturnItem(line_no=1, quantity=2, reason=ReturnReason.UNWANTED),)
    return ReturnRequest(**{"order_id": order.order_id, "items": items, "by": "ada", **fields})


async def at(shop: plants.Plant, return_id: str, stage: ReturnStage) -> return_views.ReturnView:
    """Wait until a return stands at a stage, and has its label if it waits for goods."""

    async def look() -> return_views.ReturnView | None:
        view = await return_views.show_return(shop.engine, return_id)
        return view if view.record.stage is stage else None

    return await plants.eventually(look)


async def test_a_return_is_labeled_received_inspected_and_refunded(shop: plants.Plant) -> None:
    """The customer gets the mugs' amounts less their shipping; the mugs lie in their bin again."""
    order = await delivered(shop, "back")
    made = await returns.request_return(shop.engine, request(order), key="k")
    assert made == await returns.request_return(shop.engine, request(order), key="k")
    name = made.return_id

    async def labeled() -> str | None:
        [parcel] = (await return_views.show_return(shop.engine, name)).parcels or [None]
        return parcel.tracking_number if parcel else None

    number = await plants.eventually(labeled)
    receipt = ReturnReceipt(
        receipt_id=f"{name}-1", items=(ReceivedGoods(sku="MUG", quantity=2),), by=ANN
    )
    answer = await returns.receive_return(shop.engine, number, receipt)
    assert (ReturnStage.INSPECTING, 2) == (answer.stage, answer.lines[0].received)
    found = InspectedUnits(
        line_no=1,
        quantity=2,
        condition=Condition.AS_NEW,
        disposition=Disposition.RESTOCK,
        bin_id="BER-A0-01",
    )
    await returns.inspect_return(shop.engine, name, ReturnInspection(units=(found,), by=ANN))
    view = await at(shop, name, ReturnStage.RESOLVED)
    print(view)
    print(await order.told(), await order.payment())
    print(await return_views.return_timeline(shop.engine, name))
    assert 0
