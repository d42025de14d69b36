"""A return begins, is approved or refused, and ends."""

from collections.abc import Sequence
from datetime import datetime

from temporalio import activity

from activities.effects import Effects, first_result
from activities.return_tasks import close_return_tasks, open_return_task
from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.errors import Problem, ReturnRefused
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.orders import Order
from fulfillment.domain.return_refunds import UnitDue, refund_of, shipping_shares
from fulfillment.domain.returns import (
    ReturnItem,
    ReturnOrigin,
    ReturnPolicy,
    ReturnRequest,
    ReturnStage,
    ReturnUnit,
    ReturnWish,
    ShippedUnit,
    UnitState,
    approval_reasons,
    choose_units,
    fee_percent,
    refusals,
)
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
from fulfillment.stores.returns import RefundState, ReturnRecord, ReturnRefundRecord


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
        unused = [] if came else [parcel for parcel in parcels if parcel.label]
        for parcel in unused:
            if parcel.label is not None:
                key = f"{request.key}/{parcel.tracking_number}"
                await self._ports.carrier.void_label(key, parcel.label)

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


# --- what may come back ----------------------------------------------------------------------


async def plan_return(tx: UnitOfWork, request: RecordReturn, policy: ReturnPolicy) -> ReturnRecord:
    """Return the return that a request comes to, with the units that it takes.

    Raises:
        ReturnRefused: more units than were delivered, or the policy does not allow it.
        NotFound: no such order.

    """
    asked = request.request
    order = (await tx.orders.get(asked.order_id)).order
    free = await tx.returns.shipped_units(asked.order_id)
    ours = asked.origin is not ReturnOrigin.CUSTOMER
    chosen = choose_units(asked.items, free, on_its_way=ours)
    articles = await tx.catalog.articles({unit.sku for _, unit in chosen})
    problems = refusals(chosen, articles, policy, request.at)
    if problems and not ours:
        raise ReturnRefused.of(*problems)
    if problems:
        # It is here: a person who inspects it decides what the customer gets.
        asked = asked.model_copy(update={"wish": ReturnWish.NONE})
    units = [
        _unit(item, unit, fee_percent(item.reason, articles[unit.sku], policy))
        for item, unit in chosen
    ]
    await _require_payable(tx, order, asked, units)
    approval = () if ours else approval_reasons(chosen, policy)
    stage = ReturnStage.REQUESTED if approval else ReturnStage.AWAITING_GOODS
    return ReturnRecord(
        return_id=request.return_id,
        order_id=asked.order_id,
        warehouse_id=asked.warehouse_id or chosen[0][1].warehouse_id,
        stage=stage,
        stage_since=request.at,
        requested_at=request.at,
        request=asked,
        policy=policy,
        approval=approval,
        units=tuple(units),
    )


def _unit(item: ReturnItem, unit: ShippedUnit, fee: int) -> ReturnUnit:
    return ReturnUnit(
        line_no=unit.line_no,
        unit_no=unit.unit_no,
        sku=unit.sku,
        fulfillment_id=unit.fulfillment_id,
        reason=item.reason,
        fee_percent=fee,
    )


async def _require_payable(
    tx: UnitOfWork, order: Order, asked: ReturnRequest, units: Sequence[ReturnUnit]
) -> None:
    """Check that an exchange is of known articles, and paid as far as it costs more.

    Raises:
        ReturnRefused: an article is unknown, or the difference is not paid.

    """
    if not asked.exchange:
        return
    known = await tx.catalog.articles({item.sku for item in asked.exchange})
    unknown = [item.sku for item in asked.exchange if item.sku not in known]
    problems = [
        Problem(
            path="exchange", expected="an article of the catalog", came=sku, remedy="correct it"
        )
        for sku in unknown
    ]
    worth = await worth_of(tx, order, units)
    if asked.exchange_minor - asked.paid_minor > worth:
        problems.append(_unpaid(asked, worth, order.currency))
    if problems:
        raise ReturnRefused.of(*problems)


def _unpaid(asked: ReturnRequest, worth_minor: int, currency: str) -> Problem:
    more = asked.exchange_minor - worth_minor
    return Problem(
        path="paid_minor",
        expected=f"{more} {currency} (minor units) paid in the shop, since the exchange costs"
        f" {asked.exchange_minor} and {worth_minor} comes back",
        came=str(asked.paid_minor),
        remedy="have the difference paid there, and give amount and reference of the payment",
    )


async def worth_of(tx: UnitOfWork, order: Order, units: Sequence[ReturnUnit]) -> int:
    """Return what would be given back for units, in minor units, were they found as new."""
    due = await units_due(tx, order, units)
    earlier = await tx.returns.refunded(order.order_id)
    return refund_of(due, earlier, await ordered_units(tx, order.order_id)).amount_minor


async def ordered_units(tx: UnitOfWork, order_id: str) -> int:
    """Return how many units an order has that were not canceled."""
    return sum(line.ordered - line.canceled for line in await tx.orders.progress(order_id))


async def units_due(tx: UnitOfWork, order: Order, units: Sequence[ReturnUnit]) -> list[UnitDue]:
    """Return units with their amounts as stored at acceptance, and what of them is kept."""
    amounts = await tx.returns.unit_amounts(order.order_id)
    shares = shipping_shares(order)
    return [
        UnitDue(
            line_no=unit.line_no,
            unit_no=unit.unit_no,
            amount_minor=amounts[unit.line_no, unit.unit_no],
            shipping_minor=shares[unit.line_no][unit.unit_no - 1],
            reason=unit.reason,
            fee_percent=unit.fee_percent,
            loss_percent=unit.loss_percent,
        )
        for unit in units
    ]


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
    return _recorded(made, due)


def refund_to_make(made: ReturnRecord, refund: ReturnRefundRecord) -> RefundToMake:
    """Return a refund that is on record, as it is to be made."""
    return RefundToMake(
        refund_no=refund.refund_no,
        units=tuple(
            (unit.line_no, unit.unit_no)
            for unit in made.units
            if unit.refund_no == refund.refund_no
        ),
        extra_minor=refund.extra_minor,
        fee_minor=refund.fee_minor,
        amount_minor=refund.amount_minor,
    )


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
    missing = sum(unit.state is UnitState.ANNOUNCED for unit in made.units)
    came = sum(unit.state is not UnitState.RELEASED for unit in made.units) - missing
    parts = [
        request.stage.value,
        f"{came} came back" if came else "",
        f"{missing} did not" if missing else "",
        f"{refunded} refunded (minor units)" if refunded else "",
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
