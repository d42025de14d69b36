"""An order's row and its workflow: whether they are there, and what it means if not."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import WorkflowHandle

from fulfillment.domain.base import StrictValue, Value
from fulfillment.domain.errors import FulfillmentError, NotFound, Problem, TooLate
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.messages import OrderResult
from fulfillment.operations.answers import AnswerT, NotRunning, answered, ask, orphaned
from fulfillment.operations.engine import Engine
from fulfillment.records import OrderRecord
from fulfillment.temporal.identifiers import order_workflow_id
from workflows.order import OrderWorkflow


def order_handle(engine: Engine, order_id: str) -> WorkflowHandle[OrderWorkflow, OrderResult]:
    """Return the handle of an order's workflow, whether it runs or not."""
    return engine.client.get_workflow_handle_for(OrderWorkflow.run, order_workflow_id(order_id))


async def is_running(engine: Engine, order_id: str) -> bool:
    """Return whether an order's workflow runs."""
    try:
        async with answered(order_workflow_id(order_id)):
            description = await order_handle(engine, order_id).describe()
    except NotRunning:
        return False
    return description.close_time is None


async def get_order(engine: Engine, order_id: str) -> OrderRecord:
    """Return an order on record.

    Raises:
        NotFound: no such order.

    """
    record = await find_order(engine, order_id)
    if record is None:
        raise NotFound.of(
            Problem(
                path=f"order {order_id}",
                expected="an order on record",
                came="none of this id",
                remedy="`fulfillment orders list` shows those that are",
            )
        )
    return record


async def find_order(engine: Engine, order_id: str) -> OrderRecord | None:
    """Return an order on record, or None."""
    async with engine.database.reading() as tx:
        return await tx.orders.find(order_id)


async def why_not_running(engine: Engine, order_id: str) -> FulfillmentError:
    """Return why an order can't be asked: unknown, settled, or left without its workflow."""
    try:
        record = await get_order(engine, order_id)
    except NotFound as unknown:
        return unknown
    if record.stage is OrderStage.SETTLED:
        return settled(record)
    return orphaned(f"order {order_id}", f"fulfillment orders resume {order_id}")


@asynccontextmanager
async def running_order(
    engine: Engine, order_id: str
) -> AsyncIterator[WorkflowHandle[OrderWorkflow, OrderResult]]:
    """Give an order's workflow to ask; where it does not run, raise why the order can't be asked.

    Raises:
        FulfillmentError: as `why_not_running`.

    """
    try:
        yield order_handle(engine, order_id)
    except NotRunning as gone:
        raise await why_not_running(engine, order_id) from gone


async def ask_order(  # noqa: PLR0913, PLR0917 - as `ask`
    engine: Engine,
    order_id: str,
    update: Any,  # noqa: ANN401 - as `ask`
    request: Value | StrictValue,
    answer: type[AnswerT],
    update_id: str | None,
) -> AnswerT:
    """Send an update to an order's workflow and wait for its answer.

    Without an `update_id` it is asked anew each time.

    Raises:
        FulfillmentError: what the workflow refused, or as `why_not_running`.

    """
    name = update_id or f"{update.__name__}/{uuid.uuid4()}"
    async with running_order(engine, order_id) as order:
        return await ask(order, update, request, answer, name)


def settled(record: OrderRecord) -> FulfillmentError:
    """Return that it is too late, and how the order ended."""
    ended = record.outcome.summary if record.outcome else "settled"
    return TooLate.of(
        Problem(
            path=f"order {record.order.order_id}",
            expected="an order that is under way",
            came=f"one that has ended: {ended}",
            remedy="nothing is left to do",
        )
    )
