"""Plays a scenario: orders come in, the robots work, the worker is killed and started again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fulfillment.domain.lifecycle import OrderStage
from fulfillment.entrypoints.stack import Stack
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import is_running
from fulfillment.operations.order_views import OrderSnapshot, snapshots
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.customer import Storefront
from fulfillment.simulation.evidence import Run
from fulfillment.simulation.live import Show
from fulfillment.simulation.scenario import Act
from fulfillment.simulation.world import World

LIMIT_SECONDS = 180.0
"""How long the orders may take in all; what is open then is judged as it is.

It is for a machine that does much else; alone, two cores need a fifth of it.
"""

LOOK_SECONDS = 0.25
OUTAGE_SECONDS = 1.5
"""How long nobody works after the worker was killed."""

FULFILLED = (OrderStage.FULFILLING, OrderStage.BACK_ORDERED, OrderStage.SETTLED)


@dataclass
class Play:
    """A run of a scenario, from the first order to the last workflow's end."""

    stack: Stack
    engine: Engine
    crew: Crew
    world: World
    show: Show
    started: list[int]
    """The worker processes, the one that runs last."""
    killed: list[int] = field(default_factory=list)

    async def run(self) -> Run:
        """Hand the orders in, cut the power once, and wait until all orders have ended."""
        began_at = datetime.now(UTC)
        storefront = Storefront(self.crew.surroundings("storefront"), self.world.orders)
        handing_in = asyncio.create_task(storefront.open())
        try:
            await self._watch(handing_in)
        finally:
            handing_in.cancel()
            await asyncio.gather(handing_in, return_exceptions=True)
        return Run(
            scenario=self.world.scenario.name,
            placed_at=self.world.placed_at,
            began_at=began_at,
            ended_at=datetime.now(UTC),
            ui_url=self.stack.ui_url,
            workers_started=tuple(self.started),
            workers_killed=tuple(self.killed),
            diary=tuple(self.crew.diary.entries),
        )

    async def _watch(self, handing_in: asyncio.Task[None]) -> None:
        clock = asyncio.get_running_loop().time
        begun, cut = clock(), None
        while clock() < begun + LIMIT_SECONDS:
            orders = await snapshots(self.engine, self._ids())
            self.show.update(clock() - begun, orders)
            self._raise_failure(handing_in)
            if cut is None and self._in_mid_run(orders):
                cut = asyncio.create_task(self._cut_power())
            if cut is not None and cut.done():
                cut.result()
                if await self._all_ended(orders):
                    break
            await asyncio.sleep(LOOK_SECONDS)
        else:
            self.show.say(f"Not all orders have ended after {LIMIT_SECONDS:.0f} s")
        if cut is not None:
            await cut

    def _ids(self) -> list[str]:
        return [planned.order.order_id for planned in self.world.orders]

    def _raise_failure(self, handing_in: asyncio.Task[None]) -> None:
        self.crew.raise_failure()
        if handing_in.done():
            handing_in.result()

    def _in_mid_run(self, orders: Sequence[OrderSnapshot]) -> bool:
        """Return whether half of the orders are being fulfilled, and none waits for its customer.

        Holds end by the clock, so that nobody could correct an address in time while nobody works.
        """
        correcting = self.crew.surroundings("play").acts(Act.CORRECT_ADDRESS)
        held = {o.order_id for o in orders if o.stage in (OrderStage.RECEIVED, OrderStage.ON_HOLD)}
        under_way = [order for order in orders if order.stage in FULFILLED]
        return 2 * len(under_way) >= len(self.world.orders) and not held & correcting

    async def _cut_power(self) -> None:
        """Kill the worker by SIGKILL, and start another one a moment later."""
        pid = self.started[-1]
        await self.stack.kill_worker(pid)
        self.killed.append(pid)
        self.show.say(f"         SIGKILL to worker {pid}: nobody works now")
        await asyncio.sleep(OUTAGE_SECONDS)
        self.started.append(await self.stack.start_worker())
        self.show.say(f"         worker {self.started[-1]} started; all goes on where it was")

    async def _all_ended(self, orders: Sequence[OrderSnapshot]) -> bool:
        """Return whether all orders are settled and their workflows have ended too."""
        if len(orders) < len(self.world.orders):
            return False
        if any(order.stage is not OrderStage.SETTLED for order in orders):
            return False
        return not any([await is_running(self.engine, order.order_id) for order in orders])
