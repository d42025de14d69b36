"""Working days, and the day on which a carrier takes what is ready."""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from fulfillment.domain.base import Instant

SATURDAY = 5
ONE_DAY = timedelta(days=1)


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        message = f"an IANA time zone such as Europe/Berlin, not {name!r}"
        raise ValueError(message) from error
    return name


TimeZoneName = Annotated[str, AfterValidator(_known_zone)]
"""The name of an IANA time zone."""


def is_working_day(day: date) -> bool:
    """Return whether carriers work that day: Monday to Friday; public holidays are not known."""
    return day.weekday() < SATURDAY


def next_working_day(day: date) -> date:
    """Return the first working day after a day."""
    day += ONE_DAY
    while not is_working_day(day):
        day += ONE_DAY
    return day


def add_working_days(day: date, days: int) -> date:
    """Return the working day that lies a number of working days after a working day.

    Raises:
        ValueError: the count is negative, or the start is no working day.

    """
    if days < 0 or not is_working_day(day):
        message = f"expected a working day and a count of 0 or more, came {day} and {days}"
        raise ValueError(message)
    for _ in range(days):
        day = next_working_day(day)
    return day


def pickup_date(ready_at: Instant, timezone: str, cutoff: time) -> date:
    """Return the day on which the carrier takes goods that are ready at an instant.

    What is ready at the cut-off itself, on the wall clock of the warehouse, still goes the same
    day; what comes later, or on a weekend, goes the next working day.
    """
    local: datetime = ready_at.astimezone(ZoneInfo(timezone))
    same_day = is_working_day(local.date()) and local.time() <= cutoff
    return local.date() if same_day else next_working_day(local.date())
