"""Databases for the contract tests: a fresh one for each test, from a template made once."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import migrate

ByHand = Callable[..., None]
"""Executes SQL past all rules, as somebody might with a database shell."""


@pytest_asyncio.fixture(scope="session")
async def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with all tables and no rows."""
    file = tmp_path_factory.mktemp("template") / "record.db"
    await migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite"])
def database_url(template: Path, tmp_path: Path) -> str:
    """Return the URL of a fresh database; each kind of database is a parameter."""
    file = tmp_path / "record.db"
    shutil.copy(template, file)
    return f"sqlite:///{file}"


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[SqlDatabase]:
    """Return a fresh database."""
    database = SqlDatabase(database_url)
    yield database
    await database.dispose()


@pytest.fixture
def by_hand(database_url: str) -> ByHand:
    """Return a function that executes SQL past all rules."""

    def execute(statement: str, *values: str) -> None:
        connection = sqlite3.connect(database_url.removeprefix("sqlite:///"))
        connection.execute("PRAGMA ignore_check_constraints = ON")
        with connection:
            assert connection.execute(statement, values).rowcount != 0, statement
        connection.close()

    return execute
