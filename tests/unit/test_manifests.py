"""Cut-offs, the ids of manifests, and how a hand-over went."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from fulfillment.domain.base import Identifier
from fulfillment.domain.calendars import WorkCalendar, is_working_day
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.manifests import (
    HandOver,
    ManifestParcel,
    ManifestRecord,
    ManifestState,
    cut_off_after,
    cut_off_of_the_day,
    following_cut_off,
    manifest_id,
    outcome_of,
    pickup_day,
    why_left,
)

BERLIN = "Europe/Berlin"
ZONES = st.sampled_from([BERLIN, "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe"])
INSTANTS = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - hypothesis wants it naive
    datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
CUTOFFS = st.times(min_value=time(6), max_value=time(22))
FIVE = time(17)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def parcel(number: int = 1, **changes: object) -> ManifestParcel:
    """Return a parcel that waits on a manifest."""
    fields = {
        "label_id": f"L-{number}",
        "parcel_id": f"P-{number}",
        "fulfillment_id": "O-1-1",
        "order_id": "O-1",
        "warehouse_id": "BER",
        "carrier_id": "overland",
        "service_id": "road",
        "tracking_number": f"FC-{number}",
        "carrier_reference": "",
        "sscc": None,
        "gross_weight_g": 100,
        "stage": Stage.AWAITING_PICKUP,
        "manifest_id": "MF-1",
    }
    return ManifestParcel.model_validate(fields | changes)


def handed_over(number: int = 1) -> ManifestParcel:
    """Return a parcel that the driver has."""
    return parcel(number, handed_over_at=NOW, handed_over_by="ann")


@given(INSTANTS, ZONES, CUTOFFS)
def test_goods_reach_the_next_cut_off_of_a_working_day(
    ready_at: datetime, zone: str, cutoff: time
) -> None:
    """Never one that is past, and never more than a weekend away; the following one is later."""
    first = cut_off_after(ready_at, zone, cutoff)
    second = following_cut_off(first, zone, cutoff)
    for cut_off in (first, second):
        assert is_working_day(cut_off.date())
        assert cutoff == cut_off.time()
    assert ready_at <= first.astimezone(UTC) < ready_at + timedelta(days=4)
    assert first.astimezone(UTC) < second.astimezone(UTC)
    assert second == cut_off_after(first.astimezone(UTC) + timedelta(seconds=1), zone, cutoff)


def test_the_days_cut_off_may_be_past_or_to_come() -> None:
    """On demand it is the same one all day long, and none on a Sunday."""
    berlin = ZoneInfo(BERLIN)
    monday = datetime(2026, 3, 2, 17, tzinfo=berlin)
    for hour in (0, 12, 17, 23):
        at = datetime(2026, 3, 2, hour, 30, tzinfo=berlin)
        assert monday == cut_off_of_the_day(at, BERLIN, FIVE)
    assert None is cut_off_of_the_day(datetime(2026, 3, 1, 12, tzinfo=berlin), BERLIN, FIVE)


@pytest.mark.parametrize(
    ("hour", "day"),
    [(9, date(2026, 3, 2)), (18, date(2026, 3, 2)), (20, date(2026, 3, 3))],
)
def test_a_pickup_is_on_the_cut_offs_day_until_its_window_is_over(hour: int, day: date) -> None:
    """Closed early or late, it is that day; booked again after the window, the next."""
    cut_off = datetime(2026, 3, 2, 17, tzinfo=ZoneInfo(BERLIN))
    at = datetime(2026, 3, 2, hour, tzinfo=ZoneInfo(BERLIN))
    assert day == pickup_day(cut_off, at, BERLIN, FIVE)


def test_a_pickup_is_not_booked_again_for_a_holiday() -> None:
    """It is on the next day that is worked at the warehouse."""
    berlin = ZoneInfo(BERLIN)
    maundy, tuesday = datetime(2026, 4, 2, 17, tzinfo=berlin), date(2026, 4, 7)
    closed_days = {date(2026, 4, 3), date(2026, 4, 6)}
    easter = WorkCalendar(is_holiday=lambda day: day in closed_days)
    late = maundy.replace(hour=20)
    assert tuesday == pickup_day(maundy, late, BERLIN, FIVE, easter)


@given(st.from_regex(r"[A-Z0-9]{1,64}", fullmatch=True), INSTANTS)
def test_a_manifests_id_fits_a_barcode(name: str, cut_off: datetime) -> None:
    """However long the names; another carrier or minute is another id."""
    one = manifest_id(name, "overland", cut_off)
    assert one == TypeAdapter(Identifier).validate_python(one)
    others = {
        manifest_id(name, "overlanD", cut_off),
        manifest_id(name, "overland", cut_off + timedelta(minutes=1)),
    }
    assert one not in others
    assert 2 == len(others)


def test_how_a_hand_over_went() -> None:
    """All, some or none of the parcels that count; a void label does not."""
    void = parcel(3, voided=True)
    assert HandOver.COMPLETE is outcome_of([])
    assert HandOver.COMPLETE is outcome_of([handed_over(), void])
    assert HandOver.PARTLY is outcome_of([handed_over(), parcel(2), void])
    assert HandOver.MISSED is outcome_of([parcel(), parcel(2)])
    said = why_left([handed_over(), parcel(2), void], NOW)
    expected = "not scanned at the hand-over by 2026-03-02 09:30 UTC, when 1 of 2 parcels were"
    assert expected == said


def test_which_parcels_go_by_a_manifests_pickup() -> None:
    """Those without a pickup of their own, as long as they wait."""
    manifest = ManifestRecord(
        manifest_id="MF-1",
        warehouse_id="BER",
        carrier_id="overland",
        cut_off=NOW,
        state=ManifestState.CLOSED,
    )
    booked = manifest.model_copy(update={"pickup_reference": "PU-1"})
    assert (False, True) == (manifest.has_pickup, booked.has_pickup)
    assert parcel().goes_with(manifest)
    assert parcel(pickup_reference="PU-1").goes_with(booked)
    assert not parcel(pickup_reference="PU-2").goes_with(booked)
    assert not handed_over().goes_with(manifest)
    assert not parcel(stage=Stage.CANCELED).goes_with(manifest)
