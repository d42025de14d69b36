"""What people do when an order can't go on, or shall go on otherwise: one function for each act."""

from functools import partial

from fulfillment.domain.back_order_choices import BackOrderChoice, LineChoice
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.supply import SupplyReport, SupplyState
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.messages import CancelRequest
from fulfillment.messages.back_orders import ChooseBackOrder
from fulfillment.messages.holds import PayOtherwise
from fulfillment.operations import back_orders, floor, holds, order_changes, stock, supply
from fulfillment.operations.order_views import timeline
from fulfillment.simulation.cases import CUSTOMER, OFFICE, WORKSHOP, Case
from fulfillment.simulation.scenario import Act

OTHER_CARD = "tok_visa"
CAPTURE_DECLINED = "capture declined"
"""What the timeline says of it."""


async def pay_otherwise(case: Case) -> None:
    """Have the order paid with another card than the one that was declined."""
    await case.at(OrderStage.ON_HOLD)
    other = PayOtherwise(reference=f"{OTHER_CARD}-{case.order_id.lower()}", by=CUSTOMER)
    paying = partial(
        holds.pay_otherwise, case.engine, case.order_id, other, update_id=case.name("pay")
    )
    await case.ask(CUSTOMER, Act.PAY_OTHERWISE, paying, lambda status: f"{status.stage}")


async def produce(case: Case) -> None:
    """Complete what the workshop is to produce for the order."""
    sku = case.first_line.sku

    async def look() -> str | None:
        found = await supply.list_supply(case.engine, states=(SupplyState.PRODUCING,))
        return next((one.supply_id for one in found if one.sku == sku), None)

    supply_id = await case.until(look)
    report = SupplyReport(receipt_id=f"{case.order_id}-made", by=WORKSHOP)
    complete = partial(supply.receive_supply, case.engine, supply_id, report)
    await case.ask(WORKSHOP, Act.PRODUCE, complete, lambda done: done.message)


async def do_without(case: Case) -> None:
    """Tell that what is missing is not wanted any more."""

    async def look() -> bool:
        waiting = await stock.show_queue(case.engine, skus=[case.first_line.sku])
        return any(entry.waiter.waiter_id == case.order_id for entry in waiting)

    await case.until(look)
    chosen = LineChoice(line_no=case.first_line.line_no, choice=BackOrderChoice.CANCEL)
    choose = partial(
        back_orders.choose_back_order,
        case.engine,
        case.order_id,
        ChooseBackOrder(choices=(chosen,), by=CUSTOMER),
        update_id=case.name("choose"),
    )
    await case.ask(CUSTOMER, Act.DO_WITHOUT, choose, lambda answer: ", ".join(answer.done))


async def cancel_part(case: Case) -> None:
    """Cancel one unit of what is packed and labeled."""
    await case.share_at(Stage.AWAITING_PICKUP)
    one = LineUnits(line_no=case.first_line.line_no, quantity=1)
    await _cancel(
        case, Act.CANCEL_PART, CancelRequest(reason="one less", by=CUSTOMER, lines=(one,))
    )


async def intercept(case: Case) -> None:
    """Cancel what is on its way."""
    await case.share_at(Stage.IN_TRANSIT)
    await _cancel(case, Act.INTERCEPT, CancelRequest(reason="changed my mind", by=CUSTOMER))


async def _cancel(case: Case, act: Act, request: CancelRequest) -> None:
    cancel = partial(
        order_changes.cancel, case.engine, case.order_id, request, update_id=case.name("cancel")
    )
    await case.ask(CUSTOMER, act, cancel, lambda answer: ", ".join(answer.done))


async def readdress(case: Case) -> None:
    """Have the parcel go to a new home, though it is labeled for the old one."""
    await case.share_at(Stage.AWAITING_PICKUP)
    address = case.planned.order.ship_to.model_copy(
        update={"street": ("Holstenstraße 5",), "city": "Kiel", "postal_code": "24103"}
    )
    change = partial(
        order_changes.change_address,
        case.engine,
        case.order_id,
        address,
        CUSTOMER,
        update_id=case.name("readdress"),
    )
    await case.ask(CUSTOMER, Act.READDRESS, change, lambda answer: ", ".join(answer.done))


async def retry_capture(case: Case) -> None:
    """Have the bank asked again for what has left."""
    fulfillment_id = await case.share_at(Stage.IN_TRANSIT, Stage.DELIVERED)

    async def look() -> bool:
        told = await timeline(case.engine, case.order_id)
        return any(CAPTURE_DECLINED in entry.event for entry in told)

    await case.until(look)
    retry = partial(floor.retry_step, case.engine, fulfillment_id)
    await case.ask(OFFICE, Act.RETRY_CAPTURE, retry, lambda _: "asked again")
