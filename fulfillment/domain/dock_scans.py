"""Scans at the dock: whether the parcel in front of the driver is one that the driver gets."""

from typing import Annotated, NoReturn, Self

from pydantic import Field, model_validator

from fulfillment.domain.base import StrictValue
from fulfillment.domain.confirmations import Person
from fulfillment.domain.errors import ConfirmationRefused, Problem
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.manifests import ManifestParcel, ManifestRecord

KEEP = "keep it back"


class DockScan(StrictValue):
    """A parcel is given to the driver: its label's barcode, and what the driver came for."""

    code: Annotated[str, Field(min_length=1, max_length=200)]
    """The tracking number, or the SSCC with or without AI 00 and symbology identifier."""
    by: Person
    manifest_id: str | None = None
    """The manifest in the driver's hand; or else the carrier alone."""
    carrier_id: str | None = None
    warehouse_id: str | None = None
    """Where it is scanned; of a manifest it is known."""

    @model_validator(mode="after")
    def _manifest_or_carrier(self) -> Self:
        if (self.manifest_id is None) is (self.carrier_id is None):
            message = "either a manifest_id or a carrier_id"
            raise ValueError(message)
        return self


def check_dock_scan(
    scan: DockScan, manifest: ManifestRecord | None, parcel: ManifestParcel | None
) -> ManifestParcel:
    """Return the parcel if the driver gets it now.

    Args:
        scan: what was scanned, and for whom.
        manifest: that of the scan, where it names one.
        parcel: whose label or SSCC it is; None if nobody's.

    Raises:
        ConfirmationRefused: nobody's code, a voided label, a canceled parcel, one of another
            warehouse, carrier or manifest, or one that was handed over already.

    """
    if parcel is None:
        remedy = f"{KEEP}, and look up its order (`fulfillment orders list`)"
        _refuse("parcel", "a label or SSCC of ours", scan.code, remedy)
    name = parcel.tracking_number
    if parcel.stage is Stage.CANCELED:
        _refuse("parcel", "one that ships", f"{name}, which was canceled", "unpack it")
    if parcel.voided:
        remedy = f"{KEEP}; its label was given back, so put the new one on it"
        _refuse("label", "a live one", f"{name}, which is void", remedy)
    _check_way(scan, manifest, parcel)
    if parcel.handed_over_at is not None:
        came = f"{name}, scanned by {parcel.handed_over_by} at {parcel.handed_over_at:%H:%M} UTC"
        _refuse("parcel", "one that was not handed over yet", came, "scan the next one")
    if parcel.stage is not Stage.AWAITING_PICKUP:
        remedy = "nothing is left to do" if parcel.stage is Stage.IN_TRANSIT else KEEP
        _refuse("stage", Stage.AWAITING_PICKUP.value, f"{name}, {parcel.stage.value}", remedy)
    return parcel


def _check_way(scan: DockScan, manifest: ManifestRecord | None, parcel: ManifestParcel) -> None:
    name = parcel.tracking_number
    warehouse_id = manifest.warehouse_id if manifest else scan.warehouse_id
    if warehouse_id not in (None, parcel.warehouse_id):
        remedy = f"{KEEP}; see how it came here from {parcel.warehouse_id}"
        _refuse("warehouse", str(warehouse_id), f"{name} of {parcel.warehouse_id}", remedy)
    carrier_id = manifest.carrier_id if manifest else scan.carrier_id
    if parcel.carrier_id != carrier_id:
        remedy = f"{KEEP} for {parcel.carrier_id}"
        _refuse("carrier", str(carrier_id), f"{name} of {parcel.carrier_id}", remedy)
    if manifest is not None and parcel.manifest_id != manifest.manifest_id:
        place = parcel.manifest_id or "none"
        remedy = f"{KEEP}; it goes with {place}" if parcel.manifest_id else KEEP
        _refuse("manifest", manifest.manifest_id, f"{name} on {place}", remedy)


def _refuse(path: str, expected: str, came: str, remedy: str) -> NoReturn:
    problem = Problem(path=path, expected=expected, came=came, remedy=remedy)
    raise ConfirmationRefused.of(problem)
