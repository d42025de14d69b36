"""The store of holds: why orders were stopped, and how each hold was answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.holds import HoldChoice, HoldKind, HoldRecord


class HoldStore(Protocol):
    """Holds of orders, of which each order has at most one that is open."""

    async def place(self, hold: HoldRecord) -> None:
        """Put a hold on record; raises Inconsistent if the order has an open one."""

    async def find(self, hold_id: str) -> HoldRecord | None:
        """Return a hold, or None."""

    async def open(
        self, *, kind: HoldKind | None = None, limit: int = 50, after: str | None = None
    ) -> Sequence[HoldRecord]:
        """Return the open holds by their orders' ids, beginning behind the order `after`."""

    async def of_order(self, order_id: str) -> Sequence[HoldRecord]:
        """Return an order's holds, oldest first."""

    async def ask(self, order_id: str, question: str, at: datetime, until: datetime) -> None:
        """Record that the customer is asked, and by when they shall answer."""

    async def reply(self, order_id: str, reply: str, until: datetime) -> None:
        """Record what the customer answered, and by when staff shall decide."""

    async def lapse(self, order_id: str, until: datetime) -> None:
        """Record that the customer is waited for no more, and by when staff shall decide."""

    async def close(
        self, order_id: str, answer: HoldChoice | None, by: str, at: datetime, remark: str = ""
    ) -> None:
        """Close the order's open hold, if it has one; None where it ended without an answer."""
