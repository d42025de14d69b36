"""A whole morning in under two minutes: ``python -m fulfillment.simulation.demo``.

Server, worker and robots are real and in processes of their own; the worker is killed in mid-run.
What came of it is judged by another process.
"""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from rich.console import Console

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError
from fulfillment.entrypoints.stack import Stack
from fulfillment.operations.catalog import load_catalog
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import order_handle
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.evidence import RUN_FILE
from fulfillment.simulation.judge import SUMMARY_FILE
from fulfillment.simulation.live import Show
from fulfillment.simulation.play import Play
from fulfillment.simulation.premises import demo_settings, make_fresh
from fulfillment.simulation.robots import Pace
from fulfillment.simulation.scenario import load_scenario, scenario_names
from fulfillment.simulation.world import World, make_world
from fulfillment.temporal import clean_exit

DATA = Path("var/demo")
CANNOT_START = 2


async def demonstrate(data: Path, scenario: str, *, keep: bool, console: Console) -> int:
    """Bring everything up, let a scenario's orders come in, and have the outcome judged.

    Returns:
        The judge's exit code: 0 only if every order ended as its scenario expects.

    Raises:
        FulfillmentError: the scenario, the folder or the server can't be used.

    """
    world = make_world(load_scenario(scenario), datetime.now(UTC))
    make_fresh(data)
    settings = demo_settings(data)
    async with Stack(settings) as stack:
        console.print("Starting a Temporal server and a worker", highlight=False)
        address = await stack.start_server()
        worker = await stack.start_worker()
        async with (
            bootstrap.engine(settings, address) as engine,
            Crew(engine, world, Pace()) as crew,
        ):
            loaded = await load_catalog(engine, world.catalog)
            console.print(
                f"{loaded.warehouses} warehouses, {loaded.articles} articles,"
                f" {loaded.receipts} bins filled; UI at {stack.ui_url}",
                highlight=False,
            )
            with Show(console, world, crew.diary) as show:
                run = await Play(stack, engine, crew, world, show, [worker]).run()
            (data / RUN_FILE).write_text(run.model_dump_json(indent=2) + "\n", encoding="utf-8")
            code = await _judged_by_another(stack, data, scenario)
            await _point_out(stack, engine, world, data, console)
            if keep:
                console.print("Everything goes on running until Ctrl-C", highlight=False)
                await _until_interrupted()
    return code


async def _judged_by_another(stack: Stack, data: Path, scenario: str) -> int:
    judge = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fulfillment.simulation.judge"),
        *("--data", str(data), "--scenario", scenario, "--address", stack.address),
        *("--out", str(data / SUMMARY_FILE)),
        env=stack.environment(),
    )
    return await judge.wait()


async def _point_out(
    stack: Stack, engine: Engine, world: World, data: Path, console: Console
) -> None:
    orders = [planned.order.order_id for planned in world.orders]
    shown = next((p.order.order_id for p in world.orders if "split" in p.group.kind), orders[0])
    described = await order_handle(engine, shown).describe()
    name = quote(described.id, safe="")
    link = f"{stack.ui_url}/namespaces/default/workflows/{name}/{described.run_id}/history"
    console.print(f"Temporal UI: {stack.ui_url}", highlight=False, soft_wrap=True)
    console.print(f"Order {shown}: {link}", highlight=False, soft_wrap=True)
    console.print(f"Summary: {data / SUMMARY_FILE}", highlight=False, soft_wrap=True)


async def _until_interrupted() -> None:
    interrupted = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, interrupted.set)
    await interrupted.wait()


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
