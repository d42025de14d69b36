"""The storefront, which hands orders in, and the customers, who change their minds."""

import asyncio
from collections.abc import Sequence
from functools import partial

from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.lifecycle import OrderStage, TaskKind
from fulfillment.domain.orders import Order
from fulfillment.records import TaskRecord
from fulfillment.simulation.robots import RETRY_SECONDS, Robot, Surroundings
from fulfillment.simulation.scenario import Act
from fulfillment.simulation.world import PlannedOrder

TRICKLE_SECONDS = 0.1
"""Between two orders, so that one can watch them come in."""

STOREFRONT = "storefront"
CORRECT = "correct address"


class Storefront:
    """Hands the orders in, some of them twice."""

    def __init__(self, surroundings: Surroundings, orders: Sequence[PlannedOrder]) -> None:
        """Keep the orders."""
        self._clerk = Robot(surroundings)
        self._orders = orders

    async def open(self) -> None:
        """Hand all orders in, one shortly after the other; return when each has its answer."""
        async with asyncio.TaskGroup() as counters:
            for planned in self._orders:
                counters.create_task(self._serve(planned))
                await asyncio.sleep(min(TRICKLE_SECONDS, self._clerk.around.pace.look))

    async def _serve(self, planned: PlannedOrder) -> None:
        order = planned.order
        await self._submit("submit", order)
        if self._clerk.around.told(order.order_id, Act.SUBMIT_AGAIN):
            await self._submit("submit again", order)
        if self._clerk.around.told(order.order_id, Act.SUBMIT_CHANGED):
            more = [line.model_copy(update={"quantity": 9}) for line in order.lines]
            await self._submit("submit", order.model_copy(update={"lines": tuple(more)}))

    async def _submit(self, action: str, order: Order) -> None:
        try:
            await self._clerk.insist(partial(self._clerk.around.way.submit_order, order))
        except FulfillmentError as refusal:
            self._clerk.note(STOREFRONT, action, order.order_id, str(refusal), refused=True)
        else:
            self._clerk.note(STOREFRONT, action, order.order_id, "acknowledged")


class Customers(Robot):
    """Those who cancel, and those who correct the address that was found wrong."""

    name = "customers"

    def __init__(self, surroundings: Surroundings, orders: Sequence[PlannedOrder]) -> None:
        """Keep where the goods can really be sent."""
        super().__init__(surroundings)
        self._corrected = {planned.order.order_id: planned.corrected for planned in orders}

    async def look(self) -> None:
        """See which orders wait for their customer."""
        canceling = self._still_to(Act.CANCEL, "cancel")
        if canceling:
            for task in await self.around.way.list_tasks(kind=TaskKind.PICK):
                for order_id in sorted(canceling & _orders_of(task)):
                    self.run_once(f"cancel {order_id}", partial(self._cancel, order_id))
        correcting = self._still_to(Act.CORRECT_ADDRESS, "correct")
        if correcting:
            held = await self.around.way.orders_at(OrderStage.ON_HOLD)
            for order_id in correcting & {record.order.order_id for record in held}:
                self.run_once(f"correct {order_id}", partial(self._correct, order_id))

    def _still_to(self, act: Act, errand: str) -> set[str]:
        """Return the orders whose customers have not begun yet to do this."""
        return {name for name in self.around.acts(act) if not self.was_begun(f"{errand} {name}")}

    async def _cancel(self, order_id: str) -> None:
        await asyncio.sleep(self.around.pace.hesitation)
        ask = partial(self.around.way.cancel_order, order_id, "changed my mind", "customer")
        try:
            done = await self.insist(ask)
        except FulfillmentError as refusal:
            self.note("customer", "cancel", order_id, str(refusal), refused=True)
        else:
            self.note("customer", "cancel", order_id, ", ".join(done))

    async def _correct(self, order_id: str) -> None:
        await asyncio.sleep(self.around.pace.hesitation)
        address = self._corrected[order_id]
        ask = partial(self.around.way.correct_address, order_id, address, "customer")
        while True:
            try:
                stage = await self.insist(ask)
            except FulfillmentError as refusal:
                # What the list shows already, the workflow may know only a moment later.
                early = await self._is_held(order_id)
                self.note("customer", CORRECT, order_id, str(refusal), refused=not early)
                if not early:
                    return
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.note("customer", CORRECT, order_id, stage.value)
                return

    async def _is_held(self, order_id: str) -> bool:
        stage = await self.insist(partial(self.around.way.stage_of, order_id))
        return stage is OrderStage.ON_HOLD


def _orders_of(task: TaskRecord) -> set[str]:
    """Return whose goods are picked: an order's own, or those of a batch's members."""
    return {task.order_id, *(member["order_id"] for member in task.plan.get("members", ()))}
