"""Working days, pickups and deliveries across weekends, holidays, summer time and time zones."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.calendars import (
    MONDAY_TO_FRIDAY,
    WEEKDAYS_ONLY,
    WorkCalendar,
    add_working_days,
    day_at,
    delivery_date,
    is_working_day,
    next_working_day,
    pickup_date,
)
from fulfillment.domain.geography import GAZETTEER
from fulfillment.domain.public_holidays import HolidayCalendars
from fulfillment.domain.time_zones import TIME_ZONES, time_zone_of

HOLIDAYS = HolidayCalendars()
GERMANY = HOLIDAYS.calendar("DE", "")
days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
instants = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(
    ["Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata", "Asia/Riyadh"]
)
hours = st.times().map(lambda at: at.replace(tzinfo=None))
countries = st.sampled_from(["DE", "US", "JP", "SA", "IL", "HK", "AU", "XX"])


@given(instants, zones, hours, countries, st.integers(0, 40))
def test_nothing_arrives_on_a_day_off_or_before_its_pickup(
    ready_at: datetime, timezone: str, cutoff: time, country: str, transit_days: int
) -> None:
    """Pickup is worked at the origin, delivery at the destination, wherever clocks change."""
    destination = HOLIDAYS.calendar(country, "")
    pickup = pickup_date(ready_at, timezone, cutoff, GERMANY)
    picked_up = datetime.combine(pickup, cutoff, ZoneInfo(timezone))
    begins = day_at(time_zone_of(country), picked_up)
    delivery = delivery_date(begins, transit_days, destination)
    assert GERMANY.works(pickup)
    assert destination.works(delivery)
    assert ready_at.astimezone(ZoneInfo(timezone)).date() <= pickup <= begins <= delivery
    assert (delivery - pickup).days >= transit_days


@given(instants, st.timedeltas(timedelta(0), timedelta(days=20)), zones, hours, countries)
def test_what_is_ready_later_never_arrives_earlier(
    ready_at: datetime, later: timedelta, timezone: str, cutoff: time, country: str
) -> None:
    """Neither its pickup nor its delivery."""
    destination = HOLIDAYS.calendar(country, "")

    def dates(at: datetime) -> tuple[date, date]:
        pickup = pickup_date(at, timezone, cutoff, GERMANY)
        begins = day_at(time_zone_of(country), datetime.combine(pickup, cutoff, ZoneInfo(timezone)))
        return pickup, delivery_date(begins, 3, destination)

    (soon, early), (late, afterwards) = dates(ready_at), dates(ready_at + later)
    assert soon <= late
    assert early <= afterwards


@given(days, st.sets(days, max_size=40), days, st.integers(0, 15))
def test_one_more_holiday_makes_nothing_earlier(
    day: date, off: set[date], more: date, transit_days: int
) -> None:
    """At either end."""
    before = WorkCalendar(is_holiday=lambda each: each in off)
    after = WorkCalendar(is_holiday=lambda each: each in off | {more})
    noon = datetime.combine(day, time(12), UTC)
    pickups = [pickup_date(noon, "UTC", time(17), one) for one in (before, after)]
    assert pickups[0] <= pickups[1]
    deliveries = [delivery_date(day, transit_days, one) for one in (before, after)]
    assert deliveries[0] <= deliveries[1]


@given(days, st.integers(0, 20))
def test_saturdays_only_make_it_faster(day: date, transit_days: int) -> None:
    """A holiday that falls on one stays a holiday."""
    with_saturdays = GERMANY.with_saturdays()
    saturday = delivery_date(day, transit_days, with_saturdays)
    assert saturday <= delivery_date(day, transit_days, GERMANY)
    assert not GERMANY.is_holiday(saturday)


def test_christmas_is_counted_at_the_end_that_has_it() -> None:
    """Three days from the 23rd: over Christmas and a weekend in Berlin, not in Riyadh."""
    wednesday = date(2026, 12, 23)
    assert date(2026, 12, 29) == delivery_date(wednesday, 3, GERMANY)
    assert date(2026, 12, 28) == delivery_date(wednesday, 3, HOLIDAYS.calendar("SA", ""))
    assert date(2026, 12, 28) == delivery_date(wednesday, 3, MONDAY_TO_FRIDAY)


def test_holidays_of_a_region_count_there_alone() -> None:
    """Epiphany is one in Bavaria, by its code or its name, and not in Berlin."""
    epiphany = date(2026, 1, 6)
    worked = [HOLIDAYS.calendar("DE", name).works(epiphany) for name in ("BY", "Bayern", "by ")]
    assert [False, False, False] == worked
    assert HOLIDAYS.calendar("DE", "BE").works(epiphany)


def test_the_weekend_is_that_of_the_country() -> None:
    """Sunday is worked in Riyadh, Friday is not; in Hong Kong Saturday is."""
    friday, saturday, sunday = (date(2026, 3, day) for day in (6, 7, 8))
    worked = {
        country: [HOLIDAYS.calendar(country, "").works(day) for day in (friday, saturday, sunday)]
        for country in ("DE", "SA", "HK")
    }
    expected = {
        "DE": [True, False, False],
        "SA": [False, False, True],
        "HK": [True, True, False],
    }
    assert expected == worked


@pytest.mark.parametrize(("country", "region"), [("XX", ""), ("", ""), ("DE", "Atlantis")])
def test_what_is_not_known_falls_back(country: str, region: str) -> None:
    """An unknown country has weekdays only, an unknown region the holidays of its country."""
    calendar, known = HOLIDAYS.calendar(country, region), country == "DE"
    assert calendar.works(date(2026, 12, 25)) is not known
    assert not calendar.works(date(2026, 12, 26))


def test_without_a_calendar_every_weekday_is_worked() -> None:
    """As for who asks for no holidays."""
    christmas = date(2026, 12, 25)
    assert WEEKDAYS_ONLY.calendar("DE", "BY") == MONDAY_TO_FRIDAY
    assert is_working_day(christmas)
    assert date(2026, 12, 28) == next_working_day(christmas)
    assert date(2026, 12, 28) == add_working_days(christmas, 1)


def test_a_calendar_without_working_days_is_a_mistake() -> None:
    """It is told, instead of asked for ever."""
    with pytest.raises(ValueError, match="expected a working day within 400 days"):
        WorkCalendar(weekend=frozenset(range(7))).on_or_after(date(2026, 3, 4))


def test_a_date_is_one_at_the_customers() -> None:
    """Wednesday evening in Los Angeles is Thursday in Auckland; the other way it stays its day."""
    evening = datetime(2026, 3, 4, 17, 0, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert date(2026, 3, 5) == day_at("Pacific/Auckland", evening)
    morning = datetime(2026, 3, 5, 9, 0, tzinfo=ZoneInfo("Pacific/Auckland"))
    assert date(2026, 3, 5) == day_at("America/Los_Angeles", morning)


def test_every_country_has_a_time_zone_that_exists() -> None:
    """Those on our map above all; of one that is not in the table it is UTC."""
    assert set() == set(GAZETTEER) - set(TIME_ZONES)
    assert [] == [name for name in TIME_ZONES.values() if ZoneInfo(name).key != name]
    assert ("Europe/Berlin", "UTC") == (time_zone_of("DE"), time_zone_of("XX"))
