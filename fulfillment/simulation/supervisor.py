"""The supervisor, who decides what becomes of parcels in trouble."""

import asyncio
from functools import partial

from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.records import TaskRecord, TaskState
from fulfillment.simulation.robots import Robot
from fulfillment.simulation.scenario import Act

SUPERVISOR = "Vera"


class Supervisor(Robot):
    """Has sent again what was lost, and refunded what nobody took or nobody wants any more."""

    name = "supervisor"

    async def look(self) -> None:
        """See which parcels wait for a decision."""
        for task in await self.around.way.list_tasks(kind=TaskKind.DELIVERY_EXCEPTION):
            self.run_once(task.task_id, partial(self._decide, task))

    async def _decide(self, task: TaskRecord) -> None:
        await asyncio.sleep(self.around.pace.hesitation)
        not_taken = self.around.told(task.order_id, Act.REFUSE)
        to_refund = not_taken or self.around.told(task.order_id, Act.LOSE_FOR_GOOD)
        choice = Choice.REFUND if to_refund else Choice.RESHIP
        reason = "nobody took it" if not_taken else "the carrier admits it"
        resolution = Resolution(choice=choice, by=SUPERVISOR, reason=reason)

        async def refused(refusal: FulfillmentError, last: bool) -> bool:  # noqa: FBT001 - as called
            now = await self.insist(partial(self.around.way.show_task, task.task_id))
            still_open = now.state is TaskState.OPEN
            wrong = last and still_open
            self.note(SUPERVISOR, "resolve", task.order_id, str(refusal), refused=wrong)
            return still_open

        async def resolving() -> None:
            way = self.around.way
            answer = await way.resolve_exception(task.fulfillment_id, resolution)
            self.note(SUPERVISOR, "resolve", task.order_id, answer.message)

        await self.ask_again(resolving, refused)
