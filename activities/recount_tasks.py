"""Bins that people are asked to count, each once while the task is open."""

from collections.abc import Sequence
from datetime import datetime

from fulfillment.domain.base import Value
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.records import TaskRecord
from fulfillment.stores import UnitOfWork

MANY = 1_000


class PlaceToCount(Value):
    """Goods in a bin whose number is in doubt."""

    bin_id: str
    sku: str
    lot: str = ""


async def open_recount(  # noqa: PLR0913, PLR0917 - what is counted, where, and why
    tx: UnitOfWork,
    warehouse_id: str,
    place: PlaceToCount,
    name: str,
    because: str,
    at: datetime,
) -> None:
    """Open a task to count a bin, unless one is open for the same goods there."""
    if any(place_of_task(task) == place for task in await open_recounts(tx, warehouse_id)):
        return
    task = TaskRecord(
        task_id=f"recount-{name}",
        kind=TaskKind.RECOUNT,
        warehouse_id=warehouse_id,
        plan={**place.model_dump(), "because": because},
        opened_at=at,
    )
    await tx.tasks.open(task)


async def open_recounts(tx: UnitOfWork, warehouse_id: str | None) -> Sequence[TaskRecord]:
    """Return the open tasks to count a bin, of a warehouse or of all."""
    return await tx.tasks.page(kind=TaskKind.RECOUNT, warehouse_id=warehouse_id, limit=MANY)


def place_of_task(task: TaskRecord) -> PlaceToCount:
    """Return what a task to count is about."""
    return PlaceToCount.model_validate(task.plan)
