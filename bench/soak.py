"""Runs orders through crashes for minutes, then asks what was lost: ``python -m bench.soak``.

Every kind of order of the sample scenario goes through a real server and real worker processes,
which are killed again and again, now one, now all, at moments that a seed decides. At the end the
books, the workflows, the mails and the gateway must agree, and each order must have ended as its
scenario expects. Before that, ten thousand plans of cartons for random goods are checked against
every rule of packing. Prints JSON; the exit code is 1 if anything was lost, a rule was broken, or
a process that used the SDK did not end cleanly.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench import clean_exit as clean_exits
from bench._random_goods import broken_rules
from fulfillment import bootstrap
from fulfillment.domain.lifecycle import OrderStage, Patience, Policy
from fulfillment.entrypoints.stack import Stack
from fulfillment.operations.catalog import load_catalog
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import is_running
from fulfillment.operations.order_views import snapshots
from fulfillment.operations.verify import verify
from fulfillment.settings import Settings
from fulfillment.simulation.chaos.kinds import is_plain, so_many
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.customer import Storefront
from fulfillment.simulation.evidence import gather_evidence
from fulfillment.simulation.judgment import judge_order, judge_whole, receipt_keys
from fulfillment.simulation.premises import demo_settings
from fulfillment.simulation.robots import Pace
from fulfillment.simulation.scenario import Act, Scenario, load_scenario
from fulfillment.simulation.world import World, make_world
from fulfillment.temporal import clean_exit

WORKERS = 2
LOOK_SECONDS = 0.5
LIMIT_SECONDS = 900.0
CALM_SECONDS = (3.0, 8.0)
"""Between two kills."""

OUTAGE_SECONDS = (0.0, 3.0)
"""How long nobody takes the place of the killed."""

HOLD = Patience(
    remind_after=timedelta(seconds=15),
    escalate_after=timedelta(seconds=15),
    then_after=timedelta(seconds=60),
    policy=Policy.CANCEL,
)
"""Long enough that a customer corrects an address in spite of every outage."""


def scenario_of(orders: int, seed: int) -> Scenario:
    """Return the sample scenario with each kind of order so often that there are this many.

    What a customer does in a hurry, to cancel before the picking, is left out: whether it is in
    time depends on the outages.
    """
    first = load_scenario("first")
    groups = [group for group in first.groups if Act.CANCEL not in group.acts]
    each = max(1, orders // len(groups))
    rest = max(0, orders - each * len(groups))
    plain = next(group for group in groups if is_plain(group))
    scaled = [so_many(group, each + (rest if group is plain else 0)) for group in groups]
    deliveries = tuple(d.model_copy(update={"quantity": 4 * orders}) for d in first.deliveries)
    update = {"groups": tuple(scaled), "deliveries": deliveries, "seed": seed, "prefix": "SOAK"}
    return first.model_copy(update=update)


async def soak(orders: int, seed: int, data: Path) -> dict[str, Any]:
    """Carry orders through kills, and say what was lost.

    Args:
        orders: about how many.
        seed: decides the orders and the moments of the kills.
        data: an empty folder for everything.

    Returns:
        The counts, and every finding in words.

    """
    settings = demo_settings(data).model_copy(update={"hold": HOLD})
    world = make_world(scenario_of(orders, seed), datetime.now(UTC))
    began = time.monotonic()
    async with Stack(settings) as stack:
        address = await stack.start_server()
        for _ in range(WORKERS):
            await stack.start_worker()
        async with (
            bootstrap.engine(settings, address) as engine,
            Crew(engine, world, Pace()) as crew,
        ):
            await load_catalog(engine, world.catalog)
            kills = await _carry(stack, engine, crew, world, Random(f"{seed}/kills"))
            lost = await _lost(engine, settings, world, crew)
    return {
        "orders": len(world.orders),
        "seed": seed,
        "kills": kills,
        "seconds": round(time.monotonic() - began, 1),
        "lost": lost,
    }


async def _carry(stack: Stack, engine: Engine, crew: Crew, world: World, luck: Random) -> int:
    storefront = Storefront(crew.surroundings("storefront"), world.orders)
    handing_in = asyncio.create_task(storefront.open())
    ended = asyncio.create_task(_all_ended(engine, crew, world))
    kills = 0
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            while not ended.done():
                await asyncio.wait({ended}, timeout=luck.uniform(*CALM_SECONDS))
                if not ended.done():
                    kills += await _kill(stack, luck)
            ended.result()
    except TimeoutError:
        print(f"not all orders have ended after {LIMIT_SECONDS:.0f} s", file=sys.stderr)
    finally:
        for task in (handing_in, ended):
            task.cancel()
        await asyncio.gather(handing_in, ended, return_exceptions=True)
    return kills


async def _kill(stack: Stack, luck: Random) -> int:
    doomed = list(stack.worker_pids) if luck.random() < 1 / 3 else [stack.worker_pids[0]]
    for pid in doomed:
        await stack.kill_worker(pid)
    await asyncio.sleep(luck.uniform(*OUTAGE_SECONDS))
    for _ in doomed:
        await stack.start_worker()
    return len(doomed)


async def _all_ended(engine: Engine, crew: Crew, world: World) -> None:
    names = [planned.order.order_id for planned in world.orders]
    while True:
        crew.raise_failure()
        found = await snapshots(engine, names)
        settled = [o for o in found if o.stage is OrderStage.SETTLED]
        if len(settled) == len(names) and not await _any_running(engine, names):
            return
        await asyncio.sleep(LOOK_SECONDS)


async def _any_running(engine: Engine, names: list[str]) -> bool:
    return any([await is_running(engine, name) for name in names])


async def _lost(engine: Engine, settings: Settings, world: World, crew: Crew) -> list[str]:
    names = [planned.order.order_id for planned in world.orders]
    evidence = await gather_evidence(engine, settings, names, receipt_keys(world))
    at_gateway = evidence.captured_at_gateway
    lost = [str(finding) for finding in await verify(engine, settled=True)]
    lost += judge_whole(world, evidence)
    for planned, found in zip(world.orders, evidence.orders, strict=True):
        refusals = crew.diary.refusals(found.order_id)
        judged = judge_order(planned, found, refusals, at_gateway)
        lost += [f"{found.order_id} ({planned.group.kind}): {finding}" for finding in judged]
    return lost


async def main() -> int:
    """Do all, print what came of it, and return 1 if anything was lost or a rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=60)
    parser.add_argument("--seed", type=int, default=20261123)
    parser.add_argument("--runs", type=int, default=200, help="of processes that must end cleanly")
    parser.add_argument("--plans", type=int, default=10_000, help="of cartons for random goods")
    asked = parser.parse_args()
    broken = [finding for seed in range(asked.plans) for finding in broken_rules(seed)]
    ends = await clean_exits.measure(asked.runs, 2, bare=False) if asked.runs else None
    with tempfile.TemporaryDirectory() as data:
        soaked = await soak(asked.orders, asked.seed, Path(data))
    plans = {"plans": asked.plans, "broken": broken}
    print(json.dumps({"clean_exit": ends, "faults": soaked, "cartons": plans}))
    unclean = ends is not None and ends["clean"] != asked.runs
    return 1 if unclean or soaked["lost"] or broken else 0


if __name__ == "__main__":
    clean_exit.run(main)
