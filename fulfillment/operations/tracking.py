"""What a carrier's webhook tells us."""

from collections.abc import Sequence

from activities.tracking import record_events, tracking_state
from fulfillment.domain.base import Value
from fulfillment.domain.errors import NotFound, Problem
from fulfillment.domain.tracking import TrackingEvent, TrackingState, TrackingStatus
from fulfillment.messages import TrackingUpdate
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.operations.return_tracking import record_way_back
from fulfillment.operations.webhook_waking import wake
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord
from fulfillment.temporal.identifiers import fulfillment_workflow_id


class TrackingTaken(Value):
    """Whose parcel it is, and whether the event was news."""

    order_id: str
    fulfillment_id: str | None = None
    """None of a parcel that comes back."""
    return_id: str | None = None
    """The return whose parcel it is, if it comes back."""
    tracking_number: str
    news: bool


async def record_tracking(engine: Engine, event: TrackingEvent) -> TrackingTaken:
    """Put what a carrier said of a parcel on record, once, and have its fulfillment look at it.

    Of a parcel that comes back, its return hears it.

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
    number = events[-1].tracking_number
    made: ReturnRecord | None = None
    async with engine.database.writing() as tx:
        found = await tx.parcels.find_label(number)
        if found is None:
            made = await _coming_back(tx, number)
        else:
            label, parcel = found
            await tx.orders.lock(parcel.order_id)
            news, told = await record_events(tx, parcel, events, engine.clock.now())
            state = await tracking_state(tx, label)
    if made is not None:
        return TrackingTaken(
            order_id=made.order_id,
            return_id=made.return_id,
            tracking_number=number,
            news=await record_way_back(engine, made, events),
        )
    await wake(engine, told)
    status = state.status if len(events) > 1 else events[-1].status
    await _tell(engine, parcel.fulfillment_id, events[-1], status, state)
    return TrackingTaken(
        order_id=parcel.order_id,
        fulfillment_id=parcel.fulfillment_id,
        tracking_number=number,
        news=bool(news),
    )


async def _coming_back(tx: UnitOfWork, tracking_number: str) -> ReturnRecord:
    """Return the return whose parcel has this label; raises NotFound."""
    return_id = await tx.returns.labeled(tracking_number)
    if return_id is None:
        raise NotFound.of(_unknown(tracking_number))
    return await tx.returns.get(return_id)


async def _tell(
    engine: Engine,
    fulfillment_id: str,
    last: TrackingEvent,
    status: TrackingStatus,
    state: TrackingState,
) -> None:
    update = TrackingUpdate(
        tracking_number=last.tracking_number,
        status=status.value,
        at=last.at,
        exception=state.exception.value if state.exception else None,
        projected_delivery=state.projected_delivery,
    )
    try:
        async with answered(fulfillment_workflow_id(fulfillment_id)):
            await fulfillment_handle(engine, fulfillment_id).signal("tracking_updated", update)
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
