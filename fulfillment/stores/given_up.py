"""The store of parcels that are not waited for any more."""

from enum import StrEnum
from typing import Protocol

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.delivery_rules import Choice


class Whereabouts(StrEnum):
    """Where the goods of a parcel are that was given up."""

    LOST = "lost"
    EXPECTED_BACK = "expected_back"
    BACK = "back"
    """Received, and in quarantine."""
    ARRIVED = "arrived"
    """With the customer, later than anybody had thought."""


AWAY = (Whereabouts.LOST, Whereabouts.EXPECTED_BACK)
"""They are with the carrier, or nobody knows where."""


class GivenUpParcel(Value):
    """A parcel that nobody waits for any more: why, what was done, and where its goods are."""

    parcel_id: str
    tracking_number: str
    fulfillment_id: str
    order_id: str
    cause: str
    choice: Choice
    """Reship or refund."""
    goods: Whereabouts
    by: str
    at: Instant


class GivenUpStore(Protocol):
    """Parcels that are not waited for any more."""

    async def add(self, parcel: GivenUpParcel) -> None:
        """Put on record that a parcel is given up; each once."""

    async def of_fulfillment(self, fulfillment_id: str) -> list[GivenUpParcel]:
        """Return those of a fulfillment, by id."""

    async def find(self, tracking_number: str) -> GivenUpParcel | None:
        """Return the one of that tracking number, or None."""

    async def set_goods(self, parcel_id: str, goods: Whereabouts) -> None:
        """Record where the goods are now."""
