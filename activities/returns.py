"""A return begins, is approved or refused, and ends."""

from collections.abc import Sequence
from datetime import datetime

from temporalio import activity

from activities.effects import Effects, first_result
from activities.return_amounts import refund_to_make
from activities.return_planning import plan_return
from activities.return_tasks import close_return_tasks, open_return_task
from activities.tracking import parcel_seen, state_said
from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.errors import CarrierRefused, NotFound
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.money import Money
from fulfillment.domain.return_units import UnitState
from fulfillment.domain.return_waiting import ParcelSeen
from fulfillment.domain.returns import ReturnStage
from fulfillment.messages import Recorded
from fulfillment.messages.returns import (
    CloseReturn,
    RecordReturn,
    RecordReturnDecision,
    RecordReturnRefund,
    RefundToMake,
    ReturnClosed,
    ReturnRecorded,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import (
    RefundState,
    ReturnParcelRecord,
    ReturnRecord,
    ReturnRefundRecord,
)


class ReturnActivities:
    """The begin and the end of a return."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_return")
    async def record_return(self, request: RecordReturn) -> ReturnRecorded:
        """Put a return on record, with the units that it takes.

        Raises:
            ReturnRefused: more units than were delivered, or the policy does not allow it.
            NotFound: no such order.

        """

        async def record(tx: UnitOfWork) -> ReturnRecorded:
            made = await plan_return(tx, request, self._ports.returns)
            await tx.returns.add(made)
            if made.stage is ReturnStage.REQUESTED:
                plan = {"approval": list(made.approval), "wish": made.request.wish.value}
                await open_return_task(tx, made, TaskKind.APPROVE_RETURN, 1, plan, request.at)
            action = _action(made, request.at, made.request.by, "request_return")
            await tx.journal.add_action(action)
            return _recorded(made, ())

        return await self._effects.once(
            request, request.request.order_id, ReturnRecorded, record, _as_it_stands
        )

    @activity.defn(name="record_return_decision")
    async def record_return_decision(self, request: RecordReturnDecision) -> Recorded:
        """Put on record that a return was approved, or refused and why."""

        async def record(tx: UnitOfWork) -> Recorded:
            made, now = await tx.returns.get(request.return_id), self._ports.clock.now()
            decision = request.decision
            if decision.approve:
                await tx.returns.advance(made.return_id, ReturnStage.AWAITING_GOODS, now)
            else:
                await _release(tx, made)
                outcome = f"refused: {decision.reason}" if decision.reason else "refused"
                await tx.returns.advance(made.return_id, ReturnStage.REFUSED, now, outcome)
            await close_return_tasks(tx, made, decision.by, now)
            what = "approve_return" if decision.approve else "refuse_return"
            action = _action(made, now, decision.by, what, decision.reason)
            await tx.journal.add_action(action)
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, record)

    @activity.defn(name="record_return_refund")
    async def record_return_refund(self, request: RecordReturnRefund) -> Recorded:
        """Put on record what became of a refund."""

        async def record(tx: UnitOfWork) -> Recorded:
            state = RefundState.DONE if request.declined is None else RefundState.DECLINED
            due = await _refund(tx, request.return_id, request.refund_no)
            now = self._ports.clock.now()
            await tx.returns.save_refund(due.model_copy(update={"state": state, "at": now}))
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, record)

    @activity.defn(name="close_return")
    async def close_return(self, request: CloseReturn) -> ReturnClosed:
        """End a return: labels that were not used are given back, units that did not come are free.

        Raises:
            CarrierUnavailable: the carrier did not answer.

        """
        async with self._ports.database.reading() as tx:
            earlier = await first_result(tx, request, ReturnClosed)
            if earlier is not None:
                return earlier
            made = await tx.returns.get(request.return_id)
            parcels = await tx.returns.parcels(request.return_id)
            came = bool(await tx.returns.receipts(request.return_id))
        unused = [] if came else [p for p in parcels if await self._give_back(request.key, p)]

        async def record(tx: UnitOfWork) -> ReturnClosed:
            now = self._ports.clock.now()
            for parcel in unused:
                await tx.returns.save_parcel(parcel.model_copy(update={"voided": True}))
            fresh = await tx.returns.get(made.return_id)
            outcome = await _outcome(tx, fresh, request)
            await _release(tx, fresh)
            if request.linked_order_id is not None:
                await tx.returns.link_order(fresh.return_id, request.linked_order_id)
            await close_return_tasks(tx, fresh, request.by, now)
            await tx.returns.advance(fresh.return_id, request.stage, now, outcome)
            action = _action(fresh, now, request.by, "close_return", outcome)
            await tx.journal.add_action(action)
            return ReturnClosed(
                return_id=fresh.return_id,
                stage=request.stage,
                outcome=outcome,
                voided=tuple(parcel.tracking_number or "" for parcel in unused),
            )

        return await self._effects.once(request, request.order_id, ReturnClosed, record)

    async def _give_back(self, key: str, parcel: ReturnParcelRecord) -> bool:
        """Give a label back that was not used; say whether the carrier has taken it."""
        if parcel.label is None:
            return False
        try:
            await self._ports.carrier.void_label(f"{key}/{parcel.tracking_number}", parcel.label)
        except (CarrierRefused, NotFound):
            return False
        return True


# --- what is on record -----------------------------------------------------------------------


def _recorded(made: ReturnRecord, refunds: Sequence[RefundToMake]) -> ReturnRecorded:
    return ReturnRecorded(
        return_id=made.return_id,
        order_id=made.order_id,
        warehouse_id=made.warehouse_id,
        requested_at=made.requested_at,
        policy=made.policy,
        lines=made.lines,
        approval=made.approval,
        decision=_decision(made),
        stage=made.stage,
        refunds=tuple(refunds),
        awaited_since=made.stage_since,
        outcome=made.outcome,
    )


def _decision(made: ReturnRecord) -> Decision:
    wanted = made.stage is ReturnStage.REQUESTED or bool(made.approval)
    because = "; ".join(made.approval) or "the policy allows it"
    other = Alternative(
        choice="at once" if wanted else "by a person",
        because="a person must approve it" if wanted else "nothing asks for it",
    )
    return Decision(
        subject="return approval",
        chosen="by a person" if wanted else "at once",
        because=because,
        alternatives=(other,),
    )


async def _as_it_stands(tx: UnitOfWork, first: ReturnRecorded) -> ReturnRecorded:
    """Return what a workflow that was started again goes on from."""
    made = await tx.returns.get(first.return_id)
    due = [
        refund_to_make(made, refund)
        for refund in await tx.returns.refunds(made.return_id)
        if refund.state is not RefundState.DONE
    ]
    seen = await _seen(tx, made.return_id)
    return _recorded(made, due).model_copy(update={"seen": seen})


async def _seen(tx: UnitOfWork, return_id: str) -> tuple[ParcelSeen, ...]:
    found = []
    for parcel in await tx.returns.parcels(return_id):
        number = parcel.tracking_number
        state = await state_said(tx, number) if number else None
        if number and state is not None and state.as_of is not None:
            found.append(parcel_seen(number, state, state.as_of))
    return tuple(found)


async def _refund(tx: UnitOfWork, return_id: str, refund_no: int) -> ReturnRefundRecord:
    refunds = await tx.returns.refunds(return_id)
    return next(refund for refund in refunds if refund.refund_no == refund_no)


async def _release(tx: UnitOfWork, made: ReturnRecord) -> None:
    free = [
        unit.model_copy(update={"state": UnitState.RELEASED})
        for unit in made.units
        if unit.state is UnitState.ANNOUNCED
    ]
    await tx.returns.save_units(made.return_id, free)


async def _outcome(tx: UnitOfWork, made: ReturnRecord, request: CloseReturn) -> str:
    """Return how a return ended, in a sentence: what was given back, and what did not come."""
    refunds = await tx.returns.refunds(made.return_id)
    refunded = sum(r.amount_minor for r in refunds if r.state is RefundState.DONE)
    currency = (await tx.orders.get(made.order_id)).order.currency
    missing = sum(unit.state is UnitState.ANNOUNCED for unit in made.units)
    came = sum(unit.state is not UnitState.RELEASED for unit in made.units) - missing
    parts = [
        request.stage.value,
        f"{came} came back" if came else "",
        f"{missing} did not" if missing else "",
        f"{Money(amount_minor=refunded, currency=currency)} refunded" if refunded else "",
        f"{request.linked_order_id} ships in its place" if request.linked_order_id else "",
    ]
    told = ", ".join(filter(None, parts))
    return f"{told}: {request.reason}" if request.reason else told


def _action(
    made: ReturnRecord, at: datetime, by: str, action: str, detail: str = ""
) -> ActionRecord:
    return ActionRecord(
        at=at,
        by=by,
        action=action,
        order_id=made.order_id,
        detail=f"{made.return_id}: {detail}" if detail else made.return_id,
    )
