"""Shops whose webhooks may go to this machine, and a merchant who listens there."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from temporalio.client import Client

from fulfillment.operations import webhook_endpoints
from plant import Plant, plant
from webhook_receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a merchant who listens."""
    with Receiver().listening() as running:
        yield running


@pytest.fixture(scope="module")
async def usual(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """Give a shop to the tests of a file."""
    limit = timedelta(seconds=5)
    folder = tmp_path_factory.mktemp("usual")
    async with plant(client, folder, webhook_allow_loopback=True, webhook_timeout=limit) as running:
        yield running


@pytest.fixture(scope="module")
async def hurried(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Plant]:
    """Give a shop where a day of retries takes a second to the tests of a file."""
    async with plant(
        client,
        tmp_path_factory.mktemp("hurried"),
        webhook_allow_loopback=True,
        webhook_timeout=timedelta(seconds=1),
        webhook_disable_after=timedelta(days=50),
        time_scale=100_000,
    ) as running:
        yield running


@pytest.fixture
async def own(usual: Plant) -> AsyncIterator[Plant]:
    """Give a shop to which nobody listens yet, and whose webhooks may go to this machine."""
    yield usual
    await _stop_listening(usual)


@pytest.fixture
async def hasty(hurried: Plant) -> AsyncIterator[Plant]:
    """Give a shop to which nobody listens yet, where a day of retries takes a second."""
    yield hurried
    await _stop_listening(hurried)


async def _stop_listening(shop: Plant) -> None:
    """Remove all endpoints, and with them what is still to be delivered."""
    for endpoint in await webhook_endpoints.list_endpoints(shop.engine):
        await webhook_endpoints.remove_endpoint(shop.engine, endpoint.endpoint_id)
