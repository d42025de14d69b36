"""Which parcels a driver gets, and why not the others."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from fulfillment.domain.dock_scans import DockScan, check_dock_scan
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.manifests import ManifestParcel, ManifestRecord, ManifestState

NOW = datetime(2026, 3, 2, 17, 5, tzinfo=UTC)
MANIFEST = ManifestRecord(
    manifest_id="MF-1",
    warehouse_id="BER",
    carrier_id="overland",
    cut_off=NOW,
    state=ManifestState.CLOSED,
    closed_at=NOW,
)
PARCEL = ManifestParcel(
    label_id="L-1",
    parcel_id="P-1",
    fulfillment_id="O-1-1",
    order_id="O-1",
    warehouse_id="BER",
    carrier_id="overland",
    service_id="road",
    tracking_number="FC-1",
    carrier_reference="",
    sscc=None,
    gross_weight_g=100,
    stage=Stage.AWAITING_PICKUP,
    manifest_id="MF-1",
)
BY_MANIFEST = DockScan(code="FC-1", by="ann", manifest_id="MF-1")
BY_CARRIER = DockScan(code="FC-1", by="ann", carrier_id="overland", warehouse_id="BER")

WRONG: dict[str, dict[str, object]] = {
    "expected one that ships, came FC-1, which was canceled": {"stage": Stage.CANCELED},
    "expected a live one, came FC-1, which is void": {"voided": True},
    "expected BER, came FC-1 of RTM": {"warehouse_id": "RTM"},
    "expected overland, came FC-1 of skyway; keep it back for skyway": {"carrier_id": "skyway"},
    "came FC-1, scanned by bob at 17:05 UTC": {"handed_over_at": NOW, "handed_over_by": "bob"},
    "expected awaiting_pickup, came FC-1, in_transit": {"stage": Stage.IN_TRANSIT},
}


@pytest.mark.parametrize("scan", [BY_MANIFEST, BY_CARRIER])
def test_the_driver_gets_what_is_on_the_list(scan: DockScan) -> None:
    """By the manifest, or by the carrier and the warehouse."""
    manifest = MANIFEST if scan.manifest_id else None
    assert PARCEL == check_dock_scan(scan, manifest, PARCEL)


@pytest.mark.parametrize("scan", [BY_MANIFEST, BY_CARRIER])
@pytest.mark.parametrize("said", WRONG)
def test_the_driver_does_not_get_another_parcel(scan: DockScan, said: str) -> None:
    """Refused with what was expected, what came, and what to do."""
    manifest = MANIFEST if scan.manifest_id else None
    with pytest.raises(ConfirmationRefused) as refused:
        check_dock_scan(scan, manifest, PARCEL.model_copy(update=WRONG[said]))
    assert said in str(refused.value)
    assert refused.value.problems[0].remedy


@pytest.mark.parametrize(("place", "what_to_do"), [("MF-2", "it goes with MF-2"), (None, "none")])
def test_a_parcel_of_another_manifest_stays(place: str | None, what_to_do: str) -> None:
    """It is said where it belongs; by the carrier alone, any manifest will do."""
    elsewhere = PARCEL.model_copy(update={"manifest_id": place})
    with pytest.raises(ConfirmationRefused) as refused:
        check_dock_scan(BY_MANIFEST, MANIFEST, elsewhere)
    assert what_to_do in str(refused.value)
    assert elsewhere == check_dock_scan(BY_CARRIER, None, elsewhere)


def test_a_code_of_nobody_is_refused() -> None:
    """It may be another shop's parcel."""
    with pytest.raises(ConfirmationRefused) as refused:
        check_dock_scan(BY_MANIFEST, MANIFEST, None)
    assert "expected a label or SSCC of ours, came FC-1" in str(refused.value)


@pytest.mark.parametrize("way", [{}, {"manifest_id": "MF-1", "carrier_id": "overland"}])
def test_a_scan_names_a_manifest_or_a_carrier(way: dict[str, str]) -> None:
    """Never both, never neither."""
    with pytest.raises(ValidationError, match="either a manifest_id or a carrier_id"):
        DockScan.model_validate({"code": "FC-1", "by": "ann", **way})
