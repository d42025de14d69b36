"""What of an order may still be amended besides its units: how fast it comes, and the gift."""

from datetime import date
from typing import Any

from fulfillment.domain.base import Value
from fulfillment.domain.lifecycle import NOT_LEFT, Stage
from fulfillment.domain.orders import Gift, Order, Urgency

AMENDABLE = NOT_LEFT[: NOT_LEFT.index(Stage.AWAITING_PICKUP)]
"""Stages in which a fulfillment has no label yet; the service is chosen with it."""


class Wishes(Value):
    """What shall be otherwise; None stays as it is."""

    urgency: Urgency | None = None
    deliver_by: date | None = None
    gift: Gift | None = None

    @property
    def given(self) -> dict[str, Any]:
        """Return the fields that shall change."""
        return {name: value for name, value in self if value is not None}


def amended(order: Order, wishes: Wishes) -> Order:
    """Return the order as it shall be."""
    return order.model_copy(update=wishes.given)


def told(wishes: Wishes) -> dict[str, str]:
    """Return what is amended, in words that don't quote the customer."""
    words = {name: str(value) for name, value in wishes.given.items() if name != "gift"}
    return words if wishes.gift is None else {**words, "gift": "changed"}
