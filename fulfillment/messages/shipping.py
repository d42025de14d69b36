"""What is asked about parcels: labels, pickups, hand-over, tracking."""

from datetime import date

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.confirmations import HandoverConfirmation
from fulfillment.domain.decisions import Decision
from fulfillment.domain.pickups import Pickups


class BuyLabels(Value):
    """Choose the service, buy a label for each parcel, arrange the pickup."""

    key: str
    fulfillment_id: str
    at: Instant
    pickups: Pickups = Pickups.EACH


class Labeled(Value):
    """Who carries the parcels, when they are fetched, and when they should arrive."""

    task_id: str
    fulfillment_id: str = ""
    carrier_id: str
    service_id: str
    tracking_numbers: tuple[str, ...]
    ssccs: tuple[str, ...] = ()
    """Of the same parcels."""
    pickup_reference: str
    pickup_from: Instant
    pickup_until: Instant
    projected_delivery: date
    decision: Decision
    confirmed: HandoverConfirmation | None = None
    canceled: bool = False
    """Whether the fulfillment was canceled while they were bought: they are to be given back."""
    stale: bool = False
    """Whether the order was changed meanwhile: they are to be given back, and bought anew."""
    polled: bool = False
    """Whether the carrier must be asked what became of the parcels."""
    manifest_id: str = ""
    """Where its parcels were put first; "" if that was before there were manifests."""


class RebookPickup(Value):
    """The carrier did not come: book the next pickup."""

    key: str
    fulfillment_id: str
    at: Instant


class PickupBooked(Value):
    """When the carrier comes."""

    pickup_reference: str
    pickup_from: Instant
    pickup_until: Instant


class RecordHandover(Value):
    """The carrier has the parcels."""

    key: str
    fulfillment_id: str
    confirmation: HandoverConfirmation


class HandedOver(Value):
    """The parcels that left."""

    parcel_ids: tuple[str, ...]
    readdressed: bool = False
    """Whether they did not, since their labels name an old address."""


class TrackingUpdate(Value):
    """What tracking says of a parcel; told to the workflow after the event is on record."""

    tracking_number: str
    status: str
    at: Instant | None = None
    exception: str | None = None
    """What is wrong, while something is."""
    projected_delivery: date | None = None
    """When the carrier expects to deliver it, where it has said so."""


class RecordDelivery(Value):
    """All parcels have arrived: close the fulfillment, and tell the customer."""

    key: str
    notice_key: str
    """Of the message."""
    fulfillment_id: str


class Delivered(Value):
    """When the last parcel arrived; None while one is still on its way."""

    at: Instant | None
    undelivered: bool = False
    """Whether none is on its way, and none has arrived: all were given up."""
    forgiven: bool = False
    """Whether all were given up to be refunded, so that nothing is to be paid for them."""
