"""PostgreSQL's engines: writers side by side, readers with their snapshots, one migration.

Writers run READ COMMITTED: what they decide by, they hold first (`locks`), and then read as the
last holder left it. So nobody's work is thrown away at its commit, as it would be with snapshots
that are checked at the end.
"""

from functools import partial
from typing import Final

import asyncpg
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from fulfillment.domain.errors import StoreBusy

WRITERS: Final = 10
READERS: Final = 5
"""Connections of a process at most, each; all processes together must stay below the server's
`max_connections`."""

CONNECT_TIMEOUT_S: Final = 5.0
READING_TIMEOUT_MS: Final = 60_000
"""For one statement of a reader: the books of a large shop take longer than any writer may."""

IDLE_TIMEOUT_MS: Final = 60_000
"""After which the server ends the transaction of a program that is stopped or cut off."""

MIGRATION_LOCK: Final = 0x66756C66
"""The advisory lock of migrations, the same in all versions of this product."""

_CONFIGURED_WRONGLY = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
    asyncpg.UndefinedObjectError,
    asyncpg.InvalidParameterValueError,
    asyncpg.ClientConfigurationError,
)


def checked_url(url: URL) -> URL:
    """Return the URL with its async driver; raises ValueError if it names no database."""
    if "@" in (url.host or ""):
        # What the parser takes for the host is then the end of the password: show nothing of it.
        message = "expected one @, before the host, came several; write @ in a password as %40"
        raise ValueError(message)
    if url.drivername not in ("postgresql", "postgresql+asyncpg") or not url.database:
        came = url.render_as_string()
        message = f"expected postgresql://user:password@host:port/database, came {came}"
        raise ValueError(message)
    return url.set(drivername="postgresql+asyncpg")


def writing_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of writers, who wait for locks and for a connection only so long."""
    return create_async_engine(
        url,
        async_creator=partial(_connect, url, busy_timeout_ms, busy_timeout_ms),
        pool_size=WRITERS,
        max_overflow=0,
        pool_timeout=busy_timeout_ms / 1000,
        pool_pre_ping=True,
        hide_parameters=True,
        execution_options={"isolation_level": "READ COMMITTED"},
    )


def reading_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of readers, whose transactions are of one moment and can't write."""
    return create_async_engine(
        url,
        async_creator=partial(_connect, url, busy_timeout_ms, READING_TIMEOUT_MS),
        pool_size=READERS,
        max_overflow=0,
        pool_timeout=READING_TIMEOUT_MS / 1000,
        pool_pre_ping=True,
        hide_parameters=True,
        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
    )


def migrating_engine(url: URL, busy_timeout_ms: int) -> AsyncEngine:
    """Return the engine of migrations, of which one runs at a time, whoever started it."""
    engine = create_async_engine(
        url, async_creator=partial(_connect, url, busy_timeout_ms, 0), poolclass=NullPool
    )

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")

    return engine


async def _connect(url: URL, lock_timeout_ms: int, timeout_ms: int) -> asyncpg.Connection:
    """Connect as libpq's URLs say, with `sslmode`, a socket's folder as `host`, and so on.

    Raises:
        OperationalError: the server refuses this user, password or database.
        StoreBusy: the server does not answer, or not yet.

    """
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = {
        "application_name": "fulfillment",
        "lock_timeout": f"{lock_timeout_ms}",
        "statement_timeout": f"{timeout_ms}",
        "idle_in_transaction_session_timeout": f"{IDLE_TIMEOUT_MS}",
        # Milliseconds of compiling cost more than any of our statements.
        "jit": "off",
    }
    try:
        return await asyncpg.connect(dsn, server_settings=settings, timeout=CONNECT_TIMEOUT_S)
    except _CONFIGURED_WRONGLY as error:
        statement = "connect"
        raise OperationalError(statement, {}, error) from error
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        message = f"the database at {_place(url)} does not answer: {reason}; try again"
        raise StoreBusy(message) from error


def _place(url: URL) -> str:
    host = url.host or str(url.query.get("host", "localhost"))
    return f"{host}:{url.port or 5432}"
