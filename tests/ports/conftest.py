"""Databases for the contract tests: a fresh one for each test, copied from one made once."""

import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from functools import cache
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import make_url

from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import migrate
from postgres_server import Server
from templates import POSTGRESQL, SCHEME, SQLITE, WITHOUT_RULES, Templates

ByHand = Callable[..., None]
"""Executes SQL past all rules, as somebody might with a database shell."""


@pytest.fixture(scope="session")
def templates(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Templates:
    """Return the templates of this run."""
    return Templates(
        tmp_path_factory.mktemp("templates"), lambda: request.getfixturevalue("postgres")
    )


@pytest_asyncio.fixture(scope="session")
async def template(templates: Templates) -> Path:
    """Return an SQLite file with all tables and no rows."""
    return Path((await templates.of(SQLITE, "tables", migrate)).removeprefix(SCHEME))


@pytest.fixture(params=[SQLITE, POSTGRESQL])
def kind(request: pytest.FixtureRequest) -> str:
    """Return the kind of database; each test that asks for a database runs with each kind."""
    return str(request.param)


@pytest_asyncio.fixture
async def database_url(kind: str, templates: Templates, tmp_path: Path) -> AsyncIterator[str]:
    """Return the URL of a fresh database."""
    with templates.copy(await templates.of(kind, "tables", migrate), tmp_path) as url:
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

    @cache
    def without_rules() -> str:
        name = str(make_url(database_url).database)
        request.getfixturevalue("postgres").execute(name, WITHOUT_RULES)
        return name

    def on_server(statement: str, *values: str) -> None:
        postgres: Server = request.getfixturevalue("postgres")
        name = without_rules()
        numbers = count(1)
        numbered = re.sub(r"\?", lambda _: f"${next(numbers)}", statement)
        assert not postgres.execute(name, numbered, *values).endswith(" 0"), statement

    return in_file if kind == SQLITE else on_server
