"""Scan forms: the list of the parcels that a carrier takes, with one barcode for all."""

from collections.abc import Sequence

from fulfillment.carriers.easypost.wire import Answer, Request, read


class ScanForm(Answer):
    """A manifest at EasyPost."""

    id: str
    status: str = ""
    form_url: str = ""
    tracking_codes: tuple[str, ...] = ()

    @property
    def is_created(self) -> bool:
        """Return whether the carrier has it; it may still be in the making."""
        return self.status == "created"

    @property
    def is_failed(self) -> bool:
        """Return whether the carrier did not take it."""
        return self.status == "failed"


def to_request(shipment_ids: Sequence[str]) -> Request:
    """Return the request to put shipments on a scan form."""
    shipments = [{"id": shipment_id} for shipment_id in shipment_ids]
    return Request("POST", "/scan_forms", {"scan_form": {"shipment": shipments}})


def retrieve_request(scan_form_id: str) -> Request:
    """Return the request for a scan form."""
    return Request("GET", f"/scan_forms/{scan_form_id}")


def parse_response(payload: object) -> ScanForm:
    """Return a scan form.

    Raises:
        CarrierAnswerInvalid: it is none; each missing field is named.

    """
    return read(ScanForm, payload, "scan form")
