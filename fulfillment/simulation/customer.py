"""The storefront, which hands orders in, and the customers, who change their minds."""

import asyncio
from collections.abc import Sequence
from functools import partial

from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.lifecycle import OrderStage, TaskKind
from fulfillment.domain.orders import Order
from fulfillment.operations.floor import list_tasks
from fulfillment.operations.order_views import list_orders, snapshots
from fulfillment.operations.orders import cancel_order, correct_address, submit_order
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
            await self._clerk.insist(partial(submit_order, self._clerk.around.engine, order))
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
        canceling = self.around.acts(Act.CANCEL)
        if canceling:
            for task in await list_tasks(self.around.engine, kind=TaskKind.PICK, limit=1_000):
                if task.order_id in canceling:
                    self.run_once(f"cancel {task.order_id}", partial(self._cancel, task.order_id))
        correcting = self.around.acts(Act.CORRECT_ADDRESS)
        if correcting:
            held = await list_orders(self.around.engine, stage=OrderStage.ON_HOLD, limit=1_000)
            for order_id in correcting & {record.order.order_id for record in held}:
                self.run_once(f"correct {order_id}", partial(self._correct, order_id))

    async def _cancel(self, order_id: str) -> None:
        await asyncio.sleep(self.around.pace.hesitation)
        ask = partial(cancel_order, self.around.engine, order_id, "changed my mind", "customer")
        try:
            answer = await self.insist(ask)
        except FulfillmentError as refusal:
            self.note("customer", "cancel", order_id, str(refusal), refused=True)
        else:
            self.note("customer", "cancel", order_id, ", ".join(answer.done))

    async def _correct(self, order_id: str) -> None:
        await asyncio.sleep(self.around.pace.hesitation)
        address = self._corrected[order_id]
        ask = partial(
            correct_address,
            self.around.engine,
            order_id,
            address,
            "customer",
            update_id=f"correct_address/{order_id}",
        )
        while True:
            try:
                status = await self.insist(ask)
            except FulfillmentError as refusal:
                # What the list shows already, the workflow may know only a moment later.
                early = await self._is_held(order_id)
                self.note("customer", CORRECT, order_id, str(refusal), refused=not early)
                if not early:
                    return
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.note("customer", CORRECT, order_id, status.stage.value)
                return

    async def _is_held(self, order_id: str) -> bool:
        now = await snapshots(self.around.engine, [order_id])
        return any(order.stage is OrderStage.ON_HOLD for order in now)
