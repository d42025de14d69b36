"""The record of things as a database: one unit of work is one transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import TimeoutError as QueueTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from fulfillment.domain.errors import Inconsistent, StoreBusy
from fulfillment.persistence import dialects
from fulfillment.persistence.unit_of_work import SqlUnitOfWork

BUSY_TIMEOUT_MS = 5_000


class SqlDatabase:
    """The record of things in an SQL database; several processes may use it at once.

    Await nothing but the unit of work inside a transaction, and begin no second one inside.
    """

    def __init__(self, url: str, *, busy_timeout_ms: int = BUSY_TIMEOUT_MS) -> None:
        """Prepare to connect; raises ValueError if the URL names no usable database."""
        self._url = dialects.database_url(url)
        self._writer = dialects.writing_engine(self._url, busy_timeout_ms)
        self._reader = dialects.reading_engine(self._url, busy_timeout_ms)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqlUnitOfWork]:
        """Begin a transaction that may write; it commits unless the block raises.

        Raises:
            Inconsistent: a statement failed, and the block went on as if it had not.
            StoreBusy: another writer held the database for too long.

        """
        async with _transaction(self._writer) as unit_of_work:
            yield unit_of_work

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlUnitOfWork]:
        """Begin a transaction that only reads, all of it as of the same moment."""
        async with _transaction(self._reader) as unit_of_work:
            yield unit_of_work

    async def dispose(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        await self._reader.dispose()


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[SqlUnitOfWork]:
    try:
        async with engine.begin() as connection:
            connection.info.pop(dialects.FAILED, None)
            yield SqlUnitOfWork(connection)
            failed = connection.info.pop(dialects.FAILED, None)
            if failed is not None:
                # PostgreSQL would answer COMMIT by rolling back, and report no error.
                message = "a statement failed, so nothing that this transaction did can stay"
                raise Inconsistent(message) from failed
    except QueueTimeout as error:
        message = "this process's other tasks held the database for too long; try again"
        raise StoreBusy(message) from error
