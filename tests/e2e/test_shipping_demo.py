"""The demo of shipping: by road, air and sea, judged from what is on record alone."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from demos import run_demo
from fulfillment.domain.tariffs import Mode
from fulfillment.records import DocumentRecord
from fulfillment.simulation.evidence import Evidence
from fulfillment.simulation.judgment import receipt_keys
from fulfillment.simulation.scenario import ShippingExpectation, load_scenario
from fulfillment.simulation.shipping_evidence import (
    ManifestEvidence,
    ShareEvidence,
    ShippingEvidence,
)
from fulfillment.simulation.shipping_judgment import judge_shipping
from fulfillment.simulation.world import make_world

DEMO_SECONDS = 400


@pytest.mark.timeout(DEMO_SECONDS)
def test_the_shipping_demo_ends_as_it_should(tmp_path: Path) -> None:
    """Its exit code is 0; labels in three formats, slips, invoices and mails lie in its folder."""
    data = tmp_path / "data"
    _, summary = run_demo("shipping", data, DEMO_SECONDS)
    assert all(order["ok"] for order in summary["orders"])
    names = [file.name for file in (data / "shipping").glob("*/*")]
    labels = {ending: endings(names, f"-label.{ending}") for ending in ("pdf", "png", "zpl")}
    assert 1 == len(set(labels.values()))
    assert labels["pdf"] == endings(names, "-slip.pdf") > len(summary["orders"])
    assert all(endings(names, ending) for ending in ("-invoice.pdf", "-1700.pdf"))
    assert list((data / "mail").glob("*shipped*.eml"))


def endings(names: list[str], ending: str) -> int:
    """Return how many names end so."""
    return sum(name.endswith(ending) for name in names)


def shown(**changes: Any) -> ShippingEvidence:
    """Return what is left of a small run in which each thing happened once."""
    found = ShippingEvidence(
        shares=tuple(
            ShareEvidence(fulfillment_id=mode, mode=mode, parcels=2, fallback=True) for mode in Mode
        ),
        manifests=(manifest(),),
        circuits_opened=1,
        exceptions_resolved=1,
        documents=(
            DocumentRecord(
                document_id="FC1-invoice",
                kind="commercial_invoice",
                media_type="application/pdf",
                content=b"",
            ),
        ),
        papers=("FC1-invoice.pdf", "MF-1.pdf"),
    )
    return found.model_copy(update=changes)


def manifest(**changes: Any) -> ManifestEvidence:
    """Return what is left of a manifest whose pickup was missed once."""
    found = ManifestEvidence(
        manifest_id="MF-1",
        closed=True,
        has_document=True,
        has_pickup=True,
        parcels=2,
        scanned=2,
        missed_pickups=1,
    )
    return found.model_copy(update=changes)


@pytest.mark.parametrize(
    ("change", "findings"),
    [
        ({}, []),
        ({"circuits_opened": 0}, ["circuits opened by the outage"]),
        ({"exceptions_resolved": 0}, ["exceptions resolved: expected at least 1, came 0"]),
        ({"documents": ()}, ["across borders: expected at least 1, came 0"]),
        ({"papers": ("MF-1.pdf",)}, ["paper FC1-invoice.pdf"]),
        ({"papers": ("FC1-invoice.pdf",)}, ["paper MF-1.pdf"]),
        (
            {"shares": ()},
            ["by road", "by air", "by sea", "several parcels", "fallbacks"],
        ),
        ({"manifests": (manifest(scanned=1),)}, ["manifests: expected", "manifest MF-1"]),
        ({"manifests": (manifest(missed_pickups=0),)}, ["missed pickups"]),
        ({"manifests": (manifest(missed_pickups=2),)}, ["mails to the dock"]),
    ],
)
def test_the_judge_sees_what_did_not_happen(change: dict[str, Any], findings: list[str]) -> None:
    """Each thing that must have happened turns the judgment red where it did not."""
    scenario = load_scenario("shipping")
    once = ShippingExpectation.model_validate(dict.fromkeys(ShippingExpectation.model_fields, 1))
    world = make_world(
        scenario.model_copy(update={"shipping": once}), datetime(2026, 3, 2, tzinfo=UTC)
    )
    evidence = Evidence(
        orders=(),
        other_orders=(),
        receipts=tuple(receipt_keys(world)),
        mails=("end-of-day/BER/cyclists/2026-03-02T16:00:00Z/nudge_dock/20260302/1",),
        captured_at_gateway={},
        shipping=shown(**change),
    )
    came = list(judge_shipping(world, evidence))
    assert len(findings) == len(came), came
    assert all(said.startswith(begin) for begin, said in zip(findings, came, strict=True)), came
