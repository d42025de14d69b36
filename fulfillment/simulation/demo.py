"""A whole morning in under two minutes: ``python -m fulfillment.simulation.demo``.

Server, worker and robots are real and in processes of their own; the worker is killed in mid-run.
What came of it is judged by another process.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError
from fulfillment.entrypoints.stack import Stack
from fulfillment.operations.catalog import load_catalog
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.cyclists import CyclistOffice, register_cyclists
from fulfillment.simulation.launch import LAUNCHER
from fulfillment.simulation.outages import Incidents, worker_outage
from fulfillment.simulation.performance import Performance
from fulfillment.simulation.premises import demo_settings, make_fresh
from fulfillment.simulation.robots import Pace
from fulfillment.simulation.scenario import load_scenario, scenario_names
from fulfillment.simulation.world import make_world
from fulfillment.temporal import clean_exit

DATA = Path("var/demo")
CANNOT_START = 2


class DemoStack(Stack):
    """A stack whose programs know the cyclists."""

    python = (sys.executable, *LAUNCHER)


async def demonstrate(data: Path, scenario: str, *, keep: bool, console: Console) -> int:
    """Bring everything up, let a scenario's orders come in, and have the outcome judged.

    Returns:
        The judge's exit code: 0 only if every order ended as its scenario expects.

    Raises:
        FulfillmentError: the scenario, the folder or the server can't be used.

    """
    world = make_world(load_scenario(scenario), datetime.now(UTC))
    make_fresh(data)
    settings = demo_settings(data, world.scenario)
    register_cyclists()
    cyclists = CyclistOffice(data)
    if world.scenario.shipping:
        cyclists.go_down()
    async with DemoStack(settings) as stack:
        console.print("Starting a Temporal server and a worker", highlight=False)
        address = await stack.start_server()
        incidents = Incidents(workers_started=[await stack.start_worker()])
        async with (
            bootstrap.engine(settings, address) as engine,
            Crew(engine, world, Pace(), cyclists=cyclists) as crew,
        ):
            loaded = await load_catalog(engine, world.catalog)
            console.print(
                f"{loaded.warehouses} warehouses, {loaded.articles} articles,"
                f" {loaded.receipts} bins filled; UI at {stack.ui_url}",
                highlight=False,
            )
            performance = Performance(stack, engine, crew, world, console, keep=keep)
            outage = worker_outage(stack, incidents, performance.say)
            return await performance.run([outage], incidents)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 as expected, 1 not so, 2 it could not be run or judged."""
    parser = argparse.ArgumentParser(prog="python -m fulfillment.simulation.demo")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    parser.add_argument("--scenario", default="first", help=", ".join(scenario_names()))
    parser.add_argument("--data", type=Path, default=DATA, help="its folder, emptied at the start")
    given = parser.parse_args(arguments)
    console = Console()
    try:
        return asyncio.run(
            demonstrate(given.data, given.scenario, keep=given.keep, console=console)
        )
    except FulfillmentError as error:
        console.print(
            f"The demo could not be run: {error}", style="red", highlight=False, soft_wrap=True
        )
        return CANNOT_START


if __name__ == "__main__":
    clean_exit.command(main)
