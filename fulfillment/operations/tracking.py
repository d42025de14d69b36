"""What a carrier's webhook tells us."""

from collections.abc import Sequence
from datetime import datetime

from activities.announcing import Change, announce
from fulfillment.domain.base import Value
from fulfillment.domain.errors import NotFound, Problem
from fulfillment.domain.tracking import TrackingEvent, TrackingStatus, state_after
from fulfillment.domain.webhook_events import EventType
from fulfillment.messages import TrackingUpdate
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.floor import handle
from fulfillment.operations.webhook_waking import wake
from fulfillment.records import ParcelRecord, TrackingRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import fulfillment_workflow_id

_ANNOUNCED = {
    TrackingStatus.PICKED_UP: EventType.FULFILLMENT_IN_TRANSIT,
    TrackingStatus.IN_TRANSIT: EventType.FULFILLMENT_IN_TRANSIT,
    TrackingStatus.OUT_FOR_DELIVERY: EventType.FULFILLMENT_OUT_FOR_DELIVERY,
    TrackingStatus.EXCEPTION: EventType.FULFILLMENT_EXCEPTION,
    TrackingStatus.RETURNED: EventType.FULFILLMENT_RETURNED,
}


class TrackingTaken(Value):
    """Whose parcel it is, and whether the event was news."""

    order_id: str
    fulfillment_id: str
    tracking_number: str
    news: bool


async def record_tracking(engine: Engine, event: TrackingEvent) -> TrackingTaken:
    """Put what a carrier said of a parcel on record, once, and have its fulfillment look at it.

    An event that is on record already is told to the fulfillment again: the first telling may have
    been lost, and the workflow reads the events from the database.

    Raises:
        NotFound: no live label has this tracking number.
        Unavailable: the event is on record, but the fulfillment could not be told; tell it again.

    """
    return await record_way(engine, [event])


async def record_way(engine: Engine, events: Sequence[TrackingEvent]) -> TrackingTaken:
    """Put all that a carrier said of a parcel on record, as `record_tracking`, and tell it once.

    Args:
        engine: the running engine.
        events: of one parcel, by time; at least one.

    """
    number, told = events[-1].tracking_number, list[str]()
    async with engine.database.writing() as tx:
        found = await tx.parcels.find_label(number)
        if found is None:
            raise NotFound.of(_unknown(number))
        _, parcel = found
        await tx.orders.lock(parcel.order_id)
        news = [e for e in events if await tx.parcels.add_tracking(_record(engine, e))]
        for event in news:
            told += await _announce(tx, parcel, event, engine.clock.now())
        status = await _status(tx, number) if len(events) > 1 else events[-1].status
    await wake(engine, told)
    await _tell(engine, parcel.fulfillment_id, events[-1], status)
    return TrackingTaken(
        order_id=parcel.order_id,
        fulfillment_id=parcel.fulfillment_id,
        tracking_number=number,
        news=bool(news),
    )


def _record(engine: Engine, event: TrackingEvent) -> TrackingRecord:
    return TrackingRecord(
        **event.model_dump(mode="python", exclude={"status", "exception"}),
        status=event.status.value,
        exception=event.exception.value if event.exception else None,
        received_at=engine.clock.now(),
    )


async def _status(tx: UnitOfWork, number: str) -> TrackingStatus:
    records = await tx.parcels.tracking(number)
    return state_after(TrackingEvent.model_validate(r.model_dump()) for r in records).status


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


async def _tell(
    engine: Engine, fulfillment_id: str, last: TrackingEvent, status: TrackingStatus
) -> None:
    update = TrackingUpdate(tracking_number=last.tracking_number, status=status.value, at=last.at)
    try:
        async with answered(fulfillment_workflow_id(fulfillment_id)):
            await handle(engine, fulfillment_id).signal("tracking_updated", update)
    except NotRunning:
        # It has ended: what comes now is for the record alone.
        return


def _unknown(tracking_number: str) -> Problem:
    return Problem(
        path="tracking_number",
        expected="the number of a live label",
        came=tracking_number,
        remedy="check the number; a voided label is not tracked",
    )
