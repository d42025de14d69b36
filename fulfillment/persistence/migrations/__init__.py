"""The database's structure, version by version; `migrate` brings it to the newest.

Alembic is imported only where something is to be migrated: its import takes longer than a command.
"""

import asyncio
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from fulfillment.domain.errors import Inconsistent, StoreBusy
from fulfillment.persistence import dialects

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
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
        if await connection.run_sync(revision_of) != revisions()[-1]:
            await connection.run_sync(upgrade)


def revisions() -> list[str]:
    """Return all versions, oldest first: each file's name begins with its own."""
    return sorted(path.name.partition("_")[0] for path in FOLDER.glob("versions/[0-9]*.py"))


def revision_of(connection: Connection) -> str | None:
    """Return the database's version, or None where there are no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return found.scalar()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the database to this version inside the connection's transaction."""
    from alembic import command  # noqa: PLC0415 - see the module's docstring

    command.upgrade(alembic_config(connection), revision)
    _check_references(connection)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Take the database back to this version inside the connection's transaction."""
    from alembic import command  # noqa: PLC0415 - see the module's docstring

    command.downgrade(alembic_config(connection), revision)
    _check_references(connection)


def alembic_config(connection: Connection) -> "Config":
    """Return Alembic's settings; there is no alembic.ini."""
    from alembic.config import Config  # noqa: PLC0415 - see the module's docstring

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _check_references(connection: Connection) -> None:
    broken = dialects.broken_references(connection)
    if broken:
        message = f"rows would refer to nothing after the migration: {'; '.join(broken)}"
        raise Inconsistent(message)
