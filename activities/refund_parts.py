"""Which units of a refund were captured, and by which of the gateway's references each."""

from itertools import islice

from activities.canceled_money import canceled_units
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.money_ledger import MoneyEntry, PostingKind
from fulfillment.domain.refunds import Refund, RefundPart, RefundState, UnitNumber, parts_of
from fulfillment.records import FulfillmentRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.given_up import Whereabouts

_COUNTED = (RefundState.ASKED, RefundState.MADE)


async def refund_parts(tx: UnitOfWork, refund: Refund) -> list[RefundPart]:
    """Return what is given back by each reference: where an authorization was renewed, several.

    What is on record stays, since other refunds may have taken of the same references meanwhile.
    """
    on_record = await tx.refunds.parts(refund.key)
    if on_record:
        return on_record
    units = await captured_by(tx, refund.order_id)
    left = await _captured_minor(tx, refund.order_id)
    for other in await tx.refunds.of_order(refund.order_id):
        if other.key == refund.key or other.state not in _COUNTED:
            continue
        for part in await tx.refunds.parts(other.key) or parts_of(other, units, left):
            left[part.reference] = left.get(part.reference, 0) - part.amount_minor
    return parts_of(refund, units, left)


async def _captured_minor(tx: UnitOfWork, order_id: str) -> dict[str, int]:
    """Return what each reference has captured of an order, in minor units, first one first."""
    captured: dict[str, int] = {}
    for entry in await _captures(tx, order_id):
        captured[entry.reference or ""] = (
            captured.get(entry.reference or "", 0) + entry.amount_minor
        )
    return captured


async def _captures(tx: UnitOfWork, order_id: str) -> list[MoneyEntry]:
    return [
        entry
        for entry in await tx.payments.entries(order_id)
        if entry.kind is PostingKind.CAPTURED and entry.reference is not None
    ]


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
    captures = await _captures(tx, order_id)
    kept = await tx.payments.units_kept(order_id)
    before = [entry for entry in captures if entry.key not in kept]
    units = await _captured_before(tx, order_id, before) if before else {}
    for entry in captures:
        units |= dict.fromkeys(kept.get(entry.key, ()), entry.reference or "")
    return units


async def _captured_before(
    tx: UnitOfWork, order_id: str, captures: list[MoneyEntry]
) -> dict[UnitNumber, str]:
    """Return the units of captures of which nothing but the fulfillment was kept."""
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
        gone = {*await canceled_units(tx, order_id), *await tx.refunds.refunded_units(order_id)}
        units |= dict.fromkeys(gone - shipped, called_back[0])
    return units


def _reference(captures: list[MoneyEntry], fulfillment_id: str) -> str | None:
    """Return what captured a fulfillment; before the ledger began, an order was captured by one."""
    for entry in captures:
        if entry.fulfillment_id in (fulfillment_id, None):
            return entry.reference
    return None
