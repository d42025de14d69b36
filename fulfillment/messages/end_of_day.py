"""What the end of a day asks for: close the manifest, book the pickup, see what was handed over."""

from datetime import timedelta

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.lifecycle import Nudge, Patience
from fulfillment.domain.manifests import HandOver
from fulfillment.messages.shipping import PickupBooked


class CutOffRequest(Value):
    """The cut-off of a warehouse and carrier has come, or its end of day is wanted now."""

    warehouse_id: str
    carrier_id: str


class FindCutOffs(Value):
    """Ask which manifests are due as of a moment."""

    warehouse_id: str
    carrier_id: str
    at: Instant


class CutOffs(Value):
    """The cut-offs whose manifests are due, the earliest first."""

    cut_offs: tuple[Instant, ...]


class EndOfDayRequest(Value):
    """End the day of a warehouse and carrier at a cut-off."""

    warehouse_id: str
    carrier_id: str
    cut_off: Instant


class CloseManifest(Value):
    """Let nothing more come on the manifest of a cut-off."""

    key: str
    warehouse_id: str
    carrier_id: str
    cut_off: Instant


class ManifestClosed(Value):
    """The closed manifest, and how long its hand-over may take."""

    manifest_id: str
    parcels: int
    pickup_from: Instant
    pickup_until: Instant
    """When the carrier comes, unless a pickup is booked for the manifest."""
    grace: timedelta
    """How long after that the carrier counts as not having come."""
    hand_over: Patience
    rest: timedelta
    """How long to wait before the carrier is asked again for what it has refused."""


class AnnounceManifest(Value):
    """Tell the carrier of the manifest, unless it is not to be asked, and print it."""

    key: str
    manifest_id: str
    ask_carrier: bool = True


class ManifestAnnounced(Value):
    """What the carrier calls the manifest, and where it is printed."""

    reference: str | None
    document_ids: tuple[str, ...]
    parcels: tuple[str, ...] = ()
    """The tracking numbers of what must be there, as many as a person reads."""


class BookManifestPickup(Value):
    """Have all parcels of a manifest fetched that have no pickup of their own."""

    key: str
    manifest_id: str
    at: Instant


class ManifestPickup(Value):
    """When the parcels of a manifest are fetched, and whose parcels had another time."""

    pickup: PickupBooked | None
    """None where each has a pickup of its own."""
    changed: tuple[str, ...] = ()
    """Fulfillments."""


class SettleManifest(Value):
    """See what was handed over; what was not goes with the next manifest, once the time is over."""

    key: str
    manifest_id: str
    until: Instant
    at: Instant
    is_over: bool = True
    """Whether nothing more is waited for; else an incomplete hand-over is only looked at."""


class ManifestSettled(Value):
    """How the hand-over went."""

    outcome: HandOver
    handed_over: int
    parcels: int
    next_manifest_id: str | None = None
    left_behind: tuple[str, ...] = ()
    """Tracking numbers."""
    pickup: PickupBooked | None = None
    """When the left parcels are fetched that have no pickup of their own."""
    changed: tuple[str, ...] = ()
    """Their fulfillments."""


class NudgeDock(Value):
    """Remind the dock of a manifest's parcels, or tell the supervisor."""

    key: str
    manifest_id: str
    kind: Nudge
    reason: str


class EndOfDayStatus(Value):
    """Where a day's end stands."""

    warehouse_id: str
    carrier_id: str
    cut_off: Instant
    manifest_id: str | None = None
    blocked_on: str = ""
    pickup_until: Instant | None = None
    outcome: HandOver | None = None
    missed_pickups: int = 0
