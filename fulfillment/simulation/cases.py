"""An order with which something goes wrong: what people see of it, ask about it, and wait for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from fulfillment.domain.errors import FulfillmentError, Unavailable
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.orders import OrderLine
from fulfillment.domain.returns import OPEN_STAGES
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_views import OrderSnapshot, OrderView, show_order, snapshots
from fulfillment.operations.verify import verify
from fulfillment.simulation.robots import Robot
from fulfillment.simulation.world import PlannedOrder

ResultT = TypeVar("ResultT")

BOOKKEEPER = "bookkeeper"
CUSTOMER = "customer"
OFFICE = "Olga"
WORKSHOP = "Willem"
DOCK = "Dora"
INSPECTOR = "Ivo"

VERIFIED = "verify"
"""What the diary says of an order after which the books were verified."""

NO_FINDINGS = "no findings"


class Board:
    """Where all such orders stand, read at once: hundreds that look alone do little else."""

    def __init__(self, engine: Engine, every_seconds: float) -> None:
        """Begin with nobody waiting; read so often at most, and for a fifth of the time."""
        self._engine = engine
        self._every_seconds = every_seconds
        self._due = 0.0
        self._asked: set[str] = set()
        self._seen: dict[str, OrderSnapshot] = {}
        self._reading = asyncio.Lock()

    async def find(self, order_id: str) -> OrderSnapshot | None:
        """Return where an order stood when the board was read last; None if not known yet."""
        self._asked.add(order_id)
        async with self._reading:
            if time.monotonic() >= self._due:
                await self._read()
        return self._seen.get(order_id)

    async def _read(self) -> None:
        began = time.monotonic()
        # Who has seen enough asks no more.
        asked, self._asked = sorted(self._asked), set()
        self._seen = {one.order_id: one for one in await snapshots(self._engine, asked)}
        ended = time.monotonic()
        self._due = ended + max(self._every_seconds, 4 * (ended - began))


class Case:
    """One such order, and the robot that plays everybody who has to do with it."""

    def __init__(self, robot: Robot, engine: Engine, planned: PlannedOrder, board: Board) -> None:
        """Take the order on."""
        self.robot = robot
        self.engine = engine
        self.planned = planned
        self._board = board
        self.order_id = planned.order.order_id

    @property
    def first_line(self) -> OrderLine:
        """Return the order's first line, with which something goes wrong."""
        return self.planned.order.lines[0]

    def name(self, action: str) -> str:
        """Return what makes a request of this kind once, however often it is sent."""
        return f"{action}/{self.order_id}"

    # --- what is waited for ----------------------------------------------------------------------

    async def until(self, look: Callable[[], Awaitable[ResultT | None]]) -> ResultT:
        """Look again and again until there is something to see; then think for a moment."""
        while True:
            try:
                seen = await look()
            except Unavailable:
                seen = None
            if seen:
                await asyncio.sleep(self.robot.around.pace.hesitation)
                return seen
            await asyncio.sleep(2 * self.robot.around.pace.look)

    async def at(self, stage: OrderStage) -> None:
        """Wait until the order stands at a stage."""

        async def look() -> bool:
            seen = await self._snapshot()
            return seen is not None and seen.stage is stage

        await self.until(look)

    async def share_at(self, *stages: Stage) -> str:
        """Wait until a fulfillment stands at one of these stages; return its id."""

        async def look() -> str | None:
            seen = await self._snapshot()
            shares = seen.fulfillments if seen else ()
            return next((one.fulfillment_id for one in shares if one.stage in stages), None)

        return await self.until(look)

    async def delivered(self) -> None:
        """Wait until all of it has arrived, and the order is settled."""
        await self.share_at(Stage.DELIVERED)
        await self.at(OrderStage.SETTLED)

    async def _snapshot(self) -> OrderSnapshot | None:
        return await self._board.find(self.order_id)

    # --- what is asked ---------------------------------------------------------------------------

    async def ask(
        self,
        by: str,
        action: str,
        question: Callable[[], Awaitable[ResultT]],
        tell: Callable[[ResultT], str],
    ) -> ResultT | None:
        """Ask until it is answered; what the lists show, a workflow may know only a moment later.

        Args:
            by: who asks.
            action: what for, for the diary.
            question: with what makes it once.
            tell: the answer in words.

        Returns:
            The answer; None if it was refused each time, which the diary has as refused.

        """

        async def refused(refusal: FulfillmentError, last: bool) -> bool:  # noqa: FBT001 - as called
            what = action if last else f"{action} too early"
            self.robot.note(by, what, self.order_id, str(refusal), refused=last)
            return True

        async def asking() -> ResultT:
            answer = await self.robot.around.way.send(question)
            self.robot.note(by, action, self.order_id, tell(answer))
            return answer

        return await self.robot.ask_again(asking, refused)

    # --- how it ends -----------------------------------------------------------------------------

    async def close(self, books: asyncio.Lock, *, followed: bool) -> None:
        """Wait until the order and all that followed from it have ended, and verify the books.

        Args:
            books: held while they are verified, as one look at a time is enough.
            followed: whether another order takes the place of its goods.

        """

        async def look() -> bool:
            seen = await self._snapshot()
            if seen is None or seen.stage is not OrderStage.SETTLED:
                return False
            return await self._all_ended(await show_order(self.engine, self.order_id), followed)

        await self.until(look)
        async with books:
            findings = await self.robot.insist(lambda: verify(self.engine))
        said = "; ".join(f"{one.rule}: {one.message}" for one in findings) or NO_FINDINGS
        self.robot.note(BOOKKEEPER, VERIFIED, self.order_id, said, refused=bool(findings))

    async def _all_ended(self, view: OrderView, followed: bool) -> bool:  # noqa: FBT001 - as above
        if followed and not view.replaced_by:
            return False
        others = await snapshots(self.engine, view.replaced_by)
        ended = all(other.stage is OrderStage.SETTLED for other in others)
        return ended and all(made.stage not in OPEN_STAGES for made in view.returns)
