"""The record of things, with its transactions counted and timed."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fulfillment.domain.errors import StoreBusy
from fulfillment.ports import Database
from fulfillment.stores import UnitOfWork
from fulfillment.telemetry import metrics


class MeteredDatabase:
    """A database that does what the given one does, and says how long it took."""

    def __init__(self, database: Database) -> None:
        """Keep what does the work."""
        self._database = database

    def writing(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction that may write."""
        return _measured("writing", self._database.writing())

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction that only reads."""
        return _measured("reading", self._database.reading())


@asynccontextmanager
async def _measured(
    kind: str, transaction: AbstractAsyncContextManager[UnitOfWork]
) -> AsyncIterator[UnitOfWork]:
    begun = time.perf_counter()
    try:
        async with transaction as unit_of_work:
            yield unit_of_work
    except StoreBusy:
        metrics.DATABASE_BUSY.labels(kind).inc()
        raise
    finally:
        metrics.DATABASE_SECONDS.labels(kind).observe(time.perf_counter() - begun)
