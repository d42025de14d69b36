"""The store of those who wait for goods."""

from collections.abc import Collection, Sequence
from typing import Protocol

from fulfillment.domain.back_order_queue import QueueEntry, Waiter


class BackOrderStore(Protocol):
    """The line of those who wait; who changes an article's entries holds its SKU."""

    async def waiting(self, skus: Collection[str]) -> list[QueueEntry]:
        """Return all entries of the lines that would take one of these articles, in line.

        In a transaction that may write, nobody else changes them until the end.
        """

    async def all_waiting(self) -> list[QueueEntry]:
        """Return every entry, in line."""

    async def of_waiter(self, waiter: Waiter) -> list[QueueEntry]:
        """Return a waiter's entries, by line and rank."""

    async def replace(self, waiter: Waiter, entries: Sequence[QueueEntry]) -> None:
        """Put these in the place of all the waiter's entries."""

    async def set_aside(self, entries: Sequence[QueueEntry]) -> None:
        """Record what is set aside for each of these (CHECK: at most its units)."""

    async def leave_behind(self, skus: Collection[str]) -> int:
        """Remove the entries of these articles of who has ended; return how many."""
