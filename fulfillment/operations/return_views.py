"""What can be seen of returns: where each stands, what came, what was given back, and why."""

from collections.abc import Sequence

from temporalio.client import WorkflowQueryFailedError

from fulfillment.domain.base import Value
from fulfillment.domain.decisions import Decision
from fulfillment.domain.returns import ReturnStage
from fulfillment.messages import TimelineEntry
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.returns import return_handle
from fulfillment.stores.returns import (
    ReturnParcelRecord,
    ReturnReceiptRecord,
    ReturnRecord,
    ReturnRefundRecord,
)
from fulfillment.temporal.identifiers import return_workflow_id
from workflows.returns import ReturnWorkflow


class ReturnView(Value):
    """All there is to see of a return."""

    record: ReturnRecord
    parcels: tuple[ReturnParcelRecord, ...]
    receipts: tuple[ReturnReceiptRecord, ...]
    refunds: tuple[ReturnRefundRecord, ...]


async def list_returns(  # noqa: PLR0913 - each is a filter
    engine: Engine,
    *,
    stages: Sequence[ReturnStage] = (),
    order_id: str | None = None,
    warehouse_id: str | None = None,
    limit: int = 100,
    after: str | None = None,
) -> list[ReturnRecord]:
    """Return returns at these stages, or all, the newest first."""
    async with engine.database.reading() as tx:
        return await tx.returns.page(
            stages=stages, order_id=order_id, warehouse_id=warehouse_id, limit=limit, after=after
        )


async def show_return(engine: Engine, return_id: str) -> ReturnView:
    """Return all there is to see of a return.

    Raises:
        NotFound: no such return.

    """
    async with engine.database.reading() as tx:
        return ReturnView(
            record=await tx.returns.get(return_id),
            parcels=tuple(await tx.returns.parcels(return_id)),
            receipts=tuple(await tx.returns.receipts(return_id)),
            refunds=tuple(await tx.returns.refunds(return_id)),
        )


async def return_timeline(engine: Engine, return_id: str) -> list[TimelineEntry]:
    """Return what happened to a return when, by whom, oldest first.

    Where its workflow is past its retention, the audit on record tells it.

    Raises:
        NotFound: no such return.

    """
    async with engine.database.reading() as tx:
        record = await tx.returns.get(return_id)
    try:
        async with answered(return_workflow_id(return_id)):
            return list(await return_handle(engine, return_id).query(ReturnWorkflow.timeline))
    except (NotRunning, WorkflowQueryFailedError):
        async with engine.database.reading() as tx:
            actions = await tx.journal.actions(record.order_id)
    return [
        TimelineEntry(
            at=action.at,
            event=f"{action.action} {action.detail}",
            by=action.by,
            refused=action.refused,
        )
        for action in actions
        if action.detail.startswith(return_id)
    ]


async def return_why(engine: Engine, return_id: str) -> list[Decision]:
    """Return the decisions that were taken of a return.

    Raises:
        NotFound: no such return.
        Unavailable: no worker answers.

    """
    async with engine.database.reading() as tx:
        await tx.returns.get(return_id)
    try:
        async with answered(return_workflow_id(return_id)):
            return list(await return_handle(engine, return_id).query(ReturnWorkflow.why))
    except NotRunning:
        return []
