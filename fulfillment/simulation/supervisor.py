"""The supervisor, who decides what becomes of parcels in trouble."""

import asyncio
from functools import partial

from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.records import TaskRecord, TaskState
from fulfillment.simulation.robots import RETRY_SECONDS, Robot
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
        refused = self.around.told(task.order_id, Act.REFUSE)
        to_refund = refused or self.around.told(task.order_id, Act.LOSE_FOR_GOOD)
        choice = Choice.REFUND if to_refund else Choice.RESHIP
        reason = "nobody took it" if refused else "the carrier admits it"
        resolution = Resolution(choice=choice, by=SUPERVISOR, reason=reason)
        for last in (*(False,) * (self.around.pace.tries - 1), True):
            try:
                answer = await self.insist(
                    partial(self.around.way.resolve_exception, task.fulfillment_id, resolution)
                )
            except FulfillmentError as refusal:
                # What the task list shows already, the workflow may know only a moment later.
                now = await self.insist(partial(self.around.way.show_task, task.task_id))
                wrong = last and now.state is TaskState.OPEN
                self.note(SUPERVISOR, "resolve", task.order_id, str(refusal), refused=wrong)
                if now.state is not TaskState.OPEN:
                    return
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.note(SUPERVISOR, "resolve", task.order_id, answer.message)
                return
