"""The demo on a cluster, of plain processes: ``python -m fulfillment.simulation.cluster``.

It proves what docker-compose.yml describes: the same scripts make the databases and the schema, the
same commands set up and serve, the same variables configure the Temporal server. The orders come
and are worked over HTTP; a worker and then the Temporal server are killed in mid-run.
"""

import argparse
import asyncio
import os
import secrets
import shlex
import signal
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

import fulfillment
from fulfillment import bootstrap
from fulfillment.domain.access import ApiKey, Role, hash_of
from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.settings import Settings
from fulfillment.simulation.cluster_stack import ClusterStack
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.cyclists import CyclistOffice, register_cyclists
from fulfillment.simulation.outages import Incidents, server_outage, worker_outage
from fulfillment.simulation.performance import Performance
from fulfillment.simulation.postgresql_server import (
    PostgresqlServer,
    has_extension,
    machine_binaries,
    running_postgresql,
)
from fulfillment.simulation.premises import LOCK_FILE, demo_settings, make_fresh
from fulfillment.simulation.robots import Pace
from fulfillment.simulation.scenario import Scenario, load_scenario, scenario_names
from fulfillment.simulation.ways_http import by_http
from fulfillment.simulation.world import World, make_world
from fulfillment.temporal import clean_exit
from fulfillment.temporal.child_process import ChildProcess
from fulfillment.temporal.cluster_server import ClusterServer, SqlAccess, set_up_schema
from fulfillment.temporal.dev_server import HOST, free_port
from fulfillment.temporal.file_lock import try_lock
from fulfillment.temporal.server_binaries import ServerPrograms, find_programs

DATA = Path("var/cluster")
DEPLOY = Path(fulfillment.__file__).parents[1] / "deploy"
CANNOT_START = 2
INTERRUPTED = 130
WORKERS = 2
LIMIT_SECONDS = 360.0
"""How long the orders may take in all, on a machine that does much else."""
LISTS = "btree_gin"
"""The extension with which Temporal's visibility indexes lists by namespace."""


class SetupFailed(FulfillmentError):
    """A step of the set-up ended with an error; shows what it said."""

    code = "cluster_setup_failed"


@dataclass(frozen=True)
class Databases:
    """The databases of a cluster, each user with a password of its own."""

    server: PostgresqlServer
    port: int
    temporal_password: str
    engine_password: str

    @property
    def temporal(self) -> SqlAccess:
        """Return how Temporal reaches its databases."""
        return SqlAccess(HOST, self.port, "temporal", self.temporal_password)

    @property
    def engine_url(self) -> str:
        """Return the DATABASE_URL of the engine."""
        return f"postgresql://fulfillment:{self.engine_password}@{HOST}:{self.port}/fulfillment"


async def demonstrate(
    data: Path, scenario: str, *, keep: bool, console: Console, binaries: Path | None = None
) -> int:
    """Bring a cluster up, let a scenario's orders come in over HTTP, and have it judged.

    Returns:
        The judge's exit code: 0 only if every order ended as its scenario expects.

    Raises:
        FulfillmentError: something of it can't be used or built.

    """

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True)

    world = make_world(load_scenario(scenario), datetime.now(UTC))
    programs = await find_programs(tell=say)
    make_fresh(data)
    with ExitStack() as held:
        held.enter_context(try_lock(data / LOCK_FILE) or ExitStack())
        databases = await _make_databases(held, data, binaries or _best_binaries())
        say(f"PostgreSQL: {databases.server.binaries}, port {databases.port}")
        keys = {role: f"fk_{secrets.token_urlsafe(32)}" for role in Role}
        settings = cluster_settings(data, databases.engine_url, keys, world.scenario)
        register_cyclists()
        async with _stack(settings, programs, databases) as stack:
            say("Setting up the schemas, the namespace and the catalog")
            await _set_up_schema(stack, databases)
            return await _perform(stack, world, keys, console, keep=keep)


def cluster_settings(
    data: Path, database_url: str, keys: dict[Role, str], scenario: Scenario | None = None
) -> Settings:
    """Return a demo's settings with PostgreSQL as the record of things, and a key of each role."""
    known = tuple(
        ApiKey(name=f"the-{role.value}", role=role, sha256=hash_of(key))
        for role, key in keys.items()
    )
    update = {"database_url": database_url, "api_keys": known}
    return demo_settings(data, scenario).model_copy(update=update)


def _stack(settings: Settings, programs: ServerPrograms, databases: Databases) -> ClusterStack:
    dynamic_config = DEPLOY / "temporal" / "dynamic-config.yaml"
    server = ClusterServer(
        programs, databases.temporal, dynamic_config=dynamic_config, folder=settings.data_dir
    )
    return ClusterStack(settings, server)


async def _perform(
    stack: ClusterStack, world: World, keys: dict[Role, str], console: Console, *, keep: bool
) -> int:
    incidents = await _start(stack, world)
    cyclists = CyclistOffice(stack.settings.data_dir)
    if world.scenario.shipping:
        cyclists.go_down()
    url = await stack.start_http()
    async with (
        bootstrap.engine(stack.settings, stack.address) as engine,
        by_http(url, keys, engine) as way,
        Crew(engine, world, Pace(), way, cyclists) as crew,
    ):
        performance = Performance(
            stack, engine, crew, world, console, keep=keep, limit_seconds=LIMIT_SECONDS
        )
        performance.say(f"HTTP at {url}, Temporal at {stack.address}, UI at {stack.ui_url}")
        outages = [
            worker_outage(stack, incidents, performance.say),
            server_outage(stack, incidents, performance.say),
        ]
        return await performance.run(
            outages,
            incidents,
            judging=["--server-killed"],
            kept=_ways_in(stack, keys, url),
        )


def _ways_in(stack: ClusterStack, keys: dict[Role, str], url: str) -> list[str]:
    settings = stack.settings
    return [
        f"export TEMPORAL_ADDRESS={stack.address} DATABASE_URL={settings.database_url}",
        f"export FULFILLMENT_DATA_DIR={shlex.quote(str(settings.data_dir.absolute()))}",
        *(
            f"{role.value}: curl -H 'Authorization: Bearer {keys[role]}' {url}/v1/…"
            for role in Role
        ),
    ]


async def _set_up_schema(stack: ClusterStack, databases: Databases) -> None:
    await set_up_schema(
        stack.cluster.programs,
        databases.temporal,
        DEPLOY / "temporal" / "set-up-schema.sh",
        stack.settings.data_dir,
        lists=databases.server.has_extension(LISTS),
    )


async def _start(stack: ClusterStack, world: World) -> Incidents:
    """Set up what is done once, by the commands that Compose runs too, and start who works."""
    data = stack.settings.data_dir
    await stack.start_server()
    incidents = Incidents()
    if stack.cluster.pid is not None:
        incidents.servers_started.append(stack.cluster.pid)
    (data / "catalog.json").write_text(world.catalog.model_dump_json(), encoding="utf-8")
    for step in (
        ("setup", "database"),
        ("setup", "namespace"),
        ("catalog", "load", str(data / "catalog.json")),
    ):
        await _command(stack, step)
    for _ in range(WORKERS):
        incidents.workers_started.append(await stack.start_worker())
    return incidents


async def _command(stack: ClusterStack, arguments: Sequence[str]) -> None:
    command = [*stack.python, "-m", "fulfillment.entrypoints.cli", *arguments]
    log = stack.settings.data_dir / "setup.log"
    await _succeeded(await ChildProcess.start(command, stack.environment(), log), arguments[:2])


def _best_binaries() -> Path | None:
    machine = machine_binaries()
    return machine if machine and has_extension(machine, LISTS) else None


async def _make_databases(held: ExitStack, data: Path, binaries: Path | None) -> Databases:
    port = free_port()
    options = {"listen_addresses": HOST, "port": str(port), "max_connections": "200"}
    server = held.enter_context(running_postgresql(options, binaries))
    made = Databases(server, port, secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    environ = {
        "PATH": os.defpath,
        "PSQL": str(server.binaries / "psql"),
        "PGHOST": str(server.folder),
        "PGPORT": str(port),
        "PGUSER": "postgres",
        "TEMPORAL_DB_PASSWORD": made.temporal_password,
        "ENGINE_DB_PASSWORD": made.engine_password,
    }
    script = str(DEPLOY / "postgresql" / "create-databases.sh")
    log = data / "setup.log"
    await _succeeded(await ChildProcess.start(["/bin/sh", script], environ, log), [script])
    return made


async def _succeeded(child: ChildProcess, what: Sequence[str]) -> None:
    try:
        code = await child.process.wait()
    finally:
        await child.kill()
    if code:
        problem = Problem(path=" ".join(what), expected="success", came=str(child.ended_early()))
        raise SetupFailed.of(problem)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo on a cluster; 0 as expected, 1 not so, 2 it could not be run or judged."""
    parser = argparse.ArgumentParser(prog="python -m fulfillment.simulation.cluster")
    parser.add_argument("--keep", action="store_true", help="leave it running until Ctrl-C")
    parser.add_argument("--scenario", default="first", help=", ".join(scenario_names()))
    parser.add_argument("--data", type=Path, default=DATA, help="its folder, emptied at the start")
    parser.add_argument(
        "--postgresql", type=Path, help="the folder of its binaries; found where none is given"
    )
    given = parser.parse_args(arguments)
    console = Console()
    try:
        run = demonstrate(
            given.data,
            given.scenario,
            keep=given.keep,
            console=console,
            binaries=given.postgresql,
        )
        return asyncio.run(_interruptible(run))
    except FulfillmentError as error:
        console.print(
            f"The cluster could not be run: {error}", style="red", highlight=False, soft_wrap=True
        )
        return CANNOT_START
    except asyncio.CancelledError:
        return INTERRUPTED


async def _interruptible(run: Coroutine[Any, Any, int]) -> int:
    """Run, and let SIGTERM stop everything as Ctrl-C does."""
    task = asyncio.ensure_future(run)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await task


if __name__ == "__main__":
    clean_exit.command(main)
