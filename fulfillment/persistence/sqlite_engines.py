"""SQLite's engines: one writer at a time, several readers, each with its snapshot.

SQLite's own driver opens transactions late and by guess, so it is told not to, and BEGIN is sent by
us: IMMEDIATE for writers, which take the write lock at once (a deferred transaction that reads and
then writes fails without waiting when another has written meanwhile), deferred for readers.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from fulfillment.persistence import sqlite_driver

READERS: Final = 4
"""Connections that read at the same time, per process."""


def checked_url(url: URL) -> URL:
    """Return the URL with its async driver; raises ValueError if it names no file."""
    if url.database in (None, "", ":memory:"):
        came = url.render_as_string()
        message = f"expected a database file that processes can share, came {came}; name a file"
        raise ValueError(message)
    return url.set(drivername="sqlite+aiosqlite")


def writing_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of writers: one at a time per process, so that tasks queue in turn.

    They would otherwise sleep and poll for SQLite's one write lock, which serves nobody in turn.
    """
    engine = create_async_engine(
        url,
        async_creator=_creator(url, busy_timeout_ms, is_writer=True),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=busy_timeout_ms / 1000,
        hide_parameters=True,
    )
    _prepare(engine, sqlite_driver.BEGIN_WRITING, busy_timeout_ms, query_only=False)
    return engine


def reading_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of readers: several at a time, each with its snapshot; none can write."""
    engine = create_async_engine(
        url,
        async_creator=_creator(url, busy_timeout_ms),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=READERS,
        max_overflow=0,
        hide_parameters=True,
    )
    _prepare(engine, sqlite_driver.BEGIN_READING, busy_timeout_ms, query_only=True)
    return engine


def migrating_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of migrations, which may rebuild tables that others refer to."""
    engine = create_async_engine(
        url, async_creator=_creator(url, busy_timeout_ms), poolclass=NullPool
    )
    _prepare(
        engine, sqlite_driver.BEGIN_WRITING, busy_timeout_ms, query_only=False, foreign_keys=False
    )

    @event.listens_for(engine.sync_engine, "connect")
    def write_ahead(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        # The file keeps its mode. Of several that change it at once, SQLite makes all but one
        # fail without waiting, so it is changed here alone, where the caller tries again.
        connection.cursor().execute("PRAGMA journal_mode = WAL")

    return engine


def _creator(
    url: URL, busy_timeout_ms: int, *, is_writer: bool = False
) -> Callable[[], Awaitable[object]]:
    return partial(sqlite_driver.connect, str(url.database), busy_timeout_ms, is_writer=is_writer)


def _prepare(
    engine: AsyncEngine,
    begin: str,
    busy_timeout_ms: int,
    *,
    query_only: bool,
    foreign_keys: bool = True,
) -> None:
    pragmas = (
        # Another process that leaves may have the whole file to itself just now.
        f"busy_timeout = {busy_timeout_ms}",
        # In WAL mode a killed process loses nothing this way, and the file stays sound even when
        # the power fails; only then the last commits may be missing, which `verify` shows.
        "synchronous = NORMAL",
        f"foreign_keys = {int(foreign_keys)}",
        # What is replaced may be a customer's, and would lie readable in the file's free space.
        "secure_delete = ON",
        f"query_only = {int(query_only)}",
        # From here on a writer waits for its lock by itself, and then for nothing.
        f"busy_timeout = {busy_timeout_ms if query_only else 0}",
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
