"""Whether every pick batch under way has its workflow."""

from datetime import datetime

from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.repairs import Repair, RepairKind
from fulfillment.operations.engine import Engine
from fulfillment.operations.pick_batches import batch_handle
from fulfillment.operations.running_checks import carried_on
from fulfillment.records import BatchRecord, BookFinding

UNDER_WAY = (BatchStage.PICKING, BatchStage.SORTING)


async def batch_findings(engine: Engine, before: datetime) -> list[BookFinding]:
    """Return the batches that have come to their stage before then and that nobody carries on."""
    async with engine.database.reading() as tx:
        batches = await tx.batches.page(stages=UNDER_WAY, limit=10_000)
    findings = []
    for batch in batches:
        if batch.stage_since <= before:
            handle = batch_handle(engine, batch.batch_id)
            findings += await carried_on(handle, _orphan(batch))
    return findings


def _orphan(batch: BatchRecord) -> BookFinding:
    return BookFinding(
        rule="every pick batch under way has its workflow",
        rows=(f"pick_batches {batch.batch_id}",),
        message=f"batch {batch.batch_id} is {batch.stage.value}, and no workflow of it runs",
        repair=f"fulfillment floor batch resume {batch.batch_id}",
        safe_repair=Repair(kind=RepairKind.RESUME_BATCH, subject=batch.batch_id),
    )
