"""Databases for the contract tests: a fresh one for each test, from a template made once."""

import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import make_url

from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import migrate
from postgres_server import Server

ByHand = Callable[..., None]
"""Executes SQL past all rules, as somebody might with a database shell."""

SQLITE, POSTGRESQL = "sqlite", "postgresql"

WITHOUT_RULES = """
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
        WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.name, one.conname); END LOOP;
END $$
"""
"""Takes PostgreSQL's checks and references away, which can't be ignored."""


@pytest_asyncio.fixture(scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with all tables and no rows."""
    file = tmp_path_factory.mktemp("template") / "record.db"
    await migrate(f"sqlite:///{file}")
    return file


@pytest_asyncio.fixture(scope="session")
async def postgres_template(postgres: Server) -> AsyncIterator[str]:
    """Return the name of a PostgreSQL database with all tables and no rows."""
    with postgres.database() as url:
        await migrate(url)
        yield str(make_url(url).database)


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of database; each test that asks for a database runs with each kind."""
    return str(request.param)


@pytest.fixture
def database_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a fresh database."""
    if kind == SQLITE:
        file = tmp_path / "record.db"
        shutil.copy(request.getfixturevalue("template"), file)
        yield f"sqlite:///{file}"
        return
    postgres: Server = request.getfixturevalue("postgres")
    with postgres.database(request.getfixturevalue("postgres_template")) as url:
        yield url


@pytest.fixture
def empty_url(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database without any table."""
    if kind == SQLITE:
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    postgres: Server = request.getfixturevalue("postgres")
    with postgres.database() as url:
        yield url


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[SqlDatabase]:
    """Return a fresh database."""
    database = SqlDatabase(database_url)
    yield database
    await database.dispose()


@pytest.fixture
def by_hand(kind: str, database_url: str, request: pytest.FixtureRequest) -> ByHand:
    """Return a function that executes SQL past all rules."""

    def in_file(statement: str, *values: str) -> None:
        file = database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            assert connection.execute(statement, values).rowcount != 0, statement

    def on_server(statement: str, *values: str) -> None:
        postgres: Server = request.getfixturevalue("postgres")
        name = str(make_url(database_url).database)
        postgres.execute(name, WITHOUT_RULES)
        numbers = count(1)
        numbered = re.sub(r"\?", lambda _: f"${next(numbers)}", statement)
        assert not postgres.execute(name, numbered, *values).endswith(" 0"), statement

    return in_file if kind == SQLITE else on_server
