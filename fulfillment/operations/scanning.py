"""A scan: checked against plan and stock, done, and put on record, all at once."""

from contextlib import suppress
from datetime import datetime

from fulfillment.domain.errors import (
    ConfirmationRefused,
    FulfillmentError,
    Problem,
    StaleScan,
    StockViolation,
    StoreBusy,
)
from fulfillment.domain.scan_sessions import (
    ScanAnswer,
    ScanRecord,
    ScanRequest,
    ScanSession,
    SessionKind,
    scan_before,
)
from fulfillment.domain.scans import Accepted, Scan, ScanKind
from fulfillment.messages import ShortNews, WithdrawnNews
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.pick_batches import batch_handle
from fulfillment.operations.scan_effects import ScanEffects
from fulfillment.operations.scan_state import (
    Standing,
    kind_of,
    read_scan,
    require_session,
    standing,
)
from fulfillment.operations.stock import wake_back_orders
from fulfillment.operations.webhook_waking import wake
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import pick_batch_workflow_id
from workflows.pick_batch import PickBatchWorkflow


async def send_scan(engine: Engine, session_id: str, request: ScanRequest) -> ScanAnswer:
    """Take a scan: checked against plan and stock, done and put on record, all at once.

    The same scan under the same number gets the first answer, also if it was refused.

    Raises:
        ConfirmationRefused: another scan is expected; nothing but the refusal is on record.
        NotFound: no such session.
        StaleScan: the session has moved on, or another device has taken it over.

    """
    try:
        async with engine.database.writing() as tx:
            record, told = await _take(engine, tx, session_id, request)
    except StaleScan:
        raise
    except (ConfirmationRefused, StockViolation) as refusal:
        await _record_refusal(engine, session_id, request, refusal)
        raise ConfirmationRefused(str(refusal), refusal.problems) from refusal
    await wake(engine, told)
    if record.refused:
        problems = [Problem.model_validate(one) for one in record.answer["problems"]]
        raise ConfirmationRefused.of(*problems)
    if record.accepted is not None and (record.accepted.missing or record.accepted.put_back):
        await _tell(engine, session_id, record.accepted)
    return ScanAnswer.model_validate(record.answer)


async def _take(
    engine: Engine, tx: UnitOfWork, session_id: str, request: ScanRequest
) -> tuple[ScanRecord, list[str]]:
    """Return the scan as it stands on record, now or since before, and what endpoints to wake."""
    session, at = await require_session(tx, session_id), engine.clock.now()
    now = await standing(tx, session)
    earlier = scan_before(session, now.scans, request)
    if earlier is not None:
        return earlier, []
    scan = await read_scan(tx, now, request, at)
    now, accepted = await _accept(tx, now, scan, len(now.scans) + 1)
    effects = ScanEffects(tx, now, request.by, at)
    said = await effects.carry_out(accepted, engine.short_pick)
    accepted = accepted.model_copy(update={"missing": effects.missing})
    record = _record(now, request, at, scan=scan, accepted=accepted)
    after = await standing(tx, session, [record])
    answer = after.answer(record.scan_no, said).model_dump(mode="json")
    record = record.model_copy(update={"answer": answer})
    await tx.scans.add(record)
    if request.supervisor:
        await tx.journal.add_action(_override(session, request, scan, at))
    return record, effects.told


async def _accept(
    tx: UnitOfWork, now: Standing, scan: Scan, number: int
) -> tuple[Standing, Accepted]:
    """Check a scan; one that moves goods has its order and batch to itself before it is checked.

    Raises:
        StoreBusy: an order was withdrawn just now.

    """
    accepted = now.work.accept(scan, number)
    order_id = _order_of(now, accepted)
    if order_id is None:
        return now, accepted
    await tx.orders.lock(order_id)
    await tx.batches.lock(now.batch.batch_id)
    now = await standing(tx, now.session)
    accepted = now.work.accept(scan, number)
    if _order_of(now, accepted) != order_id:
        message = f"the walk of {now.batch.batch_id} has just changed; scan again"
        raise StoreBusy(message)
    return now, accepted


def _order_of(now: Standing, accepted: Accepted) -> str | None:
    """Return whose goods a scan moves or misses."""
    if now.session.kind is SessionKind.SORT:
        return None
    if accepted.put_back:
        expected = now.work.next_scan()
        return expected.order_id if expected and accepted.units else None
    if accepted.units or accepted.kind is ScanKind.SHORT:
        return now.pick(accepted.pick_no).order_id
    return None


def _record(  # the parts of a scan that are known by then
    now: Standing,
    request: ScanRequest,
    at: datetime,
    *,
    scan: Scan,
    accepted: Accepted | None = None,
) -> ScanRecord:
    return ScanRecord(
        session_id=now.session.session_id,
        scan_no=len(now.scans) + 1,
        kind=scan.kind,
        code=scan.code,
        quantity=scan.quantity,
        by=request.by,
        device=request.device,
        at=at,
        supervisor=request.supervisor,
        reason=request.reason,
        accepted=accepted,
        request_hash=request.content_hash(),
        answer={},
    )


async def _record_refusal(
    engine: Engine, session_id: str, request: ScanRequest, refusal: FulfillmentError
) -> None:
    """Put a wrong scan on record, unless its number was used meanwhile."""
    async with engine.database.writing() as tx:
        now = await standing(tx, await require_session(tx, session_id))
        if request.scan_no not in {None, len(now.scans) + 1}:
            return
        kind = await kind_of(tx, now, request)
        code, quantity = request.code.strip(), request.quantity
        scan = Scan.model_validate({"kind": kind, "code": code, "quantity": quantity})
        record = _record(now, request, engine.clock.now(), scan=scan)
        problems = [problem.model_dump() for problem in refusal.problems]
        refused = {"refused": True, "answer": {"problems": problems}}
        await tx.scans.add(record.model_copy(update=refused))


def _override(session: ScanSession, request: ScanRequest, scan: Scan, at: datetime) -> ActionRecord:
    detail = f"{session.session_id}: {scan.kind.value} {scan.code} unseen; {request.reason}"
    return ActionRecord(at=at, by=request.supervisor, action="override_scan", detail=detail)


async def _tell(engine: Engine, session_id: str, scan: Accepted) -> None:
    """Tell whoever waits for it what a scan has found missing, or brought back."""
    async with engine.database.reading() as tx:
        now = await standing(tx, await require_session(tx, session_id))
        backs = await tx.batches.put_backs(now.batch.batch_id)
    if scan.put_back and scan.units:
        skus = [back.sku for back in backs if back.put_back_id == scan.put_back]
        await wake_back_orders(engine, skus)
    if scan.missing:
        pick = now.pick(scan.pick_no)
        # A batch that has ended has told it with its closing.
        with suppress(NotRunning):
            async with answered(pick_batch_workflow_id(now.batch.batch_id)):
                handle = batch_handle(engine, now.batch.batch_id)
                news = ShortNews(order_id=pick.order_id)
                await handle.signal(PickBatchWorkflow.short_picked, news)
                if pick.fulfillment_id not in {one.fulfillment_id for one in now.batch.live}:
                    gone = WithdrawnNews(fulfillment_id=pick.fulfillment_id)
                    await handle.signal(PickBatchWorkflow.member_withdrawn, gone)
