"""A shop whose workers are real processes, to be killed; and a look at what it has left."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client

import plant as plants
from fulfillment import bootstrap
from fulfillment.entrypoints.stack import Stack
from fulfillment.operations.verify import verify
from fulfillment.records import BookFinding
from fulfillment.temporal.dev_server import DevServer
from plant import Plant


@asynccontextmanager
async def site(
    server: DevServer, client: Client, folder: Path, **overrides: Any
) -> AsyncIterator[tuple[Plant, Stack]]:
    """Open a shop without a worker, and a stack on the server that can start some."""
    settings = {"graceful_shutdown": timedelta(seconds=2), **overrides}
    async with (
        plants.plant(client, folder, work=False, **settings) as shop,
        Stack(shop.settings, address=server.address) as stack,
    ):
        yield shop, stack


@asynccontextmanager
async def stack_of_its_own(folder: Path) -> AsyncIterator[Stack]:
    """Give a stack that starts its own server, with a furnished shop and nothing running yet."""
    settings = plants.settings_in(folder)
    async with bootstrap.database(settings) as database:
        await plants.furnish(database)
    async with Stack(settings) as stack:
        yield stack


def alive(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def whats_wrong(shop: Plant) -> list[BookFinding]:
    """Return what `fulfillment verify --settled` would find."""
    return await verify(shop.engine, settled=True)
