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
from fulfillment.records import BookFinding
from fulfillment.stores.returns import ReturnRecord
from workflows.returns import ReturnWorkflow

MANY = 10_000


async def return_findings(engine: Engine, before: datetime) -> list[BookFinding]:
    """Return the returns that came to their stage before then and differ from their workflow."""
    async with engine.database.reading() as tx:
        under_way = await tx.returns.page(stages=OPEN_STAGES, limit=MANY)
    findings = []
    for made in under_way:
        if made.stage_since > before:
            continue
        status = await _status(engine, made.return_id)
        if status is None:
            findings.append(_orphan(made))
        elif status.stage is not made.stage:
            findings.append(_drift(made, status))
    return findings


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
        repair=f"fulfillment returns resume {made.return_id}",
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
