"""Those from whom supply orders get their goods: suppliers deliver, and the workshop completes."""

from functools import partial

from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.supply import SupplyReport, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.operations import supply
from fulfillment.operations.engine import Engine
from fulfillment.simulation.robots import Robot, Surroundings

EXPECTED = (SupplyState.ORDERED, SupplyState.PRODUCING)
"""States in which goods come from outside."""


class Sources(Robot):
    """Brings what each supply order lacks, in two parts where it is more than one unit."""

    name = "sources"

    def __init__(self, surroundings: Surroundings, engine: Engine) -> None:
        """Keep whose supply orders they are."""
        super().__init__(surroundings)
        self._engine = engine

    async def look(self) -> None:
        """See what is on order, and bring a part of it, the next one when that has come."""
        for order in await supply.list_supply(self._engine, states=EXPECTED):
            name = f"{order.supply_id}-{order.received}"
            self.run_once(name, partial(self._bring, order, name))

    async def _bring(self, order: SupplyRecord, receipt_id: str) -> None:
        await self.take_time(self.around.pace.work)
        part = order.outstanding if order.received else -(-order.outstanding // 2)
        report = SupplyReport(receipt_id=receipt_id, quantity=part, by=self.name)
        receive = partial(supply.receive_supply, self._engine, order.supply_id, report)

        async def refused(refusal: FulfillmentError, _: bool) -> bool:  # noqa: FBT001 - as called
            now = await self.insist(lambda: supply.show_supply(self._engine, order.supply_id))
            still_open = now.state in EXPECTED and now.received == order.received
            self.note(self.name, "supply", "-", str(refusal), refused=still_open)
            return still_open

        async def bringing() -> None:
            answer = await self.around.way.send(receive)
            self.note(self.name, "supply", "-", answer.message)

        await self.ask_again(bringing, refused)
