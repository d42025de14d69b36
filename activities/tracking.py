"""What carriers say of parcels: put on record once, whoever brings it, and asked for where due."""

from collections.abc import Sequence
from datetime import date, datetime

from temporalio import activity

from activities.announced_changes import Change
from activities.announcing import announce
from activities.beating import beating
from activities.intercepted import note_arrival_in_spite
from activities.undelivered import note_late_arrival
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.return_waiting import ParcelSeen
from fulfillment.domain.shipping import LabelReference
from fulfillment.domain.tracking import (
    FINAL,
    TrackingEvent,
    TrackingState,
    TrackingStatus,
    state_after,
)
from fulfillment.domain.webhook_events import EventType
from fulfillment.messages import ParcelNews, Polled, PollTracking
from fulfillment.ports import Ports
from fulfillment.records import LabelRecord, ParcelRecord, TrackingRecord
from fulfillment.stores import UnitOfWork

_ANNOUNCED = {
    TrackingStatus.PICKED_UP: EventType.FULFILLMENT_IN_TRANSIT,
    TrackingStatus.IN_TRANSIT: EventType.FULFILLMENT_IN_TRANSIT,
    TrackingStatus.OUT_FOR_DELIVERY: EventType.FULFILLMENT_OUT_FOR_DELIVERY,
    TrackingStatus.EXCEPTION: EventType.FULFILLMENT_EXCEPTION,
    TrackingStatus.RETURNED: EventType.FULFILLMENT_RETURNED,
}


class TrackingActivities:
    """Asking carriers that may not tell by themselves."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports

    @activity.defn(name="poll_tracking")
    @beating()
    async def poll_tracking(self, request: PollTracking) -> Polled:
        """Ask what became of the parcels on their way; what is new goes on record as by webhook.

        Of a parcel without an answer there is no news; it costs the others none of theirs.

        Raises:
            CarrierUnavailable: the carrier did not answer, and there is no news of any parcel.

        """
        async with self._ports.database.reading() as tx:
            labels = await tx.parcels.labels(request.fulfillment_id)
            states = {one.tracking_number: await tracking_state(tx, one) for one in labels}
        open_ones = [one for one in labels if states[one.tracking_number].status not in FINAL]
        answers = [await self._answer(label) for label in open_ones]
        news = tuple(one for one in answers if isinstance(one, ParcelNews))
        failures = [one for one in answers if isinstance(one, FulfillmentError)]
        if failures and not news:
            raise failures[0]
        return Polled(news=news)

    async def _answer(self, label: LabelRecord) -> ParcelNews | FulfillmentError | None:
        try:
            return await self._ask(label)
        except FulfillmentError as failure:
            return failure

    async def _ask(self, label: LabelRecord) -> ParcelNews | None:
        said = await self._ports.carrier.track(
            LabelReference(
                carrier_id=label.carrier_id,
                tracking_number=label.tracking_number,
                carrier_reference=label.carrier_reference,
            )
        )
        async with self._ports.database.writing() as tx:
            found = await tx.parcels.find_label(label.tracking_number)
            if found is None or not said:
                return None
            _, parcel = found
            await tx.orders.lock(parcel.order_id)
            now = self._ports.clock.now()
            news, told = await record_events(tx, parcel, said, now)
            state = await tracking_state(tx, label)
        await self._ports.waker.wake(told)
        return parcel_news(label.tracking_number, state) if news else None


async def record_events(
    tx: UnitOfWork, parcel: ParcelRecord, events: Sequence[TrackingEvent], at: datetime
) -> tuple[list[TrackingEvent], list[str]]:
    """Put on record what a carrier said of a parcel, and announce where that has put it.

    Append-only, each event once. A parcel that arrives after it was given up is booked so, and a
    person is asked to see to it.

    Args:
        tx: a transaction that has the parcel's order to itself.
        parcel: whose way it is.
        events: by time.
        at: when they were told.

    Returns:
        The events that were new, and the endpoints to wake once this is committed.

    """
    news = await add_events(tx, events, at)
    told: list[str] = []
    for event in news:
        told += await _announce(tx, parcel, event, at)
    if any(event.status is TrackingStatus.DELIVERED for event in news):
        await note_late_arrival(tx, parcel, at)
        await note_arrival_in_spite(tx, parcel, at)
    return news, told


async def add_events(
    tx: UnitOfWork, events: Sequence[TrackingEvent], at: datetime
) -> list[TrackingEvent]:
    """Put on record what a carrier said, each event once, and return those that were new."""
    return [event for event in events if await tx.parcels.add_tracking(_record(event, at))]


def parcel_news(tracking_number: str, state: TrackingState) -> ParcelNews:
    """Return where a parcel stands, as its workflow hears it."""
    return ParcelNews(
        tracking_number=tracking_number,
        status=state.status.value,
        projected_delivery=state.projected_delivery,
        at=state.as_of,
    )


def parcel_seen(tracking_number: str, state: TrackingState, at: datetime) -> ParcelSeen:
    """Return where a parcel that comes back stands, as its return hears it."""
    return ParcelSeen(
        tracking_number=tracking_number, status=state.status, at=at, exception=state.exception
    )


async def tracking_state(tx: UnitOfWork, label: LabelRecord) -> TrackingState:
    """Return where a label's parcel stands by all that its carrier has said."""
    return await state_said(tx, label.tracking_number)


async def state_said(tx: UnitOfWork, tracking_number: str) -> TrackingState:
    """Return where a parcel stands by all that its carrier has said, whichever way it goes."""
    records = await tx.parcels.tracking(tracking_number)
    return state_after(TrackingEvent.model_validate(one.model_dump()) for one in records)


def projected(states: Sequence[TrackingState], quoted: date | None) -> date | None:
    """Return when the last of several parcels should arrive: as said last, or as quoted."""
    days = [state.projected_delivery or quoted for state in states]
    return max((day for day in days if day is not None), default=quoted)


def _record(event: TrackingEvent, at: datetime) -> TrackingRecord:
    return TrackingRecord(
        **event.model_dump(mode="python", exclude={"status", "exception"}),
        status=event.status.value,
        exception=event.exception.value if event.exception else None,
        received_at=at,
    )


async def _announce(
    tx: UnitOfWork, parcel: ParcelRecord, news: TrackingEvent, at: datetime
) -> list[str]:
    """Announce where news put a parcel; that all have arrived, the fulfillment announces."""
    records = await tx.parcels.tracking(news.tracking_number)
    events = [TrackingEvent.model_validate(record.model_dump()) for record in records]
    before = state_after(event for event in events if event.event_id != news.event_id).status
    now = state_after(events).status
    kind = _ANNOUNCED.get(now)
    if kind is None or now is before:
        return []
    change = Change(kind, parcel.fulfillment_id, tracking_number=news.tracking_number)
    return await announce(tx, parcel.order_id, f"tracking/{news.event_id}", [change], at)
