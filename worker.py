"""Does the work of the engine: `python worker.py`, as many as one likes, until SIGTERM or Ctrl-C.

What it works on is said by FULFILLMENT_* variables, DATABASE_URL, and Temporal's own TEMPORAL_*.
When it is told to stop, it takes nothing new and finishes the activities that are under way.
"""

import asyncio
import logging
import os
import signal

from temporalio.service import RPCError

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.lifecycle import Picking
from fulfillment.operations.end_of_day import schedule_end_of_day
from fulfillment.operations.engine import Engine
from fulfillment.operations.pick_batches import schedule_floor
from fulfillment.settings import Settings, load_settings
from fulfillment.telemetry import logs
from fulfillment.temporal import clean_exit
from fulfillment.temporal.registration import register_search_attributes
from fulfillment.temporal.setup_errors import SearchAttributesRefused

CANNOT_START = 2

log = logging.getLogger("worker")


async def main() -> int:
    """Work until told to stop; return the exit code."""
    logs.begin("worker")
    problems: list[str] = []
    try:
        await work(load_settings())
    except FulfillmentError as error:
        problems = f"{error}".splitlines() or [error.code]
    for problem in problems:
        log.error("worker %d: %s", os.getpid(), problem)
    return CANNOT_START if problems else 0


async def work(settings: Settings) -> None:
    """Open everything, poll the task queue until told to stop, and close everything."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    bootstrap.observe(settings, "worker", exposing=True)
    client = await bootstrap.connect(settings)
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
        if settings.picking is Picking.BATCH:
            await schedule_floor(engine)
        try:
            await schedule_end_of_day(engine, bootstrap.end_of_day_carriers(settings))
        except RPCError as error:
            # They may well be there: not every key that is good for work may make Schedules.
            log.warning("worker %d: the ends of days are not scheduled: %s", pid, error)
        async with (
            bootstrap.exposing(settings, engine),
            bootstrap.make_worker(client, ports, settings),
        ):
            log.info("worker %d polls task queue %s on %s", pid, settings.task_queue, address)
            await stop.wait()
            log.info("worker %d stops, and finishes what is under way", pid)
    log.info("worker %d stopped", pid)


if __name__ == "__main__":
    clean_exit.run(main)
