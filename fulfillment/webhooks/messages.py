"""What the workflow of an endpoint is asked, and what its activity answers."""

from datetime import timedelta

from fulfillment.domain.base import Instant, Value


class DeliverWebhooks(Value):
    """Deliver what an endpoint has not got yet."""

    endpoint_id: str
    most_events: int = 2_000
    """After so many events the workflow's history begins anew."""


class Round(Value):
    """What a round of deliveries came to."""

    delivered: int = 0
    failed: int = 0
    """Attempts that failed, whether they are repeated or not."""
    closed: bool = False
    """Whether there is no endpoint to deliver to: it was removed, or is disabled."""
    wait: timedelta = timedelta()
    """How long nothing is due; zero where there is more."""
    next_at: Instant | None = None
    """When the next attempt is due, for people."""
