"""What a person with a scanner asks of a batch: to begin or go on, and to close."""

from datetime import datetime

from fulfillment.domain.confirmations import check_person
from fulfillment.domain.errors import (
    ConfirmationRefused,
    NotFound,
    Problem,
    Refused,
)
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.pick_walk import check_finished
from fulfillment.domain.put_wall import PutWall, check_sorted_all
from fulfillment.domain.scan_sessions import (
    ScanAnswer,
    ScanSession,
    SessionKind,
    check_holder,
)
from fulfillment.messages import Closing
from fulfillment.operations.engine import Engine
from fulfillment.operations.pick_batches import close_picking, close_sorting
from fulfillment.operations.scan_state import (
    Standing,
    require_session,
    standing,
)
from fulfillment.records import BatchRecord
from fulfillment.stores import UnitOfWork

_CLOSINGS = {
    SessionKind.PICK: (BatchStage.PICKING, close_picking),
    SessionKind.SORT: (BatchStage.SORTING, close_sorting),
}


async def start_session(engine: Engine, batch_id: str, by: str, device: str) -> ScanAnswer:
    """Begin or go on with a batch's walk or wall; another device is taken over from.

    Raises:
        ConfirmationRefused: the batch is given to somebody else, or there is nothing to scan.
        NotFound: no such batch.

    """
    async with engine.database.writing() as tx:
        batch = await tx.batches.get(batch_id)
        kind = await _kind_now(tx, batch)
        for task in await tx.tasks.page(batch_id=batch_id, kind=TaskKind(kind.value)):
            check_person(task.assignee, by)
        session = await tx.scans.find(f"{batch_id}-{kind.value}")
        now = engine.clock.now()
        if session is None:
            session = _opened(batch, kind, by, device, now)
            await tx.scans.open(session)
        elif (session.by, session.device) != (by, device):
            await tx.scans.hand_over(session.session_id, by, device, now)
            held = {"by": by, "device": device, "held_since": now}
            session = session.model_copy(update=held)
        return (await standing(tx, session)).answer()


async def _kind_now(tx: UnitOfWork, batch: BatchRecord) -> SessionKind:
    to_put_back = [b for b in await tx.batches.put_backs(batch.batch_id) if b.done_at is None]
    walk = await tx.scans.find(f"{batch.batch_id}-{SessionKind.PICK.value}")
    # A member may leave while the walk is closed; its put-backs are then confirmed one by one.
    is_closed = walk is not None and walk.closed_at is not None
    if batch.stage is BatchStage.PICKING or (to_put_back and not is_closed):
        return SessionKind.PICK
    if batch.stage is BatchStage.SORTING:
        return SessionKind.SORT
    problem = Problem(
        path=f"batch {batch.batch_id}",
        expected="one that is picked or sorted now",
        came=batch.stage.value,
        remedy="`fulfillment floor batches` lists those that are",
    )
    raise ConfirmationRefused.of(problem)


def _opened(
    batch: BatchRecord, kind: SessionKind, by: str, device: str, now: datetime
) -> ScanSession:
    return ScanSession(
        session_id=f"{batch.batch_id}-{kind.value}",
        kind=kind,
        batch_id=batch.batch_id,
        warehouse_id=batch.warehouse_id,
        by=by,
        device=device,
        held_since=now,
        opened_at=now,
    )


async def show_session(engine: Engine, session_id: str) -> ScanAnswer:
    """Return where a session stands, and what to do next.

    Raises:
        NotFound: no such session.

    """
    async with engine.database.reading() as tx:
        return (await standing(tx, await require_session(tx, session_id))).answer()


async def held_session(engine: Engine, by: str, device: str) -> str:
    """Return the session that a person holds with a device, or has held and lost.

    Raises:
        NotFound: none.

    """
    async with engine.database.reading() as tx:
        session = await tx.scans.held_by(by, device) or await tx.scans.last_worked(by, device)
    if session is None:
        raise NotFound.of(
            Problem(
                path="session",
                expected=f"one that {by} holds with {device}",
                came="none",
                remedy="begin with `fulfillment scan start BATCH`",
            )
        )
    return session.session_id


async def close_session(engine: Engine, session_id: str, by: str, device: str) -> ScanAnswer:
    """Close a session that is finished, and have its batch go on; again is the first answer.

    Raises:
        ConfirmationRefused: a scan is still expected.
        NotFound: no such session.
        StaleScan: another device has taken it over.

    """
    async with engine.database.reading() as tx:
        session = await require_session(tx, session_id)
        now = await standing(tx, session)
    if session.closed_at is not None:
        return now.answer()
    check_holder(session, by, device)
    if isinstance(now.work, PutWall):
        check_sorted_all(now.work)
    else:
        check_finished(now.work)
    message = await _close_batch(engine, now, by)
    async with engine.database.writing() as tx:
        await tx.scans.close(session_id, engine.clock.now())
        session = await require_session(tx, session_id)
        return (await standing(tx, session)).answer(message=message)


async def _close_batch(engine: Engine, now: Standing, by: str) -> str:
    """Tell the batch's workflow that the walk or the wall is done, and return its answer."""
    stage, close = _CLOSINGS[now.session.kind]
    if now.batch.stage not in {stage, BatchStage.CANCELED}:
        return f"the batch is {now.batch.stage.value}"
    name, batch_id = now.session.session_id, now.batch.batch_id
    try:
        closing = Closing(by=by, session_id=name)
        return (await close(engine, batch_id, closing, update_id=name)).message
    except Refused:
        # Nobody was left in it; its workflow may have ended with the last one.
        if now.batch.stage is BatchStage.CANCELED:
            return "the batch is canceled"
        raise
