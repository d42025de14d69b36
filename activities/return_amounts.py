"""What is due for units that came back, put on record before it is given back."""

from collections.abc import Sequence
from datetime import datetime

from fulfillment.domain.orders import Order
from fulfillment.domain.return_refunds import RefundDue, UnitDue, refund_of, shipping_shares
from fulfillment.domain.return_units import ReturnUnit
from fulfillment.messages.returns import (
    RefundToMake,
)
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord, ReturnRefundRecord


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


async def ordered_units(tx: UnitOfWork, order_id: str) -> int:
    """Return how many units an order has that were not canceled."""
    return sum(line.ordered - line.canceled for line in await tx.orders.progress(order_id))


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


async def refund_on_record(tx: UnitOfWork, made: ReturnRecord, number: int) -> RefundToMake:
    """Return a refund of a return, which was just put on record, as it is to be made."""
    refunds = await tx.returns.refunds(made.return_id)
    return refund_to_make(made, refunds[number - 1])
