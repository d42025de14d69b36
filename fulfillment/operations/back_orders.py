"""What a storefront or a clerk can ask about lines that are not in stock."""

from fulfillment.messages.back_orders import BackOrderAnswer, ChooseBackOrder
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import ask_order
from workflows.order import OrderWorkflow


async def choose_back_order(
    engine: Engine, order_id: str, request: ChooseBackOrder, *, update_id: str | None = None
) -> BackOrderAnswer:
    """Do what the customer chooses for lines that are not in stock.

    Raises:
        ConfirmationRefused: a line that is not back-ordered, more units than are missing, an
            article that the order does not allow instead, or one that ships what is there anyway.
        TooLate: the order has ended.
        NotFound: no such order.

    """
    # What an order waits for changes: the same choice may mean something else later.
    update = OrderWorkflow.choose_back_order
    return await ask_order(engine, order_id, update, request, BackOrderAnswer, update_id)
