"""Suppliers, who bring what orders wait for."""

import asyncio
from functools import partial

from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.stock import Receipt
from fulfillment.simulation.robots import Robot, Surroundings
from fulfillment.simulation.scenario import Delivery


class Suppliers(Robot):
    """Each delivery comes once, so long after the first order is seen waiting for it."""

    name = "suppliers"

    def __init__(
        self, surroundings: Surroundings, deliveries: dict[str, tuple[Delivery, str]]
    ) -> None:
        """Keep what is to be brought into which bin, by receipt."""
        super().__init__(surroundings)
        self._deliveries = deliveries

    async def look(self) -> None:
        """See what is waited for, as long as there is something to bring."""
        if all(map(self.was_begun, self._deliveries)):
            return
        waiting = await self.around.way.orders_at(OrderStage.BACK_ORDERED)
        wanted = {line.sku for record in waiting for line in record.order.lines}
        for receipt_id, (delivery, bin_id) in self._deliveries.items():
            if delivery.sku in wanted:
                self.run_once(receipt_id, partial(self._bring, receipt_id, delivery, bin_id))

    async def _bring(self, receipt_id: str, delivery: Delivery, bin_id: str) -> None:
        await asyncio.sleep(delivery.after_seconds)
        receipt = Receipt(
            receipt_id=receipt_id,
            warehouse_id=delivery.warehouse_id,
            bin_id=bin_id,
            sku=delivery.sku,
            quantity=delivery.quantity,
            by="receiving dock",
        )
        received = await self.insist(lambda: self.around.way.receive_stock(receipt))
        answer = (
            f"{received.quantity} x {received.sku}; woke {', '.join(received.woken) or 'nobody'}"
        )
        self.note("supplier", "delivery", "-", answer)
