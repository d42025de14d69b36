"""The migrations and the tables say the same, and migrating is safe."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.domain.errors import Inconsistent, StoreBusy
from fulfillment.persistence import dialects, migrations
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import downgrade, migrate, upgrade
from fulfillment.persistence.tables import metadata
from order_journey import Journey
from record_samples import stock_up

IN_FILE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'"
ON_SERVER = """
    SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT table_name || '.' || column_name, concat_ws(',', data_type, is_nullable,
        character_maximum_length, column_default) FROM information_schema.columns
    WHERE table_schema = 'public'
"""


@asynccontextmanager
async def migrating(url: str) -> AsyncIterator[AsyncConnection]:
    """Begin a transaction as migrations do."""
    engine = dialects.migrating_engine(dialects.database_url(url), 1_000)
    async with engine.begin() as connection:
        yield connection
    await engine.dispose()


async def structure(url: str) -> dict[str, list[str]]:
    """Return the parts of each table and index, in no order; not Alembic's own."""
    async with migrating(url) as connection:
        query = IN_FILE if connection.dialect.name == "sqlite" else ON_SERVER
        rows = (await connection.execute(text(query))).all()
    return {
        name: sorted(re.split(r",?\s*\n\s*", sql.replace('"', "")))
        for name, sql in rows
        if "alembic_version" not in name
    }


async def test_migrations_make_the_tables(database_url: str) -> None:
    """Alembic finds nothing to add between the migrated database and the tables."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with migrating(database_url) as connection:
        assert await connection.run_sync(differences) == []


async def test_migrations_make_the_checks_too(database_url: str, empty_url: str) -> None:
    """Not only columns and indexes, which Alembic compares, but every CHECK is the same."""
    async with migrating(empty_url) as connection:
        await connection.run_sync(metadata.create_all)
    migrated = await structure(database_url)
    assert migrated == await structure(empty_url)
    assert "claimed_within_on_hand" in str(migrated)


def test_the_files_names_begin_with_their_versions() -> None:
    """So which one is the newest is known without Alembic."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(migrations.alembic_config(connection))
    engine.dispose()
    newest_first = [each.revision for each in script.walk_revisions()]
    assert newest_first[::-1] == migrations.revisions()


async def test_down_and_up_again(database_url: str) -> None:
    """Going back removes every table, and going forward again makes the same ones."""
    before = await structure(database_url)
    async with migrating(database_url) as connection:
        await connection.run_sync(downgrade)
    assert await structure(database_url) == {}
    async with migrating(database_url) as connection:
        await connection.run_sync(upgrade)
    assert await structure(database_url) == before


async def test_labels_from_before_manifests_have_their_place(
    database_url: str, database: SqlDatabase
) -> None:
    """On a closed one for each way: what has left counts as handed over, the rest still waits."""
    await stock_up(database, 100)
    await Journey(database, "O-1").to("settle")
    await Journey(database, "O-2").to("label")
    async with migrating(database_url) as connection:
        await connection.run_sync(downgrade, "0011")
    await migrate(database_url)
    async with database.reading() as record:
        assert [] == await record.books.findings()
        [manifest] = await record.manifests.page()
        assert ("MF-BER-road-before", "closed") == (manifest.manifest_id, manifest.state)
        parcels = await record.manifests.parcels(manifest.manifest_id)
    waiting = {parcel.order_id: parcel.is_waiting for parcel in parcels}
    assert {"O-1": False, "O-2": True} == waiting


async def test_several_migrate_at_once(empty_url: str, database_url: str) -> None:
    """Of several that start together one migrates; the others wait and find nothing to do."""
    await asyncio.gather(*(migrate(empty_url) for _ in range(4)))
    assert await structure(empty_url) == await structure(database_url)


async def test_a_failed_migration_leaves_everything_as_it_was(database_url: str) -> None:
    """All versions are one transaction."""
    before = await structure(database_url)

    def fail(connection: Connection) -> None:
        downgrade(connection, "0003")
        raise LookupError

    with pytest.raises(LookupError):
        async with migrating(database_url) as connection:
            await connection.run_sync(fail)
    assert await structure(database_url) == before


async def test_a_row_that_refers_to_nothing_stops_a_migration(database_url: str) -> None:
    """Where references are unchecked while tables are rebuilt, they are before the commit."""
    orphan = "INSERT INTO bins VALUES ('B', 'nowhere', 0, 0, 'L')"

    def migrate_with_orphan(connection: Connection) -> None:
        connection.execute(text(orphan))
        upgrade(connection)

    with pytest.raises(Inconsistent, match=r"bins row 1 to warehouses|FOREIGN KEY"):
        async with migrating(database_url) as connection:
            await connection.run_sync(migrate_with_orphan)


async def test_migrating_gives_up_in_time(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that somebody keeps ends in StoreBusy, not in a hang."""
    monkeypatch.setattr(migrations, "WAIT_MS", 50)
    async with migrating(database_url):
        with pytest.raises(StoreBusy):
            await migrate(database_url)
