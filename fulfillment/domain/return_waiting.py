"""How long goods of a return are waited for, and what their carrier's word changes of it."""

from collections.abc import Collection
from datetime import datetime

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.returns import ReturnPolicy
from fulfillment.domain.tracking import TrackingException, TrackingStatus

DOES_NOT_COME = frozenset(
    {
        TrackingException.LOST,
        TrackingException.DAMAGED,
        TrackingException.REFUSED,
        TrackingException.ADDRESS_PROBLEM,
        TrackingException.RETURNED_TO_SENDER,
    }
)
"""What a person must see to; what is merely delayed comes by itself."""


class ParcelSeen(Value):
    """What its carrier has said last of a parcel that comes back."""

    tracking_number: str
    status: TrackingStatus
    at: Instant
    exception: TrackingException | None = None


def on_their_way(seen: Collection[ParcelSeen], received: int) -> list[ParcelSeen]:
    """Return the parcels that their carrier has or has brought, if more than were received.

    Which of them a receipt was of nobody scans: only their number tells that some are missing.

    Args:
        seen: what was said last of each parcel.
        received: how many parcels were received.

    """
    sent = [parcel for parcel in seen if parcel.status is not TrackingStatus.LABEL_CREATED]
    return sent if len(sent) > received else []


def waited_until(
    since: datetime,
    policy: ReturnPolicy,
    word_at: datetime | None = None,
    *,
    reminded: bool = False,
) -> datetime:
    """Return until when goods are waited for before the next step: reminder, lapse or question.

    Args:
        since: when the customer could send them.
        policy: the terms.
        word_at: of what its carrier has: when it told so last, or a person was told to ask it.
        reminded: whether the customer was reminded, so that it lapses next.

    """
    if word_at is not None:
        return word_at + policy.lapse_after
    reminder = since + policy.remind_after
    return reminder + policy.lapse_after if reminded else reminder
