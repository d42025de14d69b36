"""What EasyPost tells, read into our terms: ways, amounts, sizes."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_easypost import tracker
from fulfillment.carriers.easypost import shipments, trackers
from fulfillment.carriers.easypost.wire import Rate, inches, money_of, ounces, read
from fulfillment.domain.errors import CarrierAnswerInvalid
from fulfillment.domain.money import Money
from fulfillment.domain.tracking import TrackingException, TrackingStatus, state_after

S, X = TrackingStatus, TrackingException


@pytest.mark.parametrize(
    ("told", "status", "exception"),
    [
        ([("pre_transit", "label_created")], S.LABEL_CREATED, None),
        ([("in_transit", "received_at_origin_facility")], S.PICKED_UP, None),
        ([("in_transit", "departed_facility")], S.IN_TRANSIT, None),
        ([("out_for_delivery", "out_for_delivery")], S.OUT_FOR_DELIVERY, None),
        ([("in_transit", "address_correction")], S.EXCEPTION, X.ADDRESS_PROBLEM),
        ([("failure", "refused")], S.EXCEPTION, X.REFUSED),
        ([("in_transit", "damaged")], S.EXCEPTION, X.DAMAGED),
        ([("failure", "lost")], S.EXCEPTION, X.LOST),
        ([("in_transit", "held_at_customs")], S.EXCEPTION, X.HELD_AT_CUSTOMS),
        ([("failure", "unheard_of")], S.EXCEPTION, X.OTHER),
        ([("return_to_sender", "refused")], S.EXCEPTION, X.RETURNED_TO_SENDER),
        (
            [("return_to_sender", "return"), ("delivered", "arrived_at_destination")],
            S.RETURNED,
            X.RETURNED_TO_SENDER,
        ),
        ([("failure", "lost"), ("delivered", "arrived_at_destination")], S.DELIVERED, None),
        ([("in_transit", "in_transit"), ("brand_new_status", "x")], S.IN_TRANSIT, None),
    ],
    ids=lambda value: value[-1][1] if isinstance(value, list) else None,
)
def test_statuses_are_mapped(
    told: list[tuple[str, str]], status: TrackingStatus, exception: TrackingException | None
) -> None:
    """To one model; what comes back to us is no delivery, what is not known says nothing."""
    events = trackers.events_of(trackers.parse_response(tracker("T", *told)))
    state = state_after(events)
    assert (state.status, state.exception) == (status, exception)


def test_held_at_customs_is_told_by_the_message() -> None:
    """EasyPost has no detail of its own for it."""
    told = tracker("T", ("in_transit", "held"))
    told["tracking_details"][0]["message"] = "Held in Customs"
    (event,) = trackers.events_of(trackers.parse_response(told))
    assert event.exception is X.HELD_AT_CUSTOMS


def test_the_projected_delivery_comes_with_the_last_event() -> None:
    """As the carrier expects it now."""
    told = tracker("T", ("pre_transit", "x"), ("in_transit", "y"))
    events = trackers.events_of(trackers.parse_response(told))
    assert [event.projected_delivery for event in events] == [None, date(2026, 3, 7)]
    assert state_after(events).projected_delivery == date(2026, 3, 7)
    assert events[0].at == datetime(2026, 3, 5, 8, tzinfo=UTC)


def test_optional_fields_may_be_missing_or_null() -> None:
    """A tracker of its two required fields is read; a shipment needs its id alone."""
    assert trackers.parse_response({"id": "t", "tracking_code": "T"}).tracking_details == ()
    null: dict[str, Any] = {"id": "s", "messages": None, "rates": None, "refund_status": None}
    assert read(shipments.Shipment, null, "shipment").is_bought is False


@settings(max_examples=200)
@given(st.integers(1, 10_000_000))
def test_sizes_are_rounded_to_the_safe_side(size: int) -> None:
    """Never less than the scales or the tape say, and at most a tenth more."""
    tenths = round(ounces(size) * 10)
    assert ounces(size) == tenths / 10
    assert tenths * 28_349_523_125 >= size * 10**10 > (tenths - 1) * 28_349_523_125
    tenths = round(inches(size) * 10)
    assert tenths * 254 >= size * 100 > (tenths - 1) * 254


@settings(max_examples=200)
@given(st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "KWD"]))
def test_money_is_exact(amount_minor: int, currency: str) -> None:
    """Each amount in minor units comes back, whatever the currency's exponent and zeros behind."""
    money = Money(amount_minor=amount_minor, currency=currency)
    text = f"{str(money).split()[0]}{'.' if currency == 'JPY' else ''}000"
    rate = {"id": "r", "carrier": "C", "service": "S", "rate": text, "currency": currency}
    assert read(Rate, rate, "rate").cost == money


def test_a_fraction_of_a_cent_is_rounded_up() -> None:
    """Never less than is charged; a negative or infinite amount is no answer."""
    rate = {"id": "r", "carrier": "C", "service": "S", "currency": "USD"}
    assert read(Rate, {**rate, "rate": "6.0701"}, "rate").cost.amount_minor == 608
    for wrong in ("-1", "NaN", "Infinity", "free", True, None):
        with pytest.raises(CarrierAnswerInvalid, match=r"rate\.rate"):
            read(Rate, {**rate, "rate": wrong}, "rate")
    assert money_of(json.loads("6.07", parse_float=Decimal), "USD") == Money(
        amount_minor=607, currency="USD"
    )
