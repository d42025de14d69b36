"""Whether the books hold, and whether Temporal and the database tell the same."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from temporalio.client import (
    WorkflowExecution,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
)
from temporalio.common import QueryRejectCondition

from fulfillment.domain.errors import NotFound
from fulfillment.domain.lifecycle import CLOSED, OrderStage, Stage
from fulfillment.domain.repairs import Repair, RepairKind
from fulfillment.messages import FulfillmentStatus, OrderStatus
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.back_order_checks import back_order_findings
from fulfillment.operations.batch_checks import batch_findings
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.operations.manifest_checks import manifest_findings
from fulfillment.operations.order_access import order_handle
from fulfillment.operations.return_checks import return_findings
from fulfillment.operations.running_checks import or_stuck, runs
from fulfillment.operations.supply_checks import supply_findings
from fulfillment.operations.webhook_checks import webhook_findings
from fulfillment.records import BookFinding, FulfillmentRecord, OrderRecord
from fulfillment.temporal.identifiers import fulfillment_workflow_id, order_workflow_id
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow

GRACE = timedelta(seconds=30)
"""How long the database and a workflow may differ: a step is first done, then shown."""

_AT_ONCE = 16
_PAGE = 500
_LOOK_AGAIN_SECONDS = 1.0

StatusT = TypeVar("StatusT", OrderStatus, FulfillmentStatus)
SubjectT = TypeVar("SubjectT")
Look = Callable[[SubjectT], Awaitable[list[BookFinding]]]


async def verify(
    engine: Engine, *, settled: bool = False, grace: timedelta = GRACE
) -> list[BookFinding]:
    """Return each rule that does not hold, with its rows and its repair; empty if all is well.

    Args:
        engine: where to look.
        settled: whether every order must have ended, without any difference left.
        grace: how old a difference must be to count; none is allowed if `settled`.

    Raises:
        Unavailable: Temporal or its workers do not answer.

    """
    async with engine.database.reading() as tx:
        findings = await tx.books.findings()
    before = engine.clock.now() - (timedelta() if settled else grace)
    unsettled = [o.order.order_id for o in await _all_orders(engine) if o.outcome is None]
    findings += await _each(
        unsettled,
        lambda name: or_stuck(
            order_workflow_id(name), _resume(name), _order_findings(engine, name, before)
        ),
    )
    running = [execution async for execution in _running(engine)]
    findings += await _each(running, lambda one: _running_findings(engine, one, before))
    findings += await batch_findings(engine, before)
    findings += await manifest_findings(engine, before)
    findings += await back_order_findings(engine, before)
    findings += await supply_findings(engine, before)
    findings += await return_findings(engine, before)
    findings += await webhook_findings(engine, settled=settled, grace=grace)
    if settled:
        left = [o for o in await _all_orders(engine) if o.outcome is None]
        findings += [_unsettled(order) for order in left]
    return findings


async def _all_orders(engine: Engine) -> list[OrderRecord]:
    orders: list[OrderRecord] = []
    while True:
        after = orders[-1].order.order_id if orders else None
        async with engine.database.reading() as tx:
            page = await tx.orders.page(limit=_PAGE, after=after)
        orders += page
        if len(page) < _PAGE:
            return orders


async def _each(subjects: Sequence[SubjectT], look: Look[SubjectT]) -> list[BookFinding]:
    """Look at each, some at once; at what is not in order twice, as it may have been under way."""
    turnstile = asyncio.Semaphore(_AT_ONCE)

    async def look_twice(subject: SubjectT) -> list[BookFinding]:
        async with turnstile:
            if not await look(subject):
                return []
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            return await look(subject)

    rows = await asyncio.gather(*(look_twice(subject) for subject in subjects))
    return [finding for row in rows for finding in row]


# --- what is under way: its workflow runs, and tells the same stage --------------------------


async def _order_findings(engine: Engine, order_id: str, before: datetime) -> list[BookFinding]:
    async with engine.database.reading() as tx:
        record = await tx.orders.get(order_id)
        shares = await tx.fulfillments.of_order(order_id)
        apart = [s for s in shares if await tx.changes.put_backs(s.fulfillment_id)]
    if record.stage is OrderStage.SETTLED:
        return []
    status = await _status(order_handle(engine, order_id), OrderWorkflow.status, OrderStatus)
    changed_lately = record.stage_since > before
    if isinstance(status, str):
        return [] if changed_lately else [_orphan(f"order {order_id}", status, order_id)]
    findings = []
    if status.stage is not record.stage and not changed_lately:
        findings.append(_drift(f"order {order_id}", record.stage, status.stage))
    for share in shares:
        # One that waits until everything is there has no workflow yet.
        started = share.fulfillment_id in status.fulfillment_ids
        under_way = share.stage not in CLOSED or share in apart
        if under_way and (started or share.stage is not Stage.RELEASED):
            workflow_id = fulfillment_workflow_id(share.fulfillment_id)
            looking = _share_findings(engine, share, before)
            findings += await or_stuck(workflow_id, _resume(order_id), looking)
    return findings


async def _share_findings(
    engine: Engine, share: FulfillmentRecord, before: datetime
) -> list[BookFinding]:
    if share.stage_since > before:
        return []
    subject = f"fulfillment {share.fulfillment_id}"
    handle = fulfillment_handle(engine, share.fulfillment_id)
    status = await _status(handle, FulfillmentWorkflow.status, FulfillmentStatus)
    if isinstance(status, str):
        return [_orphan(subject, status, share.order_id)]
    return [] if status.stage is share.stage else [_drift(subject, share.stage, status.stage)]


async def _status(
    handle: WorkflowHandle[Any, Any],
    query: Any,  # noqa: ANN401 - a query method
    kind: type[StatusT],
) -> StatusT | str:
    """Return what a workflow says, or in words why it says nothing."""
    try:
        async with answered(handle.id):
            status = await handle.query(query, reject_condition=QueryRejectCondition.NOT_OPEN)
    except NotRunning:
        return "there is no workflow of it"
    except WorkflowQueryRejectedError as closed:
        state = closed.status.name.lower() if closed.status else "closed"
        return f"its workflow is {state}"
    except WorkflowQueryFailedError as failed:
        return f"its workflow can't be asked ({failed.message})"
    return kind.model_validate(status)


def _orphan(subject: str, state: str, order_id: str) -> BookFinding:
    return BookFinding(
        rule="every order under way has its workflow",
        rows=(subject,),
        message=f"{subject} is not settled, but {state}",
        repair=_resume(order_id),
        safe_repair=Repair(kind=RepairKind.RESUME_ORDER, subject=order_id),
    )


def _resume(order_id: str) -> str:
    return f"fulfillment orders resume {order_id}"


def _drift(subject: str, recorded: str, told: str) -> BookFinding:
    workflow_id = subject.replace(" ", "/", 1)
    return BookFinding(
        rule="the database and the workflow tell the same stage",
        rows=(subject,),
        message=f"{subject} is {recorded} in the database, and {told} in its workflow",
        repair=f"see what workflow {workflow_id} waits for in the Temporal UI; "
        f"if nothing, reset it: temporal workflow reset -w {workflow_id} -t LastWorkflowTask "
        "--reason drift",
    )


def _unsettled(record: OrderRecord) -> BookFinding:
    waits = f", waiting for {record.blocked_on}" if record.blocked_on else ""
    name = record.order.order_id
    return BookFinding(
        rule="every order has its outcome",
        rows=(f"order {name}",),
        message=f"order {name} is {record.stage.value}{waits}",
        repair=f"fulfillment orders show {name}",
    )


# --- what runs in Temporal: it is on record, and under way -----------------------------------


def _running(engine: Engine) -> Any:  # noqa: ANN401 - the SDK's iterator of executions
    return engine.client.list_workflows(
        "WorkflowType IN ('OrderWorkflow', 'FulfillmentWorkflow') AND ExecutionStatus = 'Running' "
        f"AND TaskQueue = '{engine.task_queue}'"
    )


async def _running_findings(
    engine: Engine, execution: WorkflowExecution, before: datetime
) -> list[BookFinding]:
    handle = engine.client.get_workflow_handle(execution.id, run_id=execution.run_id)
    # It is asked again: the list of workflows may be a moment behind.
    if execution.start_time > before or not await runs(handle):
        return []
    kind, _, name = execution.id.partition("/")
    ended = await _ended(engine, kind, name)
    if ended is None:
        return [_unrecorded(execution.id, kind)]
    if ended > before:
        return []
    canceled = kind == "fulfillment" and await _is_canceled(engine, name)
    return [_left_running(execution.id, name if canceled else None)]


async def _is_canceled(engine: Engine, fulfillment_id: str) -> bool:
    async with engine.database.reading() as tx:
        return (await tx.fulfillments.get(fulfillment_id)).stage is Stage.CANCELED


async def _ended(engine: Engine, kind: str, name: str) -> datetime | None:
    """Return since when it has ended: `never` while it is under way, None if it is unknown."""
    never = datetime.max.replace(tzinfo=engine.clock.now().tzinfo)
    async with engine.database.reading() as tx:
        if kind == "order":
            order = await tx.orders.find(name)
            if order is None:
                return None
            return order.stage_since if order.outcome else never
        try:
            share = await tx.fulfillments.get(name)
        except NotFound:
            return None
        apart = await tx.changes.put_backs(name)
        return share.stage_since if share.stage in CLOSED and not apart else never


def _unrecorded(workflow_id: str, kind: str) -> BookFinding:
    return BookFinding(
        rule="every running workflow has its row",
        rows=(f"workflow {workflow_id}",),
        message=f"workflow {workflow_id} runs, and no such {kind} is on record",
        repair=f"see its pending activity in the Temporal UI; if it belongs to another database: "
        f"temporal workflow terminate -w {workflow_id}",
    )


def _left_running(workflow_id: str, canceled_id: str | None) -> BookFinding:
    return BookFinding(
        rule="no workflow runs on after its end",
        rows=(f"workflow {workflow_id}",),
        message=f"workflow {workflow_id} runs, though the database says that it has ended",
        repair=f"temporal workflow cancel -w {workflow_id}"
        if canceled_id
        else "see what it waits for in the Temporal UI; if nothing: "
        f"temporal workflow terminate -w {workflow_id}",
        safe_repair=Repair(kind=RepairKind.CANCEL_FULFILLMENT, subject=canceled_id)
        if canceled_id
        else None,
    )
