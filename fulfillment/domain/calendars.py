"""Working days, and the day on which a carrier takes what is ready.

A calendar knows the working days of one end of the way. Public holidays come from outside
(`domain/public_holidays.py` has them of most countries); without any, Monday to Friday are worked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Protocol
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from fulfillment.domain.base import Instant

SATURDAY = 5
WEEKEND = frozenset({SATURDAY, 6})
ONE_DAY = timedelta(days=1)
PATIENCE_DAYS = 400
"""Within so many days there is one that is worked, or the calendar is a mistake."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        message = f"an IANA time zone such as Europe/Berlin, not {name!r}"
        raise ValueError(message) from error
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
"""The name of an IANA time zone."""


class Weekday(StrEnum):
    """A day of the week; in order, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


WEEKDAYS = tuple(Weekday)


def _none(_: date) -> bool:
    return False


@dataclass(frozen=True)
class WorkCalendar:
    """The working days of a place: those that are neither weekend nor public holiday."""

    is_holiday: Callable[[date], bool] = _none
    weekend: frozenset[int] = WEEKEND
    """As `date.weekday()` counts, Monday 0."""

    def works(self, day: date) -> bool:
        """Return whether that day is worked."""
        return day.weekday() not in self.weekend and not self.is_holiday(day)

    def on_or_after(self, day: date) -> date:
        """Return a day, or the first one after it that is worked.

        Raises:
            ValueError: none is within `PATIENCE_DAYS`.

        """
        for _ in range(PATIENCE_DAYS):
            if self.works(day):
                return day
            day += ONE_DAY
        message = f"expected a working day within {PATIENCE_DAYS} days, came none until {day}"
        raise ValueError(message)

    def on_weekdays(self, days: frozenset[int]) -> "WorkCalendar":
        """Return the calendar of these weekdays alone; their holidays stay."""
        return WorkCalendar(is_holiday=self.is_holiday, weekend=frozenset(range(7)) - days)

    def with_saturdays(self) -> "WorkCalendar":
        """Return the calendar in which Saturdays are worked too, except holidays."""
        return WorkCalendar(is_holiday=self.is_holiday, weekend=self.weekend - {SATURDAY})


MONDAY_TO_FRIDAY = WorkCalendar()
"""Without public holidays."""


class WorkCalendars(Protocol):
    """Who knows the working days of countries and their regions."""

    def calendar(self, country: str, region: str) -> WorkCalendar:
        """Return the working days there; of what is not known, Monday to Friday."""


class WeekdaysOnly:
    """Knows no public holidays."""

    def calendar(self, country: str, region: str) -> WorkCalendar:
        """Return Monday to Friday."""
        del country, region  # it is the same everywhere
        return MONDAY_TO_FRIDAY


WEEKDAYS_ONLY = WeekdaysOnly()


def is_working_day(day: date, calendar: WorkCalendar = MONDAY_TO_FRIDAY) -> bool:
    """Return whether carriers work that day; without a calendar, Monday to Friday."""
    return calendar.works(day)


def next_working_day(day: date, calendar: WorkCalendar = MONDAY_TO_FRIDAY) -> date:
    """Return the first working day after a day."""
    return calendar.on_or_after(day + ONE_DAY)


def add_working_days(day: date, days: int, calendar: WorkCalendar = MONDAY_TO_FRIDAY) -> date:
    """Return the working day that lies a number of working days after a working day.

    Raises:
        ValueError: the count is negative, or the start is no working day.

    """
    if days < 0 or not calendar.works(day):
        message = f"expected a working day and a count of 0 or more, came {day} and {days}"
        raise ValueError(message)
    for _ in range(days):
        day = next_working_day(day, calendar)
    return day


def pickup_date(
    ready_at: Instant,
    timezone: str,
    cutoff: time,
    calendar: WorkCalendar = MONDAY_TO_FRIDAY,
) -> date:
    """Return the day on which the carrier takes goods that are ready at an instant.

    What is ready at the cut-off itself, on the wall clock of the warehouse, still goes the same
    day; what comes later, or on a day that is not worked there, goes the next working day.
    """
    local: datetime = ready_at.astimezone(ZoneInfo(timezone))
    first = local.date() if local.time() <= cutoff else local.date() + ONE_DAY
    return calendar.on_or_after(first)


def day_at(timezone: str, picked_up: datetime) -> date:
    """Return which day it is in a time zone when goods are picked up, or the pickup's own day.

    Where the destination is a day behind, the day of the origin counts: no delivery is dated
    before its pickup.

    Args:
        timezone: the destination's.
        picked_up: the instant, on the clock of the origin.

    """
    return max(picked_up.date(), picked_up.astimezone(ZoneInfo(timezone)).date())


@lru_cache(maxsize=16_384)
def delivery_date(day: date, transit_days: int, destination: WorkCalendar) -> date:
    """Return the day on which goods arrive that were picked up on a day, as the customer dates it.

    The transit days are working days at the destination, after the pickup. Without any, goods
    still arrive on a working day. A later pickup never arrives earlier, nor does a day less worked.

    Args:
        day: of the pickup, as it is dated at the destination (`day_at`).
        transit_days: 0 or more.
        destination: the working days there.

    """
    for _ in range(transit_days):
        day = next_working_day(day, destination)
    return destination.on_or_after(day)
