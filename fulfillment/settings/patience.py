"""Settings of how long each stage waits for people and carriers."""

from datetime import timedelta

from pydantic import BaseModel

from fulfillment.domain.lifecycle import Policy
from fulfillment.settings.spans import Span, Waits, days, hours

PATIENT = (
    "pick",
    "sort",
    "pack",
    "hand_over",
    "tracking",
    "hold",
    "back_order",
    "delivery_exception",
    "put_back",
    "supply_overdue",
)
"""All that is a patience, in whichever file it is set."""


class PatienceSettings(BaseModel):
    """How long people and parcels may take: remind, escalate, then do as the policy says."""

    pick: Waits = hours(2, 2, 4, Policy.REASSIGN)
    sort: Waits = hours(1, 1, 2, Policy.REASSIGN)
    pack: Waits = hours(2, 2, 4, Policy.REASSIGN)
    hand_over: Waits = hours(4, 4, 24, Policy.KEEP_WAITING)
    tracking: Waits = days(3, 2, 2, Policy.KEEP_WAITING)
    """From the last news of a parcel on."""
    hold: Waits = days(1, 2, 4, Policy.CANCEL)
    back_order: Waits = days(3, 4, 7, Policy.KEEP_WAITING)
    pickup_grace: Span = timedelta(hours=2)
    """How long after its window a pickup counts as missed."""
    ship_within: Span = timedelta(days=2)
    """The promise: how long after an order is on record its goods shall have left."""
