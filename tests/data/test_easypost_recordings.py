"""Recorded exchanges with EasyPost: what we would send, and what we read of the answers."""

import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from fulfillment.carriers.easypost import (
    addresses,
    pickups,
    rating,
    scan_forms,
    shipments,
    trackers,
)
from fulfillment.carriers.easypost.shipments import ParcelWish
from fulfillment.carriers.easypost.wire import Request, address_body
from fulfillment.domain.money import Money
from fulfillment.domain.tariffs import Mode
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.domain.units import Dimensions
from shipping_samples import RECIPIENT_US, SENDER_US, WEDNESDAY_NOON, american, parcel

ROOT = "https://api.easypost.com/v2"
BOX = Dimensions(length_mm=254, width_mm=203, height_mm=101)
"""10 by 8 by 4 inches."""
WISH = ParcelWish(
    parcel=parcel(outer=BOX, gross_weight_g=436),
    sender=SENDER_US,
    recipient=RECIPIENT_US,
    label_format="PNG",
    reference="123",
)


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of the recordings, or skip."""
    root = os.environ.get("FULFILLMENT_DATA")
    if not root:
        pytest.skip("FULFILLMENT_DATA does not name the folder of the public data")
    path = Path(root) / "easypost"
    if not (path / "shipment_buy.yaml").is_file():
        pytest.skip(f"FULFILLMENT_DATA has no shipment_buy.yaml in {path}")
    return path


def exchanges(folder: Path, name: str = "*") -> Iterator[tuple[str, str, Any, Any]]:
    """Yield method, address, what was sent and what was answered."""
    for file in sorted(folder.glob(f"{name}.yaml")):
        for each in yaml.safe_load(file.read_text(encoding="utf-8"))["interactions"]:
            asked, answered = each["request"], each["response"]["body"]["string"]
            sent = json.loads(asked["body"]) if asked["body"] else None
            yield asked["method"], asked["uri"], sent, json.loads(answered, parse_float=Decimal)


def only(folder: Path, name: str, method: str, path: str) -> tuple[Any, Any]:
    """Return what was sent and answered the last time at a path."""
    *_, last = (
        (sent, answer)
        for verb, uri, sent, answer in exchanges(folder, name)
        if verb == method and uri.startswith(ROOT) and path in uri
    )
    return last


def test_every_answer_is_read(folder: Path) -> None:
    """Whatever was recorded, by the parser of its kind; a shipment's parts are all there."""
    read = 0
    for _, uri, _, answer in exchanges(folder):
        path = uri.removeprefix(ROOT)
        if "/smartrate/" in path or path.startswith("/webhooks"):
            continue
        if path.startswith("/shipments"):
            shipment = shipments.parse_response(answer)
            assert len(shipment.rates) == 3
            assert shipment.is_bought == bool(answer["tracking_code"])
        elif path.startswith("/pickups"):
            assert pickups.parse_response(answer).cheapest("USPS") is not None
        elif path.startswith("/trackers"):
            assert trackers.parse_response(answer).tracking_code == "EZ1000000001"
        elif path.startswith("/scan_forms"):
            assert scan_forms.parse_response(answer).is_created
        else:
            addresses.parse_response(answer, SENDER_US)
        read += 1
    assert read > 20


def test_rates_are_asked_as_recorded(folder: Path) -> None:
    """The same addresses and sizes; the weight is a tenth of an ounce on the safe side."""
    sent, answer = next(
        (sent, answer)
        for method, uri, sent, answer in exchanges(folder, "shipment_buy")
        if uri == f"{ROOT}/shipments"
    )
    request = shipments.create_request(WISH)
    assert (request.method, request.path) == ("POST", "/shipments")
    assert request.body is not None
    ours, theirs = request.body["shipment"], sent["shipment"]
    assert ours["parcel"] == theirs["parcel"]
    assert ours["reference"] == theirs["reference"]
    for end in ("from_address", "to_address"):
        assert ours[end].items() <= theirs[end].items()
    rated = shipments.parse_response(answer)
    quotes = {q.service_id: q for q in rating.rates_of(american(), [rated]).quotes}
    assert {name: q.cost for name, q in quotes.items()} == {
        "Express": Money(amount_minor=3415, currency="USD"),
        "Priority": Money(amount_minor=742, currency="USD"),
        "GroundAdvantage": Money(amount_minor=607, currency="USD"),
    }
    ground = quotes["GroundAdvantage"]
    assert (ground.carrier_id, ground.mode, ground.prepaid) == ("easypost-USPS", Mode.ROAD, True)
    assert quotes["Express"].mode is Mode.AIR
    assert ground.projected_delivery == date(2026, 3, 9)


def test_a_label_is_bought_and_converted_as_recorded(folder: Path) -> None:
    """By its rate; a format that was not drawn has to be asked for."""
    sent, answer = only(folder, "shipment_buy", "POST", "/buy")
    bought = shipments.parse_response(answer)
    assert bought.selected_rate is not None
    assert shipments.buy_request(bought.id, bought.selected_rate.id) == Request(
        "POST", f"/shipments/{bought.id}/buy", sent
    )
    assert bought.selected_rate.cost == Money(amount_minor=607, currency="USD")
    assert bought.tracking_code == "9400100208303109505657"
    assert bought.postage_label is not None
    assert bought.postage_label.url("PNG").endswith(".png")
    assert bought.postage_label.url("ZPL") == ""
    _, converted = only(folder, "shipment_convert_label", "GET", "/label")
    label = shipments.parse_response(converted).postage_label
    assert label is not None
    assert label.url("ZPL").endswith(".zpl")
    assert shipments.label_request("shp_1", "ZPL").query == {"file_format": "ZPL"}


def test_a_refund_is_submitted(folder: Path) -> None:
    """That gives the label back."""
    _, answer = only(folder, "shipment_refund", "POST", "/refund")
    assert shipments.parse_response(answer).refund_status in shipments.REFUNDED


def test_a_tracker_becomes_events(folder: Path) -> None:
    """By time, with place; the same tracker gives the same events."""
    sent, answer = only(folder, "tracker_create", "POST", "/trackers")
    assert trackers.to_request("EZ1000000001").body == sent
    tracker = trackers.parse_response(answer)
    told = trackers.events_of(tracker, "evt_1")
    assert [event.status for event in told] == [TrackingStatus.LABEL_CREATED] * 2
    assert [event.place for event in told] == ["", "HOUSTON, TX"]
    assert [event.projected_delivery for event in told] == [None, date(2025, 3, 6)]
    assert {event.raw_reference for event in told} == {"evt_1"}
    assert trackers.events_of(tracker, "evt_1") == told
    _, again = only(folder, "tracker_retrieve", "GET", "/trackers")
    assert trackers.events_of(trackers.parse_response(again), "evt_1") == told


def test_pickups_go_as_recorded(folder: Path) -> None:
    """Created, bought by carrier and service, canceled."""
    sent, answer = only(folder, "pickup_buy", "POST", "/buy")
    booked = pickups.parse_response(answer)
    rate = booked.cheapest("USPS")
    assert rate is not None
    assert pickups.buy_request(booked.id, rate).body == sent
    assert (booked.is_scheduled, booked.confirmation) == (True, "WTC65024896")
    created, _ = next(
        (sent, answer)
        for _, uri, sent, answer in exchanges(folder, "pickup_create")
        if uri == f"{ROOT}/pickups"
    )
    wish = pickups.PickupWish(
        reference="r",
        address=SENDER_US,
        window_start=WEDNESDAY_NOON,
        window_end=WEDNESDAY_NOON,
        shipment_id="shp_6b4d00550e884c07985eaeccfbdf4fc1",
        parcels=1,
    )
    body = pickups.to_request(wish).body
    assert body is not None
    assert body["pickup"].keys() == {*created["pickup"], "reference"}
    assert body["pickup"]["shipment"] == created["pickup"]["shipment"]
    _, canceled = only(folder, "pickup_cancel", "POST", "/cancel")
    assert pickups.parse_response(canceled).is_canceled


def test_a_scan_form_goes_as_recorded(folder: Path) -> None:
    """It lists the tracking codes, and says where it can be had."""
    sent, answer = only(folder, "scanform_create", "POST", "/scan_forms")
    assert scan_forms.to_request(["shp_c1dd0ad87cfc4a038e632cb27d1d88a6"]).body == sent
    form = scan_forms.parse_response(answer)
    assert form.tracking_codes == ("9400100208303109505725",)
    assert form.form_url.endswith(".pdf")


def test_addresses_are_verified_as_recorded(folder: Path) -> None:
    """One that is not there is named by its field; a good one comes back as the carrier writes."""
    sent, answer = only(folder, "address_create_verify", "POST", "/addresses")
    unknown = addresses.parse_response(answer, SENDER_US)
    assert (unknown.verified, [p.path for p in unknown.problems]) == (True, ["address"])
    assert sent["verify"] is True
    sent, answer = only(folder, "address_create_verify_strict", "POST", "/addresses")
    assert address_body(SENDER_US).items() <= sent["address"].items()
    good = addresses.parse_response(answer, SENDER_US)
    assert (good.problems, good.residential) == ((), True)
    assert good.corrected is not None
    assert good.corrected.street == ("388 TOWNSEND ST APT 20",)
    assert good.corrected.postal_code == "94107-1670"
