"""Where an order's parcels are: the tracking answer that needs no page."""

from datetime import date

from activities.replacements import replacements_of
from activities.tracking import projected, tracking_state
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.tracking import FINAL, TrackingException, TrackingState, TrackingStatus
from fulfillment.messages import Labeled
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import get_order
from fulfillment.records import FulfillmentRecord, LabelRecord, TrackingRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.given_up import GivenUpParcel

LAST_EVENTS = 5


class TrackedEvent(Value):
    """Something that a carrier has said."""

    at: Instant
    status: TrackingStatus
    exception: TrackingException | None = None
    place: str = ""
    reason: str = ""


class TrackedParcel(Value):
    """A parcel, where it is, and when it should arrive."""

    tracking_number: str
    fulfillment_id: str
    carrier_id: str
    link: str
    """Where it can be followed; "" where there is no such page."""
    status: TrackingStatus
    exception: TrackingException | None
    place: str
    """Where it was last seen, as its carrier says it."""
    projected_delivery: date | None
    """None once it has arrived, or is not waited for any more."""
    delivered_at: Instant | None
    given_up: str | None = None
    """What was done instead of waiting for it: reship or refund."""
    events: tuple[TrackedEvent, ...]
    """What was said last, newest first."""


class OrderTracking(Value):
    """Where an order's parcels are, and when the last of them should arrive."""

    order_id: str
    stage: OrderStage
    outcome: str | None
    parcels: tuple[TrackedParcel, ...]
    delivered: int
    """How many parcels have arrived."""
    in_trouble: int
    """How many are held up or come back, and are waited for."""
    projected_delivery: date | None
    """Of the last parcel that is on its way; None where none is."""
    replaced_by: tuple[str, ...] = ()
    """The orders that were sent in the place of goods of this one."""


async def track_order(engine: Engine, order_id: str) -> OrderTracking:
    """Return where an order's parcels are; of what has no label yet there is nothing to tell.

    Raises:
        NotFound: no such order.

    """
    record = await get_order(engine, order_id)
    async with engine.database.reading() as tx:
        shares = await tx.fulfillments.of_order(order_id)
        quoted = await _quoted(tx, order_id)
        parcels = [
            await _tracked(tx, label, share, given_up, engine.tracking_link, quoted)
            for share in shares
            if share.stage is not Stage.CANCELED
            for given_up in (await _given_up(tx, share),)
            for label in await tx.parcels.labels(share.fulfillment_id)
        ]
        replaced_by = tuple([one.replacement_id for one in await replacements_of(tx, order_id)])
    days = [parcel.projected_delivery for parcel in parcels if parcel.projected_delivery]
    return OrderTracking(
        order_id=order_id,
        stage=record.stage,
        outcome=record.outcome.summary if record.outcome else None,
        parcels=tuple(parcels),
        delivered=sum(parcel.status is TrackingStatus.DELIVERED for parcel in parcels),
        in_trouble=sum(bool(p.exception) and p.given_up is None for p in parcels),
        projected_delivery=max(days, default=None),
        replaced_by=replaced_by,
    )


async def _quoted(tx: UnitOfWork, order_id: str) -> dict[str, date]:
    """Return when each fulfillment's parcels should arrive, as quoted at labeling."""
    bought = [one for one in await tx.effects.of_order(order_id) if one.step == "buy_labels"]
    return {
        one.key.split("/")[1]: Labeled.model_validate_json(one.result).projected_delivery
        for one in bought
    }


async def _given_up(tx: UnitOfWork, share: FulfillmentRecord) -> dict[str, GivenUpParcel]:
    found = await tx.given_up.of_fulfillment(share.fulfillment_id)
    return {one.parcel_id: one for one in found}


async def _tracked(  # noqa: PLR0913, PLR0917 - what is known of a parcel
    tx: UnitOfWork,
    label: LabelRecord,
    share: FulfillmentRecord,
    given_up: dict[str, GivenUpParcel],
    link: str,
    quoted: dict[str, date],
) -> TrackedParcel:
    state = await tracking_state(tx, label)
    said = await tx.parcels.tracking(label.tracking_number)
    left = given_up.get(label.parcel_id)
    is_expected = state.status not in FINAL and left is None
    return TrackedParcel(
        tracking_number=label.tracking_number,
        fulfillment_id=share.fulfillment_id,
        carrier_id=label.carrier_id,
        link=link.replace("{tracking_number}", label.tracking_number),
        status=state.status,
        exception=state.exception,
        place=next((event.place for event in reversed(said) if event.place), ""),
        projected_delivery=(
            projected([state], quoted.get(share.fulfillment_id)) if is_expected else None
        ),
        delivered_at=_delivered_at(state),
        given_up=left.choice.value if left else None,
        events=tuple(_event(event) for event in reversed(said[-LAST_EVENTS:])),
    )


def _delivered_at(state: TrackingState) -> Instant | None:
    return state.as_of if state.status is TrackingStatus.DELIVERED else None


def _event(said: TrackingRecord) -> TrackedEvent:
    return TrackedEvent.model_validate(said.model_dump())
