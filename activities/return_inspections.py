"""Goods of a return are inspected, and go where they belong."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

from temporalio import activity

from activities.effects import Effects
from activities.return_amounts import due_for, lock_payer, put_refund, refund_on_record, with_refund
from activities.return_settling import settled_in_kind
from activities.return_tasks import close_return_tasks
from activities.returnable_units import settled_units
from fulfillment.domain.errors import ConfirmationRefused, NotFound, Problem
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.refunds import UnitNumber
from fulfillment.domain.return_receipts import (
    InspectedUnits,
    ReturnInspection,
    expiry_problem,
    inspected_units,
    place_of,
)
from fulfillment.domain.return_units import ReturnUnit, UnitState, stage_of
from fulfillment.domain.returns import Disposition, ReturnStage, ReturnWish
from fulfillment.domain.shelf_life import day_at
from fulfillment.messages.returns import (
    RecordReturnInspection,
    ReturnInspected,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord

Inspection = list[tuple[ReturnUnit, InspectedUnits]]


class ReturnInspectionActivities:
    """Effects between the inspection and the place where goods end."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_return_inspection")
    async def record_return_inspection(self, request: RecordReturnInspection) -> ReturnInspected:
        """Move what was inspected to its place, and put on record what is due for it.

        Raises:
            ConfirmationRefused: fewer units wait, or goods may not lie in that bin.

        """

        async def record(tx: UnitOfWork) -> ReturnInspected:
            await lock_payer(tx, request.order_id)
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
            settled = await settled_units(tx, made.order_id)
            units = [_inspected(made, unit, result, settled) for unit, result in found]
            number, units = await self._due(tx, made, units, now)
            await tx.returns.save_units(made.return_id, units)
            return await self._conclude(tx, request, units, number, now)

        return await self._effects.once(request, request.order_id, ReturnInspected, record)

    async def _due(
        self, tx: UnitOfWork, made: ReturnRecord, units: list[ReturnUnit], at: datetime
    ) -> tuple[int | None, list[ReturnUnit]]:
        """Put the refund of what was accepted on record, and return its number and the units.

        None where nothing is due, or where it is settled in kind at the end. What comes only after
        that is given back in money: what is sent in its place is on its way, and is sent once.
        """
        accepted = [unit for unit in units if unit.accepted]
        in_kind = made.request.wish in {ReturnWish.EXCHANGE, ReturnWish.REPLACEMENT}
        if not accepted or (in_kind and not await settled_in_kind(tx, made.return_id)):
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
        restocked = {u.goods_sku for u in units if u.disposition is Disposition.RESTOCK}
        return ReturnInspected(
            lines=made.lines,
            units=len(units),
            accepted=sum(unit.accepted for unit in units),
            refund=None if refund_no is None else await refund_on_record(tx, made, refund_no),
            restocked=tuple(sorted(restocked)),
        )


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
    articles = await tx.catalog.articles({unit.goods_sku for unit, _ in restocked})
    problems = [await _bin_problem(tx, made, result) for _, result in restocked]
    for unit, _ in restocked:
        expires_on = await tx.stock.lot_expiry(unit.goods_sku, unit.lot)
        today = day_at(warehouse, at)
        problems.append(expiry_problem(unit, articles[unit.goods_sku], expires_on, today))
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
        sku=unit.goods_sku,
        lot=unit.lot,
        quantity=1,
        source=Account(kind=AccountKind.RETURNED, ref=made.return_id),
        target=place_of(found.disposition, made.warehouse_id, found.bin_id),
    )


def _inspected(
    made: ReturnRecord, unit: ReturnUnit, found: InspectedUnits, settled: Collection[UnitNumber]
) -> ReturnUnit:
    """Return a unit as it was found; what is given back or sent again already is not accepted."""
    wished = made.request.wish is not ReturnWish.NONE if found.refund is None else found.refund
    return unit.model_copy(
        update={
            "state": UnitState.INSPECTED,
            "condition": found.condition,
            "disposition": found.disposition,
            "loss_percent": found.loss_percent,
            "accepted": wished and (unit.line_no, unit.unit_no) not in settled,
        }
    )


def _action(made: ReturnRecord, at: datetime, by: str, action: str, detail: str) -> ActionRecord:
    return ActionRecord(at=at, by=by, action=action, order_id=made.order_id, detail=detail)
