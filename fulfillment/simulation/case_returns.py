"""What people do when the wrong thing arrives, or a broken one: it comes back, and another goes."""

from functools import partial

from fulfillment.domain.base import Value
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
from fulfillment.messages.returns import DecideReturn, ReturnAcknowledged
from fulfillment.operations import return_views, returns
from fulfillment.simulation.assortment import ARTICLES
from fulfillment.simulation.baskets import TAX_PERCENT
from fulfillment.simulation.cases import CUSTOMER, DOCK, INSPECTOR, OFFICE, Case
from fulfillment.simulation.scenario import Act

EXCHANGED_FOR = "GLASS-SET"
SENT_BY_MISTAKE = "TEA-ASSAM"


class Found(Value):
    """What the inspector finds, and where it goes."""

    condition: Condition
    disposition: Disposition


async def exchange(case: Case) -> None:
    """Send back what came damaged, for another article."""
    net_minor = next(one.unit_value_minor for one in ARTICLES if one.sku == EXCHANGED_FOR)
    price_minor = net_minor + net_minor * TAX_PERCENT // 100
    wanted = ExchangeItem(sku=EXCHANGED_FOR, quantity=1, unit_price_minor=price_minor)
    request = ReturnRequest(
        order_id=case.order_id,
        items=(_all_of_it(case, ReturnReason.DAMAGED),),
        wish=ReturnWish.EXCHANGE,
        exchange=(wanted,),
        by=CUSTOMER,
    )
    broken = Found(condition=Condition.DAMAGED, disposition=Disposition.SCRAP)
    await _send_back(case, Act.EXCHANGE, request, case.first_line.sku, broken)


async def replace(case: Case) -> None:
    """Send back what came and was not ordered, for what was."""
    request = ReturnRequest(
        order_id=case.order_id,
        items=(_all_of_it(case, ReturnReason.WRONG),),
        wish=ReturnWish.REPLACEMENT,
        by=CUSTOMER,
    )
    another = Found(condition=Condition.AS_NEW, disposition=Disposition.QUARANTINE)
    await _send_back(case, Act.REPLACE, request, SENT_BY_MISTAKE, another)


def _all_of_it(case: Case, reason: ReturnReason) -> ReturnItem:
    line = case.first_line
    return ReturnItem(line_no=line.line_no, quantity=line.quantity, reason=reason)


async def be_refused(case: Case) -> None:
    """Ask to send back what costs much; the office, who is to approve that, refuses it."""
    made = await _request(case, Act.RETURN_REFUSED, _unwanted(case))
    if made is None:
        return
    await case.until(partial(_is_at, case, made.return_id, ReturnStage.REQUESTED))
    refusal = DecideReturn(approve=False, reason="it was worn", by=OFFICE)
    refusing = partial(
        returns.decide_return,
        case.engine,
        made.return_id,
        refusal,
        update_id=case.name("refuse return"),
    )
    await case.ask(OFFICE, "refuse the return", refusing, lambda answer: answer.message)


async def never_send(case: Case) -> None:
    """Ask to send it back, and keep it."""
    made = await _request(case, Act.NEVER_SENT, _unwanted(case))
    if made is not None:
        await case.until(partial(_is_at, case, made.return_id, ReturnStage.LAPSED))


def _unwanted(case: Case) -> ReturnRequest:
    item = _all_of_it(case, ReturnReason.UNWANTED)
    return ReturnRequest(order_id=case.order_id, items=(item,), by=CUSTOMER)


async def _request(case: Case, act: Act, request: ReturnRequest) -> ReturnAcknowledged | None:
    await case.delivered()
    asking = partial(returns.request_return, case.engine, request, key=case.name("return"))
    return await case.ask(CUSTOMER, act, asking, lambda answer: answer.return_id)


async def _send_back(case: Case, act: Act, request: ReturnRequest, sku: str, found: Found) -> None:
    """Ask, send the parcel with an article in it, and have it received and inspected."""
    made = await _request(case, act, request)
    if made is None:
        return
    number = await case.until(partial(_tracking_number, case, made.return_id))
    await case.robot.take_time(case.robot.around.pace.travel)
    line = case.first_line
    receipt = ReturnReceipt(
        receipt_id=f"{case.order_id}-back",
        items=(ReceivedGoods(sku=sku, quantity=line.quantity),),
        by=DOCK,
    )
    receiving = partial(returns.receive_return, case.engine, number, receipt)
    await case.ask(DOCK, "receive the return", receiving, lambda answer: answer.message)
    await case.until(partial(_is_at, case, made.return_id, ReturnStage.INSPECTING))
    seen = InspectedUnits(line_no=line.line_no, quantity=line.quantity, **found.model_dump())
    inspecting = partial(
        returns.inspect_return,
        case.engine,
        made.return_id,
        ReturnInspection(units=(seen,), by=INSPECTOR),
        update_id=case.name("inspect"),
    )
    await case.ask(INSPECTOR, "inspect the return", inspecting, lambda answer: answer.message)


async def _tracking_number(case: Case, return_id: str) -> str | None:
    """Return under which number the customer can send it, once there is a label."""
    parcels = (await return_views.show_return(case.engine, return_id)).parcels
    return parcels[0].tracking_number if parcels else None


async def _is_at(case: Case, return_id: str, stage: ReturnStage) -> bool:
    return (await return_views.show_return(case.engine, return_id)).record.stage is stage
