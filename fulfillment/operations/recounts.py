"""Bins that held less than the books say: to be counted, and counted."""

from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from activities.recount_tasks import (
    PlaceToCount,
    open_recount,
    open_recounts,
    place_of_task,
)
from fulfillment.domain.scan_sessions import ScanSession
from fulfillment.operations.adjustments import Adjusted, Adjustment, adjust_stock
from fulfillment.operations.engine import Engine
from fulfillment.records import PickRecord, TaskState
from fulfillment.stores import UnitOfWork


async def ask_for_recount(
    tx: UnitOfWork, session: ScanSession, pick: PickRecord, scan_no: int, at: datetime
) -> None:
    """Open a task to count a bin, unless one is open for the same goods there."""
    place = PlaceToCount(bin_id=pick.bin_id, sku=pick.sku, lot=pick.lot)
    name = sha256(f"{session.session_id}/{scan_no}".encode()).hexdigest()[:16]
    because = f"a short pick in batch {session.batch_id}"
    await open_recount(tx, session.warehouse_id, place, name, because, at)


async def recount(  # noqa: PLR0913, PLR0917 - goods, their place, and who counted
    engine: Engine, bin_id: str, sku: str, found: int, by: str, lot: str = ""
) -> Adjusted:
    """Book what a count of a bin has found, and close the tasks that asked for it.

    Raises:
        InvalidReceipt: unknown bin or article, or fewer than orders have claimed there.

    """
    place = PlaceToCount(bin_id=bin_id, sku=sku, lot=lot)
    async with engine.database.reading() as tx:
        asked = [task for task in await open_recounts(tx, None) if place_of_task(task) == place]
    name = asked[0].task_id if asked else f"recount-{uuid4().hex[:16]}"
    adjustment = Adjustment.model_validate(
        place.model_dump()
        | {"adjustment_id": name, "counted": found, "reason": "recount", "by": by}
    )

    async def close_tasks(tx: UnitOfWork) -> None:
        for task in await open_recounts(tx, None):
            if place_of_task(task) == place:
                await tx.tasks.close(task.task_id, TaskState.DONE, by, engine.clock.now())

    return await adjust_stock(engine, adjustment, close_tasks)
