"""What is due for units that came back, put on record before it is given back."""

from collections.abc import Sequence
from datetime import datetime

from activities.paid_units import paid_units, payer_of
from fulfillment.domain.return_refunds import RefundDue, UnitDue, refund_of
from fulfillment.domain.return_units import ReturnUnit
from fulfillment.domain.returns import ReturnPolicy, ReturnWish
from fulfillment.messages.returns import (
    RefundToMake,
)
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord, ReturnRefundRecord


async def lock_payer(tx: UnitOfWork, order_id: str) -> None:
    """Wait until no other return decides about what the same order has paid for.

    Returns of an order and of its replacements lock different orders; which of them is the last,
    only one after the other can know. To be called before SKUs are locked.
    """
    await tx.replacing.lock(await payer_of(tx, order_id))


async def units_due(tx: UnitOfWork, order_id: str, units: Sequence[ReturnUnit]) -> list[UnitDue]:
    """Return units with what was paid for them, and what of it is kept."""
    paid = {unit.number: unit for unit in await paid_units(tx, order_id)}
    return [
        UnitDue(
            line_no=unit.line_no,
            unit_no=unit.unit_no,
            amount_minor=own.amount_minor,
            shipping_minor=own.shipping_minor,
            elsewhere_minor=own.elsewhere_minor,
            is_ordered=own.paid_unit is not None,
            reason=unit.reason,
            fee_percent=unit.fee_percent,
            loss_percent=unit.loss_percent,
        )
        for unit in units
        for own in (paid[unit.line_no, unit.unit_no],)
    ]


async def kept_units(tx: UnitOfWork, payer: str) -> int:
    """Return how many units of an order its customer has got, or gets, in any parcel.

    What was canceled or lost and refunded is none of them; what was sent again is one of them,
    until it is canceled or lost in its turn.
    """
    units = 0
    for line in await tx.orders.progress(payer):
        units += line.ordered - line.canceled - line.refunded
    for order_id in await tx.replacing.replacements(payer):
        ordered = {u.line_no for u in await tx.replacing.units(order_id) if u.paid_unit is not None}
        for line in await tx.orders.progress(order_id):
            units -= (line.canceled + line.refunded) * (line.line_no in ordered)
    return units


async def worth_of(
    tx: UnitOfWork,
    order_id: str,
    units: Sequence[ReturnUnit],
    policy: ReturnPolicy,
    label_left_minor: int = 0,
) -> RefundDue:
    """Return what is given back for units, after what was given back before."""
    payer = await payer_of(tx, order_id)
    return refund_of(
        await units_due(tx, order_id, units),
        await tx.returns.refunded(payer),
        await kept_units(tx, payer),
        shipping_back_on_whole=policy.shipping_back_on_whole,
        label_left_minor=label_left_minor,
    )


async def due_for(tx: UnitOfWork, made: ReturnRecord, accepted: Sequence[ReturnUnit]) -> RefundDue:
    """Return what is given back for accepted units, after what was given back before.

    An exchange is agreed on before anybody knows what its label costs: so it bears none of it.
    """
    earlier = await tx.returns.refunds(made.return_id)
    label_left = made.label_due_minor - sum(refund.label_minor for refund in earlier)
    exchanged = made.request.wish is ReturnWish.EXCHANGE
    return await worth_of(tx, made.order_id, accepted, made.policy, 0 if exchanged else label_left)


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
        elsewhere_minor=due.elsewhere_minor,
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
        elsewhere_minor=refund.elsewhere_minor,
    )


async def refund_on_record(tx: UnitOfWork, made: ReturnRecord, number: int) -> RefundToMake:
    """Return a refund of a return, which was just put on record, as it is to be made."""
    refunds = await tx.returns.refunds(made.return_id)
    return refund_to_make(made, refunds[number - 1])
