"""A shop for the workflows' tests alone, so that its books can be checked when all are through."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

import plant as plants
from histories import audited_plant


@pytest.fixture(scope="session")
async def shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a running shop with plenty of stock; after all tests its books must hold."""
    async with audited_plant(client, tmp_path_factory.mktemp("workflows")) as running:
        yield running
