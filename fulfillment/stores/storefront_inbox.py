"""What keeps storefronts' deliveries until they are carried out, as a Protocol."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.base import Instant, Value


class WaitingDelivery(Value):
    """A delivery whose signature held, and that is not carried out yet."""

    key: str
    """What makes it once."""
    storefront: str
    delivery_id: str
    topic: str
    order_id: str | None = None
    body: bytes
    """As it came; the customer's data stand in it."""
    received_at: Instant
    next_attempt_at: Instant
    attempts: int = 0
    error: str = ""
    """Why the last attempt did not end, as the error's code."""


class StorefrontInbox(Protocol):
    """Deliveries that were answered and are still to be carried out."""

    async def keep(self, waiting: WaitingDelivery) -> None:
        """Put a delivery on record, unless it is."""

    async def any_due(self, now: datetime) -> bool:
        """Return whether anything is to be carried out now."""

    async def take_due(self, now: datetime, until: datetime, limit: int) -> list[WaitingDelivery]:
        """Return what is due, the oldest first; nobody else takes these until then."""

    async def postpone(self, key: str, error: str, until: datetime) -> None:
        """Record that an attempt came to nothing, and when the next one is."""

    async def waiting(self, limit: int) -> Sequence[WaitingDelivery]:
        """Return what is not carried out yet, the oldest first."""

    async def make_due(self, now: datetime) -> int:
        """Have all that waits carried out now; return how many."""

    async def drop(self, key: str) -> None:
        """Forget a delivery that was carried out."""

    async def drop_of_order(self, order_id: str) -> None:
        """Forget all deliveries of an order."""
