"""Those from whom supply orders get their goods: suppliers deliver, and the workshop completes.

The first supply order of each article comes to nothing: a part of it is brought, then a purchase is
canceled, and a production fails.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.supply import SupplyEnd, SupplyReport, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.messages.supply import SupplyAnswer
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
        self._first: dict[str, str] = {}
        """The first supply order that was seen of each article."""

    async def look(self) -> None:
        """See what is on order, and bring a part of it, the next one when that has come."""
        for order in await supply.list_supply(self._engine, states=EXPECTED):
            first = self._first.setdefault(order.sku, order.supply_id) == order.supply_id
            if first and (order.received or order.outstanding == 1):
                self.run_once(f"{order.supply_id} ends", partial(self._end, order))
            else:
                name = f"{order.supply_id}-{order.received}"
                self.run_once(name, partial(self._bring, order, name))

    async def _bring(self, order: SupplyRecord, receipt_id: str) -> None:
        part = order.outstanding if order.received else -(-order.outstanding // 2)
        report = SupplyReport(receipt_id=receipt_id, quantity=part, by=self.name)
        receive = partial(supply.receive_supply, self._engine, order.supply_id, report)
        await self._tell(order, receive)

    async def _end(self, order: SupplyRecord) -> None:
        end = SupplyEnd(reason="no more of it comes", by=self.name)
        ending = partial(
            supply.end_supply,
            self._engine,
            order.supply_id,
            end,
            failed=order.state is SupplyState.PRODUCING,
            update_id=f"end/{order.supply_id}",
        )
        await self._tell(order, ending)

    async def _tell(self, order: SupplyRecord, tell: Callable[[], Awaitable[SupplyAnswer]]) -> None:
        """Tell it until it is heard, or somebody else's word has made it needless."""
        await self.take_time(self.around.pace.work)

        async def refused(refusal: FulfillmentError, _: bool) -> bool:  # noqa: FBT001 - as called
            now = await self.insist(lambda: supply.show_supply(self._engine, order.supply_id))
            still_open = now.state in EXPECTED and now.received == order.received
            self.note(self.name, "supply", "-", str(refusal), refused=still_open)
            return still_open

        async def telling() -> None:
            answer = await self.around.way.send(tell)
            self.note(self.name, "supply", "-", answer.message)

        await self.ask_again(telling, refused)
