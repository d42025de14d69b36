"""One campaign: orders come in while everything breaks; then peace, and the count of the losses."""

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from fulfillment import bootstrap
from fulfillment.domain.lifecycle import OrderStage, Patience, Policy
from fulfillment.domain.risk import RiskRules
from fulfillment.domain.supply import SupplyMode
from fulfillment.operations.catalog import load_catalog
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_views import snapshots
from fulfillment.operations.verify import verify
from fulfillment.settings import Settings
from fulfillment.simulation.chaos.faulty_way import FaultyWay
from fulfillment.simulation.chaos.faulty_worker import crashed_in
from fulfillment.simulation.chaos.findings import counts, longest_recovery
from fulfillment.simulation.chaos.forked_workers import ForkingStack
from fulfillment.simulation.chaos.incidents import Incidents
from fulfillment.simulation.chaos.kinds import APPROVED_MINOR, RISKY_EUR_MINOR, scenario_of
from fulfillment.simulation.chaos.plan import Message, Plan, order_of_arrival
from fulfillment.simulation.chaos.poison import poison, start_poison
from fulfillment.simulation.chaos.remains import gather
from fulfillment.simulation.chaos.tally import Tally
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.customer import Storefront
from fulfillment.simulation.premises import demo_settings
from fulfillment.simulation.robots import Pace
from fulfillment.simulation.world import World, make_world
from fulfillment.temporal.identifiers import effect_key

LOOK_SECONDS = 1.0
SAY_SECONDS = 15.0
ARRIVING = 0.7
"""The part of the time of faults in which orders come in."""
OURS = (
    "OrderWorkflow",
    "FulfillmentWorkflow",
    "PickBatchWorkflow",
    "ReturnWorkflow",
    "SupplyWorkflow",
)
"""Workflows that end with their order, or with what followed from it."""
PACE = Pace(look=0.8, tries=60, staff_times=3)
"""A robot asks again until it is done: what is refused now may be due only later. Answers that a
fault delays keep no one from other work, and hundreds of orders are not looked at all the time."""
HOLD = Patience(
    remind_after=timedelta(seconds=15),
    escalate_after=timedelta(seconds=15),
    then_after=timedelta(seconds=30),
    policy=Policy.CANCEL,
)


@dataclass
class Campaign:
    """Everything that a campaign needs, and what it has counted."""

    plan: Plan
    seed: int
    settings: Settings
    tally: Tally = field(default_factory=Tally)
    _poisoned: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    async def run(self) -> dict[str, Any]:
        """Run the faults, let the rest end in peace, and return the result as JSON's values."""
        world = make_world(scenario_of(self.plan, self.seed), datetime.now(UTC))
        tickets = self.settings.data_dir / "tickets"
        stack = ForkingStack(self.settings, tickets)
        async with stack:
            address = await stack.start_server()
            async with bootstrap.engine(self.settings, address) as engine:
                await load_catalog(engine, world.catalog)
                incidents = Incidents(
                    stack,
                    self.plan,
                    self._luck("incidents"),
                    self.tally,
                    engine.clock,
                    tickets,
                )
                crew = await self._carry(engine, world, incidents)
                return await self._result(engine, world, crew)

    async def _carry(self, engine: Engine, world: World, incidents: Incidents) -> Crew:
        way = FaultyWay(engine, self._luck("messages"), self.tally, self.plan.repeats)
        async with Crew(engine, world, PACE, way) as crew:
            working = asyncio.create_task(incidents.keep_working())
            saying = asyncio.create_task(self._say(engine, world))
            try:
                async with asyncio.TaskGroup() as under_way:
                    under_way.create_task(self._hand_in(crew, world))
                    under_way.create_task(self._poison(engine, world))
                    under_way.create_task(incidents.run())
                self._tell("the faults are over; what is open ends in peace")
                await self._peace(engine, world, crew, way)
            finally:
                working.cancel()
                saying.cancel()
                await asyncio.gather(working, saying, return_exceptions=True)
            return crew

    # --- what comes in -------------------------------------------------------------------

    async def _hand_in(self, crew: Crew, world: World) -> None:
        around, luck = crew.surroundings("storefront"), self._luck("arrivals")
        pause = self.plan.seconds * ARRIVING / len(world.orders)
        async with asyncio.TaskGroup() as counters:
            for place in order_of_arrival(len(world.orders), luck):
                counters.create_task(Storefront(around, [world.orders[place]]).open())
                await asyncio.sleep(pause)

    async def _poison(self, engine: Engine, world: World) -> None:
        luck = self._luck("poison")
        pause = self.plan.seconds * ARRIVING / self.plan.poisons
        for number in range(1, self.plan.poisons + 1):
            payload = poison(luck.choice(world.orders).order, luck)
            self._poisoned.append(await self._start_poison(engine, number, payload))
            self.tally.strike(Message.POISON.value)
            await asyncio.sleep(pause)

    async def _start_poison(self, engine: Engine, number: int, payload: Any) -> str:  # noqa: ANN401
        while True:
            try:
                return await start_poison(engine.client, engine.task_queue, number, payload)
            except RPCError:
                await asyncio.sleep(LOOK_SECONDS)

    # --- how it ends ---------------------------------------------------------------------

    async def _peace(self, engine: Engine, world: World, crew: Crew, way: FaultyWay) -> None:
        await way.settled()
        still_open = {planned.order.order_id for planned in world.orders}
        while time.monotonic() < self._began + self.plan.most_seconds:
            crew.raise_failure()
            still_open -= await _settled(engine, still_open)
            if not still_open and not await running(engine.client):
                return
            await asyncio.sleep(LOOK_SECONDS)
        self._tell(f"not all orders have ended after {self.plan.most_seconds:.0f} s")

    async def _result(self, engine: Engine, world: World, crew: Crew) -> dict[str, Any]:
        entries = crew.diary.entries
        left = await gather(
            self.settings,
            running=await running(engine.client),
            acknowledged=[e.order_id for e in entries if e.answer == "acknowledged"],
            receipts=[_receipt_key(one.receipt_id) for one in world.catalog.opening_stock],
        )
        found, words = counts(left)
        crashed = crashed_in(self.settings.data_dir / "tickets")
        self._tell(f"crashed after the commit of: {', '.join(crashed)}")
        books = [str(finding) for finding in await verify(engine, settled=True)]
        outcomes = Counter(row["outcome_kind"] or row["stage"] for row in left.orders)
        outcomes["poison refused"] = await self._refused_poisons(engine.client)
        recovery = longest_recovery(self.tally.outages, left.effect_times)
        return {
            "faults": dict(sorted(self.tally.faults.items())),
            "faults_in_all": self.tally.faults.total(),
            "orders": dict(sorted(outcomes.items())),
            **found,
            "verify": len(books),
            "longest_recovery_s": round(recovery.total_seconds(), 1),
            "seed": self.seed,
            "findings": [*words, *books],
        }

    async def _refused_poisons(self, client: Client) -> int:
        states = [await client.get_workflow_handle(name).describe() for name in self._poisoned]
        return sum(one.status is not WorkflowExecutionStatus.RUNNING for one in states)

    # --- small things --------------------------------------------------------------------

    async def _say(self, engine: Engine, world: World) -> None:
        names = [planned.order.order_id for planned in world.orders]
        while True:
            await asyncio.sleep(SAY_SECONDS)
            stages = Counter(one.stage.value for one in await snapshots(engine, names))
            self._tell(f"{self.tally.faults.total()} faults; orders: {dict(stages)}")

    def _tell(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    def _luck(self, name: str) -> Random:
        return Random(f"{self.seed}/{name}")


async def _settled(engine: Engine, order_ids: set[str]) -> set[str]:
    found = await snapshots(engine, order_ids)
    return {one.order_id for one in found if one.stage is OrderStage.SETTLED}


async def running(client: Client) -> list[str]:
    """Return the workflows of orders, and of what they wait for or return, that have not ended."""
    kinds = ", ".join(f"'{name}'" for name in OURS)
    query = f"ExecutionStatus = 'Running' AND WorkflowType IN ({kinds})"
    return sorted([one.id async for one in client.list_workflows(query)])


def campaign_settings(data: Path) -> Settings:
    """Return the settings of a campaign, with everything in one folder."""
    risk = RiskRules(value_minor={"EUR": RISKY_EUR_MINOR})
    changes = {
        "hold": HOLD,
        "supply": SupplyMode.AUTOMATIC,
        "risk": risk,
        "return_approval_over_minor": APPROVED_MINOR,
        "return_remind_after": timedelta(seconds=20),
        "return_lapse_after": timedelta(seconds=60),
        "floor_plan_every": timedelta(seconds=10),
        "batch_fewest": 3,
        # A server that is restarted takes long to answer each.
        "task_pollers": 6,
    }
    return demo_settings(data).model_copy(update=changes)


def _receipt_key(receipt_id: str) -> str:
    return effect_key(f"receipt/{receipt_id}", "receive_stock")
