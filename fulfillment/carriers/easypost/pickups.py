"""Pickups: created, which asks the carriers for rates, then bought or canceled."""

from fulfillment.carriers.easypost.wire import (
    Amount,
    Answer,
    CarrierMessage,
    Request,
    address_body,
    read,
)
from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Instant, Value


class PickupWish(Value):
    """When and where a carrier shall come for the parcels of a shipment."""

    reference: str
    address: Address
    window_start: Instant
    window_end: Instant
    shipment_id: str
    parcels: int


class PickupRate(Answer):
    """What a carrier takes for coming."""

    carrier: str
    service: str
    rate: Amount


class BookedPickup(Answer):
    """A pickup at EasyPost; it stands once its status is `scheduled`."""

    id: str
    status: str = ""
    confirmation: str = ""
    pickup_rates: tuple[PickupRate, ...] = ()
    messages: tuple[CarrierMessage, ...] = ()

    @property
    def is_scheduled(self) -> bool:
        """Return whether the carrier will come."""
        return self.status == "scheduled"

    @property
    def is_canceled(self) -> bool:
        """Return whether it was called off."""
        return self.status == "canceled"

    def cheapest(self, carrier: str) -> PickupRate | None:
        """Return the carrier's cheapest rate, or None where it does not come."""
        rates = [rate for rate in self.pickup_rates if rate.carrier == carrier]
        return min(rates, key=lambda rate: (rate.rate, rate.service), default=None)


def to_request(wish: PickupWish) -> Request:
    """Return the request to create a pickup."""
    noun = "parcel" if wish.parcels == 1 else "parcels"
    pickup = {
        "reference": wish.reference,
        "address": address_body(wish.address),
        "min_datetime": wish.window_start.isoformat(),
        "max_datetime": wish.window_end.isoformat(),
        "instructions": f"{wish.parcels} {noun}",
        "shipment": {"id": wish.shipment_id},
    }
    return Request("POST", "/pickups", {"pickup": pickup})


def retrieve_request(pickup: str) -> Request:
    """Return the request for a pickup, by EasyPost's id or by our reference."""
    return Request("GET", f"/pickups/{pickup}")


def buy_request(pickup_id: str, rate: PickupRate) -> Request:
    """Return the request to have the carrier come."""
    body = {"carrier": rate.carrier, "service": rate.service}
    return Request("POST", f"/pickups/{pickup_id}/buy", body)


def cancel_request(pickup_id: str) -> Request:
    """Return the request to call a pickup off."""
    return Request("POST", f"/pickups/{pickup_id}/cancel", {})


def parse_response(payload: object) -> BookedPickup:
    """Return the pickup that any of these requests is answered with.

    Raises:
        CarrierAnswerInvalid: it is none; each missing field is named.

    """
    return read(BookedPickup, payload, "pickup")
