"""What a database is and how it is set, for who looks whether it will do; changes nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.domain.base import Value
from fulfillment.domain.errors import NotFound
from fulfillment.persistence import dialects
from fulfillment.persistence.migrations import revision_of, revisions
from fulfillment.persistence.tables import articles, warehouses

BUSY_TIMEOUT_MS = 5_000
_SHOWN = ("server_version", "server_encoding", "synchronous_commit", "max_connections")
_MAY_CREATE = "SELECT has_schema_privilege(current_schema(), 'CREATE')"


class Condition(Value):
    """What was found of a database."""

    kind: str
    """`sqlite` or `postgresql`."""
    place: str
    """The file, or the URL without its password."""
    version: str
    revision: str | None
    """The version of the tables; None where there are none yet."""
    head: str
    """The version of the tables that this program works with."""
    is_known: bool
    """Whether this program knows the revision."""
    seconds_ahead: float | None = None
    """By how much the server's clock is ahead of ours; None where it has none of its own."""
    articles: int | None = None
    """How many are in the catalog; None where the tables are not those of this program."""
    warehouses: int | None = None
    facts: Mapping[str, str] = {}
    """Settings of the server, by their names."""


async def look(url: str) -> Condition:
    """Return what is found of the database at this URL.

    Raises:
        NotFound: the file is not there.
        StoreBusy: the server does not answer.
        ValueError: the URL names no database that this product can use.
        OSError: the server refuses, or the file can't be read; says why without any secret.

    """
    try:
        parsed = dialects.database_url(url)
    except ArgumentError as error:
        message = "expected sqlite:///path/to/file or postgresql://user:password@host:port/database"
        raise ValueError(message) from error
    _require_file(parsed)
    engine = dialects.reading_engine(parsed, BUSY_TIMEOUT_MS)
    try:
        async with engine.connect() as connection:
            return await _condition(connection, parsed)
    except SQLAlchemyError as error:
        raise OSError(_reason(error)) from error
    finally:
        await engine.dispose()


def _require_file(url: URL) -> None:
    # Connecting would make it.
    path = Path(str(url.database))
    if url.get_backend_name() == dialects.SQLITE and not path.is_file():
        message = f"no file {path}"
        raise NotFound(message)


async def _condition(connection: AsyncConnection, url: URL) -> Condition:
    kind = url.get_backend_name()
    facts = await (_of_sqlite if kind == dialects.SQLITE else _of_postgresql)(connection)
    revision, known = await connection.run_sync(revision_of), revisions()
    counts = await _counts(connection) if revision == known[-1] else {}
    return Condition(
        kind=kind,
        place=str(url.database) if kind == dialects.SQLITE else url.render_as_string(),
        version=facts["server_version"],
        revision=revision,
        head=known[-1],
        is_known=revision in known,
        seconds_ahead=await _seconds_ahead(connection, kind),
        facts=facts,
        **counts,
    )


async def _counts(connection: AsyncConnection) -> dict[str, int]:
    tables = {"articles": articles, "warehouses": warehouses}
    return {
        name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
        for name, table in tables.items()
    }


async def _seconds_ahead(connection: AsyncConnection, kind: str) -> float | None:
    if kind != dialects.POSTGRESQL:
        return None
    now = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return float((now - datetime.now(UTC)).total_seconds())


async def _of_sqlite(connection: AsyncConnection) -> dict[str, str]:
    version = (await connection.execute(text("SELECT sqlite_version()"))).scalar_one()
    mode = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
    return {"server_version": str(version), "journal_mode": str(mode)}


async def _of_postgresql(connection: AsyncConnection) -> dict[str, str]:
    found = {
        name: str((await connection.execute(text(f"SHOW {name}"))).scalar_one()) for name in _SHOWN
    }
    may_create = (await connection.execute(text(_MAY_CREATE))).scalar_one()
    return {**found, "may_create": "yes" if may_create else "no"}


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
