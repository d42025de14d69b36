"""Carriers: what they took at the dock, they scan on its way until it is delivered."""

from datetime import datetime, timedelta
from functools import partial

from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.tracking import TrackingEvent, TrackingException, TrackingStatus
from fulfillment.records import TaskRecord, TaskState
from fulfillment.simulation.robots import Robot
from fulfillment.simulation.scenario import Act

JOURNEY = (
    TrackingStatus.PICKED_UP,
    TrackingStatus.IN_TRANSIT,
    TrackingStatus.OUT_FOR_DELIVERY,
    TrackingStatus.DELIVERED,
)
TROUBLES = {
    Act.LOSE: (TrackingStatus.IN_TRANSIT, TrackingException.LOST),
    Act.LOSE_FOR_GOOD: (TrackingStatus.IN_TRANSIT, TrackingException.LOST),
    Act.REFUSE: (TrackingStatus.OUT_FOR_DELIVERY, TrackingException.REFUSED),
}
"""After which event a parcel goes no further, and what is wrong with it then."""

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
            if trouble := self._trouble_after(task.order_id, status):
                await self._tell(task, _failed(number, trouble, self.around.clock.now()))
                return
            if status is TrackingStatus.IN_TRANSIT and self._turns_around(task.order_id):
                return
        if late:
            await self._tell(task, _forgotten(number, self.around.clock.now()), "told late")

    def _turns_around(self, order_id: str) -> bool:
        """Return whether the parcel waits on its way for its sender to call it back."""
        return self.around.told(order_id, Act.INTERCEPT)

    def _trouble_after(self, order_id: str, status: TrackingStatus) -> TrackingException | None:
        """Return what goes wrong with an order's parcels after an event, as its script says."""
        for act, (last, trouble) in TROUBLES.items():
            if status is last and self.around.told(order_id, act):
                return trouble
        return None

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


def _failed(number: str, trouble: TrackingException, at: datetime) -> TrackingEvent:
    event = _scan(number, TrackingStatus.EXCEPTION, at)
    return event.model_copy(update={"exception": trouble, "reason": trouble.value})


def _forgotten(number: str, now: datetime) -> TrackingEvent:
    """Return a scan that was made long ago and comes to light only now."""
    scanned = _scan(number, TrackingStatus.IN_TRANSIT, now - LATE)
    return scanned.model_copy(update={"event_id": f"{number}-forgotten", "place": "depot"})
