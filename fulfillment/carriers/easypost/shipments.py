"""Shipments: rates for a parcel, its label bought, fetched in another format, and refunded.

An EasyPost shipment is one parcel; ours of several parcels is several of theirs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fulfillment.carriers.easypost.wire import (
    Answer,
    CarrierMessage,
    Rate,
    Request,
    address_body,
    parcel_body,
    read,
)
from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Value
from fulfillment.domain.shipping import ParcelSpec

MEDIA_TYPES = {"PDF": "application/pdf", "PNG": "image/png", "ZPL": "application/zpl"}
REFUNDED = frozenset({"submitted", "refunded"})
"""States of a refund after which the label is given back."""


class ParcelWish(Value):
    """A parcel to be rated, and bought later."""

    parcel: ParcelSpec
    sender: Address
    recipient: Address
    label_format: str = "PDF"
    reference: str = ""
    """Ours, by which it can be found again; empty where it is only rated."""
    carrier_accounts: tuple[str, ...] = ()
    """Whose rates are asked; empty means all that the key has."""


class PostageLabel(Answer):
    """Where a bought label lies, in one format or several."""

    label_url: str = ""
    label_file_type: str = ""
    label_pdf_url: str = ""
    label_zpl_url: str = ""

    def url(self, label_format: str) -> str:
        """Return where the label lies in a format; empty where it has to be converted first."""
        converted = {"PDF": self.label_pdf_url, "ZPL": self.label_zpl_url}.get(label_format, "")
        drawn = self.label_file_type.lower() == MEDIA_TYPES[label_format]
        return self.label_url if drawn else converted


class ScanFormReference(Answer):
    """The manifest that a shipment is on."""

    id: str


class Shipment(Answer):
    """A parcel at EasyPost: rated, and once it has a tracking code, bought."""

    id: str
    rates: tuple[Rate, ...] = ()
    messages: tuple[CarrierMessage, ...] = ()
    tracking_code: str | None = None
    selected_rate: Rate | None = None
    postage_label: PostageLabel | None = None
    refund_status: str = ""
    scan_form: ScanFormReference | None = None

    @property
    def is_bought(self) -> bool:
        """Return whether its label was bought."""
        return bool(self.tracking_code and self.selected_rate)


def create_request(wish: ParcelWish) -> Request:
    """Return the request for a parcel's rates."""
    body: dict[str, Any] = {
        "from_address": address_body(wish.sender),
        "to_address": address_body(wish.recipient),
        "parcel": parcel_body(wish.parcel.outer, wish.parcel.gross_weight_g),
        "options": {"label_format": wish.label_format},
    }
    if wish.reference:
        body["reference"] = wish.reference
    if wish.carrier_accounts:
        body["carrier_accounts"] = list(wish.carrier_accounts)
    return Request("POST", "/shipments", {"shipment": body})


def retrieve_request(shipment: str) -> Request:
    """Return the request for a shipment, by EasyPost's id or by our reference."""
    return Request("GET", f"/shipments/{shipment}")


def rerate_request(shipment_id: str) -> Request:
    """Return the request for fresh rates, which may have expired."""
    return Request("POST", f"/shipments/{shipment_id}/rerate", {})


def buy_request(shipment_id: str, rate_id: str) -> Request:
    """Return the request to buy a label."""
    return Request("POST", f"/shipments/{shipment_id}/buy", {"rate": {"id": rate_id}})


def label_request(shipment_id: str, label_format: str) -> Request:
    """Return the request for a bought label in another format."""
    query = {"file_format": label_format}
    return Request("GET", f"/shipments/{shipment_id}/label", query=query)


def refund_request(shipment_id: str) -> Request:
    """Return the request to give a label back."""
    return Request("POST", f"/shipments/{shipment_id}/refund", {})


def parse_response(payload: object) -> Shipment:
    """Return the shipment that any of these requests is answered with.

    Raises:
        CarrierAnswerInvalid: it is none; each missing field is named.

    """
    return read(Shipment, payload, "shipment")


def parse_rates(payload: object) -> Sequence[Rate]:
    """Return the fresh rates, which come alone or with their shipment."""
    fields = payload if isinstance(payload, Mapping) else {}
    return read(_Rates, {"rates": fields.get("rates")}, "rates").rates


class _Rates(Answer):
    rates: tuple[Rate, ...]
