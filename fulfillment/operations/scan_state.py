"""Where a scanner's session stands, read from the record of things."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fulfillment.domain.barcodes import read_goods
from fulfillment.domain.errors import ConfirmationRefused, NotFound, Problem
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.domain.pick_walk import PickWalk, PutBack
from fulfillment.domain.put_wall import PutWall, WallItem, plan_puts
from fulfillment.domain.scan_sessions import (
    ScanAnswer,
    ScanRecord,
    ScanRequest,
    ScanSession,
    SessionKind,
)
from fulfillment.domain.scans import MOST_UNITS, Expected, Scan, ScanKind
from fulfillment.domain.shelf_life import day_at
from fulfillment.records import BatchRecord, MemberState, PickRecord
from fulfillment.stores import UnitOfWork

_WORDS = {"undo": ScanKind.UNDO, "short": ScanKind.SHORT}
"""What stands on a scanner's command cards."""
_MOST_DIGITS_OF_A_QUANTITY = 5
CLOSE = "close the session"


@dataclass(frozen=True)
class Standing:
    """A session with its batch, its scans, and the walk or the wall as they leave it."""

    session: ScanSession
    batch: BatchRecord
    picks: Sequence[PickRecord]
    scans: Sequence[ScanRecord]
    work: PickWalk | PutWall
    sku_of_gtin: dict[str, str]

    def answer(self, scan_no: int = 0, message: str = "") -> ScanAnswer:
        """Return what the scanner shows."""
        expected = self.work.next_scan()
        closed = self.session.closed_at is not None
        done, of = self.work.progress()
        return ScanAnswer(
            session_id=self.session.session_id,
            batch_id=self.batch.batch_id,
            kind=self.session.kind,
            scan_no=scan_no,
            next_scan_no=len(self.scans) + 1,
            message=message,
            expected=expected,
            instruction="" if closed else str(expected or CLOSE),
            done=done,
            of=of,
            finished=expected is None,
            closed=closed,
        )

    def pick(self, pick_no: int) -> PickRecord:
        """Return a pick by its number."""
        return next(pick for pick in self.picks if pick.pick_no == pick_no)


async def require_session(tx: UnitOfWork, session_id: str) -> ScanSession:
    """Return a session.

    Raises:
        NotFound: no such session.

    """
    session = await tx.scans.find(session_id)
    if session is None:
        remedy = "begin with `fulfillment scan start BATCH`"
        raise NotFound.of(
            Problem(path="session", expected="one that was started", came=session_id, remedy=remedy)
        )
    return session


async def standing(
    tx: UnitOfWork, session: ScanSession, also: Sequence[ScanRecord] = ()
) -> Standing:
    """Return where a session stands, after scans that are not on record yet too."""
    batch = await tx.batches.get(session.batch_id)
    picks = await tx.batches.picks(session.batch_id)
    scans = [*await tx.scans.of_session(session.session_id), *also]
    articles = await tx.catalog.articles({pick.sku for pick in picks})
    accepted = tuple(scan.accepted for scan in scans if scan.accepted is not None)
    work: PickWalk | PutWall
    if session.kind is SessionKind.PICK:
        work = PickWalk(
            picks=tuple(picks),
            withdrawn=frozenset({m.fulfillment_id for m in batch.members} - _picked_for(batch)),
            put_backs=await _put_backs(tx, batch),
            scans=accepted,
        )
    else:
        left_at_wall = await _left_at_wall(tx, batch, picks)
        work = PutWall(
            puts=plan_puts(await _wall_items(tx, batch, left_at_wall)),
            scans=accepted,
            withdrawn=frozenset(name for name, _, _ in left_at_wall),
        )
    gtins = {article.gtin: sku for sku, article in articles.items() if article.gtin}
    return Standing(session, batch, picks, scans, work, gtins)


def _picked_for(batch: BatchRecord) -> set[str]:
    """Return for whom is still picked: once the walk is closed, only put-backs are left."""
    if batch.stage is not BatchStage.PICKING:
        return set()
    return {member.fulfillment_id for member in batch.live}


async def _put_backs(tx: UnitOfWork, batch: BatchRecord) -> tuple[PutBack, ...]:
    order_of = {member.fulfillment_id: member.order_id for member in batch.members}
    return tuple(
        PutBack.model_validate({**back.model_dump(), "order_id": order_of[back.fulfillment_id]})
        for back in await tx.batches.put_backs(batch.batch_id)
        if back.done_at is None
    )


async def _left_at_wall(
    tx: UnitOfWork, batch: BatchRecord, picks: Sequence[PickRecord]
) -> Counter[tuple[str, int, str]]:
    """Return the units of members that left behind the walk, by fulfillment, line and SKU.

    Who left during the walk has its put-backs with the batch.
    """
    on_walk = {back.fulfillment_id for back in await tx.batches.put_backs(batch.batch_id)}
    gone = {
        member.fulfillment_id
        for member in batch.members
        if member.state is MemberState.WITHDRAWN and member.fulfillment_id not in on_walk
    }
    units: Counter[tuple[str, int, str]] = Counter()
    for pick in picks:
        if pick.fulfillment_id in gone and pick.picked:
            units[pick.fulfillment_id, pick.line_no, pick.sku] += pick.picked
    return units


async def _wall_items(
    tx: UnitOfWork, batch: BatchRecord, left_at_wall: Counter[tuple[str, int, str]]
) -> list[WallItem]:
    """Return what the batch's members have, or had, on the cart behind the walk, by line."""
    items = []
    names = {name for name, _, _ in left_at_wall}
    for member in batch.members:
        if member.state is not MemberState.IN and member.fulfillment_id not in names:
            continue
        share = await tx.fulfillments.get(member.fulfillment_id)
        articles = await tx.catalog.articles({line.sku for line in share.lines})
        for line in share.lines:
            article = articles[line.sku]
            gone = left_at_wall[member.fulfillment_id, line.line_no, line.sku]
            if line.picked or gone:
                items.append(
                    WallItem(
                        line_no=line.line_no,
                        sku=line.sku,
                        name=article.name,
                        quantity=line.picked or gone,
                        segregation_group=article.segregation_group,
                        weight_g=article.weight_g,
                        fragile=article.fragile,
                        fulfillment_id=member.fulfillment_id,
                        order_id=member.order_id,
                        slot=member.slot,
                    )
                )
    return items


# --- what a code means -----------------------------------------------------------------------


async def read_scan(tx: UnitOfWork, now: Standing, request: ScanRequest, at: datetime) -> Scan:
    """Return what a request says: an override is whatever is expected, seen or not.

    Raises:
        ConfirmationRefused: a code that can't be read, or nothing is expected any more.

    """
    if request.supervisor:
        return _as_expected(now.work.next_scan())
    kind, code = await kind_of(tx, now, request), request.code.strip()
    if kind is ScanKind.QUANTITY and request.quantity is None:
        return Scan(kind=kind, quantity=_units_in(code))
    scan = Scan.model_validate({"kind": kind, "code": code, "quantity": request.quantity})
    if kind is not ScanKind.ITEM:
        return scan
    goods = read_goods(code, now.sku_of_gtin)
    if goods.lot and goods.expires is None:
        expires = await tx.stock.lot_expiry(goods.sku, goods.lot)
        goods = goods.model_copy(update={"expires": expires})
    if goods.expires is None:
        return scan.model_copy(update={"goods": goods})
    today = day_at(await tx.catalog.warehouse(now.session.warehouse_id), at)
    return scan.model_copy(update={"goods": goods, "on": today})


def _units_in(code: str) -> int:
    units = int(code) if _is_number(code) and len(code) <= len(str(MOST_UNITS)) else 0
    if 0 < units <= MOST_UNITS:
        return units
    expected = f"a number from 1 to {MOST_UNITS}"
    raise ConfirmationRefused.of(Problem(path="quantity", expected=expected, came=code or "none"))


def _is_number(code: str) -> bool:
    # Signs such as ² are digits for Python, but no number.
    return code.isascii() and code.isdigit()


def _as_expected(expected: Expected | None) -> Scan:
    if expected is None:
        problem = Problem(path="override", expected="nothing", came="one", remedy=CLOSE)
        raise ConfirmationRefused.of(problem)
    units = expected.quantity if expected.kind is ScanKind.ITEM else None
    code = f"{expected.sku}:{expected.lot}" if units and expected.lot else expected.code
    goods = read_goods(code, {}) if units else None
    return Scan(kind=expected.kind, code=expected.code, quantity=units, goods=goods)


async def kind_of(tx: UnitOfWork, now: Standing, request: ScanRequest) -> ScanKind:
    """Return what kind of thing a code is on, where the request does not say."""
    return request.kind or await _kind_of(tx, now, request.code.strip())


async def _kind_of(tx: UnitOfWork, now: Standing, code: str) -> ScanKind:
    if code.lower() in _WORDS:
        return _WORDS[code.lower()]
    if _is_number(code) and len(code) <= _MOST_DIGITS_OF_A_QUANTITY:
        return ScanKind.QUANTITY
    if isinstance(now.work, PutWall):
        slots = {put.slot for put in now.work.puts}
        return ScanKind.SLOT if code in slots else ScanKind.ITEM
    if code in {pick.tote for pick in now.picks}:
        return ScanKind.TOTE
    try:
        await tx.catalog.bin(code)
    except NotFound:
        return ScanKind.ITEM
    return ScanKind.BIN
