"""Journeys whose goods come back."""

from driving import Drive
from fulfillment.domain.lifecycle import Nudge
from fulfillment.domain.return_receipts import (
    InspectedUnits,
    ReceivedGoods,
    ReturnInspection,
    ReturnReceipt,
)
from fulfillment.domain.returns import (
    Condition,
    Disposition,
    ExchangeItem,
    ReturnItem,
    ReturnReason,
    ReturnRequest,
    ReturnStage,
    ReturnWish,
)
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.messages.returns import CancelReturn, DecideReturn
from fulfillment.operations import return_dock, return_views, returns
from fulfillment.stores.returns import ReturnParcelRecord
from journey import journey, restless
from plant import Plant, eventually


@restless
async def returned(_: Plant, drive: Drive) -> None:
    """Have a mug exchanged for a soap, after a person was pressed to approve it."""
    await drive.submit()
    await drive.carry()
    await drive.ended()
    soap = ExchangeItem(sku="SOAP", quantity=1, unit_price_minor=500)
    request = ReturnRequest(
        order_id=drive.order_id,
        items=(ReturnItem(line_no=1, quantity=1, reason=ReturnReason.UNWANTED),),
        wish=ReturnWish.EXCHANGE,
        exchange=(soap,),
        by="customer",
    )
    made = await returns.request_return(drive.engine, request, key="return")
    await _pressed(drive, made.return_id)
    await returns.decide_return(drive.engine, made.return_id, DecideReturn(by="Eve"))
    parcel = await _labeled(drive, made.return_id)
    goods = (ReceivedGoods(sku="MUG", quantity=1),)
    receipt = ReturnReceipt(receipt_id="dock-1", items=goods, by="Dan")
    await returns.receive_return(drive.engine, parcel.tracking_number or "", receipt)
    found = InspectedUnits(
        line_no=1, quantity=1, condition=Condition.OPENED, disposition=Disposition.REFURBISH
    )
    inspection = ReturnInspection(units=(found,), by="Ida")
    await returns.inspect_return(drive.engine, made.return_id, inspection, update_id="inspected")
    await _at(drive, made.return_id, ReturnStage.RESOLVED)


@restless
async def return_refused(_: Plant, drive: Drive) -> None:
    """Ask for a return that a person refuses, after having been pressed."""
    await drive.submit()
    await drive.carry()
    await drive.ended()
    made = await _asked(drive, 1, ReturnReason.UNWANTED)
    await _pressed(drive, made)
    no = DecideReturn(approve=False, reason="it was engraved", by="Eve")
    await returns.decide_return(drive.engine, made, no)
    await _at(drive, made, ReturnStage.REFUSED)


@journey
async def sent_back(_: Plant, drive: Drive) -> None:
    """Send a mug back unannounced, one for another, and a book not at all.

    The book's label was scanned, and its return terminated and resumed.
    """
    await drive.submit()
    await drive.carry()
    await drive.ended()
    mug = ReturnReceipt(
        receipt_id="dock-1", items=(ReceivedGoods(sku="MUG", quantity=1),), by="Dan"
    )
    answer = await return_dock.receive_unannounced(drive.engine, drive.order_id, "BER", mug)
    await _inspected(drive, answer.return_id, Condition.AS_NEW)
    await _at(drive, answer.return_id, ReturnStage.RESOLVED)
    await _replaced(drive, mug.model_copy(update={"receipt_id": "dock-2"}))
    await _resumed(drive)


async def _replaced(drive: Drive, receipt: ReturnReceipt) -> None:
    damaged = await _asked(drive, 1, ReturnReason.DAMAGED, ReturnWish.REPLACEMENT)
    parcel = await _labeled(drive, damaged)
    await returns.receive_return(drive.engine, parcel.tracking_number or "", receipt)
    await _inspected(drive, damaged, Condition.DAMAGED)
    await _at(drive, damaged, ReturnStage.RESOLVED)


async def _resumed(drive: Drive) -> None:
    book = await _asked(drive, 2, ReturnReason.UNWANTED)
    parcel = await _labeled(drive, book)
    await drive.tell(parcel.tracking_number or "", TrackingStatus.PICKED_UP)
    await returns.return_handle(drive.engine, book).terminate("by hand")
    await returns.resume_return(drive.engine, book)
    keeps = CancelReturn(reason="keeps it", by="customer")
    await returns.cancel_return(drive.engine, book, keeps)
    await _at(drive, book, ReturnStage.CANCELED)


async def _asked(
    drive: Drive, line_no: int, reason: ReturnReason, wish: ReturnWish = ReturnWish.REFUND
) -> str:
    request = ReturnRequest(
        order_id=drive.order_id,
        items=(ReturnItem(line_no=line_no, quantity=1, reason=reason),),
        wish=wish,
        by="customer",
    )
    key = f"{line_no}/{reason.value}"
    return (await returns.request_return(drive.engine, request, key=key)).return_id


async def _inspected(drive: Drive, return_id: str, condition: Condition) -> None:
    found = InspectedUnits(
        line_no=1, quantity=1, condition=condition, disposition=Disposition.SCRAP
    )
    inspection = ReturnInspection(units=(found,), by="Ida")
    await returns.inspect_return(drive.engine, return_id, inspection, update_id="inspected")


async def _pressed(drive: Drive, return_id: str) -> None:
    async def look() -> bool:
        async with drive.engine.database.reading() as tx:
            actions = await tx.journal.actions(drive.order_id)
        mine = [a for a in actions if a.detail.startswith(return_id)]
        return Nudge.ESCALATION.value in {action.action for action in mine}

    await eventually(look)


async def _labeled(drive: Drive, return_id: str) -> ReturnParcelRecord:
    async def look() -> ReturnParcelRecord | None:
        parcels = (await return_views.show_return(drive.engine, return_id)).parcels
        return parcels[0] if parcels and parcels[0].label else None

    found: ReturnParcelRecord = await eventually(look)
    return found


async def _at(drive: Drive, return_id: str, stage: ReturnStage) -> None:
    async def look() -> bool:
        view = await return_views.show_return(drive.engine, return_id)
        return view.record.stage is stage

    await eventually(look)
