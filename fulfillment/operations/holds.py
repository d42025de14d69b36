"""What can be asked of orders on hold: which there are, and each answer to them."""

from fulfillment.domain.holds import HoldChoice, HoldKind, HoldRecord, choices_of
from fulfillment.messages import OrderStatus
from fulfillment.messages.holds import AnswerQuestion, AskCustomer, PayOtherwise, RejectOrder
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import ask_order, get_order
from workflows.order import OrderWorkflow


class HoldView(HoldRecord):
    """A hold, and what can be done about it."""

    choices: tuple[HoldChoice, ...]


async def list_holds(
    engine: Engine, *, kind: HoldKind | None = None, limit: int = 50, after: str | None = None
) -> list[HoldView]:
    """Return the open holds by their orders' ids, beginning behind the order `after`."""
    async with engine.database.reading() as tx:
        found = await tx.holds.open(kind=kind, limit=limit, after=after)
    return [_view(hold) for hold in found]


async def holds_of(engine: Engine, order_id: str) -> list[HoldView]:
    """Return an order's holds, oldest first, with how each was answered.

    Raises:
        NotFound: no such order.

    """
    await get_order(engine, order_id)
    async with engine.database.reading() as tx:
        return [_view(hold) for hold in await tx.holds.of_order(order_id)]


async def ask_customer(
    engine: Engine, order_id: str, request: AskCustomer, *, update_id: str | None = None
) -> OrderStatus:
    """Write to the customer of an order on hold, and have the order wait for the answer.

    Raises:
        ConfirmationRefused: the order is not on hold.
        NotFound: no such order.

    """
    update = OrderWorkflow.ask_customer
    return await ask_order(engine, order_id, update, request, OrderStatus, update_id)


async def answer_question(
    engine: Engine, order_id: str, reply: AnswerQuestion, *, update_id: str | None = None
) -> OrderStatus:
    """Put on record what a customer who was asked has answered; staff decides what follows.

    Raises:
        ConfirmationRefused: the customer was not asked, or has answered.
        NotFound: no such order.

    """
    update = OrderWorkflow.answer_question
    return await ask_order(engine, order_id, update, reply, OrderStatus, update_id)


async def pay_otherwise(
    engine: Engine, order_id: str, payment: PayOtherwise, *, update_id: str | None = None
) -> OrderStatus:
    """Have an order whose payment was declined paid by other means; the bank is asked anew.

    On hold for it, or under way: then what is held anew and captured from now on is paid so.

    Raises:
        ConfirmationRefused: the order is on hold for something else, or nothing is held for it, or
            it is just being held anew.
        NotFound: no such order.

    """
    update = OrderWorkflow.pay_otherwise
    return await ask_order(engine, order_id, update, payment, OrderStatus, update_id)


async def reject_order(
    engine: Engine, order_id: str, rejection: RejectOrder, *, update_id: str | None = None
) -> OrderStatus:
    """Close an order on hold, give back what it has, and tell the customer why.

    Raises:
        ConfirmationRefused: the order is not on hold; cancel it instead.
        NotFound: no such order.

    """
    update = OrderWorkflow.reject_order
    return await ask_order(engine, order_id, update, rejection, OrderStatus, update_id)


def _view(hold: HoldRecord) -> HoldView:
    choices = () if hold.closed_at else choices_of(hold.kinds)
    return HoldView(**hold.model_dump(), choices=choices)
