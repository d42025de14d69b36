"""Settings of parcels on their way: what is asked of carriers, and how exceptions are worked."""

from datetime import timedelta
from typing import Annotated

from pydantic import field_serializer, field_validator
from pydantic_settings import BaseSettings, NoDecode

from fulfillment.domain.delivery_rules import WORKED, Choice, DeliveryRules
from fulfillment.domain.lifecycle import EXCEPTION_PATIENCE
from fulfillment.domain.tracking import TrackingException
from fulfillment.settings.spans import Span, Waits


class DeliverySettings(BaseSettings):
    """How often carriers are asked, and what a person must decide in what time."""

    delivery_exception: Waits = EXCEPTION_PATIENCE
    """How long a person may take; the policy `cancel` applies `delivery_default` in the end."""
    delivery_default: Choice | None = None
    """What is done where nobody decides: reship, or refund; by default it waits and escalates."""
    delivery_worked: Annotated[tuple[TrackingException, ...], NoDecode] = WORKED
    """The exceptions that a person decides about, commas between."""
    delivery_return_within: Span = timedelta(days=14)
    """How long a parcel that shall go to a new address may take to come back."""
    tracking_poll_first: Span = timedelta(hours=6)
    """How long after the last news a network is asked that is polled; then twice as long."""
    tracking_poll_longest: Span = timedelta(days=1)

    @field_validator("delivery_worked", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_serializer("delivery_worked")
    def _worked_as_names(self, worked: tuple[TrackingException, ...]) -> str:
        return ",".join(worked)

    @field_validator("delivery_default")
    @classmethod
    def _needs_nobody(cls, choice: Choice | None) -> Choice | None:
        if choice in {Choice.WAIT, Choice.NEW_ADDRESS}:
            message = "reship or refund: what can be done without a person"
            raise ValueError(message)
        return choice

    def delivery_rules(self, time_scale: float) -> DeliveryRules:
        """Return how exceptions are worked, with the time scale applied."""
        return DeliveryRules(
            default=self.delivery_default,
            worked=self.delivery_worked,
            return_within=self.delivery_return_within / time_scale,
            poll_first=self.tracking_poll_first / time_scale,
            poll_longest=self.tracking_poll_longest / time_scale,
        )
