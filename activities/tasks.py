"""Tasks for people: how they are named, opened, and found done."""

from datetime import datetime
from typing import Any

from fulfillment.domain.errors import FulfillmentCanceled
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.records import ActionRecord, FulfillmentRecord, TaskRecord, TaskState
from fulfillment.stores import UnitOfWork


def task_id(fulfillment_id: str, kind: TaskKind) -> str:
    """Return the id of a fulfillment's task."""
    return f"{fulfillment_id}-{kind.value.replace('_', '')}"


async def open_task(
    tx: UnitOfWork,
    share: FulfillmentRecord,
    kind: TaskKind,
    plan: dict[str, Any],
    at: datetime,
) -> str:
    """Open a task of a fulfillment with what the floor shows, and return its id."""
    name = task_id(share.fulfillment_id, kind)
    await tx.tasks.open(
        TaskRecord(
            task_id=name,
            kind=kind,
            fulfillment_id=share.fulfillment_id,
            order_id=share.order_id,
            warehouse_id=share.warehouse_id,
            plan=plan,
            opened_at=at,
        )
    )
    return name


async def open_again(
    tx: UnitOfWork,
    share: FulfillmentRecord,
    kind: TaskKind,
    plan: dict[str, Any],
    at: datetime,
) -> str:
    """Open a task as `open_task` does, or one that was closed as not needed once more."""
    name = task_id(share.fulfillment_id, kind)
    earlier = await tx.tasks.page(state=None, kind=kind, fulfillment_id=share.fulfillment_id)
    if not earlier:
        return await open_task(tx, share, kind, plan, at)
    await tx.tasks.reopen(name, plan, at)
    return name


async def finish_task(
    tx: UnitOfWork, share: FulfillmentRecord, kind: TaskKind, by: str, at: datetime
) -> None:
    """Close a task as done and put on record who did it."""
    await tx.tasks.close(task_id(share.fulfillment_id, kind), TaskState.DONE, by, at)
    await tx.journal.add_action(
        ActionRecord(
            at=at,
            by=by,
            action=f"{kind.value}_done",
            order_id=share.order_id,
            fulfillment_id=share.fulfillment_id,
        )
    )


async def confirmed_by(tx: UnitOfWork, name: str) -> str | None:
    """Return who did a task, if it was done before the workflow was reset or started again."""
    task = await tx.tasks.get(name)
    return task.closed_by if task.state is TaskState.DONE else None


def require_live(share: FulfillmentRecord) -> None:
    """Refuse to go on with what was canceled meanwhile.

    Raises:
        FulfillmentCanceled: its goods stay where they are, or go back.

    """
    if share.stage is Stage.CANCELED:
        message = f"{share.fulfillment_id} was canceled"
        raise FulfillmentCanceled(message)
