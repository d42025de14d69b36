"""All robots of a world together, started and stopped as one."""

import asyncio
from datetime import timedelta
from random import Random
from types import TracebackType
from typing import Self

from fulfillment.operations.engine import Engine
from fulfillment.simulation.carrier import Carriers
from fulfillment.simulation.cases import VERIFIED
from fulfillment.simulation.customer import Customers
from fulfillment.simulation.cyclists import CyclistOffice
from fulfillment.simulation.docks import Docks
from fulfillment.simulation.outage_of_cyclists import OutageOfCyclists
from fulfillment.simulation.robots import Diary, Pace, Robot, Surroundings
from fulfillment.simulation.scenario import Act, Script
from fulfillment.simulation.sources import Sources
from fulfillment.simulation.staff import STAFF, Floor
from fulfillment.simulation.storytellers import ACTED, Storytellers
from fulfillment.simulation.supervisor import Supervisor
from fulfillment.simulation.supplier import Suppliers
from fulfillment.simulation.ways import ByOperations, WayIn
from fulfillment.simulation.world import World

CYCLISTS_LEFT_ALONE = timedelta(seconds=5)
"""How long nobody asks the cyclists after they are back; longer than their circuit stays open."""


class Crew:
    """Staff, carriers, suppliers and customers; as a context they work until it ends."""

    def __init__(
        self,
        engine: Engine,
        world: World,
        pace: Pace | None = None,
        way: WayIn | None = None,
        cyclists: CyclistOffice | None = None,
    ) -> None:
        """Hire the robots; each has luck of its own from the world's seed.

        Args:
            engine: the running engine.
            world: what there is to do.
            pace: how fast they are.
            way: by which they act; the engine's operations themselves by default.
            cyclists: who can be down, in a scenario about shipping.

        """
        self.diary = Diary()
        self._way = way or ByOperations(engine)
        self._engine = engine
        self._clock = engine.clock
        self._world = world
        self._pace = pace or Pace()
        self._cyclists = cyclists
        self._scripts = {
            planned.order.order_id: Script(order_id=planned.order.order_id, acts=planned.group.acts)
            for planned in world.orders
        }
        self._robots = self._hire()
        self._shift: list[asyncio.Task[None]] = []

    def surroundings(self, name: str) -> Surroundings:
        """Return what a robot of that name knows."""
        return Surroundings(
            way=self._way,
            clock=self._clock,
            rng=Random(f"{self._world.scenario.seed}/{name}"),
            diary=self.diary,
            pace=self._pace,
            scripts=self._scripts,
        )

    def _hire(self) -> list[Robot]:
        deliveries = {
            name: (delivery, self._world.receiving_bin(delivery))
            for name, delivery in self._world.deliveries().items()
        }
        by_manifest = self._world.scenario.shipping is not None
        floors = [
            Floor(self.surroundings(warehouse), warehouse, people, by_manifest=by_manifest)
            for warehouse, people in STAFF.items()
        ]
        return [
            *floors,
            *self._hire_for_shipping(),
            *self._hire_for_stories(),
            *self._hire_for_supply(),
            Carriers(self.surroundings("carriers")),
            Suppliers(self.surroundings("suppliers"), deliveries),
            Customers(self.surroundings("customers"), self._world.orders),
        ]

    def _hire_for_shipping(self) -> list[Robot]:
        if self._world.scenario.shipping is None or self._cyclists is None:
            return []
        outage = self.surroundings("outage of cyclists")
        return [
            Docks(self.surroundings("docks")),
            OutageOfCyclists(outage, self._cyclists, CYCLISTS_LEFT_ALONE),
            Supervisor(self.surroundings("supervisor")),
        ]

    def _hire_for_stories(self) -> list[Robot]:
        orders = self._world.orders
        stories = [one for one in orders if one.group.expect.books or ACTED.keys() & one.acts]
        if not stories:
            return []
        return [
            Supervisor(self.surroundings("supervisor")),
            Storytellers(self.surroundings("stories"), self._engine, stories),
        ]

    def _hire_for_supply(self) -> list[Robot]:
        told = any(Act.PRODUCE in planned.acts for planned in self._world.orders)
        if told or not self._world.scenario.supply_sources:
            return []
        return [Sources(self.surroundings("sources"), self._engine)]

    def has_told_all(self) -> bool:
        """Return whether the books were verified after each order whose story is told."""
        told = (planned.order.order_id for planned in self._world.stories())
        return all(self.diary.has(VERIFIED, order_id) for order_id in told)

    def raise_failure(self) -> None:
        """Raise what broke a robot, if anything did: a bug, never an outage or a refusal."""
        for task in self._shift:
            if task.done() and not task.cancelled():
                task.result()

    async def __aenter__(self) -> Self:
        """Set the robots to work."""
        self._shift = [asyncio.create_task(robot.run(), name=robot.name) for robot in self._robots]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Send the robots home and wait until they are gone."""
        for task in self._shift:
            task.cancel()
        await asyncio.gather(*self._shift, return_exceptions=True)
