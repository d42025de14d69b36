"""Who carries webhooks, as Protocols."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import Answer, Endpoint


class Waker(Protocol):
    """Wakes who delivers; it may be lost, since what is to be delivered is on record."""

    async def wake(self, endpoint_ids: Collection[str]) -> None:
        """Have what is due at these endpoints delivered soon; never raises, never waits."""


class WebhookSender(Protocol):
    """Makes one attempt to deliver a message."""

    async def send(self, endpoint: Endpoint, message: Message, now: datetime) -> Answer:
        """Sign a message and post it; whatever goes wrong on the way is an answer too."""


class _NoWaker:
    async def wake(self, endpoint_ids: Collection[str]) -> None:
        """Do nothing."""


NO_WAKER: Waker = _NoWaker()
"""Wakes nobody: what is due is found by the next sweep."""
