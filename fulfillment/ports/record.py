"""The record of things, and the time that is noted in it."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from fulfillment.stores import UnitOfWork


class Clock(Protocol):
    """Wall time, for what is not decided by it: audit and message dates."""

    def now(self) -> datetime:
        """Return the present time, timezone-aware."""


class Database(Protocol):
    """The record of things; one unit of work is one transaction."""

    def writing(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction that may write; it commits unless the block raises.

        Raises:
            StoreBusy: another writer held the database for too long.

        """

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Begin a transaction that only reads."""
