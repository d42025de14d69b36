"""Webhooks of EasyPost: whose they are, how old, and what they tell.

Source: EasyPost, Webhooks Guide: X-Hmac-Signature is `hmac-sha256-hex=` and the HMAC-SHA256 of the
raw body, by the webhook's secret in Unicode normalization form KD.
"""

import hashlib
import hmac
import json
import unicodedata
from decimal import Decimal

from pydantic import Field

from fulfillment.carriers.easypost.trackers import Tracker, events_of
from fulfillment.carriers.easypost.wire import Answer, read
from fulfillment.domain.base import Instant
from fulfillment.domain.errors import CarrierAnswerInvalid
from fulfillment.domain.tracking import TrackingEvent

SIGNED_WITH = "hmac-sha256-hex="
TRACKED = "tracker."
"""What the descriptions of those events begin with whose result is a tracker."""


class Event(Answer):
    """A delivery: something was created or updated."""

    id: str
    description: str
    created_at: Instant
    result: dict[str, object] = Field(default_factory=dict)
    mode: str = ""


def signature_of(body: bytes, secret: str) -> str:
    """Return the signature of a body, as it stands in the header."""
    key = unicodedata.normalize("NFKD", secret).encode()
    return SIGNED_WITH + hmac.new(key, body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Return whether the signature is the raw body's; takes as long whatever came.

    An empty secret signs nothing.
    """
    made = hmac.compare_digest(signature_of(body, secret).encode(), signature.strip().encode())
    return made and bool(secret)


def parse_event(body: bytes) -> Event:
    """Return what a webhook delivers.

    Raises:
        CarrierAnswerInvalid: it is no event; each missing field is named.

    """
    try:
        payload = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        message = "EasyPost event: expected JSON, came something else"
        raise CarrierAnswerInvalid(message) from error
    return read(Event, payload, "event")


def tracking_events(event: Event) -> tuple[TrackingEvent, ...]:
    """Return what an event tells of a parcel, by time; empty where it is about something else.

    Raises:
        CarrierAnswerInvalid: its tracker is none; each missing field is named.

    """
    if not event.description.startswith(TRACKED):
        return ()
    return events_of(read(Tracker, event.result, "tracker"), event.id)
