"""Goods of a return arrive, are inspected, and go where they belong."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from temporalio import activity

from activities.effects import Effects
from activities.return_tasks import close_return_tasks, open_return_task
from activities.returns import ordered_units, refund_to_make, units_due
from fulfillment.domain.errors import ConfirmationRefused, NotFound, Problem
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.return_receipts import (
    InspectedUnits,
    Matched,
    ReceivedGoods,
    ReturnInspection,
    expiry_problem,
    inspected_units,
    match_receipt,
    place_of,
)
from fulfillment.domain.return_refunds import RefundDue, refund_of
from fulfillment.domain.returns import (
    Disposition,
    ReturnReason,
    ReturnStage,
    ReturnUnit,
    ReturnWish,
    UnitState,
    stage_of,
)
from fulfillment.domain.shelf_life import day_at
from fulfillment.messages.returns import (
    RecordReturnInspection,
    RecordReturnReceipt,
    RefundToMake,
    ReturnInspected,
    ReturnReceived,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnReceiptRecord, ReturnRecord, ReturnRefundRecord

Inspection = list[tuple[ReturnUnit, InspectedUnits]]


class ReturnGoodsActivities:
    """Effects between the receiving dock and the place where goods end."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    # --- receipt -------------------------------------------------------------------------

    @activity.defn(name="record_return_receipt")
    async def record_return_receipt(self, request: RecordReturnReceipt) -> ReturnReceived:
        """Book what came: the order's own goods as returned, others as quarantined strays.

        Raises:
            ConfirmationRefused: an article nobody knows, or a lot that the order did not get.

        """

        async def record(tx: UnitOfWork) -> ReturnReceived:
            made, now = await tx.returns.get(request.return_id), self._ports.clock.now()
            announced = [unit for unit in made.units if unit.state is UnitState.ANNOUNCED]
            free = await tx.returns.shipped_units(made.order_id)
            matched = match_receipt(request.receipt, announced, free)
            await require_articles(tx, matched.strays)
            came, moved = await _from_customer(tx, made, _units(matched))
            moved += [stray_movement(goods, made.warehouse_id) for goods in matched.strays]
            by, reason = request.receipt.by, f"returned under {made.return_id}"
            await tx.stock.move(request.key, moved, by=by, reason=reason, at=now)
            await tx.returns.save_units(made.return_id, came)
            return await self._put_on_record(tx, request, matched, now)

        return await self._effects.once(request, request.order_id, ReturnReceived, record)

    async def _put_on_record(
        self, tx: UnitOfWork, request: RecordReturnReceipt, matched: Matched, now: datetime
    ) -> ReturnReceived:
        made, receipt = await tx.returns.get(request.return_id), request.receipt
        number = len(await tx.returns.receipts(made.return_id)) + 1
        entry = ReturnReceiptRecord(
            return_id=made.return_id,
            receipt_no=number,
            receipt_id=receipt.receipt_id,
            at=now,
            by=receipt.by,
            items=receipt.items,
            strays=matched.strays,
        )
        await tx.returns.add_receipt(entry)
        units = len(matched.expected) + len(matched.further)
        lines = [line.model_dump(mode="json") for line in made.lines]
        if units:
            await open_return_task(tx, made, TaskKind.INSPECT, number, {"lines": lines}, now)
            await tx.returns.advance(made.return_id, ReturnStage.INSPECTING, now)
        if matched.strays:
            strays = {"goods": [goods.model_dump(mode="json") for goods in matched.strays]}
            await open_return_task(tx, made, TaskKind.SORT_OUT, number, strays, now)
        detail = f"{made.return_id}: {units} units" + ", strays" * bool(matched.strays)
        await tx.journal.add_action(
            _action(made, now, receipt.by, "return_received", f"{detail} {receipt.note}".strip())
        )
        return ReturnReceived(
            lines=made.lines, units=units, further=len(matched.further), strays=matched.strays
        )

    # --- inspection ----------------------------------------------------------------------

    @activity.defn(name="record_return_inspection")
    async def record_return_inspection(self, request: RecordReturnInspection) -> ReturnInspected:
        """Move what was inspected to its place, and put on record what is due for it.

        Raises:
            ConfirmationRefused: fewer units wait, or goods may not lie in that bin.

        """

        async def record(tx: UnitOfWork) -> ReturnInspected:
            made = await tx.returns.get(request.return_id)
            now = self._ports.clock.now()
            found = await checked_inspection(tx, made, request.inspection, request.at)
            await tx.stock.move(
                request.key,
                [_to_its_place(made, unit, result) for unit, result in found],
                by=request.inspection.by,
                reason=f"inspected under {made.return_id}",
                at=now,
            )
            units = [_inspected(made, unit, result) for unit, result in found]
            number, units = await self._due(tx, made, units, now)
            await tx.returns.save_units(made.return_id, units)
            return await self._conclude(tx, request, units, number, now)

        return await self._effects.once(request, request.order_id, ReturnInspected, record)

    async def _due(
        self, tx: UnitOfWork, made: ReturnRecord, units: list[ReturnUnit], at: datetime
    ) -> tuple[int | None, list[ReturnUnit]]:
        """Put the refund of what was accepted on record, and return its number and the units.

        None where nothing is due, or where it is settled in kind at the end.
        """
        accepted = [unit for unit in units if unit.accepted]
        in_kind = made.request.wish in {ReturnWish.EXCHANGE, ReturnWish.REPLACEMENT}
        if in_kind or not accepted:
            return None, units
        due = await due_for(tx, made, accepted)
        number = await put_refund(tx, made, due, at)
        return number, with_refund(units, number, due)

    async def _conclude(
        self,
        tx: UnitOfWork,
        request: RecordReturnInspection,
        units: Sequence[ReturnUnit],
        refund_no: int | None,
        now: datetime,
    ) -> ReturnInspected:
        made, by = await tx.returns.get(request.return_id), request.inspection.by
        stage = stage_of(made.lines)
        if stage is not ReturnStage.INSPECTING:
            await close_return_tasks(tx, made, by, now)
        if stage is ReturnStage.AWAITING_GOODS:
            await tx.returns.advance(made.return_id, stage, now)
        places = Counter(str(unit.disposition) for unit in units)
        told = ", ".join(f"{count} {place}" for place, count in sorted(places.items()))
        detail = f"{made.return_id}: {told} {request.inspection.note}".strip()
        await tx.journal.add_action(_action(made, now, by, "return_inspected", detail))
        restocked = {u.sku for u in units if u.disposition is Disposition.RESTOCK}
        return ReturnInspected(
            lines=made.lines,
            units=len(units),
            accepted=sum(unit.accepted for unit in units),
            refund=None if refund_no is None else await _to_make(tx, made, refund_no),
            restocked=tuple(sorted(restocked)),
        )


# --- whose goods they are --------------------------------------------------------------------


async def require_articles(tx: UnitOfWork, goods: Sequence[ReceivedGoods]) -> None:
    """Check that goods that are not the order's are of the catalog at least.

    Raises:
        ConfirmationRefused: one is not, so that no account can hold it.

    """
    known = await tx.catalog.articles({each.sku for each in goods})
    unknown = [each.sku for each in goods if each.sku not in known]
    if unknown:
        raise ConfirmationRefused.of(
            *(
                Problem(
                    path="sku",
                    expected="an article of the catalog",
                    came=sku,
                    remedy="scan the label again; what was never sold here goes back by hand",
                )
                for sku in unknown
            )
        )


def stray_movement(goods: ReceivedGoods, warehouse_id: str) -> Movement:
    """Return how goods enter the books that nobody had sent."""
    return Movement(
        sku=goods.sku,
        lot=goods.lot,
        quantity=goods.quantity,
        source=Account(kind=AccountKind.ADJUSTMENT),
        target=Account(kind=AccountKind.QUARANTINE, ref=warehouse_id),
    )


def _units(matched: Matched) -> list[ReturnUnit]:
    further = [
        ReturnUnit(
            line_no=unit.line_no,
            unit_no=unit.unit_no,
            sku=unit.sku,
            fulfillment_id=unit.fulfillment_id,
            reason=ReturnReason.NOT_NAMED,
            lot=lot,
        )
        for unit, lot in matched.further
    ]
    return [*matched.expected, *further]


async def _from_customer(
    tx: UnitOfWork, made: ReturnRecord, units: Sequence[ReturnUnit]
) -> tuple[list[ReturnUnit], list[Movement]]:
    """Return the units as received, with their lots, and how they leave the customer's account.

    What was not delivered comes from the carrier's.

    Raises:
        ConfirmationRefused: of an article came several lots, or not the one that was scanned.

    """
    customer = Account(kind=AccountKind.CUSTOMER, ref=made.order_id)
    shares = sorted({unit.fulfillment_id for unit in units})
    places = [customer, *(Account(kind=AccountKind.CARRIER, ref=share) for share in shares)]
    held = {
        place: Counter({(s, lot): n for s, lot, n in await tx.stock.contents(str(place))})
        for place in places
    }
    back = Account(kind=AccountKind.RETURNED, ref=made.return_id)
    received, moved = [], []
    for unit in units:
        own = [customer, Account(kind=AccountKind.CARRIER, ref=unit.fulfillment_id)]
        place, lot = _taken_from(unit, {each: held[each] for each in own})
        held[place][unit.sku, lot] -= 1
        away = place.kind is AccountKind.CARRIER
        new = {"state": UnitState.RECEIVED, "lot": lot, "from_carrier": away}
        received.append(unit.model_copy(update=new))
        moved.append(Movement(sku=unit.sku, lot=lot, quantity=1, source=place, target=back))
    return received, moved


def _taken_from(
    unit: ReturnUnit, held: dict[Account, Counter[tuple[str, str]]]
) -> tuple[Account, str]:
    lots = [
        (place, lot)
        for place, goods in held.items()
        for (sku, lot), left in sorted(goods.items())
        if sku == unit.sku and left > 0
    ]
    fitting = [each for each in lots if unit.lot in {"", each[1]}]
    if unit.lot == "" and len({lot for _, lot in fitting}) > 1:
        raise _which_lot(unit, sorted({lot for _, lot in lots}), "no lot")
    if not fitting:
        raise _which_lot(unit, sorted({lot for _, lot in lots}), f"lot {unit.lot!r}")
    return fitting[0]


def _which_lot(unit: ReturnUnit, lots: Sequence[str], came: str) -> ConfirmationRefused:
    problem = Problem(
        path=f"lot of {unit.sku}",
        expected=f"one that the order got: {', '.join(lots) or 'none is left'}",
        came=came,
        remedy="scan the lot that is printed on the goods",
    )
    return ConfirmationRefused(str(problem), [problem])


# --- where they go ---------------------------------------------------------------------------


async def checked_inspection(
    tx: UnitOfWork, made: ReturnRecord, inspection: ReturnInspection, at: datetime
) -> Inspection:
    """Return which unit was found how, and check that each may go where it shall.

    Raises:
        ConfirmationRefused: fewer units wait, or goods may not lie in that bin.

    """
    found = inspected_units(made.units, inspection)
    restocked = [(unit, r) for unit, r in found if r.disposition is Disposition.RESTOCK]
    warehouse = await tx.catalog.warehouse(made.warehouse_id)
    articles = await tx.catalog.articles({unit.sku for unit, _ in restocked})
    problems = [await _bin_problem(tx, made, result) for _, result in restocked]
    for unit, _ in restocked:
        expires_on = await tx.stock.lot_expiry(unit.sku, unit.lot)
        today = day_at(warehouse, at)
        problems.append(expiry_problem(unit, articles[unit.sku], expires_on, today))
    wrong = list(dict.fromkeys(problem for problem in problems if problem))
    if wrong:
        raise ConfirmationRefused.of(*wrong)
    return found


async def _bin_problem(tx: UnitOfWork, made: ReturnRecord, found: InspectedUnits) -> Problem | None:
    bin_id = found.bin_id or ""
    try:
        owner = (await tx.catalog.bin(bin_id)).warehouse_id
    except NotFound:
        owner = "nobody"
    if owner == made.warehouse_id:
        return None
    return Problem(
        path=f"line {found.line_no}",
        expected=f"a bin of warehouse {made.warehouse_id}",
        came=f"{bin_id}, a bin of {owner}",
        remedy="scan the bin that the goods were put into",
    )


def _to_its_place(made: ReturnRecord, unit: ReturnUnit, found: InspectedUnits) -> Movement:
    return Movement(
        sku=unit.sku,
        lot=unit.lot,
        quantity=1,
        source=Account(kind=AccountKind.RETURNED, ref=made.return_id),
        target=place_of(found.disposition, made.warehouse_id, found.bin_id),
    )


def _inspected(made: ReturnRecord, unit: ReturnUnit, found: InspectedUnits) -> ReturnUnit:
    wished = made.request.wish is not ReturnWish.NONE
    return unit.model_copy(
        update={
            "state": UnitState.INSPECTED,
            "condition": found.condition,
            "disposition": found.disposition,
            "loss_percent": found.loss_percent,
            "accepted": wished if found.refund is None else found.refund,
        }
    )


# --- what is due -----------------------------------------------------------------------------


async def due_for(tx: UnitOfWork, made: ReturnRecord, accepted: Sequence[ReturnUnit]) -> RefundDue:
    """Return what is given back for accepted units, after what was given back before."""
    order = (await tx.orders.get(made.order_id)).order
    earlier = await tx.returns.refunds(made.return_id)
    label_left = made.label_due_minor - sum(refund.label_minor for refund in earlier)
    return refund_of(
        await units_due(tx, order, accepted),
        await tx.returns.refunded(made.order_id),
        await ordered_units(tx, made.order_id),
        shipping_back_on_whole=made.policy.shipping_back_on_whole,
        label_left_minor=label_left,
    )


async def put_refund(tx: UnitOfWork, made: ReturnRecord, due: RefundDue, at: datetime) -> int:
    """Put a refund on record as due, and return its number in the return."""
    number = len(await tx.returns.refunds(made.return_id)) + 1
    await tx.returns.save_refund(_refund_record(made, number, due, at))
    return number


def _refund_record(
    made: ReturnRecord, number: int, due: RefundDue, at: datetime
) -> ReturnRefundRecord:
    return ReturnRefundRecord(
        return_id=made.return_id,
        refund_no=number,
        units=len(due.units),
        amount_minor=due.amount_minor,
        extra_minor=due.extra_minor,
        fee_minor=due.fee_minor,
        shipping_kept_minor=sum(due.shipping_kept),
        label_minor=due.label_minor,
        exchange_minor=due.exchange_minor,
        at=at,
    )


def with_refund(units: Sequence[ReturnUnit], number: int, due: RefundDue) -> list[ReturnUnit]:
    """Return the units, those of the refund with its number and what it keeps of their shipping."""
    kept = dict(zip(due.units, due.shipping_kept, strict=True))
    return [
        unit.model_copy(
            update={
                "refund_no": number,
                "shipping_kept_minor": kept[unit.line_no, unit.unit_no],
            }
        )
        if (unit.line_no, unit.unit_no) in kept
        else unit
        for unit in units
    ]


async def _to_make(tx: UnitOfWork, made: ReturnRecord, number: int) -> RefundToMake:
    refunds = await tx.returns.refunds(made.return_id)
    return refund_to_make(made, refunds[number - 1])


def _action(made: ReturnRecord, at: datetime, by: str, action: str, detail: str) -> ActionRecord:
    return ActionRecord(at=at, by=by, action=action, order_id=made.order_id, detail=detail)
