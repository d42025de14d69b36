"""Does the work of the engine: `python worker.py`, as many as one likes, until SIGTERM or Ctrl-C.

What it works on is said by FULFILLMENT_* variables, DATABASE_URL, and Temporal's own TEMPORAL_*.
When it is told to stop, it takes nothing new and finishes the activities that are under way.

`python worker.py --verify` takes no work: it replays the histories of what is under way with this
code, and ends with 0 if all of them replay, with 1 and a line for each that does not.
"""

import argparse
import asyncio
import logging
import os
import signal

from temporalio.client import Client
from temporalio.service import RPCError

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.lifecycle import Picking
from fulfillment.operations.end_of_day import schedule_end_of_day
from fulfillment.operations.engine import Engine
from fulfillment.operations.pick_batches import schedule_floor
from fulfillment.operations.replays import replay_running, require_replayable
from fulfillment.settings import Settings, load_settings
from fulfillment.telemetry import logs
from fulfillment.temporal import clean_exit
from fulfillment.temporal.registration import register_search_attributes
from fulfillment.temporal.setup_errors import SearchAttributesRefused

DIFFERS = 1
CANNOT_START = 2
REPLAYED = 100
"""Running workflows of each kind that `--verify` replays, unless another number is given."""

log = logging.getLogger("worker")


async def main() -> int:
    """Work until told to stop, or only verify; return the exit code."""
    limit: int | None = arguments().verify
    logs.begin("worker")
    problems: list[str] = []
    try:
        settings = load_settings()
        if limit is not None:
            return await verify(settings, limit)
        await work(settings)
    except FulfillmentError as error:
        problems = f"{error}".splitlines() or [error.code]
    for problem in problems:
        log.error("worker %d: %s", os.getpid(), problem)
    return CANNOT_START if problems else 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Do the work of the engine until told to stop.")
    told = (
        f"only replay the latest running workflows of each kind, {REPLAYED} unless COUNT is given"
    )
    parser.add_argument("--verify", nargs="?", type=int, const=REPLAYED, metavar="COUNT", help=told)
    return parser.parse_args()


async def verify(settings: Settings, limit: int) -> int:
    """Replay what is under way with this code, print what does not replay, return the exit code."""
    bootstrap.observe(settings, "worker")
    client = await bootstrap.connect(settings)
    scope = bootstrap.replay_scope(settings, limit)
    replayed = await replay_running(client, bootstrap.make_replayer(settings), scope)
    broken = [one for one in replayed if one.reason]
    for one in broken:
        print(f"{one.workflow_id} (run {one.run_id}): {one.reason}")
    print(f"{len(replayed)} running workflows replayed, {len(broken)} of them not with this code")
    return DIFFERS if broken else 0


async def refuse_what_differs(client: Client, settings: Settings) -> None:
    """Replay what is under way, where that is set, before any of it is taken.

    Raises:
        HistoriesNotReplayed: naming each workflow that this code can't carry on.

    """
    if settings.verify_histories:
        scope = bootstrap.replay_scope(settings, settings.verify_histories)
        count = await require_replayable(client, bootstrap.make_replayer(settings), scope)
        log.info("worker %d replayed %d running workflows", os.getpid(), count)


async def make_schedules(engine: Engine, settings: Settings) -> None:
    """Make the Schedules of the floor and of ends of days, or bring them up to date."""
    if settings.picking is Picking.BATCH:
        await schedule_floor(engine)
    try:
        await schedule_end_of_day(engine, bootstrap.end_of_day_carriers(settings))
    except RPCError as error:
        # They may well be there: not every key that is good for work may make Schedules.
        log.warning("worker %d: the ends of days are not scheduled: %s", os.getpid(), error)


async def work(settings: Settings) -> None:
    """Open everything, poll the task queue until told to stop, and close everything."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    bootstrap.observe(settings, "worker", exposing=True)
    client = await bootstrap.connect(settings)
    await refuse_what_differs(client, settings)
    pid = os.getpid()
    try:
        await register_search_attributes(client)
    except SearchAttributesRefused as error:
        # They may well be there: not every key that is good for work may look.
        log.warning("worker %d: %s", pid, error)
    address = client.service_client.config.target_host
    async with bootstrap.ports(settings) as ports:
        engine = Engine(
            client=client,
            database=ports.database,
            clock=ports.clock,
            task_queue=settings.task_queue,
            documents=ports.documents,
            plan_every=settings.plan_every,
        )
        async with (
            bootstrap.exposing(settings, engine),
            bootstrap.make_worker(client, ports, settings),
        ):
            # It works meanwhile: where workers are killed, the next one is waited for.
            await make_schedules(engine, settings)
            log.info("worker %d polls task queue %s on %s", pid, settings.task_queue, address)
            await stop.wait()
            log.info("worker %d stops, and finishes what is under way", pid)
    log.info("worker %d stopped", pid)


if __name__ == "__main__":
    clean_exit.run(main)
