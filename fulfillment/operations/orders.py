"""What can be asked of an order: submit, cancel, correct, release, resume."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from temporalio.client import WithStartWorkflowOperation
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Value, content_hash
from fulfillment.domain.errors import (
    FulfillmentError,
    OrderConflict,
    Problem,
    Refused,
    Unavailable,
)
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import Order
from fulfillment.messages import (
    Acknowledgment,
    CancelAnswer,
    CancelRequest,
    CorrectAddress,
    OrderStatus,
    ReleaseHold,
)
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import (
    ask_order,
    find_order,
    get_order,
    is_running,
    order_handle,
    settled,
)
from fulfillment.operations.order_changes import cancel
from fulfillment.records import OrderRecord
from fulfillment.temporal import search_attributes as attributes
from fulfillment.temporal.identifiers import order_workflow_id
from workflows.order import OrderWorkflow

RECEIVED = TypedSearchAttributes(
    [SearchAttributePair(attributes.ORDER_STAGE, OrderStage.RECEIVED.value)]
)
"""What operators see until the order first comes to rest."""

AT_ONCE = 16
"""How many orders of a batch are on their way at the same time."""


class Resumption(Value):
    """What was done so that an order goes on."""

    order_id: str
    restarted: bool
    """True if its workflow was gone and was started again; else it was told to go on."""


# --- submit ----------------------------------------------------------------------------------


async def submit_order(engine: Engine, order: Order) -> Acknowledgment:
    """Hand an order in; the same order again returns what is on record.

    Returns:
        The acknowledgment, once the order is on record.

    Raises:
        InvalidOrder: the order is wrong; names each field.
        OrderConflict: an order of this id with other content is on record.
        Unavailable: no answer; the same again is safe.

    """
    acknowledgment = await _on_record(engine, order.order_id) or await _start(engine, order)
    if acknowledgment.content_hash != content_hash(order):
        raise _conflict(order.order_id)
    return acknowledgment


async def submit_orders(
    engine: Engine, batch: Sequence[Order], *, at_once: int = AT_ONCE
) -> list[Acknowledgment | FulfillmentError]:
    """Hand several orders in, some at once; one that is refused costs none of the others.

    Returns:
        For each order, at its position, the acknowledgment or why there is none.

    """
    turnstile = asyncio.Semaphore(at_once)

    async def submit(order: Order) -> Acknowledgment | FulfillmentError:
        async with turnstile:
            try:
                return await submit_order(engine, order)
            except FulfillmentError as error:
                return error

    return list(await asyncio.gather(*(submit(order) for order in batch)))


async def _on_record(engine: Engine, order_id: str) -> Acknowledgment | None:
    record = await find_order(engine, order_id)
    if record is None:
        return None
    return Acknowledgment(
        order_id=order_id, content_hash=record.content_hash, workflow_id=record.workflow_id
    )


async def _start(engine: Engine, order: Order) -> Acknowledgment:
    start = WithStartWorkflowOperation(
        OrderWorkflow.run,
        order,
        id=order_workflow_id(order.order_id),
        task_queue=engine.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=summary_of(order),
        search_attributes=RECEIVED,
    )
    acknowledged: Any = OrderWorkflow.acknowledged
    try:
        async with answered(order_workflow_id(order.order_id)):
            answer = await engine.client.execute_update_with_start_workflow(
                acknowledged, start_workflow_operation=start
            )
    except NotRunning as ended:
        message = f"order {order.order_id} was stopped before it was on record; submit it again"
        raise Unavailable(message) from ended
    finally:
        await _look_at(start)
    return Acknowledgment.model_validate(answer)


async def _look_at(start: WithStartWorkflowOperation[Any, Any]) -> None:
    """Look at how the start ended, or asyncio logs a failure that nobody looked at."""
    with suppress(Exception, asyncio.CancelledError):
        async with asyncio.timeout(0):
            await start.workflow_handle()


def summary_of(order: Order) -> str:
    """Return an order in a line for the Temporal UI, without personal data."""
    units = sum(line.quantity for line in order.lines)
    skus = ", ".join(dict.fromkeys(line.sku for line in order.lines))
    shown = skus if len(skus) <= 80 else f"{len(order.lines)} lines"  # noqa: PLR2004 - a UI column
    return f"{units} x {shown}, {order.urgency.value} to {order.ship_to.country}"


def _conflict(order_id: str) -> FulfillmentError:
    return OrderConflict.of(
        Problem(
            path=f"order {order_id}",
            expected="the content that is on record under this id",
            came="other content",
            remedy="give a new order an id of its own; "
            f"`fulfillment orders show {order_id}` shows what is on record",
        )
    )


# --- change ----------------------------------------------------------------------------------


async def cancel_order(  # noqa: PLR0913 - the request's fields, as staff and storefronts say them
    engine: Engine,
    order_id: str,
    reason: str,
    by: str,
    *,
    back_ordered_only: bool = False,
    update_id: str | None = None,
) -> CancelAnswer:
    """Cancel an order at any stage until it is delivered, or only what it waits for.

    The same again gets the same answer; for parts of an order see `order_changes.cancel`.

    Raises:
        TooLate: the parcels can't be brought back, or the order is settled; or nothing of it is
            back-ordered.
        NotFound: no such order.

    """
    request = CancelRequest(reason=reason, by=by, back_ordered_only=back_ordered_only)
    return await cancel(engine, order_id, request, update_id=update_id)


async def correct_address(
    engine: Engine, order_id: str, address: Address, by: str, *, update_id: str | None = None
) -> OrderStatus:
    """Replace the address of an order on hold, and have it verified again.

    Raises:
        ConfirmationRefused: the order is not on hold.
        NotFound: no such order.

    """
    update = OrderWorkflow.correct_address
    return await ask_order(
        engine, order_id, update, CorrectAddress(address=address, by=by), OrderStatus, update_id
    )


async def release_hold(
    engine: Engine, order_id: str, by: str, reason: str = "", *, update_id: str | None = None
) -> OrderStatus:
    """Let an order on hold go on in spite of what was found.

    Raises:
        ConfirmationRefused: the order is not on hold.
        NotFound: no such order.

    """
    update = OrderWorkflow.release_hold
    return await ask_order(
        engine, order_id, update, ReleaseHold(by=by, reason=reason), OrderStatus, update_id
    )


async def resume_order(engine: Engine, order_id: str) -> Resumption:
    """Have an order go on: start what broke again, or the order itself if its workflow is gone.

    A workflow that is started again finds what was done under its keys and goes on behind it.

    Raises:
        NotFound: no such order.
        TooLate: the order is settled.
        Refused: the content as handed in is not known any more.

    """
    record = await get_order(engine, order_id)
    if record.stage is OrderStage.SETTLED:
        raise settled(record)
    content = await _as_handed_in(engine, record)
    running = await is_running(engine, order_id)
    # In one call, so that it holds as well if the workflow ends or starts meanwhile.
    async with answered(order_workflow_id(order_id)):
        await engine.client.start_workflow(
            OrderWorkflow.run,
            content,
            id=order_workflow_id(order_id),
            task_queue=engine.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=summary_of(content),
            search_attributes=RECEIVED,
            start_signal="resume",
        )
    return Resumption(order_id=order_id, restarted=not running)


async def _as_handed_in(engine: Engine, record: OrderRecord) -> Order:
    """Return the order before any correction: from the record, else from the workflow's start."""
    if content_hash(record.order) == record.content_hash:
        return record.order
    try:
        async with answered(record.workflow_id):
            history = order_handle(engine, record.order.order_id).fetch_history_events(page_size=1)
            started = (await anext(history)).workflow_execution_started_event_attributes
            payloads = list(started.input.payloads)[:1]  # a continued run has its state, too
        [order] = await engine.client.data_converter.decode(payloads, [Order])
    except (NotRunning, ValueError) as unknown:
        raise _content_unknown(record) from unknown
    if content_hash(order) != record.content_hash:
        raise _content_unknown(record)
    return Order.model_validate(order)


def _content_unknown(record: OrderRecord) -> FulfillmentError:
    return Refused.of(
        Problem(
            path=f"order {record.order.order_id}",
            expected="its content as it was handed in",
            came="a corrected address, and no history of its workflow",
            remedy="start OrderWorkflow with the storefront's own order file",
        )
    )
