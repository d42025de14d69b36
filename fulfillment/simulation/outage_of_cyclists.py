"""Who plays that the cyclists do not answer: until the orders that are meant for it have labels."""

import asyncio
from datetime import timedelta

from fulfillment.domain.lifecycle import TaskKind
from fulfillment.records import TaskState
from fulfillment.simulation.cyclists import CYCLISTS, CyclistOffice
from fulfillment.simulation.robots import Robot, Surroundings
from fulfillment.simulation.scenario import Act
from fulfillment.simulation.staff import BACK_IN_SERVICE


class OutageOfCyclists(Robot):
    """Ends the outage in which the scenario begins."""

    name = "outage of cyclists"

    def __init__(
        self, surroundings: Surroundings, office: CyclistOffice, left_alone_for: timedelta
    ) -> None:
        """Keep what is down, and how long nobody asks there after it has come back."""
        super().__init__(surroundings)
        self._office = office
        self._left_alone_for = left_alone_for

    async def look(self) -> None:
        """See whether all orders of the outage have their labels, and end it then."""
        meant = self.around.acts(Act.DURING_OUTAGE)
        for state in (TaskState.OPEN, TaskState.DONE):
            tasks = await self.around.way.list_tasks(kind=TaskKind.HAND_OVER, state=state)
            meant -= {task.order_id for task in tasks}
        if not meant:
            self.run_once("end", self._end)

    async def _end(self) -> None:
        await asyncio.to_thread(self._office.come_back)
        await asyncio.sleep(self._left_alone_for.total_seconds())
        self.note(CYCLISTS, BACK_IN_SERVICE, "-", "answers again")
