"""Carriers: what they took at the dock, they scan on its way until it is delivered."""

from datetime import datetime, timedelta
from functools import partial

from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.tracking import TrackingEvent, TrackingStatus
from fulfillment.records import TaskRecord, TaskState
from fulfillment.simulation.robots import Robot

JOURNEY = (
    TrackingStatus.PICKED_UP,
    TrackingStatus.IN_TRANSIT,
    TrackingStatus.OUT_FOR_DELIVERY,
    TrackingStatus.DELIVERED,
)
ONE_IN = 5
"""So many parcels have an event told twice, and as many one that is told too late."""

LATE = timedelta(hours=2)


class Carriers(Robot):
    """All carriers; each parcel travels on its own."""

    name = "carriers"

    async def look(self) -> None:
        """See which parcels were handed over, by the hand-overs that are done."""
        tasks = await self.around.way.list_tasks(kind=TaskKind.HAND_OVER, state=TaskState.DONE)
        for task in tasks:
            for parcel in task.plan["parcels"]:
                number = parcel["tracking_number"]
                self.run_once(number, partial(self._carry, task, number))

    async def _carry(self, task: TaskRecord, number: str) -> None:
        rng = self.around.rng
        twice = rng.choice(JOURNEY) if not rng.randrange(ONE_IN) else None
        late = not rng.randrange(ONE_IN)
        for status in JOURNEY:
            await self.take_time(self.around.pace.travel)
            event = _scan(number, status, self.around.clock.now())
            await self._tell(task, event)
            if status is twice:
                await self._tell(task, event, "told again")
        if late:
            await self._tell(task, _forgotten(number, self.around.clock.now()), "told late")

    async def _tell(self, task: TaskRecord, event: TrackingEvent, how: str = "") -> None:
        taken = await self.insist(lambda: self.around.way.record_tracking(event))
        carrier = task.plan["carrier_id"]
        said = f"{event.tracking_number} {event.status.value} {how}".strip()
        news = "" if taken.news else "; on record already"
        self.note(carrier, "tracking", task.order_id, said + news)


def _scan(number: str, status: TrackingStatus, at: datetime) -> TrackingEvent:
    return TrackingEvent(
        event_id=f"{number}-{status.value}", tracking_number=number, status=status, at=at
    )


def _forgotten(number: str, now: datetime) -> TrackingEvent:
    """Return a scan that was made long ago and comes to light only now."""
    scanned = _scan(number, TrackingStatus.IN_TRANSIT, now - LATE)
    return scanned.model_copy(update={"event_id": f"{number}-forgotten", "place": "depot"})
