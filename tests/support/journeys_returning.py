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
from fulfillment.messages.returns import DecideReturn
from fulfillment.operations import return_views, returns
from fulfillment.stores.returns import ReturnParcelRecord
from journey import restless
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
    await _resolved(drive, made.return_id)


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


async def _resolved(drive: Drive, return_id: str) -> None:
    async def look() -> bool:
        view = await return_views.show_return(drive.engine, return_id)
        return view.record.stage is ReturnStage.RESOLVED

    await eventually(look)
