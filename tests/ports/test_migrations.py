"""The migrations and the tables say the same, and migrating is safe."""

import asyncio
import re
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from fulfillment.domain.errors import Inconsistent, StoreBusy
from fulfillment.persistence import dialects, migrations
from fulfillment.persistence.migrations import downgrade, migrate, upgrade
from fulfillment.persistence.tables import metadata


def structure(file: Path) -> dict[str, list[str]]:
    """Return each table's and index's parts, in no order."""
    connection = sqlite3.connect(file)
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
    ).fetchall()
    connection.close()
    return {name: sorted(re.split(r",?\s*\n\s*", sql.replace('"', ""))) for name, sql in rows}


async def test_migrations_make_the_tables(template: Path) -> None:
    """Alembic finds nothing to add between the migrated database and the tables."""
    engine = create_engine(f"sqlite:///{template}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


async def test_migrations_make_the_checks_too(template: Path, tmp_path: Path) -> None:
    """Not only columns and indexes, which Alembic compares, but every CHECK is the same."""
    engine = create_engine(f"sqlite:///{tmp_path / 'tables.db'}")
    metadata.create_all(engine)
    engine.dispose()
    assert structure(template) == structure(tmp_path / "tables.db")


async def test_down_and_up_again(database_url: str) -> None:
    """Going back removes every table, and going forward again makes the same ones."""
    file = Path(database_url.removeprefix("sqlite:///"))
    before = structure(file)
    engine = dialects.migrating_engine(dialects.database_url(database_url), 1_000)
    async with engine.begin() as connection:
        await connection.run_sync(downgrade)
    assert structure(file) == {}
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()
    assert structure(file) == before


async def test_several_migrate_at_once(tmp_path: Path, template: Path) -> None:
    """Of several that start together one migrates; the others wait and find nothing to do."""
    file = tmp_path / "new.db"
    await asyncio.gather(*(migrate(f"sqlite:///{file}") for _ in range(4)))
    assert structure(file) == structure(template)


async def test_a_failed_migration_leaves_everything_as_it_was(database_url: str) -> None:
    """All versions are one transaction."""
    file = Path(database_url.removeprefix("sqlite:///"))
    before = structure(file)

    def fail(connection: Connection) -> None:
        downgrade(connection, "0003")
        raise LookupError

    engine = dialects.migrating_engine(dialects.database_url(database_url), 1_000)
    with pytest.raises(LookupError):
        async with engine.begin() as connection:
            await connection.run_sync(fail)
    await engine.dispose()
    assert structure(file) == before


async def test_a_row_that_refers_to_nothing_stops_a_migration(database_url: str) -> None:
    """References are unchecked while tables are rebuilt, and checked before the commit."""
    engine = dialects.migrating_engine(dialects.database_url(database_url), 1_000)
    orphan = "INSERT INTO bins VALUES ('B', 'nowhere', 0, 0, 'L')"

    def migrate_with_orphan(connection: Connection) -> None:
        connection.execute(text(orphan))
        upgrade(connection)

    with pytest.raises(Inconsistent, match="bins row 1 to warehouses"):
        async with engine.begin() as connection:
            await connection.run_sync(migrate_with_orphan)
    await engine.dispose()


async def test_migrating_gives_up_in_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that somebody keeps ends in StoreBusy, not in a hang."""
    monkeypatch.setattr(migrations, "WAIT_MS", 50)
    holder = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusy):
        await migrate(database_url)
    holder.close()
