"""Does the work of the engine: `python worker.py`, as many as one likes, until SIGTERM or Ctrl-C.

What it works on is said by FULFILLMENT_* variables, DATABASE_URL, and Temporal's own TEMPORAL_*.
When it is told to stop, it takes nothing new and finishes the activities that are under way.
"""

import asyncio
import os
import signal
import sys

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError
from fulfillment.settings import Settings, load_settings
from fulfillment.temporal import clean_exit
from fulfillment.temporal.registration import register_search_attributes
from fulfillment.temporal.setup_errors import SearchAttributesRefused

CANNOT_START = 2


async def main() -> int:
    """Work until told to stop; return the exit code."""
    try:
        await work(load_settings())
    except FulfillmentError as error:
        print(f"worker {os.getpid()}: {error}", file=sys.stderr)
        return CANNOT_START
    return 0


async def work(settings: Settings) -> None:
    """Open everything, poll the task queue until told to stop, and close everything."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    client = await bootstrap.connect(settings)
    try:
        await register_search_attributes(client)
    except SearchAttributesRefused as error:
        # They may well be there: not every key that is good for work may look.
        print(f"worker {os.getpid()}: {error}", file=sys.stderr)
    address = client.service_client.config.target_host
    async with (
        bootstrap.ports(settings) as ports,
        bootstrap.make_worker(client, ports, settings),
    ):
        print(
            f"worker {os.getpid()} polls task queue {settings.task_queue} on {address}", flush=True
        )
        await stop.wait()
        print(f"worker {os.getpid()} stops, and finishes what is under way", flush=True)
    print(f"worker {os.getpid()} stopped", flush=True)


if __name__ == "__main__":
    clean_exit.run(main)
