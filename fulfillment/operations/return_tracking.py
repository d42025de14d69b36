"""What carriers say of parcels that come back."""

from collections.abc import Sequence
from contextlib import suppress

from activities.tracking import add_events, parcel_seen, state_said
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.returns import return_handle
from fulfillment.stores.returns import ReturnRecord


async def record_way_back(
    engine: Engine, made: ReturnRecord, events: Sequence[TrackingEvent]
) -> bool:
    """Put all that a carrier said of a return's parcel on record, and tell the return.

    Args:
        engine: the running engine.
        made: whose parcel it is.
        events: of one parcel, by time; at least one.

    Returns:
        Whether any of it was news.

    Raises:
        Unavailable: it is on record, but the return could not be told; tell it again.

    """
    number = events[-1].tracking_number
    async with engine.database.writing() as tx:
        await tx.orders.lock(made.order_id)
        news = await add_events(tx, events, engine.clock.now())
        state = await state_said(tx, number)
    seen = parcel_seen(number, state, state.as_of or events[-1].at)
    handle = return_handle(engine, made.return_id)
    # One that has ended hears nothing: what comes now is received as unannounced.
    with suppress(NotRunning):
        async with answered(handle.id):
            await handle.signal("tracking_updated", seen)
    return bool(news)
