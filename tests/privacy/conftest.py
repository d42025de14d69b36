"""A Temporal server on a file, whose bytes can be looked at, and shops that encrypt."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fulfillment.temporal.dev_server import DevServer, start_dev_server


@pytest.fixture(scope="session")
def server_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that the server writes into."""
    return tmp_path_factory.mktemp("temporal")


@pytest.fixture(scope="session")
async def file_server(server_folder: Path) -> AsyncIterator[DevServer]:
    """Give a Temporal server with its SQLite file."""
    async with await start_dev_server(server_folder, ui=False) as running:
        yield running
