"""Whoever acts when something goes wrong with an order: customer, office, workshop, dock."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from fulfillment.operations.engine import Engine
from fulfillment.simulation import case_changes, case_holds, case_returns
from fulfillment.simulation.cases import Board, Case
from fulfillment.simulation.robots import Robot, Surroundings
from fulfillment.simulation.scenario import Act
from fulfillment.simulation.world import FOLLOWED, PlannedOrder

ACTED: Mapping[Act, Callable[[Case], Awaitable[None]]] = {
    Act.PAY_OTHERWISE: case_changes.pay_otherwise,
    Act.ASK_CUSTOMER: case_holds.ask_customer,
    Act.RELEASE: case_holds.release,
    Act.PRODUCE: case_changes.produce,
    Act.DO_WITHOUT: case_changes.do_without,
    Act.CANCEL_PART: case_changes.cancel_part,
    Act.READDRESS: case_changes.readdress,
    Act.INTERCEPT: case_changes.intercept,
    Act.RETRY_CAPTURE: case_changes.retry_capture,
    Act.EXCHANGE: case_returns.exchange,
    Act.REPLACE: case_returns.replace,
    Act.RETURN_REFUSED: case_returns.be_refused,
    Act.NEVER_SENT: case_returns.never_send,
}
"""What is done about an order; other acts are the staff's, the carriers' or the supervisor's."""


class Storytellers(Robot):
    """Plays each order's story to its end; where its books are known, has them verified then."""

    name = "stories"

    def __init__(
        self, surroundings: Surroundings, engine: Engine, stories: Sequence[PlannedOrder]
    ) -> None:
        """Keep the orders with which something goes wrong."""
        super().__init__(surroundings)
        self._engine = engine
        self._stories = stories
        self._board = Board(engine, surroundings.pace.look)
        self._books = asyncio.Lock()

    async def look(self) -> None:
        """Begin each story once."""
        for planned in self._stories:
            self.run_once(planned.order.order_id, partial(self._play, planned))

    async def _play(self, planned: PlannedOrder) -> None:
        case = Case(self, self._engine, planned, self._board)
        for act in planned.acts:
            if act in ACTED:
                await ACTED[act](case)
        if planned.group.expect.books:
            await case.close(self._books, followed=bool(FOLLOWED.intersection(planned.acts)))
