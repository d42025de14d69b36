"""How parcels that do not arrive as they should are worked, and how often carriers are asked."""

from datetime import timedelta
from enum import StrEnum

from fulfillment.domain.base import Value
from fulfillment.domain.tracking import TrackingException

WORKED = tuple(
    sorted(set(TrackingException) - {TrackingException.DELAYED, TrackingException.OTHER})
)
"""What a person must decide unless it is set otherwise: what does not pass by itself."""


class Choice(StrEnum):
    """What becomes of a parcel that does not arrive as it should."""

    RESHIP = "reship"
    """The same goods are sent again, as a replacement order, at no cost."""
    REFUND = "refund"
    NEW_ADDRESS = "new_address"
    """They are sent again to another address, once the parcel is back."""
    WAIT = "wait"


class DeliveryRules(Value):
    """How exceptions of deliveries are worked, and how often carriers are asked; by settings."""

    default: Choice | None = None
    """What is done where nobody has decided, and the policy is to cancel the wait."""
    worked: tuple[TrackingException, ...] = WORKED
    return_within: timedelta = timedelta(days=14)
    """How long a parcel may take to come back before a new address is asked about again."""
    poll_first: timedelta = timedelta(hours=6)
    """How long after the last news a carrier is asked that may not tell by itself."""
    poll_longest: timedelta = timedelta(days=1)
    """Where the intervals stop doubling."""

    def poll_after(self, asked: int) -> timedelta:
        """Return how long to wait until the carrier is asked, after so many answers without news.

        It doubles from `poll_first` and never exceeds `poll_longest`.
        """
        if self.poll_first >= self.poll_longest:
            return self.poll_longest
        doublings = min(asked, (self.poll_longest // self.poll_first).bit_length())
        return min(self.poll_first * (1 << doublings), self.poll_longest)
