"""Public holidays and weekends of countries and their regions, as far as they are known.

No workflow may import this: the tables take a second and more to load.

Source: the `holidays` library, github.com/vacanza/holidays.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from fulfillment.domain.calendars import MONDAY_TO_FRIDAY, WorkCalendar

REMEMBERED = 4096
"""Years of countries and regions that are kept in memory; each is some hundred bytes."""


def load_holidays() -> None:
    """Load the tables, so that what is asked from now on is answered at once."""
    _calendar("DE", "")


class HolidayCalendars:
    """The working days of countries and regions: without weekends and public holidays."""

    def calendar(self, country: str, region: str) -> WorkCalendar:
        """Return the working days of a region.

        A region is named by its ISO 3166-2 code without the country, or by its name, as `BY` or
        `Bayern` in Germany. Where it is not known, only the holidays of the whole country count;
        where the country is not known, Monday to Friday are worked.
        """
        return _calendar(country.upper(), region.strip().upper())


@dataclass(frozen=True)
class _Holidays:
    country: str
    region: str | None

    def __call__(self, day: date) -> bool:
        return day in _days(self.country, self.region, day.year)


@lru_cache(maxsize=REMEMBERED)
def _calendar(country: str, region: str) -> WorkCalendar:
    import holidays  # noqa: PLC0415 - takes as long as a command without it

    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        return MONDAY_TO_FRIDAY
    subdivision = _subdivision(country, region)
    weekend = holidays.country_holidays(country, subdiv=subdivision).weekend
    return WorkCalendar(
        is_holiday=_Holidays(country, subdivision), weekend=frozenset(int(day) for day in weekend)
    )


def _subdivision(country: str, region: str) -> str | None:
    """Return the code that the library knows a region by, or None."""
    import holidays  # noqa: PLC0415 - as above

    entity = holidays.country_holidays(country)
    names = {code.upper(): code for code in entity.subdivisions}
    names |= {alias.upper(): code for alias, code in entity.subdivisions_aliases.items()}
    return names.get(region)


@lru_cache(maxsize=REMEMBERED)
def _days(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 - as above

    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
