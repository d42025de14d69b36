"""Measures how many orders a second one worker carries: ``python -m bench.orders`` prints JSON.

Three arms on one Temporal server, one worker process and one machine, in interleaved rounds, each
driven by robots that answer at once: the whole pipeline, a bare twin of it with empty activities,
and a plain workflow of eight empty activities.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bench import history
from bench._measured import Cost, MeasuredWorker, measured_worker
from bench._robots import Arm, Eight, Pipeline, Twin, carry, fill
from fulfillment import bootstrap
from fulfillment.domain.keyring import KEY_BYTES, EncryptionKey
from fulfillment.domain.orders import Order
from fulfillment.operations import catalog
from fulfillment.operations.engine import Engine
from fulfillment.settings import Settings
from fulfillment.simulation.postgresql_server import running_postgresql
from fulfillment.simulation.world import World, make_world
from fulfillment.temporal import clean_exit
from fulfillment.temporal.dev_server import start_dev_server
from fulfillment.temporal.registration import register_search_attributes

EIGHTS = 4
"""Workflows of eight in a round for each order, so that both take about as long."""


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int
    orders: int
    """In each round, of the pipeline and of its twin."""
    at_once: int
    levels: tuple[int, ...]
    """How many orders wait for a person while others are carried through."""
    probes: int
    """How many are carried through at each level."""

    @property
    def needed(self) -> int:
        """How many orders the pipeline takes in all."""
        warm = self.at_once
        waiting = max(self.levels, default=0)
        return warm + self.rounds * self.orders + waiting + self.probes * len(self.levels)


FULL = Plan(rounds=5, orders=60, at_once=20, levels=(50, 500, 2_000), probes=40)
QUICK = Plan(rounds=1, orders=4, at_once=4, levels=(4,), probes=2)


class Bench:
    """The three arms, and what they cost."""

    def __init__(self, plan: Plan, engine: Engine, worker: MeasuredWorker, world: World) -> None:
        """Begin with all orders still to come."""
        self._plan = plan
        self._worker = worker
        self._pipeline = Pipeline(engine, worker)
        self._arms: dict[str, Arm] = {
            "pipeline": self._pipeline,
            "twin": Twin(engine, worker),
            "eight": Eight(engine),
        }
        orders = [planned.order for planned in world.orders]
        self._coming: dict[str, Iterator[Order]] = {
            "pipeline": iter(orders),
            "twin": iter(orders),
            "eight": _renamed(orders),
        }
        self._rates: dict[str, list[float]] = {name: [] for name in self._arms}
        self._cpu: dict[str, list[float]] = {name: [] for name in self._arms}

    def _take(self, arm: str, count: int) -> list[Order]:
        return list(islice(self._coming[arm], count))

    async def rounds(self) -> None:
        """Measure all arms in turn, the first one anew each time; a first round only warms up."""
        names = list(self._arms)
        for name in names:
            await carry(self._arms[name], self._take(name, self._plan.at_once), self._plan.at_once)
        self._pipeline.confirm_seconds.clear()
        for number in range(self._plan.rounds):
            for name in names[number % 3 :] + names[: number % 3]:
                await self._round(name)

    async def _round(self, name: str) -> None:
        count = self._plan.orders * (EIGHTS if name == "eight" else 1)
        batch = self._take(name, count)
        before = await self._worker.cost()
        seconds = await carry(self._arms[name], batch, self._plan.at_once)
        after = await self._worker.cost()
        self._rates[name].append(count / seconds)
        self._cpu[name].append((after.cpu_s - before.cpu_s) / count)
        print(f"{name}: {count / seconds:.2f} /s", file=sys.stderr, flush=True)

    async def in_flight(self) -> list[dict[str, Any]]:
        """Carry some orders through while more and more others wait for a person."""
        found, waiting = [], 0
        for level in self._plan.levels:
            await fill(self._pipeline, self._take("pipeline", level - waiting), self._plan.at_once)
            waiting = level
            found.append({"in_flight": level, **await self._probe()})
            print(f"in flight: {found[-1]}", file=sys.stderr, flush=True)
        return found

    async def _probe(self) -> dict[str, Any]:
        before = await self._worker.cost()
        batch = self._take("pipeline", self._plan.probes)
        seconds = await carry(self._pipeline, batch, self._plan.at_once)
        after = await self._worker.cost()
        return {
            "orders_per_s": round(len(batch) / seconds, 2),
            "worker_cpu_s_per_order": round((after.cpu_s - before.cpu_s) / len(batch), 4),
            "worker_rss_mib": after.rss_bytes >> 20,
        }

    async def result(self) -> dict[str, Any]:
        """Return the figures of the rounds."""
        rates = {name: statistics.median(values) for name, values in self._rates.items()}
        cost: Cost = await self._worker.cost()
        return {
            **{name: round(rate, 2) for name, rate in rates.items()},
            "spread": {
                name: [round(min(v), 2), round(max(v), 2)] for name, v in self._rates.items()
            },
            "ratio_twin": round(rates["pipeline"] / rates["twin"], 3),
            "ratio_eight": round(rates["pipeline"] / rates["eight"], 3),
            "worker_cpu_s": {n: round(statistics.median(v), 4) for n, v in self._cpu.items()},
            "worker_rss_mib": cost.rss_bytes >> 20,
            **_percentiles(self._pipeline.confirm_seconds),
        }


def _renamed(orders: list[Order]) -> Iterator[Order]:
    for number in range(EIGHTS):
        for order in orders:
            yield order.model_copy(update={"order_id": f"{order.order_id}-{number}"})


def _percentiles(seconds: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return {
        "confirm_p50_ms": round(cuts[49] * 1_000, 1),
        "confirm_p95_ms": round(cuts[94] * 1_000, 1),
    }


async def measure(
    plan: Plan, database_url: str = "", keys: SecretStr = history.NO_KEYS
) -> dict[str, Any]:
    """Measure on a server of its own.

    Args:
        plan: how much.
        database_url: the record of things; empty for SQLite in a temporary folder.
        keys: what histories are encrypted with; by default they are not.

    Returns:
        Orders a second, ratios, costs, what one order leaves in Temporal, and latencies.

    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = await stack.enter_async_context(await start_dev_server(folder, ui=False))
        queue = f"orders-{uuid.uuid4()}"
        settings = Settings(
            data_dir=folder, database_url=database_url, task_queue=queue, encryption_keys=keys
        )
        bench = await stack.enter_async_context(_bench(plan, settings, server.address))
        await bench.rounds()
        found = await bench.result()
        found["in_flight"] = await bench.in_flight()
        one = await history.measure(server.address, keys)
        shown = {"activities": one["activities"], "events": one["events"]}
        return {**found, **shown, "history_bytes": one["bytes"], "cores": os.cpu_count()}


@asynccontextmanager
async def _bench(plan: Plan, settings: Settings, address: str) -> AsyncIterator[Bench]:
    world = make_world(history.ordinary_orders(plan.needed, "BENCH"), datetime.now(UTC))
    async with bootstrap.engine(settings, address) as engine:
        await register_search_attributes(engine.client)
        await catalog.load_catalog(engine, world.catalog)
        async with measured_worker(settings, address) as worker:
            yield Bench(plan, engine, worker, world)


async def main() -> int:
    """Measure; print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only see that it works")
    parser.add_argument("--rounds", type=int, help=f"{FULL.rounds} by default")
    parser.add_argument("--no-levels", action="store_true", help="leave `in_flight` out")
    parser.add_argument("--postgres", action="store_true", help="keep the record in PostgreSQL")
    parser.add_argument("--codec", action="store_true", help="encrypt the histories")
    given = parser.parse_args()
    plan = QUICK if given.quick else FULL
    if given.rounds:
        plan = replace(plan, rounds=given.rounds)
    if given.no_levels:
        plan = replace(plan, levels=())
    keys = EncryptionKey("bench", os.urandom(KEY_BYTES)).setting() if given.codec else ""
    with _postgresql() if given.postgres else nullcontext("") as url:
        found = await measure(plan, url, SecretStr(keys))
    print(json.dumps({**found, "postgres": given.postgres, "codec": given.codec}))
    return 0


@contextmanager
def _postgresql() -> Iterator[str]:
    options = {"listen_addresses": "", "max_connections": "100"}
    with running_postgresql(options) as server:
        yield f"postgresql://postgres@/postgres?host={server.folder}"


if __name__ == "__main__":
    clean_exit.run(main)
