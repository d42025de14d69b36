"""What all tests share: one Temporal server in memory, and a clean way out."""

import gc
import os
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from temporalio.client import Client

import plant as plants
from commands_once import share_commands
from compiled_once import share_compiled_statements
from fulfillment import bootstrap
from fulfillment.settings import Settings
from fulfillment.temporal import clean_exit
from fulfillment.temporal.dev_server import DevServer, start_dev_server
from fulfillment.temporal.registration import register_search_attributes
from memory_folder import keep_files_in_memory
from postgres_server import Server, running_server

keep_files_in_memory()
share_compiled_statements()
share_commands()
# No rule is wrong because the machine was slow, and what CI says must not depend on luck.
settings.register_profile(
    "fulfillment",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="FULFILLMENT_CI" in os.environ,
)
settings.load_profile("fulfillment")


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main() -> Generator[None, object, object]:
    """Leave as the product's commands do: a process that used the SDK may die on its way out."""
    code = yield
    clean_exit.leave(int(str(code or 0)))
    return code


LONGEST_FIRST = ("e2e", "reliability", "model", "workflows", "privacy", "temporal")
"""Folders whose files take long: begun late, one of them alone would keep the run from ending."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest; a file goes to one process of a run as a whole."""
    ranks = {folder: rank for rank, folder in enumerate(LONGEST_FIRST)}
    here = Path(__file__).parent
    items.sort(key=lambda item: ranks.get(item.path.relative_to(here).parts[0], len(ranks)))


def pytest_collection_finish() -> None:
    """Keep what was imported out of the collector's rounds, each of which would look at it all."""
    gc.freeze()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Give one PostgreSQL server to the whole run, if a test wants one."""
    with running_server() as running:
        yield running


@pytest.fixture(scope="session")
async def server() -> AsyncIterator[DevServer]:
    """Give one Temporal server, in memory, to the whole run."""
    async with await start_dev_server(None, ui=False) as running:
        yield running


@pytest.fixture(scope="session")
async def client(server: DevServer) -> Client:
    """Give a client of that server, made with the product's plugin."""
    connected = await bootstrap.connect(Settings(), server.address)
    await register_search_attributes(connected)
    return connected


@pytest.fixture(scope="session")
async def shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a running shop with plenty of stock to all tests that need nothing special."""
    folder: Path = tmp_path_factory.mktemp("shop")
    async with plants.plant(client, folder) as running:
        yield running
