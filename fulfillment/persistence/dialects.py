"""What differs between databases: engines, upserts, and what their errors mean."""

import re
from types import ModuleType
from typing import Final

from sqlalchemy import Connection, ExceptionContext, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from fulfillment.domain.errors import (
    EffectConflict,
    FulfillmentError,
    Inconsistent,
    StockViolation,
    StoreBusy,
)
from fulfillment.persistence import postgresql_engines, postgresql_errors, sqlite_engines

FAILED: Final = "failed"
"""Where a connection keeps the last error of its transaction."""

SQLITE: Final = "sqlite"
POSTGRESQL: Final = "postgresql"

_ENGINES: Final[dict[str, ModuleType]] = {
    SQLITE: sqlite_engines,
    POSTGRESQL: postgresql_engines,
}
_BUSY = ("database is locked", "database table is locked", "database schema is locked")
_STOCK = ("shelf_stock", "account_levels", "claims", "movements")

Upsert = sqlite.Insert | postgresql.Insert


def database_url(url: str) -> URL:
    """Return the URL with its async driver.

    Raises:
        ValueError: no file, no database, or a kind of database that is not supported.

    """
    parsed = make_url(url)
    engines = _ENGINES.get(parsed.get_backend_name())
    if engines is None:
        expected = "sqlite:///path/to/file or postgresql://user:password@host:port/database"
        message = f"expected {expected}, came {parsed.render_as_string()}"
        raise ValueError(message)
    checked: URL = engines.checked_url(parsed)
    return checked


def writing_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of transactions that may write."""
    return _explained(_ENGINES[url.get_backend_name()].writing_engine(url, busy_timeout_ms))


def reading_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of transactions that see one moment, and can't write."""
    return _explained(_ENGINES[url.get_backend_name()].reading_engine(url, busy_timeout_ms))


def migrating_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of migrations: of one transaction at a time in the whole database."""
    return _explained(_ENGINES[url.get_backend_name()].migrating_engine(url, busy_timeout_ms))


def _explained(engine: AsyncEngine) -> AsyncEngine:
    @event.listens_for(engine.sync_engine, "handle_error", retval=True)
    def explain(context: ExceptionContext) -> FulfillmentError | None:
        # A task that is canceled in mid-statement loses its connection, and is to end all the same.
        if context.is_pre_ping or not isinstance(context.original_exception, Exception):
            return None
        if context.connection is not None:
            context.connection.info[FAILED] = context.original_exception
        if context.is_disconnect:
            return StoreBusy("the connection to the database was lost; try again")
        error = meaning(context.sqlalchemy_exception)
        if isinstance(context.sqlalchemy_exception, DBAPIError):
            postgresql_errors.forget_values(context.sqlalchemy_exception)
        return error

    return engine


def meaning(error: BaseException | None) -> FulfillmentError | None:
    """Return what a database error means in the trade's words, or None if it is unexpected."""
    if isinstance(error, DBAPIError) and postgresql_errors.is_busy(error):
        return StoreBusy(f"others held the database for too long: {error.orig}; try again")
    if isinstance(error, DBAPIError) and postgresql_errors.is_unstorable(error):
        return _broken_rule(f"a value can't be stored: {error.orig}")
    if isinstance(error, IntegrityError):
        return _broken_rule(postgresql_errors.broken_rule(error) or str(error.orig))
    if isinstance(error, OperationalError) and any(text in str(error.orig) for text in _BUSY):
        return StoreBusy("another writer held the database for too long; try again")
    return None


def _broken_rule(text: str) -> FulfillmentError:
    message = f"a rule of the database would be broken: {text}; nothing was written"
    if re.search(r"(effects|movements)\.key|uq_(effects|movements)_key", text):
        return EffectConflict(message)
    if "CHECK" in text and re.search(rf"ck_({'|'.join(_STOCK)})_", text):
        return StockViolation(message)
    return Inconsistent(message)


def upsert(dialect: str, table: Table) -> Upsert:
    """Return an INSERT of the dialect of that name, which knows ON CONFLICT."""
    if dialect == POSTGRESQL:
        return postgresql.insert(table)
    return sqlite.insert(table)


def writes_side_by_side(connection: AsyncConnection) -> bool:
    """Return whether others may write while this transaction, which may write too, is open."""
    if connection.dialect.name != POSTGRESQL or connection.sync_connection is None:
        return False
    return not connection.sync_connection.get_execution_options().get("postgresql_readonly")


def broken_references(connection: Connection) -> list[str]:
    """Return the rows that refer to nothing, where migrations run with references unchecked."""
    if connection.dialect.name != SQLITE:
        return []
    rows = connection.exec_driver_sql("PRAGMA foreign_key_check")
    return [f"{table} row {rowid} to {parent}" for table, rowid, parent, _ in rows]
