"""Shops whose webhooks may go to this machine, and a merchant who listens there."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from plant import Plant, plant
from webhook_receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a merchant who listens."""
    with Receiver().listening() as running:
        yield running


@pytest.fixture
async def own(client: Client, tmp_path: Path) -> AsyncIterator[Plant]:
    """Give a shop of its own whose webhooks may go to this machine."""
    limit = timedelta(seconds=5)
    async with plant(
        client, tmp_path, webhook_allow_loopback=True, webhook_timeout=limit
    ) as running:
        yield running


@pytest.fixture
async def hasty(client: Client, tmp_path: Path) -> AsyncIterator[Plant]:
    """Give a shop where a day of retries takes a second."""
    async with plant(
        client,
        tmp_path,
        webhook_allow_loopback=True,
        webhook_timeout=timedelta(seconds=1),
        webhook_disable_after=timedelta(days=50),
        time_scale=100_000,
    ) as running:
        yield running
