"""What keeps webhooks, as a Protocol: endpoints, messages, deliveries; refused deliveries to us."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import Delivery, DeliveryState, Endpoint


class Which(Value):
    """Which messages are meant; all of what is set must be so."""

    message_id: str | None = None
    order_id: str | None = None
    since: Instant | None = None
    """Only what happened at that time or later."""
    endpoint_id: str | None = None
    """Only what was queued for this endpoint."""
    state: DeliveryState | None = None
    """Only what has come so far, at that endpoint or at any."""


class RefusedDelivery(Value):
    """A delivery of a storefront that was refused; without personal data."""

    number: int = 0
    """Counts them; the store gives it."""
    at: Instant
    storefront: str
    topic: str
    delivery_id: str
    order_id: str | None = None
    code: str
    """Why, as the error's code."""
    fields: tuple[str, ...] = ()
    """What is wrong, by its path in the payload."""


class WebhookStore(Protocol):
    """Outward messages with their endpoints; and what storefronts sent us in vain."""

    async def add_endpoint(self, endpoint: Endpoint) -> None:
        """Put an endpoint on record; raises Inconsistent where its id is."""

    async def endpoints(self) -> list[Endpoint]:
        """Return all endpoints, by id."""

    async def endpoint(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint, or None; nobody else changes it before a writing transaction ends."""

    async def save_endpoint(self, endpoint: Endpoint) -> None:
        """Replace what is on record of an endpoint."""

    async def remove_endpoint(self, endpoint_id: str) -> bool:
        """Remove an endpoint with its deliveries, not the messages; say whether it was there."""

    async def last_message(self, order_id: str) -> Message | None:
        """Return the last message of an order, or None."""

    async def add_message(self, message: Message) -> None:
        """Put a message on record (UNIQUE id, UNIQUE order and sequence)."""

    async def knows(self, message_id: str) -> bool:
        """Return whether a message is on record."""

    async def message(self, message_id: str) -> Message:
        """Return a message; raises NotFound."""

    async def messages(
        self, which: Which, *, after: str | None = None, limit: int = 50
    ) -> list[Message]:
        """Return messages in the order they were put on record, beginning behind `after`."""

    async def queue(self, endpoint_id: str, message_ids: Sequence[str], at: datetime) -> None:
        """Have messages delivered from that time on, whatever became of them before."""

    async def deliveries(self, message_ids: Collection[str]) -> list[Delivery]:
        """Return what became of messages, by message and endpoint."""

    async def save_delivery(self, delivery: Delivery) -> None:
        """Replace what is on record of a delivery, unless its endpoint was removed meanwhile."""

    async def due(self, endpoint_id: str, now: datetime, limit: int) -> list[Delivery]:
        """Return what is to be delivered now, in the order of the messages."""

    async def next_due(self, endpoint_id: str) -> datetime | None:
        """Return when the next delivery is due, or None where none is pending."""

    async def give_up(self, endpoint_id: str, error: str) -> int:
        """Mark all that is pending as failed; return how many."""

    async def overdue(self, before: datetime) -> list[Delivery]:
        """Return what was due before then at endpoints that listen, and is still pending."""

    async def add_refused(self, refused: RefusedDelivery) -> None:
        """Keep a delivery of a storefront that was refused; once, by its id, topic and code."""

    async def refused(self, *, before: int | None = None, limit: int = 50) -> list[RefusedDelivery]:
        """Return refused deliveries, the newest first, beginning below the number `before`."""
