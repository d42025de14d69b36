"""Settings of the merchant's webhooks."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from fulfillment.domain.webhooks import WebhookRules
from fulfillment.settings.spans import Span


class WebhookSettings(BaseModel):
    """How webhooks are delivered, and where they may go."""

    time_scale: float

    webhook_timeout: Annotated[Span, Field(le=timedelta(seconds=60))] = timedelta(seconds=15)
    """How long an endpoint of the merchant may take to answer."""
    webhook_sweep: Span = timedelta(minutes=1)
    """How often an endpoint's workflow looks for what is due without having been waked."""
    webhook_disable_after: Span = timedelta(days=5)
    """After so long of nothing but failures an endpoint is disabled."""
    webhook_rotation: Span = timedelta(days=1)
    """How long an endpoint's old secret signs beside its new one."""
    webhook_allow_loopback: bool = False
    """Whether endpoints may be on this machine, and there by http: for trying things out."""
    webhook_allow_private: bool = False
    """Whether endpoints may be in a private network."""

    def webhook_rules(self) -> WebhookRules:
        """Return how webhooks are delivered, with the time scale applied."""
        return WebhookRules(
            sweep=self.webhook_sweep,
            disable_after=self.webhook_disable_after,
            rotation=self.webhook_rotation,
            allow_loopback=self.webhook_allow_loopback,
            allow_private=self.webhook_allow_private,
        ).scaled(self.time_scale)
