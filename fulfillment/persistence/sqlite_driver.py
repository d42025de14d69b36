"""An aiosqlite connection whose statements cross to its thread once, not four times, or not at all.

aiosqlite sends each call to a thread of its own: making the cursor, executing, fetching, closing.
Crossing costs more than most of our statements, and every writer waits for it; so a statement and
all its rows are done in one crossing. Who has the write lock waits for nothing any more, and its
statements are short: they are done at once. So is what never waits: taking the lock when it is
free, a reader's begin and end, and rolling back nothing, as the pool asks after each transaction.
Waiting for the lock, committing, and what readers ask go to the thread.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from time import monotonic, sleep
from typing import Any, Final, Self

import aiosqlite

BEGIN_WRITING: Final = "BEGIN IMMEDIATE"
BEGIN_READING: Final = "BEGIN"
PAUSE_S: Final = 0.002
TURN: Final = 8
"""After so many statements at once, others have their turn."""
PRIMARY: Final = 0xFF
"""The bits of an SQLite error code that say what it is; the others say why."""


class WholeCursor:
    """A cursor that has executed, fetched and closed by the time it answers."""

    def __init__(self, connection: "WholeConnection") -> None:
        """Begin with nothing executed."""
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        """Return the cursor; there is nothing to open."""
        return self

    async def execute(self, statement: str, parameters: Iterable[Any] = ()) -> Self:
        """Execute a statement and fetch its rows."""
        if statement == BEGIN_WRITING:
            if self._connection.begins_at_once(statement):
                return self
            return await self._run(self._connection.begin_writing)
        if statement == BEGIN_READING and self._connection.begins_at_once(statement):
            return self
        return await self._run(lambda cursor: cursor.execute(statement, tuple(parameters)))

    async def executemany(self, statement: str, rows: Iterable[Iterable[Any]]) -> Self:
        """Execute a statement for each row of parameters."""
        return await self._run(
            lambda cursor: cursor.executemany(statement, [tuple(row) for row in rows])
        )

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows, which are here already."""
        return self._rows

    async def close(self) -> None:
        """Do nothing: it is closed already."""

    async def _run(self, do: Callable[[sqlite3.Cursor], object]) -> Self:
        def whole() -> None:
            cursor = self._connection.raw.cursor()
            try:
                do(cursor)
                self.description = cursor.description
                self._rows = cursor.fetchall() if cursor.description else []
                self.rowcount = cursor.rowcount
                self.lastrowid = cursor.lastrowid
            finally:
                cursor.close()

        await self._connection.run(whole)
        return self


class WholeConnection(aiosqlite.Connection):
    """An aiosqlite connection with such cursors."""

    patience_s = 0.0
    """How long to wait for the write lock."""

    is_writer = False
    """Whether it only ever begins by taking the write lock."""
    _at_once = 0
    _stopping: "asyncio.Future[Any] | None" = None
    _was_left = False
    """Whether a task was canceled in mid-call: from then on, all queues behind what it began."""

    @property
    def raw(self) -> sqlite3.Connection:
        """Return SQLite's connection; one statement at a time."""
        return self._conn

    def cursor(self) -> WholeCursor:  # type: ignore[override]
        """Return a cursor, at no cost."""
        return WholeCursor(self)

    def begins_at_once(self, statement: str) -> bool:
        """Begin without crossing, if nothing is to be waited for; say whether."""
        if self._was_left:
            return False
        try:
            self.raw.execute(statement)
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            return False
        return True

    def begin_writing(self, cursor: sqlite3.Cursor) -> None:
        """Take the write lock; raises OperationalError if it is not to be had in time."""
        deadline = monotonic() + self.patience_s
        while True:
            try:
                cursor.execute(BEGIN_WRITING)
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or monotonic() > deadline:
                    raise
            else:
                return
            sleep(PAUSE_S)

    async def run(self, work: Callable[[], None]) -> None:
        """Do work in the connection's thread, or at once where nothing is to be waited for."""
        if self.is_writer and self.raw.in_transaction:
            work()
            self._at_once += 1
            if self._at_once % TURN == 0:
                await asyncio.sleep(0)
            return
        execute: Callable[[Callable[[], None]], Awaitable[None]] = self._execute
        await execute(work)

    async def commit(self) -> None:
        """End the transaction; a reader's end, which only forgets its snapshot, at once."""
        if self.is_writer or self._was_left:
            await super().commit()
        else:
            self.raw.commit()

    async def rollback(self) -> None:
        """Take back the transaction, if there is one."""
        if self._was_left or (self.is_writer and self.raw.in_transaction):
            await super().rollback()
        elif self.raw.in_transaction:
            self.raw.rollback()

    def stop(self) -> asyncio.Future[Any] | None:
        """Have the thread end, after all that was asked of it; return when it has."""
        self._stopping = super().stop()
        return self._stopping

    async def stopped(self) -> None:
        """Wait for the thread's last word, or it would be said to an event loop that has closed."""
        if self._stopping is not None:
            await self._stopping

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        try:
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        except asyncio.CancelledError:
            self._was_left = True
            raise


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & PRIMARY == sqlite3.SQLITE_BUSY


async def connect(file: str, patience_ms: int, *, is_writer: bool = False) -> WholeConnection:
    """Return an open connection whose thread never keeps the process alive."""
    connection = WholeConnection(
        lambda: sqlite3.connect(file, isolation_level=None, check_same_thread=False), 64
    )
    connection.patience_s, connection.is_writer = patience_ms / 1000, is_writer
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does
    try:
        await connection
    except sqlite3.Error:
        await connection.stopped()
        raise
    return connection
