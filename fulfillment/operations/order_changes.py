"""What customers may still change: cancel or amend an order, or send it elsewhere."""

from activities.cancellation_plan import Terms, plan_for
from fulfillment.domain.addresses import Address
from fulfillment.domain.base import content_hash
from fulfillment.domain.cancellation import CancellationPlan
from fulfillment.messages import (
    AmendAnswer,
    AmendOrder,
    CancelAnswer,
    CancelRequest,
    ChangeAddress,
    ReaddressAnswer,
)
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import ask_order
from workflows.order import OrderWorkflow


async def cancel(
    engine: Engine, order_id: str, request: CancelRequest, *, update_id: str | None = None
) -> CancelAnswer:
    """Cancel an order at any stage, one fulfillment, units of its lines, or what it waits for.

    The same again gets the same answer.

    Raises:
        TooLate: parcels that can't be brought back any more, or the order is settled; or nothing of
            what was asked is left. The message says what to do instead.
        NotFound: no such order.

    """
    # What is left of a part changes: the same question may have another answer later.
    part = request.back_ordered_only or request.lines
    again = None if part else f"cancel/{content_hash(request)}"
    update = OrderWorkflow.cancel
    return await ask_order(engine, order_id, update, request, CancelAnswer, update_id or again)


async def preview_cancellation(
    engine: Engine, order_id: str, request: CancelRequest
) -> CancellationPlan:
    """Return what a cancellation would do now, and change nothing.

    Whether a carrier still brings parcels back, it says only when it is asked in earnest.

    Raises:
        NotFound: no such order or fulfillment.

    """
    terms = Terms(engine.interception.can, engine.interception.fee_minor)
    async with engine.database.reading() as tx:
        _, plan = await plan_for(tx, order_id, request, terms)
    return plan


async def amend(
    engine: Engine, order_id: str, wish: AmendOrder, *, update_id: str | None = None
) -> AmendAnswer:
    """Take units off an order until they have left, or see to other wishes until it is labeled.

    Nothing can be added to an order: that is another order.

    Raises:
        TooLate: the units have left, all parcels are labeled, or the order is settled.
        NotFound: no such order.

    """
    update = OrderWorkflow.amend
    return await ask_order(engine, order_id, update, wish, AmendAnswer, update_id)


async def change_address(
    engine: Engine, order_id: str, address: Address, by: str, *, update_id: str | None = None
) -> ReaddressAnswer:
    """Send an order to another address; what is labeled already is labeled anew.

    Raises:
        Refused: the address can't be used; the old one stays.
        TooLate: all parcels have left, or the order is settled.
        NotFound: no such order.

    """
    update = OrderWorkflow.change_address
    return await ask_order(
        engine, order_id, update, ChangeAddress(address=address, by=by), ReaddressAnswer, update_id
    )
