"""Who has parcels fetched: each fulfillment for itself, or a carrier's manifest for all of them."""

from datetime import timedelta
from enum import StrEnum

PICKUP_WINDOW = timedelta(hours=2)
"""How long the carrier may take to come, from the cut-off on."""


class Pickups(StrEnum):
    """For what a pickup is booked."""

    EACH = "each"
    """For each fulfillment, when its labels are bought."""
    MANIFEST = "manifest"
    """For all parcels of a manifest together, when it is closed."""
