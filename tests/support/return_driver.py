"""Carries returns through a shop as customers, the dock and inspectors do, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plant as plants
from floor_driver import ANN, Placed, place
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
from fulfillment.messages.returns import CancelReturn, ReturnAnswer
from fulfillment.operations import return_views, returns


@dataclass(frozen=True)
class Back:
    """A return of an order."""

    shop: plants.Plant
    order_id: str
    return_id: str

    async def view(self) -> return_views.ReturnView:
        """Return what is on record."""
        return await return_views.show_return(self.shop.engine, self.return_id)

    async def at(self, stage: ReturnStage) -> return_views.ReturnView:
        """Wait until it stands at a stage."""

        async def look() -> return_views.ReturnView | None:
            made = await self.shop.read(lambda tx: tx.returns.find(self.return_id))
            return await self.view() if made is not None and made.stage is stage else None

        return await plants.eventually(look)

    async def labeled(self) -> str:
        """Wait for the label of its first parcel, and return its tracking number."""

        async def look() -> str | None:
            parcels = (await self.view()).parcels
            return parcels[0].tracking_number if parcels else None

        return await plants.eventually(look)

    async def told(self, kind: str) -> None:
        """Wait until the customer was told."""

        async def look() -> bool:
            notices = await self.shop.read(lambda tx: tx.journal.notices(self.order_id))
            return any(notice.kind == kind for notice in notices)

        await plants.eventually(look)

    async def receive(self, reference: str, *goods: tuple[str, int], **fields: Any) -> ReturnAnswer:
        """Say what was in a parcel."""
        return await returns.receive_return(self.shop.engine, reference, receipt(*goods, **fields))

    async def inspect(self, quantity: int, line_no: int = 1, **fields: Any) -> ReturnAnswer:
        """Say how units were found; as new, unless told otherwise."""
        usual = {"condition": Condition.AS_NEW, "disposition": Disposition.RESTOCK}
        found = InspectedUnits(**{"line_no": line_no, "quantity": quantity, **usual, **fields})
        said = ReturnInspection(units=(found,), by=ANN)
        return await returns.inspect_return(self.shop.engine, self.return_id, said)

    async def cancel(self) -> ReturnAnswer:
        """Say that nothing comes, or nothing more."""
        word = CancelReturn(reason="keeps it", by="ada")
        return await returns.cancel_return(self.shop.engine, self.return_id, word)


async def delivered(shop: plants.Plant, name: str, **changes: Any) -> Placed:
    """Have an order of two mugs and a book arrive."""
    order = await place(shop, name, **changes)
    assert "completed" == await order.finish()
    return order


def item(quantity: int = 2, line_no: int = 1, **fields: Any) -> ReturnItem:
    """Return what is asked for: both mugs, since nobody wants them."""
    reason = {"reason": ReturnReason.UNWANTED}
    return ReturnItem(**{"line_no": line_no, "quantity": quantity, **reason, **fields})


async def ask(
    order: Placed, items: Sequence[ReturnItem] = (), key: str | None = "k", **fields: Any
) -> Back:
    """Ask to return both mugs, or these items."""
    asked = ReturnRequest(
        **{"order_id": order.order_id, "items": tuple(items) or (item(),), "by": "ada", **fields}
    )
    made = await returns.request_return(order.engine, asked, key=key)
    return Back(order.shop, order.order_id, made.return_id)


def receipt(*goods: tuple[str, int], name: str | None = None, lot: str = "") -> ReturnReceipt:
    """Return what was scanned of a parcel."""
    scanned = tuple(ReceivedGoods(sku=sku, quantity=units, lot=lot) for sku, units in goods)
    return ReturnReceipt(receipt_id=name or plants.new_id("dock"), items=scanned, by=ANN)
