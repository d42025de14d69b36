"""Whether every return under way has its workflow, and both tell the same."""

from datetime import datetime

from temporalio.client import WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.common import QueryRejectCondition

from fulfillment.domain.repairs import Repair, RepairKind
from fulfillment.domain.returns import OPEN_STAGES
from fulfillment.messages.returns import ReturnStatus
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.returns import return_handle
from fulfillment.operations.running_checks import or_stuck
from fulfillment.records import BookFinding
from fulfillment.stores.returns import ReturnRecord
from workflows.returns import ReturnWorkflow

MANY = 10_000


async def return_findings(engine: Engine, before: datetime) -> list[BookFinding]:
    """Return the returns that came to their stage before then and differ from their workflow."""
    async with engine.database.reading() as tx:
        under_way = await tx.returns.page(stages=OPEN_STAGES, limit=MANY)
    findings: list[BookFinding] = []
    for made in under_way:
        if made.stage_since > before:
            continue
        workflow_id = return_handle(engine, made.return_id).id
        findings += await or_stuck(workflow_id, _resume(made), _differences(engine, made))
    return findings


async def _differences(engine: Engine, made: ReturnRecord) -> list[BookFinding]:
    status = await _status(engine, made.return_id)
    if status is None:
        return [_orphan(made)]
    return [] if status.stage is made.stage else [_drift(made, status)]


async def _status(engine: Engine, return_id: str) -> ReturnStatus | None:
    handle = return_handle(engine, return_id)
    try:
        async with answered(handle.id):
            return await handle.query(
                ReturnWorkflow.status, reject_condition=QueryRejectCondition.NOT_OPEN
            )
    except (NotRunning, WorkflowQueryRejectedError, WorkflowQueryFailedError):
        return None


def _orphan(made: ReturnRecord) -> BookFinding:
    return BookFinding(
        rule="every return under way has its workflow",
        rows=(f"returns {made.return_id}",),
        message=f"return {made.return_id} is {made.stage.value}, and no workflow of it runs",
        repair=_resume(made),
        safe_repair=Repair(kind=RepairKind.RESUME_RETURN, subject=made.return_id),
    )


def _drift(made: ReturnRecord, status: ReturnStatus) -> BookFinding:
    return BookFinding(
        rule="the database and the workflow tell the same stage",
        rows=(f"returns {made.return_id}",),
        message=f"return {made.return_id} is {made.stage.value} in the database, "
        f"and {status.stage.value} in its workflow",
        repair=f"see what workflow return/{made.return_id} waits for in the Temporal UI",
    )


def _resume(made: ReturnRecord) -> str:
    return f"fulfillment returns resume {made.return_id}"
