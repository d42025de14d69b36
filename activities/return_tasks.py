"""Tasks of a return for people: how they are named, opened and closed."""

from datetime import datetime
from typing import Any

from fulfillment.domain.errors import NotFound
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.records import TaskRecord, TaskState
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord


def return_task_id(return_id: str, kind: TaskKind, number: int) -> str:
    """Return the id of a return's task: one approval, and one of each kind for each receipt."""
    return f"{return_id}-{kind.value.replace('_', '')}-{number}"


async def open_return_task(  # noqa: PLR0913, PLR0917 - what a task is
    tx: UnitOfWork,
    made: ReturnRecord,
    kind: TaskKind,
    number: int,
    plan: dict[str, Any],
    at: datetime,
) -> None:
    """Open a task of a return, with its id and order in what the floor shows."""
    await tx.tasks.open(
        TaskRecord(
            task_id=return_task_id(made.return_id, kind, number),
            kind=kind,
            warehouse_id=made.warehouse_id,
            plan={"return_id": made.return_id, "for_order": made.order_id, **plan},
            opened_at=at,
        )
    )


async def close_return_tasks(
    tx: UnitOfWork,
    made: ReturnRecord,
    by: str,
    at: datetime,
    state: TaskState = TaskState.DONE,
) -> None:
    """Close what is open of a return's approval and inspections."""
    names = [return_task_id(made.return_id, TaskKind.APPROVE_RETURN, 1)]
    names += [
        return_task_id(made.return_id, TaskKind.INSPECT, receipt.receipt_no)
        for receipt in await tx.returns.receipts(made.return_id)
    ]
    for name in names:
        if await _is_open(tx, name):
            await tx.tasks.close(name, state, by, at)


async def open_return_tasks(tx: UnitOfWork, return_id: str, kind: TaskKind) -> list[str]:
    """Return the ids of a return's open tasks of a kind."""
    receipts = await tx.returns.receipts(return_id)
    numbers = [1] if kind is TaskKind.APPROVE_RETURN else [r.receipt_no for r in receipts]
    names = [return_task_id(return_id, kind, number) for number in numbers]
    return [name for name in names if await _is_open(tx, name)]


async def _is_open(tx: UnitOfWork, name: str) -> bool:
    try:
        return (await tx.tasks.get(name)).state is TaskState.OPEN
    except NotFound:
        return False
