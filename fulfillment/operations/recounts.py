"""Bins that held less than the books say: to be counted, and counted."""

from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.scan_sessions import ScanSession
from fulfillment.operations.adjustments import Adjusted, Adjustment, adjust_stock
from fulfillment.operations.engine import Engine
from fulfillment.records import PickRecord, TaskRecord, TaskState
from fulfillment.stores import UnitOfWork

MANY = 1_000


async def ask_for_recount(
    tx: UnitOfWork, session: ScanSession, pick: PickRecord, scan_no: int, at: datetime
) -> None:
    """Open a task to count a bin, unless one is open for the same goods there."""
    place = {"bin_id": pick.bin_id, "sku": pick.sku, "lot": pick.lot}
    if any(_place(task) == place for task in await _open(tx, session.warehouse_id)):
        return
    name = sha256(f"{session.session_id}/{scan_no}".encode()).hexdigest()[:16]
    task = TaskRecord(
        task_id=f"recount-{name}",
        kind=TaskKind.RECOUNT,
        warehouse_id=session.warehouse_id,
        plan=place | {"because": f"a short pick in batch {session.batch_id}"},
        opened_at=at,
    )
    await tx.tasks.open(task)


async def recount(  # noqa: PLR0913, PLR0917 - goods, their place, and who counted
    engine: Engine, bin_id: str, sku: str, found: int, by: str, lot: str = ""
) -> Adjusted:
    """Book what a count of a bin has found, and close the tasks that asked for it.

    Raises:
        InvalidReceipt: unknown bin or article, or fewer than orders have claimed there.

    """
    place = {"bin_id": bin_id, "sku": sku, "lot": lot}
    async with engine.database.reading() as tx:
        asked = [task for task in await _open(tx, None) if _place(task) == place]
    name = asked[0].task_id if asked else f"recount-{uuid4().hex[:16]}"
    adjustment = Adjustment.model_validate(
        place | {"adjustment_id": name, "counted": found, "reason": "recount", "by": by}
    )

    async def close_tasks(tx: UnitOfWork) -> None:
        for task in await _open(tx, None):
            if _place(task) == place:
                await tx.tasks.close(task.task_id, TaskState.DONE, by, engine.clock.now())

    return await adjust_stock(engine, adjustment, close_tasks)


async def _open(tx: UnitOfWork, warehouse_id: str | None) -> list[TaskRecord]:
    return await tx.tasks.page(kind=TaskKind.RECOUNT, warehouse_id=warehouse_id, limit=MANY)


def _place(task: TaskRecord) -> dict[str, object]:
    return {name: task.plan[name] for name in ("bin_id", "sku", "lot")}
