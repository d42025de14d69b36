"""Goods of a return arrive: the order's own, further ones of it, and strays."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from temporalio import activity

from activities.effects import Effects
from activities.goods_mixed_up import corrected, count_mixed_up
from activities.return_tasks import open_return_task
from activities.returnable_units import receivable_units
from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.return_receipts import (
    Matched,
    ReceivedGoods,
    match_receipt,
)
from fulfillment.domain.return_units import ReturnUnit, UnitState
from fulfillment.domain.returns import ReturnReason, ReturnStage
from fulfillment.messages.returns import (
    RecordReturnReceipt,
    ReturnReceived,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import (
    ReturnReceiptRecord,
    ReturnRecord,
)


class ReturnReceiptActivities:
    """Effects at the receiving dock."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_return_receipt")
    async def record_return_receipt(self, request: RecordReturnReceipt) -> ReturnReceived:
        """Book what came: the order's own goods as returned, others as quarantined strays.

        Raises:
            ConfirmationRefused: an article nobody knows, or a lot that the order did not get.

        """

        async def record(tx: UnitOfWork) -> ReturnReceived:
            made, now = await tx.returns.get(request.return_id), self._ports.clock.now()
            announced = [unit for unit in made.units if unit.state is UnitState.ANNOUNCED]
            free = await receivable_units(tx, made.order_id)
            matched = match_receipt(request.receipt, announced, free)
            mixed_up = [unit for unit in matched.expected if unit.came_as is not None]
            await require_articles(tx, matched.strays, [unit.goods_sku for unit in mixed_up])
            came, moved = await _from_customer(tx, made, _units(matched))
            moved += [stray_movement(goods, made.warehouse_id) for goods in matched.strays]
            by, reason = request.receipt.by, f"returned under {made.return_id}"
            await tx.stock.move(request.key, moved, by=by, reason=reason, at=now)
            await tx.returns.save_units(made.return_id, came)
            await count_mixed_up(tx, made, mixed_up, now)
            return await self._put_on_record(tx, request, matched, now)

        async def again(tx: UnitOfWork, first: ReturnReceived) -> ReturnReceived:
            now = await tx.returns.get(request.return_id)
            return first.model_copy(update={"lines": now.lines})

        return await self._effects.once(request, request.order_id, ReturnReceived, record, again)

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
        instead = instead_of(matched.expected)
        detail = f"{made.return_id}: {units} units" + ", strays" * bool(matched.strays)
        detail += f", {instead}" if instead else ""
        await tx.journal.add_action(
            _action(made, now, receipt.by, "return_received", f"{detail} {receipt.note}".strip())
        )
        return ReturnReceived(
            lines=made.lines,
            units=units,
            further=len(matched.further),
            strays=matched.strays,
            instead=instead,
        )


# --- whose goods they are --------------------------------------------------------------------


async def require_articles(
    tx: UnitOfWork, goods: Sequence[ReceivedGoods], skus: Sequence[str] = ()
) -> None:
    """Check that goods that are not the order's are of the catalog at least.

    Raises:
        ConfirmationRefused: one is not, so that no account can hold it.

    """
    came = list(dict.fromkeys([*(each.sku for each in goods), *skus]))
    known = await tx.catalog.articles(set(came))
    unknown = [sku for sku in came if sku not in known]
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


def instead_of(units: Sequence[ReturnUnit]) -> str:
    """Return in words which articles came for others, as `2 x LAMP for MUG`."""
    mixed_up = Counter((unit.goods_sku, unit.sku) for unit in units if unit.came_as is not None)
    return ", ".join(f"{n} x {came} for {sku}" for (came, sku), n in mixed_up.items())


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
    received: list[ReturnUnit] = []
    moved: list[Movement] = []
    for unit in units:
        own = [customer, Account(kind=AccountKind.CARRIER, ref=unit.fulfillment_id)]
        place, lot = _taken_from(unit, {each: held[each] for each in own})
        held[place][unit.sku, lot] -= 1
        new = {"state": UnitState.RECEIVED, "from_carrier": place.kind is AccountKind.CARRIER}
        if unit.came_as is not None:
            moved += corrected(unit, place, lot, back)
            received.append(unit.model_copy(update=new))
            continue
        received.append(unit.model_copy(update={**new, "lot": lot}))
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
    if unit.came_as is not None and lots:
        return lots[0]
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


def _action(made: ReturnRecord, at: datetime, by: str, action: str, detail: str) -> ActionRecord:
    return ActionRecord(at=at, by=by, action=action, order_id=made.order_id, detail=detail)
