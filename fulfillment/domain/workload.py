"""How much work is open, and how long it has been standing there."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from fulfillment.domain.base import Value


class AgeBand(StrEnum):
    """How long something has stood where it stands."""

    UNDER_AN_HOUR = "under_1h"
    UNDER_FOUR_HOURS = "1h_to_4h"
    UNDER_A_DAY = "4h_to_1d"
    UNDER_THREE_DAYS = "1d_to_3d"
    UNDER_A_WEEK = "3d_to_7d"
    OLDER = "over_7d"


UPPER_ENDS: Mapping[AgeBand, timedelta] = {
    AgeBand.UNDER_AN_HOUR: timedelta(hours=1),
    AgeBand.UNDER_FOUR_HOURS: timedelta(hours=4),
    AgeBand.UNDER_A_DAY: timedelta(days=1),
    AgeBand.UNDER_THREE_DAYS: timedelta(days=3),
    AgeBand.UNDER_A_WEEK: timedelta(days=7),
}
"""The age that each band stays below, the youngest first; what is in none of them is older."""


def age_band(age: timedelta) -> AgeBand:
    """Return the band of an age."""
    return next((band for band, end in UPPER_ENDS.items() if age < end), AgeBand.OLDER)


class Standing(Value):
    """So many stand at a stage, or wait for a kind of task, for about so long."""

    at: str
    age: AgeBand
    count: int


class Workload(Value):
    """The open work as of one moment."""

    orders: tuple[Standing, ...]
    """Unsettled orders by stage, and how long they have been in it."""
    tasks: tuple[Standing, ...]
    """Open tasks of the floor by kind, and how long they have been open."""
    late: Mapping[str, int]
    """Orders by stage whose promised time is past and whose goods have not all left."""
    back_ordered_units: int
    """Units of back-ordered orders that nothing is reserved for."""
    blocked: Mapping[str, int] = {}
    """Running workflows by type that can't go on until somebody does something."""
