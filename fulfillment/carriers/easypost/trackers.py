"""Trackers: what the carriers behind EasyPost say of a parcel, in our own event model."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

from fulfillment.carriers.easypost.wire import NETWORK, Answer, Request, read
from fulfillment.domain.base import Instant
from fulfillment.domain.tracking import TrackingEvent, TrackingException, TrackingStatus

S, X = TrackingStatus, TrackingException

STATUSES: dict[str, tuple[TrackingStatus, TrackingException | None]] = {
    "unknown": (S.LABEL_CREATED, None),
    "pre_transit": (S.LABEL_CREATED, None),
    "in_transit": (S.IN_TRANSIT, None),
    "out_for_delivery": (S.OUT_FOR_DELIVERY, None),
    "available_for_pickup": (S.OUT_FOR_DELIVERY, None),
    "delivered": (S.DELIVERED, None),
    "return_to_sender": (S.EXCEPTION, X.RETURNED_TO_SENDER),
    "failure": (S.EXCEPTION, X.OTHER),
    "error": (S.EXCEPTION, X.OTHER),
    "cancelled": (S.EXCEPTION, X.OTHER),
}
"""EasyPost's statuses; one that is not here says nothing of how far the parcel is."""

DETAILS: dict[str, tuple[TrackingStatus, TrackingException | None]] = {
    "received_at_origin_facility": (S.PICKED_UP, None),
    "address_correction": (S.EXCEPTION, X.ADDRESS_PROBLEM),
    "awaiting_information": (S.EXCEPTION, X.ADDRESS_PROBLEM),
    "refused": (S.EXCEPTION, X.REFUSED),
    "damaged": (S.EXCEPTION, X.DAMAGED),
    "lost": (S.EXCEPTION, X.LOST),
    "held": (S.EXCEPTION, X.OTHER),
    "customs_hold": (S.EXCEPTION, X.HELD_AT_CUSTOMS),
    "held_at_customs": (S.EXCEPTION, X.HELD_AT_CUSTOMS),
    "return": (S.EXCEPTION, X.RETURNED_TO_SENDER),
    "delayed": (S.EXCEPTION, X.DELAYED),
    "weather_delay": (S.EXCEPTION, X.DELAYED),
    "missorted": (S.EXCEPTION, X.DELAYED),
    "transit_exception": (S.EXCEPTION, X.OTHER),
    "delivery_exception": (S.EXCEPTION, X.OTHER),
}
"""Details that say more than their status, unless that is settled."""

_SETTLED = (STATUSES["delivered"], STATUSES["return_to_sender"])

CUSTOMS = ("customs", "clearance")
"""Words by which a carrier's message tells that a held parcel is at customs."""


class Location(Answer):
    """Where something happened, as far as the carrier says."""

    city: str = ""
    state: str = ""
    zip: str = ""
    country: str = ""

    def __str__(self) -> str:
        """Return the place in one line."""
        return ", ".join(part for part in (self.city, self.state, self.country) if part)


class Detail(Answer):
    """One message of the carrier."""

    status: str
    status_detail: str = ""
    datetime: Instant
    message: str = ""
    tracking_location: Location | None = None


class Tracker(Answer):
    """All that was told of a parcel."""

    id: str
    tracking_code: str
    carrier: str = ""
    status: str = ""
    est_delivery_date: Instant | None = None
    updated_at: Instant | None = None
    tracking_details: tuple[Detail, ...] = ()


def to_request(tracking_code: str, carrier: str = "") -> Request:
    """Return the request for a number's tracker; one that is there already is returned."""
    body = {"tracking_code": tracking_code}
    if carrier:
        body["carrier"] = carrier
    return Request("POST", "/trackers", {"tracker": body})


def retrieve_request(tracker_id: str) -> Request:
    """Return the request for a known tracker."""
    return Request("GET", f"/trackers/{tracker_id}")


def parse_response(payload: object) -> Tracker:
    """Return a tracker.

    Raises:
        CarrierAnswerInvalid: it is none; each missing field is named.

    """
    return read(Tracker, payload, "tracker")


def events_of(tracker: Tracker, raw_reference: str = "") -> tuple[TrackingEvent, ...]:
    """Return what was told in our event model, by time; the same tracker gives the same ids.

    What is delivered after it was sent back is delivered to us: returned.

    Args:
        tracker: as EasyPost told it.
        raw_reference: what EasyPost calls the telling.

    """
    details = sorted(tracker.tracking_details, key=lambda detail: detail.datetime)
    return tuple(_events(tracker, details, raw_reference))


def _events(tracker: Tracker, details: list[Detail], raw: str) -> Iterator[TrackingEvent]:
    coming_back = False
    for detail in details:
        mapped = mapped_status(detail)
        if mapped is None:
            continue
        status, exception = mapped
        coming_back |= exception is X.RETURNED_TO_SENDER
        if coming_back and status is S.DELIVERED:
            status, exception = S.RETURNED, X.RETURNED_TO_SENDER
        yield TrackingEvent(
            event_id=_event_id(tracker.tracking_code, detail),
            tracking_number=tracker.tracking_code,
            status=status,
            at=detail.datetime,
            place=str(detail.tracking_location or "")[:200],
            reason=detail.message[:500],
            exception=exception,
            projected_delivery=_projected(tracker) if detail is details[-1] else None,
            raw_reference=raw or tracker.id,
        )


def mapped_status(detail: Detail) -> tuple[TrackingStatus, TrackingException | None] | None:
    """Return our status of a message and what is wrong; None where it says nothing of it."""
    by_status = STATUSES.get(detail.status)
    if by_status is None or by_status in _SETTLED:
        return by_status
    at_customs = any(word in detail.message.lower() for word in CUSTOMS)
    if detail.status_detail == "held" and at_customs:
        return S.EXCEPTION, X.HELD_AT_CUSTOMS
    return DETAILS.get(detail.status_detail, by_status)


def _projected(tracker: Tracker) -> date | None:
    expected = tracker.est_delivery_date
    return None if expected is None else expected.date()


def _event_id(tracking_code: str, detail: Detail) -> str:
    at: datetime = detail.datetime.astimezone(UTC)
    said = (tracking_code, detail.status, detail.status_detail, at.isoformat(), detail.message)
    return f"{NETWORK}-{hashlib.sha256(json.dumps(said).encode()).hexdigest()[:40]}"
