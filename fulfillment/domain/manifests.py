"""Manifests: the parcels that a carrier takes from a warehouse at a cut-off, and who got left."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from fulfillment.domain.base import Identifier, Instant, Value
from fulfillment.domain.calendars import MONDAY_TO_FRIDAY, WorkCalendar, pickup_date
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.pickups import PICKUP_WINDOW

LONGEST_ID = 64
"""Of an Identifier, which a manifest's id is, so that it prints as a barcode."""


class ManifestState(StrEnum):
    """Whether parcels may still be put on a manifest."""

    OPEN = "open"
    CLOSED = "closed"


class HandOver(StrEnum):
    """How a hand-over went."""

    COMPLETE = "complete"
    PARTLY = "partly"
    MISSED = "missed"
    """Nothing was handed over: the carrier did not come, or nobody drove."""


class ManifestRecord(Value):
    """A manifest on record; one for each warehouse, carrier and cut-off."""

    manifest_id: Identifier
    warehouse_id: str
    carrier_id: str
    cut_off: Instant
    state: ManifestState
    reference: str | None = None
    """What the carrier calls it; None until it was told."""
    document_id: str | None = None
    """Our own print of it."""
    pickup_reference: str | None = None
    """Of the pickup that was booked for all its parcels; "" where they are dropped off."""
    pickup_from: Instant | None = None
    pickup_until: Instant | None = None
    closed_at: Instant | None = None

    @property
    def has_pickup(self) -> bool:
        """Return whether its parcels go by a pickup or drop-off of the manifest's own."""
        return self.pickup_reference is not None


class ManifestParcel(Value):
    """A labeled parcel and its place: the one manifest that it stands on, if any."""

    label_id: str
    parcel_id: str
    fulfillment_id: str
    order_id: str
    warehouse_id: str
    carrier_id: str
    service_id: str
    tracking_number: str
    carrier_reference: str
    sscc: str | None
    gross_weight_g: int
    stage: Stage
    """Its fulfillment's."""
    voided: bool = False
    pickup_reference: str | None = None
    """Of the pickup that its fulfillment waits for."""
    pickup_until: Instant | None = None
    manifest_id: str | None = None
    told_on: str | None = None
    """The manifest by which the carrier was told of it; it is told once."""
    handed_over_at: Instant | None = None
    handed_over_by: str | None = None

    @property
    def is_waiting(self) -> bool:
        """Return whether it is still to be handed over."""
        return self.handed_over_at is None and not self.voided

    def goes_with(self, manifest: ManifestRecord) -> bool:
        """Return whether it waits for a pickup of the manifest, not for one of its own."""
        by_manifest = not self.pickup_reference or (
            self.pickup_reference == manifest.pickup_reference
        )
        return self.is_waiting and self.stage is Stage.AWAITING_PICKUP and by_manifest


class LeftBehind(Value):
    """A parcel that stood on a closed manifest and did not leave with it, and why."""

    manifest_id: str
    label_id: str
    parcel_id: str
    tracking_number: str
    reason: str
    next_manifest_id: str | None
    """Where it stands instead; None if it does not leave at all."""
    at: Instant


def cut_off_on(day: date, timezone: str, cutoff: time) -> datetime:
    """Return a day's cut-off, in the warehouse's time zone."""
    return datetime.combine(day, cutoff, ZoneInfo(timezone))


def cut_off_after(ready_at: datetime, timezone: str, cutoff: time) -> datetime:
    """Return the first cut-off that goods reach that are ready at an instant."""
    return cut_off_on(pickup_date(ready_at, timezone, cutoff), timezone, cutoff)


def following_cut_off(cut_off: datetime, timezone: str, cutoff: time) -> datetime:
    """Return the cut-off after one."""
    just_missed = cut_off.astimezone(UTC) + timedelta(microseconds=1)
    return cut_off_after(just_missed, timezone, cutoff)


def cut_off_of_the_day(at: datetime, timezone: str, cutoff: time) -> datetime | None:
    """Return the cut-off of the local day, past or to come; None if no carrier works that day."""
    cut_off = cut_off_on(at.astimezone(ZoneInfo(timezone)).date(), timezone, cutoff)
    works = pickup_date(cut_off, timezone, cutoff) == cut_off.date()
    return cut_off if works else None


def manifest_id(warehouse_id: str, carrier_id: str, cut_off: datetime) -> str:
    """Return the id of the manifest of a cut-off, given in the warehouse's time zone.

    As `MF-BER-overland-20260304-1700`; too long names are cut, with a hash of the whole.
    """
    name = f"MF-{warehouse_id}-{carrier_id}-{cut_off:%Y%m%d-%H%M}"
    if len(name) <= LONGEST_ID:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{name[: LONGEST_ID - 1 - len(digest)]}-{digest}"


def pickup_day(
    cut_off: datetime,
    at: datetime,
    timezone: str,
    cutoff: time,
    calendar: WorkCalendar = MONDAY_TO_FRIDAY,
) -> date:
    """Return the day of the next pickup of a manifest: its cut-off's, or once that is over, later.

    Args:
        cut_off: the manifest's.
        at: when the pickup is booked.
        timezone: the warehouse's.
        cutoff: its wall-clock time of day.
        calendar: its working days.

    """
    if at < cut_off.astimezone(UTC) + PICKUP_WINDOW:
        return cut_off.astimezone(ZoneInfo(timezone)).date()
    return pickup_date(at, timezone, cutoff, calendar)


def outcome_of(parcels: Iterable[ManifestParcel]) -> HandOver:
    """Return how the hand-over of a manifest's parcels went; of none at all it is complete."""
    waiting = [parcel.is_waiting for parcel in parcels if not parcel.voided]
    if not any(waiting):
        return HandOver.COMPLETE
    return HandOver.MISSED if all(waiting) else HandOver.PARTLY


def why_left(parcels: Iterable[ManifestParcel], until: datetime) -> str:
    """Return why parcels were left behind that nobody had scanned by an instant."""
    handed = [not parcel.is_waiting for parcel in parcels if not parcel.voided]
    return (
        f"not scanned at the hand-over by {until.astimezone(UTC):%Y-%m-%d %H:%M} UTC, "
        f"when {sum(handed)} of {len(handed)} parcels were"
    )
