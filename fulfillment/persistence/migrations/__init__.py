"""The database's structure, version by version; `migrate` brings it to the newest."""

import asyncio
from pathlib import Path
from time import monotonic

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from fulfillment.domain.errors import Inconsistent, StoreBusy
from fulfillment.persistence import dialects

WAIT_MS = 30_000
"""How long to wait for another process that migrates."""

PAUSE_S = 0.05


async def migrate(url: str) -> None:
    """Bring the database at this URL to the newest version, and create it if need be.

    All of it is one transaction that holds the write lock from its start. So of several processes
    that start at once, one migrates, and the others wait and find nothing left to do; and a
    migration that fails leaves everything as it was.

    Raises:
        Inconsistent: a row would refer to nothing after the migration.
        StoreBusy: another process held the database for too long.

    """
    engine = dialects.migrating_engine(dialects.database_url(url), WAIT_MS)
    deadline = monotonic() + WAIT_MS / 1000
    try:
        while True:
            try:
                return await _upgrade(engine)
            except StoreBusy:
                if monotonic() > deadline:
                    raise
            await asyncio.sleep(PAUSE_S)
    finally:
        await engine.dispose()


async def _upgrade(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database to this version inside the connection's transaction."""
    command.upgrade(alembic_config(connection), revision)
    _check_references(connection)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Take the database back to this version inside the connection's transaction."""
    command.downgrade(alembic_config(connection), revision)
    _check_references(connection)


def alembic_config(connection: Connection) -> Config:
    """Return Alembic's settings; there is no alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _check_references(connection: Connection) -> None:
    broken = dialects.broken_references(connection)
    if broken:
        message = f"rows would refer to nothing after the migration: {'; '.join(broken)}"
        raise Inconsistent(message)
