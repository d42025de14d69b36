"""Refunds in three steps: take the units, ask the gateway or the supervisor, put it on record.

The units are taken first, in a transaction of their own, so that two refunds that are asked for at
once never give the same unit back twice, whatever the gateway does.
"""

from activities.canceled_money import canceled_units
from activities.effects import Effects, first_result
from activities.paid_units import given_back_by_its_payer, payer_of
from activities.pressing import press_staff
from activities.refund_parts import captured_by, collected_units, refund_parts
from fulfillment.domain.errors import EffectConflict, Inconsistent, NotFound, PaymentDeclined
from fulfillment.domain.lifecycle import Nudge
from fulfillment.domain.money_ledger import MoneyAccount, PostingKind, balances, postings
from fulfillment.domain.orders import Order, PaymentMethod
from fulfillment.domain.refunds import (
    GIVEN_BACK_BY_US,
    Refund,
    RefundState,
    missing_units,
    not_captured,
    not_collected,
    why_not,
)
from fulfillment.messages import Refunded, RefundPayment
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, PaymentRecord
from fulfillment.stores import UnitOfWork

_PENDING = (RefundState.ASKED, RefundState.OWED)


class Refunding:
    """Gives back what units cost, each once."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    async def refund(self, request: RefundPayment) -> Refunded:
        """Give back, through who took it, or say why not.

        Raises:
            NotFound: no such order, or no such unit of it.
            PaymentDeclined: of several parts, one was given back and another one is declined.
            PaymentUnclear: no answer; ask again with the same key.
            EffectConflict: the key came with another request before.

        """
        begun = await self._begin(request)
        if isinstance(begun, Refunded):
            return begun
        declined = await self._give_back(begun)

        async def record(tx: UnitOfWork) -> Refunded:
            return await self._record(tx, begun, declined)

        return await self._effects.once(request, begun.order_id, Refunded, record)

    async def _begin(self, request: RefundPayment) -> Refund | Refunded:
        """Take the units for this refund, unless its answer is known or it is refused."""
        async with self._ports.database.writing() as tx:
            payer = await payer_of(tx, request.order_id)
            await tx.orders.lock(payer)
            earlier = await first_result(tx, request, Refunded)
            if earlier is not None:
                return earlier
            begun = await tx.refunds.find(request.key)
            if begun is not None and request.canceled:
                return begun
            asked = await self._asked(tx, request, payer)
            if begun is not None:
                return _the_same(begun, asked)
            nothing = await _nothing_of(tx, request, asked)
            if nothing is None:
                ours = asked.state is RefundState.ASKED
                await tx.refunds.add(asked, await refund_parts(tx, asked) if ours else ())
                return asked

        async def refuse(_: UnitOfWork) -> Refunded:
            return nothing

        return await self._effects.once(request, request.order_id, Refunded, refuse)

    async def _asked(self, tx: UnitOfWork, request: RefundPayment, payer: str) -> Refund:
        order = (await tx.orders.get(payer)).order
        costs = await tx.refunds.amounts(request.order_id)
        units = request.units
        if request.canceled:
            units = tuple(await canceled_units(tx, request.order_id))
        unknown = missing_units(units, costs)
        if unknown:
            message = f"order {request.order_id} has no unit {', '.join(unknown)} (line/unit)"
            raise NotFound(message)
        asked = set(units)
        given = tuple(unit for unit in costs if (unit.line_no, unit.unit_no) in asked)
        ours = order.payment.method in GIVEN_BACK_BY_US
        refund = Refund(
            key=request.key,
            order_id=request.order_id,
            units=given,
            extra_minor=request.extra_minor,
            fee_minor=min(request.fee_minor, sum(unit.amount_minor for unit in given))
            if request.canceled
            else request.fee_minor,
            currency=order.currency,
            reason=request.reason,
            state=RefundState.ASKED if ours else RefundState.OWED,
            at=self._ports.clock.now(),
        )
        return await given_back_by_its_payer(tx, refund)

    async def _give_back(self, refund: Refund) -> str | None:
        """Have it given back; return why not, if it was declined."""
        async with self._ports.database.reading() as tx:
            order = (await tx.orders.get(refund.order_id)).order
            ours = refund.state is RefundState.ASKED
            parts = await refund_parts(tx, refund) if ours else []
        if not ours:
            there = _refund_it_there(refund, order)
            subject = f"order {refund.order_id}"
            await press_staff(self._ports, refund.key, Nudge.ESCALATION, subject, there)
        for number, part in enumerate(parts):
            try:
                await self._ports.payments.refund(part.key, part.reference, part.amount_minor)
            except PaymentDeclined as refusal:
                if number:
                    raise  # a part was given back already: a person must see to the rest
                return str(refusal)
        return None

    async def _record(self, tx: UnitOfWork, refund: Refund, declined: str | None) -> Refunded:
        if refund.state is RefundState.OWED:
            await tx.journal.add_action(await self._told(tx, refund))
        else:
            state = RefundState.MADE if declined is None else RefundState.DECLINED
            await tx.refunds.close(refund.key, state)
        if declined is not None:
            return Refunded(amount_minor=0, currency=refund.currency, declined=declined)
        payment = await _payment(tx, refund.order_id)
        posted = [row for kind in _kinds(payment) for row in postings(kind, refund.amount_minor)]
        await tx.payments.post(refund.key, payment, posted, self._ports.clock.now())
        return Refunded(
            amount_minor=refund.amount_minor,
            currency=refund.currency,
            owed=refund.state is RefundState.OWED,
        )

    async def _told(self, tx: UnitOfWork, refund: Refund) -> ActionRecord:
        order = (await tx.orders.get(refund.order_id)).order
        return ActionRecord(
            at=self._ports.clock.now(),
            by="engine",
            action=Nudge.ESCALATION.value,
            order_id=refund.order_id,
            detail=_refund_it_there(refund, order),
        )


def _the_same(begun: Refund, asked: Refund) -> Refund:
    if not begun.asks_the_same(asked):
        message = f"the key {begun.key} came with another refund before"
        raise EffectConflict(message)
    return begun


async def _nothing_of(tx: UnitOfWork, request: RefundPayment, asked: Refund) -> Refunded | None:
    """Return the answer to what is not to be given back; None if it is."""
    nothing = Refunded(amount_minor=0, currency=asked.currency)
    if request.canceled and not asked.amount_minor:
        return nothing.model_copy(update={"free_units": len(asked.replacing or asked.units)})
    refusal = await _refusal(tx, asked)
    return nothing.model_copy(update={"declined": refusal}) if refusal else None


async def _refusal(tx: UnitOfWork, asked: Refund) -> str | None:
    payment = await _payment(tx, asked.order_id)
    refunds = await tx.refunds.of_order(asked.order_id)
    pending = sum(refund.amount_minor for refund in refunds if refund.state in _PENDING)
    taken = payment.captured_minor
    if payment.method in GIVEN_BACK_BY_US:
        # What the payer's bank has taken back can't be given back once more.
        taken = balances(await tx.payments.entries(asked.order_id))[MoneyAccount.CAPTURED]
    elif payment.method is PaymentMethod.ON_DELIVERY:
        collected = await collected_units(tx, asked.order_id)
        nobody_paid = not_collected(asked, collected)
        if nobody_paid is not None:
            return nobody_paid
        costs = await tx.refunds.amounts(asked.order_id)
        taken = sum(c.amount_minor for c in costs if (c.line_no, c.unit_no) in collected)
    before = await tx.refunds.refunded_units(asked.order_id)
    name = asked.replacing_id
    there = await tx.refunds.refunded_units(name) if name else {}
    refusal = why_not(asked, before, taken - pending, there)
    if refusal is None and asked.state is RefundState.ASKED:
        return not_captured(asked, await captured_by(tx, asked.order_id))
    return refusal


async def _payment(tx: UnitOfWork, order_id: str) -> PaymentRecord:
    payment = await tx.payments.find(order_id)
    if payment is None:
        message = f"no payment of order {order_id} is on record"
        raise Inconsistent(message)
    return payment


def _kinds(payment: PaymentRecord) -> list[PostingKind]:
    if payment.method is PaymentMethod.ON_DELIVERY:
        return [PostingKind.COLLECTED, PostingKind.OWED]
    ours = payment.method in GIVEN_BACK_BY_US
    return [PostingKind.REFUNDED if ours else PostingKind.OWED]


def _refund_it_there(refund: Refund, order: Order) -> str:
    where = "in the shop" if order.payment.method is PaymentMethod.PAID else "on delivery"
    return f"{refund.amount} was paid {where}: refund it there ({refund.reason})"
