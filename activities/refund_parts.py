"""Which units of a refund were captured, and by which of the gateway's references each."""

from itertools import islice

from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.money_ledger import MoneyEntry, PostingKind
from fulfillment.domain.refunds import Refund, RefundPart, UnitNumber, parts_of
from fulfillment.records import FulfillmentRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.given_up import Whereabouts


async def refund_parts(tx: UnitOfWork, refund: Refund) -> list[RefundPart]:
    """Return what is given back by each reference: where an authorization was renewed, several.

    A captured unit stays what it was captured by, so that the same refund has the same parts ever.
    """
    return parts_of(refund, await captured_by(tx, refund.order_id))


async def collected_units(tx: UnitOfWork, order_id: str) -> set[UnitNumber]:
    """Return the units of an order whose price was collected on delivery: those that arrived."""
    units: set[UnitNumber] = set()
    for share in await tx.fulfillments.of_order(order_id):
        away = {
            one.parcel_id
            for one in await tx.given_up.of_fulfillment(share.fulfillment_id)
            if one.goods is not Whereabouts.ARRIVED
        }
        if share.stage is Stage.DELIVERED:
            numbers = await tx.orders.unit_numbers(share.fulfillment_id)
            units |= {(no, unit) for no, mine in numbers.items() for unit in mine}
            units -= set(await units_in(tx, share, away))
    return units


async def units_in(
    tx: UnitOfWork, share: FulfillmentRecord, parcel_ids: set[str]
) -> tuple[tuple[int, int], ...]:
    """Return which units of the order lie in these parcels: each takes its own in its turn.

    None where the fulfillment was canceled: its units are of no fulfillment then.
    """
    numbers = await tx.orders.unit_numbers(share.fulfillment_id)
    left = {line_no: iter(own) for line_no, own in numbers.items()}
    found: list[tuple[int, int]] = []
    for parcel in await tx.parcels.of_fulfillment(share.fulfillment_id):
        for line_no, _, quantity in parcel.contents:
            own = list(islice(left.get(line_no, iter(())), quantity))
            found += [(line_no, number) for number in own if parcel.parcel_id in parcel_ids]
    return tuple(found)


async def captured_by(tx: UnitOfWork, order_id: str) -> dict[UnitNumber, str]:
    """Return the captured units of an order, by the reference that took their amount."""
    captures = [
        entry
        for entry in await tx.payments.entries(order_id)
        if entry.kind is PostingKind.CAPTURED and entry.reference is not None
    ]
    units: dict[UnitNumber, str] = {}
    shipped: set[UnitNumber] = set()
    called_back: list[str] = []
    for share in await tx.fulfillments.of_order(order_id):
        reference = _reference(captures, share.fulfillment_id)
        numbers = await tx.orders.unit_numbers(share.fulfillment_id)
        own = {(no, unit) for no, mine in numbers.items() for unit in mine}
        shipped |= own
        if reference is not None:
            units |= dict.fromkeys(own, reference)
            called_back += [reference] * (share.stage is Stage.CANCELED)
    if called_back:
        # What was canceled on its way has no units any more; theirs are of no fulfillment now.
        every = {(c.line_no, c.unit_no) for c in await tx.refunds.amounts(order_id)}
        units |= dict.fromkeys(every - shipped, called_back[0])
    return units


def _reference(captures: list[MoneyEntry], fulfillment_id: str) -> str | None:
    """Return what captured a fulfillment; before the ledger began, an order was captured by one."""
    for entry in captures:
        if entry.fulfillment_id in (fulfillment_id, None):
            return entry.reference
    return None
