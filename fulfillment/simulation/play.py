"""Plays a scenario: orders come in, the robots work, and the power is cut in mid-run."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fulfillment.domain.errors import Unavailable
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import is_running
from fulfillment.operations.order_views import OrderSnapshot, snapshots
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.customer import Storefront
from fulfillment.simulation.evidence import Run
from fulfillment.simulation.live import Show
from fulfillment.simulation.outages import Incidents, Outage
from fulfillment.simulation.scenario import Act
from fulfillment.simulation.world import World

LIMIT_SECONDS = 180.0
"""How long the orders may take in all; what is open then is judged as it is.

It is for a machine that does much else; alone, two cores need a fifth of it.
"""

LOOK_SECONDS = 1.0
"""Between two looks at the orders: each reads all that are under way."""

FULFILLED = (OrderStage.FULFILLING, OrderStage.BACK_ORDERED, OrderStage.SETTLED)


@dataclass
class Play:
    """A run of a scenario, from the first order to the last workflow's end."""

    engine: Engine
    crew: Crew
    world: World
    show: Show
    outages: Sequence[Outage]
    """One after the other, each as soon as the orders are in mid-run."""
    incidents: Incidents = field(default_factory=Incidents)
    """What the outages put on record."""
    ui_url: str | None = None
    """Where people look meanwhile."""
    limit_seconds: float = LIMIT_SECONDS

    async def run(self) -> Run:
        """Hand the orders in, cut the power, and wait until all orders have ended."""
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
            ui_url=self.ui_url,
            workers_started=tuple(self.incidents.workers_started),
            workers_killed=tuple(self.incidents.workers_killed),
            servers_started=tuple(self.incidents.servers_started),
            servers_killed=tuple(self.incidents.servers_killed),
            diary=tuple(self.crew.diary.entries),
        )

    async def _watch(self, handing_in: asyncio.Task[None]) -> None:
        clock = asyncio.get_running_loop().time
        begun, due = clock(), list(self.outages)
        cut: asyncio.Task[None] | None = None
        seen: dict[str, OrderSnapshot] = {}
        while clock() < begun + self.limit_seconds:
            orders = await self._look(seen)
            self.show.update(clock() - begun, orders)
            self._raise_failure(handing_in)
            if cut is not None and cut.done():
                cut.result()
                cut = None
            if cut is None and due and self._in_mid_run(orders):
                cut = asyncio.create_task(due.pop(0)())
            if cut is None and await self._all_ended(orders):
                break
            await asyncio.sleep(LOOK_SECONDS)
        else:
            self.show.say(f"Not all orders have ended after {self.limit_seconds:.0f} s")
        if cut is not None:
            await cut

    async def _look(self, seen: dict[str, OrderSnapshot]) -> Sequence[OrderSnapshot]:
        """Return where the orders stand that are on record; those that were settled stand there."""
        order_ids = self.world.order_ids()
        settled = {name for name, order in seen.items() if order.stage is OrderStage.SETTLED}
        news = await snapshots(self.engine, [each for each in order_ids if each not in settled])
        seen.update((order.order_id, order) for order in news)
        return [seen[order_id] for order_id in order_ids if order_id in seen]

    def _raise_failure(self, handing_in: asyncio.Task[None]) -> None:
        self.crew.raise_failure()
        if handing_in.done():
            handing_in.result()

    def _in_mid_run(self, orders: Sequence[OrderSnapshot]) -> bool:
        """Return whether half of the orders are being fulfilled, and none waits for its customer.

        Holds end by the clock, so that nobody could correct an address in time while nobody works.
        """
        around = self.crew.surroundings("play")
        correcting = around.acts(Act.CORRECT_ADDRESS) | around.acts(Act.PAY_OTHERWISE)
        held = {o.order_id for o in orders if o.stage in (OrderStage.RECEIVED, OrderStage.ON_HOLD)}
        under_way = [order for order in orders if order.stage in FULFILLED]
        is_open = any(order.stage is not OrderStage.SETTLED for order in orders)
        return is_open and 2 * len(under_way) >= len(self.world.orders) and not held & correcting

    async def _all_ended(self, orders: Sequence[OrderSnapshot]) -> bool:
        """Return whether all orders are settled, told, and their workflows have ended too."""
        if not self.crew.has_told_all() or len(orders) < len(self.world.order_ids()):
            return False
        if any(order.stage is not OrderStage.SETTLED for order in orders):
            return False
        with suppress(Unavailable):
            return not any([await is_running(self.engine, order.order_id) for order in orders])
        return False
