"""Which units of a refund were captured, and by which of the gateway's references each."""

from fulfillment.domain.money_ledger import MoneyEntry, PostingKind
from fulfillment.domain.refunds import Refund, RefundPart, UnitNumber, parts_of
from fulfillment.stores import UnitOfWork


async def refund_parts(tx: UnitOfWork, refund: Refund) -> list[RefundPart]:
    """Return what is given back by each reference: where an authorization was renewed, several.

    A captured unit stays what it was captured by, so that the same refund has the same parts ever.
    """
    return parts_of(refund, await captured_by(tx, refund.order_id))


async def captured_by(tx: UnitOfWork, order_id: str) -> dict[UnitNumber, str]:
    """Return the captured units of an order, by the reference that took their amount."""
    captures = [
        entry
        for entry in await tx.payments.entries(order_id)
        if entry.kind is PostingKind.CAPTURED and entry.reference is not None
    ]
    units: dict[UnitNumber, str] = {}
    for share in await tx.fulfillments.of_order(order_id):
        reference = _reference(captures, share.fulfillment_id)
        if reference is not None:
            numbers = await tx.orders.unit_numbers(share.fulfillment_id)
            units |= {(no, unit): reference for no, mine in numbers.items() for unit in mine}
    return units


def _reference(captures: list[MoneyEntry], fulfillment_id: str) -> str | None:
    """Return what captured a fulfillment; before the ledger began, an order was captured by one."""
    for entry in captures:
        if entry.fulfillment_id in (fulfillment_id, None):
            return entry.reference
    return None
