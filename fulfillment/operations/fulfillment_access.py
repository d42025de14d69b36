"""A fulfillment's workflow: how it is asked, why it can't be, and what of a refusal is noted."""

from contextlib import suppress

from temporalio.client import WorkflowHandle

from fulfillment.domain.confirmations import check_stage
from fulfillment.domain.errors import (
    ConfirmationRefused,
    FulfillmentError,
    Problem,
    Refused,
    Unavailable,
)
from fulfillment.domain.lifecycle import CLOSED, STAGE_OF_ANY_TASK, Stage, TaskKind
from fulfillment.messages import FulfillmentResult
from fulfillment.operations.answers import orphaned
from fulfillment.operations.engine import Engine
from fulfillment.records import ActionRecord, FulfillmentRecord
from fulfillment.temporal.identifiers import fulfillment_workflow_id
from workflows.fulfillment import FulfillmentWorkflow

FulfillmentHandle = WorkflowHandle[FulfillmentWorkflow, FulfillmentResult]


async def record_refusal(
    engine: Engine, fulfillment_id: str, action: str, by: str, refusal: ConfirmationRefused
) -> None:
    """Put a refusal on record, unless the database is busy: the refusal itself matters more."""
    with suppress(Unavailable):
        async with engine.database.writing() as tx:
            share = await tx.fulfillments.get(fulfillment_id)
            await tx.journal.add_action(
                ActionRecord(
                    at=engine.clock.now(),
                    by=by,
                    action=action,
                    order_id=share.order_id,
                    fulfillment_id=fulfillment_id,
                    detail=str(refusal),
                    refused=True,
                )
            )


def fulfillment_handle(engine: Engine, fulfillment_id: str) -> FulfillmentHandle:
    """Return the handle of a fulfillment's workflow, whether it runs or not."""
    return engine.client.get_workflow_handle_for(
        FulfillmentWorkflow.run, fulfillment_workflow_id(fulfillment_id)
    )


async def why_not_running(
    engine: Engine, fulfillment_id: str, kind: TaskKind | None
) -> FulfillmentError:
    """Return why a fulfillment can't be asked: unknown, past that task, ended or orphaned."""
    try:
        async with engine.database.reading() as tx:
            record = await tx.fulfillments.get(fulfillment_id)
        if kind is not None:
            check_stage(record.stage, STAGE_OF_ANY_TASK[kind])
    except FulfillmentError as refusal:
        return refusal
    if record.stage in CLOSED:
        return _ended(record)
    return orphaned(f"fulfillment {fulfillment_id}", f"fulfillment orders resume {record.order_id}")


def _ended(record: FulfillmentRecord) -> FulfillmentError:
    returned = record.stage is not Stage.CANCELED
    return Refused.of(
        Problem(
            path=f"fulfillment {record.fulfillment_id}",
            expected="one that is under way",
            came=record.stage.value,
            remedy="nothing is left to do" if returned else "put the goods back",
        )
    )
