"""What a cancellation would do now, read from the record of things; nothing is changed by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fulfillment.domain.cancellation import (
    Action,
    CancellationPlan,
    Resource,
    Treatment,
    actions_at,
    does,
)
from fulfillment.domain.errors import Refused
from fulfillment.domain.lifecycle import CANCELABLE, STEPS, OrderStage, Stage
from fulfillment.domain.orders import LineQuantity, PaymentMethod, shortage, unit_amounts
from fulfillment.domain.refunds import GIVEN_BACK_BY_US
from fulfillment.domain.tracking import TrackingEvent, TrackingState, TrackingStatus, state_after
from fulfillment.domain.unit_choice import Holding, choose_units
from fulfillment.messages import CancelRequest, StopWork, UnitsToRefund
from fulfillment.records import FulfillmentRecord
from fulfillment.stores import UnitOfWork

NOT_ANY_MORE = (TrackingStatus.OUT_FOR_DELIVERY, TrackingStatus.DELIVERED)
Asked = StopWork | CancelRequest


@dataclass(frozen=True)
class Terms:
    """Which carriers bring parcels back, and what is kept of a refund for that."""

    can_intercept: Callable[[str], bool]
    intercept_fee_minor: int = 0


@dataclass(frozen=True)
class Scope:
    """What is canceled: units of fulfillments, which are stopped as a whole, and missing ones."""

    shares: tuple[FulfillmentRecord, ...]
    units: Mapping[str, tuple[LineQuantity, ...]]
    """By fulfillment, which of its units are canceled; the others are reserved anew."""
    missing: tuple[LineQuantity, ...]
    whole: bool

    @property
    def canceled(self) -> tuple[LineQuantity, ...]:
        """Return all units that are canceled."""
        return (*self.missing, *(line for lines in self.units.values() for line in lines))


async def scope_of(tx: UnitOfWork, order_id: str, asked: Asked) -> Scope:
    """Return what is canceled of an order.

    Raises:
        Refused: a line that has not so many units, or no such fulfillment.
        TooLate: too many units have left.

    """
    live = [s for s in await tx.fulfillments.of_order(order_id) if s.stage is not Stage.CANCELED]
    missing = tuple(
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
        for line in await tx.orders.progress(order_id)
        if line.back_ordered
    )
    if asked.lines:
        return _part(live, missing, asked)
    mine = tuple(s for s in live if asked.fulfillment_id in {None, s.fulfillment_id})
    if asked.fulfillment_id is not None:
        await tx.fulfillments.get(asked.fulfillment_id)  # or NotFound
        missing = ()
    units = {share.fulfillment_id: _planned(share) for share in mine}
    return Scope(mine, units, missing, whole=asked.fulfillment_id is None)


def _part(
    live: Sequence[FulfillmentRecord], missing: Sequence[LineQuantity], asked: Asked
) -> Scope:
    holdings = [Holding(**line.model_dump()) for line in missing]
    holdings += [
        Holding(**line.model_dump(), fulfillment_id=share.fulfillment_id, stage=share.stage)
        for share in live
        if share.stage in STEPS
        for line in _planned(share)
    ]
    chosen = choose_units(asked.lines, holdings)
    units: dict[str, tuple[LineQuantity, ...]] = {}
    for one in chosen:
        if one.fulfillment_id is not None:
            units[one.fulfillment_id] = (*units.get(one.fulfillment_id, ()), one.line)
    return Scope(
        shares=tuple(share for share in live if share.fulfillment_id in units),
        units=units,
        missing=tuple(one.line for one in chosen if one.fulfillment_id is None),
        whole=False,
    )


def _planned(share: FulfillmentRecord) -> tuple[LineQuantity, ...]:
    return tuple(
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
        for line in share.lines
        if line.planned
    )


# --- whether it is too late ------------------------------------------------------------------


async def why_too_late(
    tx: UnitOfWork, scope: Scope, terms: Terms, *, in_bins_only: bool = False
) -> str | None:
    """Return why it can't be canceled any more, and what to do instead; None if it can."""
    if not scope.shares and not scope.canceled and not scope.whole:
        return "nothing of it is left to cancel"
    for share in scope.shares:
        reason = await _why_share(tx, share, terms, in_bins_only=in_bins_only)
        if reason is not None:
            return f"{reason} ({share.fulfillment_id})"
    return None


async def _why_share(
    tx: UnitOfWork, share: FulfillmentRecord, terms: Terms, *, in_bins_only: bool
) -> str | None:
    instead = f"make a return: `fulfillment returns request {share.order_id}`"
    if does(share.stage, Action.RETURN):
        return f"the goods have been delivered; {instead}"
    if in_bins_only and share.stage not in CANCELABLE:
        return (
            "the goods have left their bins; say so on purpose: `fulfillment orders cancel "
            f"{share.order_id} --fulfillment {share.fulfillment_id}`"
        )
    if not does(share.stage, Action.INTERCEPT):
        return None
    if not terms.can_intercept(share.carrier_id or ""):
        return f"the carrier has the parcels and brings none back; once they arrive, {instead}"
    for label in await tx.parcels.labels(share.fulfillment_id):
        said = await tx.parcels.tracking(label.tracking_number)
        if _state(said).status in NOT_ANY_MORE:
            return f"the parcels are out for delivery; once they arrive, {instead}"
    return None


def _state(said: Sequence[object]) -> TrackingState:
    return state_after(TrackingEvent.model_validate(event, from_attributes=True) for event in said)


# --- what happens with what ------------------------------------------------------------------


async def plan_for(
    tx: UnitOfWork, order_id: str, asked: Asked, terms: Terms
) -> tuple[Scope | None, CancellationPlan]:
    """Return what is canceled, and what that does and gives back; or why it is too late.

    Raises:
        NotFound: no such order or fulfillment.

    """
    record = await tx.orders.get(order_id)
    plan = CancellationPlan(order_id=order_id, currency=record.order.currency)
    if record.stage is OrderStage.SETTLED:
        delivered = any(line.delivered for line in await tx.orders.progress(order_id))
        instead = f"; make a return: `fulfillment returns request {order_id}`" * delivered
        return None, plan.model_copy(update={"too_late": f"the order has ended{instead}"})
    try:
        scope = await scope_of(tx, order_id, asked)
    except Refused as refusal:
        return None, plan.model_copy(update={"too_late": str(refusal)})
    too_late = await why_too_late(tx, scope, terms, in_bins_only=asked.in_bins_only)
    if too_late is not None:
        return scope, plan.model_copy(update={"too_late": too_late})
    treatments = [one for share in scope.shares for one in await _of_share(tx, share)]
    treatments += [
        Treatment(resource=resource, action=action, what=shortage(scope.missing))
        for resource, action in actions_at(None)
        if scope.missing and resource is not Resource.AUTHORIZATION
    ]
    money = await _money(tx, order_id, scope, terms)
    return scope, plan.model_copy(
        update={"treatments": (*treatments, *_of_payment(money)), **money}
    )


async def _of_share(tx: UnitOfWork, share: FulfillmentRecord) -> list[Treatment]:
    held = await _held(tx, share)
    return [
        Treatment(
            resource=resource,
            action=action,
            fulfillment_id=share.fulfillment_id,
            what=held[resource],
        )
        for resource, action in actions_at(share.stage)
        if held.get(resource)
    ]


async def _held(tx: UnitOfWork, share: FulfillmentRecord) -> dict[Resource, str]:
    """Return which of its resources a fulfillment holds, in words."""
    goods = shortage(_planned(share))
    labels = await tx.parcels.labels(share.fulfillment_id)
    numbers = ", ".join(label.tracking_number for label in labels)
    batch = await tx.batches.of_fulfillment(share.fulfillment_id)
    return {
        Resource.RESERVATION: goods,
        Resource.BATCH_POSITION: batch.batch_id if batch else "",
        Resource.TOTE: goods,
        Resource.SLOT: share.slot or "",
        Resource.CARTON: goods,
        Resource.LABEL: numbers,
        Resource.PICKUP: share.pickup_reference or "",
        Resource.MANIFEST: numbers,
        Resource.PARCEL: numbers,
    }


async def _money(tx: UnitOfWork, order_id: str, scope: Scope, terms: Terms) -> dict[str, int]:
    """Return what is refunded, what is never captured, and what is kept, in minor units."""
    payment = await tx.payments.find(order_id)
    if payment is None or payment.method not in GIVEN_BACK_BY_US:
        return {}
    gone = [share for share in scope.shares if does(share.stage, Action.REFUND)]
    captured = [await tx.orders.amount_minor(share.fulfillment_id) for share in gone]
    refund = min(sum(captured), payment.captured_minor - payment.refunded_minor)
    fee = min(terms.intercept_fee_minor, refund) if gone else 0
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


def _of_payment(money: Mapping[str, int]) -> list[Treatment]:
    told = (
        (Resource.CAPTURE, Action.REFUND, money.get("refund_minor", 0)),
        (Resource.AUTHORIZATION, Action.VOID, money.get("void_minor", 0)),
    )
    return [
        Treatment(resource=resource, action=action, what=f"{amount} (minor units)")
        for resource, action, amount in told
        if amount
    ]


async def units_to_refund(tx: UnitOfWork, order_id: str, scope: Scope) -> tuple[UnitsToRefund, ...]:
    """Return which units' money was taken, or may have been, of those that are canceled.

    Of what is paid at once, that is all of them; else those that have left.
    """
    payment = await tx.payments.find(order_id)
    paid = payment is not None and payment.method is PaymentMethod.PAID
    found = [
        UnitsToRefund(
            fulfillment_id=share.fulfillment_id, units=tuple(await _last_units(tx, share, scope))
        )
        for share in scope.shares
        if paid or does(share.stage, Action.REFUND)
    ]
    if paid and scope.missing:
        units = await _free_units(tx, order_id, scope)
        found.append(UnitsToRefund(fulfillment_id="", units=tuple(units)))
    return tuple(found)


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


async def _free_units(tx: UnitOfWork, order_id: str, scope: Scope) -> list[tuple[int, int]]:
    """Return which units are canceled that nobody has reserved: of each line the last ones."""
    order = (await tx.orders.get(order_id)).order
    gone = set(await tx.refunds.refunded_units(order_id))
    for share in await tx.fulfillments.of_order(order_id):
        numbers = await tx.orders.unit_numbers(share.fulfillment_id)
        gone |= {(line_no, number) for line_no in numbers for number in numbers[line_no]}
    free = [unit for unit in order.unit_numbers if unit not in gone]
    return [
        unit
        for line in scope.missing
        for unit in [one for one in free if one[0] == line.line_no][-line.quantity :]
    ]
