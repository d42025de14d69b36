"""What a cancellation would do now, read from the record of things; nothing is changed by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from activities.canceled_money import money_of
from activities.cancellation_scope import Asked, Scope, planned_lines, scope_of
from fulfillment.domain.cancellation import (
    Action,
    CancellationPlan,
    Resource,
    Treatment,
    actions_at,
    does,
)
from fulfillment.domain.errors import NotFound, Refused
from fulfillment.domain.lifecycle import CANCELABLE, OrderStage, Stage
from fulfillment.domain.orders import shortage
from fulfillment.domain.tracking import TrackingEvent, TrackingState, TrackingStatus, state_after
from fulfillment.records import FulfillmentRecord
from fulfillment.stores import UnitOfWork

NOT_ANY_MORE = (TrackingStatus.OUT_FOR_DELIVERY, TrackingStatus.DELIVERED)


@dataclass(frozen=True)
class Terms:
    """Which carriers bring parcels back, and what is kept of a refund for that."""

    can_intercept: Callable[[str], bool]
    intercept_fee_minor: int = 0


# --- whether it is too late ------------------------------------------------------------------


async def why_too_late(
    tx: UnitOfWork, scope: Scope, terms: Terms, *, in_bins_only: bool = False
) -> str | None:
    """Return why it can't be canceled any more, and what to do instead; None if it can."""
    if not scope.shares and not scope.canceled and not scope.whole:
        return "nothing of it is left to cancel"
    reasons = {
        share.fulfillment_id: await _why_share(tx, share, terms, in_bins_only=in_bins_only)
        for share in scope.shares
    }
    refused = {name: reason for name, reason in reasons.items() if reason is not None}
    if not refused:
        return None
    name, reason = next(iter(refused.items()))
    rest = [name for name in reasons if name not in refused]
    return f"{reason} ({name}){_rest_of(scope, rest)}"


def _rest_of(scope: Scope, fulfillment_ids: Sequence[str]) -> str:
    """Return how the rest of an order can be canceled, where there is one."""
    if not scope.whole:
        return ""
    order = f"`fulfillment orders cancel {scope.shares[0].order_id}"
    commands = [f"{order} --fulfillment {name}`" for name in fulfillment_ids]
    commands += [f"{order} --back-ordered-only`"] * bool(scope.missing)
    return f"; the rest of the order can be canceled: {', '.join(commands)}" if commands else ""


async def _why_share(
    tx: UnitOfWork, share: FulfillmentRecord, terms: Terms, *, in_bins_only: bool
) -> str | None:
    if does(share.stage, Action.DECIDED) or any(li.resent or li.refunded for li in share.lines):
        return "goods of it did not arrive, and were sent again or refunded"
    if in_bins_only and share.stage not in (*CANCELABLE, Stage.DELIVERED):
        return (
            "the goods have left their bins; say so on purpose: `fulfillment orders cancel "
            f"{share.order_id} --fulfillment {share.fulfillment_id}`"
        )
    return await _why_parcels(tx, share, terms)


async def _why_parcels(tx: UnitOfWork, share: FulfillmentRecord, terms: Terms) -> str | None:
    instead = f"make a return: `fulfillment returns request {share.order_id}`"
    if does(share.stage, Action.RETURN):
        return f"the goods have been delivered; {instead}"
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
        NotFound: no such order, or it has no such fulfillment.

    """
    record = await tx.orders.get(order_id)
    plan = CancellationPlan(order_id=order_id, currency=record.order.currency)
    if record.stage is OrderStage.SETTLED:
        delivered = any(line.delivered for line in await tx.orders.progress(order_id))
        instead = f"; make a return: `fulfillment returns request {order_id}`" * delivered
        return None, plan.model_copy(update={"too_late": f"the order has ended{instead}"})
    try:
        scope = await scope_of(tx, order_id, asked)
    except NotFound:
        raise
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
    money = await money_of(tx, order_id, scope, terms.intercept_fee_minor)
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
    goods = shortage(planned_lines(share))
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
