"""What a cancellation gives back: what was taken, and what is held for units that are gone."""

from collections.abc import Sequence

from activities.cancellation_scope import Scope
from fulfillment.domain.cancellation import Action, does
from fulfillment.domain.orders import PaymentMethod, unit_amounts
from fulfillment.domain.refunds import GIVEN_BACK_BY_US, UnitNumber
from fulfillment.messages import UnitsToRefund
from fulfillment.records import FulfillmentRecord
from fulfillment.stores import UnitOfWork


async def money_of(
    tx: UnitOfWork, order_id: str, scope: Scope, intercept_fee_minor: int
) -> dict[str, int]:
    """Return what is refunded, what is never captured, and what is kept, in minor units.

    What was paid in the shop was taken for all units at once, and is given back there.
    """
    payment = await tx.payments.find(order_id)
    gone = [share for share in scope.shares if does(share.stage, Action.REFUND)]
    if payment is not None and payment.method is PaymentMethod.PAID:
        worth = await _worth(tx, order_id, scope, [])
        refund = min(worth, payment.captured_minor - payment.refunded_minor)
        fee = min(intercept_fee_minor, refund) if gone else 0
        return {"refund_minor": refund - fee, "fee_minor": fee}
    if payment is None or payment.method not in GIVEN_BACK_BY_US:
        return {}
    captured = [await tx.orders.amount_minor(share.fulfillment_id) for share in gone]
    refund = min(sum(captured), payment.captured_minor - payment.refunded_minor)
    fee = min(intercept_fee_minor, refund) if gone else 0
    held = payment.authorized_minor - payment.captured_minor - payment.voided_minor
    void = held if scope.whole else min(held, await _worth(tx, order_id, scope, gone))
    return {"refund_minor": refund - fee, "fee_minor": fee, "void_minor": void}


async def _worth(
    tx: UnitOfWork, order_id: str, scope: Scope, gone: Sequence[FulfillmentRecord]
) -> int:
    """Return what the canceled units cost that have not left: of each line the last ones."""
    amounts = unit_amounts((await tx.orders.get(order_id)).order)
    left = {share.fulfillment_id for share in gone}
    worth = 0
    for name, lines in scope.units.items():
        numbers = {} if name in left else await tx.orders.unit_numbers(name)
        for line in lines:
            last = numbers.get(line.line_no, [])[-line.quantity :]
            worth += sum(amounts[line.line_no][number - 1] for number in last)
    for line in scope.missing:
        worth += sum(amounts[line.line_no][-line.quantity :])
    return worth


async def units_to_refund(tx: UnitOfWork, scope: Scope) -> tuple[UnitsToRefund, ...]:
    """Return which canceled units have left, so that their money was taken, or may have been."""
    return tuple(
        [
            UnitsToRefund(
                fulfillment_id=share.fulfillment_id,
                units=tuple(await _last_units(tx, share, scope)),
            )
            for share in scope.shares
            if does(share.stage, Action.REFUND)
        ]
    )


async def _last_units(
    tx: UnitOfWork, share: FulfillmentRecord, scope: Scope
) -> list[tuple[int, int]]:
    """Return which of a fulfillment's units are canceled: of each line the last ones."""
    numbers = await tx.orders.unit_numbers(share.fulfillment_id)
    return [
        (line.line_no, number)
        for line in scope.units[share.fulfillment_id]
        for number in numbers.get(line.line_no, [])[-line.quantity :]
    ]


async def canceled_units(tx: UnitOfWork, order_id: str) -> list[UnitNumber]:
    """Return which units are canceled and not refunded: of each line the last ones nobody has."""
    refunded = await tx.refunds.refunded_units(order_id)
    taken: set[UnitNumber] = set()
    for share in await tx.fulfillments.of_order(order_id):
        numbers = await tx.orders.unit_numbers(share.fulfillment_id)
        taken |= {(line_no, number) for line_no in numbers for number in numbers[line_no]}
    order = (await tx.orders.get(order_id)).order
    free = [unit for unit in order.unit_numbers if unit not in taken]
    found: list[UnitNumber] = []
    for line in await tx.orders.progress(order_id):
        own = [unit for unit in free if unit[0] == line.line_no]
        open_ones = [unit for unit in own if unit not in refunded]
        left = line.canceled - (len(own) - len(open_ones))
        found += open_ones[-left:] if left > 0 else []
    return found
