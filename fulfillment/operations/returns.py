"""What can be asked of returns: request, approve, receive, inspect, cancel, resume."""

import uuid
from contextlib import suppress
from typing import Any

from temporalio.client import WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)

from activities.return_planning import plan_return
from fulfillment.domain.base import StrictValue, Value, content_hash
from fulfillment.domain.errors import FulfillmentError, OrderConflict, Problem, TooLate
from fulfillment.domain.return_receipts import ReturnInspection, ReturnReceipt
from fulfillment.domain.return_units import lines_of
from fulfillment.domain.returns import (
    OPEN_STAGES,
    Disposition,
    ReturnRequest,
    ReturnStage,
    rma_number,
)
from fulfillment.messages.returns import (
    CancelReturn,
    DecideReturn,
    RecordReturn,
    ReturnAcknowledged,
    ReturnAnswer,
    ReturnStatus,
    StartReturn,
)
from fulfillment.operations.answers import NotRunning, answered, ask, orphaned
from fulfillment.operations.engine import Engine
from fulfillment.operations.stock import wake_back_orders
from fulfillment.stores.returns import ReturnRecord
from fulfillment.temporal import search_attributes as attributes
from fulfillment.temporal.identifiers import return_workflow_id
from workflows.returns import ReturnWorkflow

ReturnHandle = WorkflowHandle[ReturnWorkflow, ReturnStatus]

_DIGITS = 12


# --- ask for one -----------------------------------------------------------------------------


async def request_return(
    engine: Engine, request: ReturnRequest, *, key: str | None = None
) -> ReturnAcknowledged:
    """Ask that units of an order come back; the same key again is the same return.

    Args:
        engine: the running engine.
        request: what comes back, why, and what for.
        key: stands for this request; without one, each request is another return.

    Raises:
        ReturnRefused: more units than were delivered, or the terms do not allow it.
        OrderConflict: the key stands for another request.
        NotFound: no such order.
        Unavailable: no answer; the same again is safe.

    """
    name = rma_number(request.order_id, key or f"{uuid.uuid4()}")
    start = StartReturn(return_id=name, request=request)
    async with engine.database.reading() as tx:
        known = await tx.returns.find(name)
        if known is None:
            # What is refused leaves no trace in Temporal.
            asked = RecordReturn(key="", return_id=name, request=request, at=engine.clock.now())
            await plan_return(tx, asked, engine.returns)
    if known is not None:
        _require_same(known, request)
        if known.stage not in OPEN_STAGES:
            return _acknowledged(known)
    return await _start(engine, start)


async def _start(engine: Engine, start: StartReturn) -> ReturnAcknowledged:
    units = sum(item.quantity for item in start.request.items)
    operation = WithStartWorkflowOperation(
        ReturnWorkflow.run,
        start,
        id=return_workflow_id(start.return_id),
        task_queue=engine.task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"{units} units of order {start.request.order_id} come back",
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(attributes.ORDER_STAGE, ReturnStage.REQUESTED.value)]
        ),
    )
    registered: Any = ReturnWorkflow.registered
    try:
        async with answered(return_workflow_id(start.return_id)):
            reply = await engine.client.execute_update_with_start_workflow(
                registered, start_workflow_operation=operation
            )
    finally:
        # Look at how the start ended, or asyncio logs a failure that nobody looked at.
        with suppress(Exception):
            await operation.workflow_handle()
    return ReturnAcknowledged.model_validate(reply)


def _require_same(known: ReturnRecord, request: ReturnRequest) -> None:
    asked = request.model_copy(update={"wish": known.request.wish})
    if content_hash(asked) == content_hash(known.request):
        return
    raise OrderConflict.of(
        Problem(
            path=f"return {known.return_id}",
            expected="the request that its key was first sent with",
            came="another one",
            remedy="give each new request a key of its own",
        )
    )


def _acknowledged(known: ReturnRecord) -> ReturnAcknowledged:
    return ReturnAcknowledged(
        return_id=known.return_id,
        order_id=known.order_id,
        stage=known.stage,
        lines=lines_of(known.units),
    )


# --- what people say -------------------------------------------------------------------------


async def decide_return(
    engine: Engine, return_id: str, decision: DecideReturn, *, update_id: str | None = None
) -> ReturnAnswer:
    """Approve a return, or refuse it with a reason that the customer is told.

    Raises:
        ConfirmationRefused: it needs no approval.
        TooLate: it has ended.
        NotFound: no such return.

    """
    name = update_id or f"decide/{content_hash(decision)}"
    return await _ask(engine, return_id, ReturnWorkflow.decide, decision, name)


async def receive_return(
    engine: Engine, reference: str, receipt: ReturnReceipt, *, update_id: str | None = None
) -> ReturnAnswer:
    """Say what was in a parcel; the same receipt again gets the same answer.

    Args:
        engine: the running engine.
        reference: the RMA number, or the tracking number of the return label.
        receipt: what was scanned.
        update_id: the caller's own key, where there is one.

    Raises:
        ConfirmationRefused: an article nobody knows, or a lot that the order did not get.
        TooLate: the return has ended; receive it as unannounced.
        NotFound: no such return.

    """
    return_id = await find_return(engine, reference)
    name = update_id or f"receive/{receipt.receipt_id}/{content_hash(receipt)[:_DIGITS]}"
    return await _ask(engine, return_id, ReturnWorkflow.receive, receipt, name)


async def inspect_return(
    engine: Engine, return_id: str, inspection: ReturnInspection, *, update_id: str | None = None
) -> ReturnAnswer:
    """Say how goods were found and where they go; orders that wait for them look again.

    Raises:
        ConfirmationRefused: fewer units wait, or goods may not lie in that bin.
        TooLate: the return has ended.
        NotFound: no such return.

    """
    # Never an id made from the content: one unit after the other may be found the same.
    name = update_id or f"inspect/{uuid.uuid4()}"
    answer = await _ask(engine, return_id, ReturnWorkflow.inspect, inspection, name)
    if any(found.bin_id for found in inspection.units):
        async with engine.database.reading() as tx:
            units = (await tx.returns.get(return_id)).units
        restocked = {u.goods_sku for u in units if u.disposition is Disposition.RESTOCK}
        await wake_back_orders(engine, restocked)
    return answer


async def cancel_return(
    engine: Engine, return_id: str, request: CancelReturn, *, update_id: str | None = None
) -> ReturnAnswer:
    """Say that nothing comes, or nothing more; labels that were not used are given back.

    Raises:
        ConfirmationRefused: goods have come and wait for inspection.
        TooLate: it has ended.
        NotFound: no such return.

    """
    name = update_id or f"cancel/{content_hash(request)}"
    return await _ask(engine, return_id, ReturnWorkflow.cancel, request, name)


async def retry_return(engine: Engine, return_id: str) -> None:
    """Have what is blocked tried again now, such as a refund that was declined.

    Raises:
        TooLate: it has ended.
        NotFound: no such return.

    """
    try:
        async with answered(return_workflow_id(return_id)):
            await return_handle(engine, return_id).signal("retry_step")
    except NotRunning as gone:
        raise await _why_not_running(engine, return_id) from gone


async def _ask(
    engine: Engine,
    return_id: str,
    update: Any,  # noqa: ANN401 - an update method
    request: Value | StrictValue,
    update_id: str,
) -> ReturnAnswer:
    try:
        return await ask(return_handle(engine, return_id), update, request, ReturnAnswer, update_id)
    except NotRunning as gone:
        raise await _why_not_running(engine, return_id) from gone


# --- its workflow ----------------------------------------------------------------------------


def return_handle(engine: Engine, return_id: str) -> ReturnHandle:
    """Return the handle of a return's workflow, whether it runs or not."""
    return engine.client.get_workflow_handle_for(ReturnWorkflow.run, return_workflow_id(return_id))


async def resume_return(engine: Engine, return_id: str) -> ReturnStage:
    """Start the workflow of a return again that was terminated; it goes on where the record is.

    Raises:
        NotFound: no such return.
        TooLate: it has ended.

    """
    async with engine.database.reading() as tx:
        record = await tx.returns.get(return_id)
    if record.stage not in OPEN_STAGES:
        raise ended(record)
    acknowledged = await _start(engine, StartReturn(return_id=return_id, request=record.request))
    return acknowledged.stage


async def find_return(engine: Engine, reference: str) -> str:
    """Return the id of the return of an RMA number or of a return label's tracking number.

    Raises:
        NotFound: there is none of either.

    """
    async with engine.database.reading() as tx:
        labeled = await tx.returns.labeled(reference)
        return labeled or (await tx.returns.get(reference)).return_id


async def _why_not_running(engine: Engine, return_id: str) -> FulfillmentError:
    async with engine.database.reading() as tx:
        record = await tx.returns.get(return_id)
    if record.stage not in OPEN_STAGES:
        return ended(record)
    return orphaned(f"return {return_id}", f"fulfillment returns resume {return_id}")


def ended(record: ReturnRecord) -> FulfillmentError:
    """Return that it is too late, and how the return ended."""
    return TooLate.of(
        Problem(
            path=f"return {record.return_id}",
            expected="one that is under way",
            came=f"one that has ended: {record.outcome or record.stage.value}",
            remedy="what still comes is received as `fulfillment returns receive-unannounced`",
        )
    )
