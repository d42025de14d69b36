"""What is asked about parcels that do not arrive as they should, and of carriers that are asked."""

from datetime import date

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.delivery_exceptions import Trouble
from fulfillment.domain.delivery_rules import Choice
from fulfillment.domain.replacements import ReplacementLine
from fulfillment.domain.tracking import TrackingException


class ReviewParcels(Value):
    """Look which parcels a person must decide about, and open, change or close their task."""

    key: str
    fulfillment_id: str
    worked: tuple[TrackingException, ...]
    silent: bool = False
    """Whether the carrier was silent for too long."""


class Reviewed(Value):
    """The parcels that a person must decide about, and their task."""

    troubles: tuple[Trouble, ...] = ()
    task_id: str | None = None
    opened: bool = False
    """Whether the task was opened now."""


class ResolveParcels(Value):
    """Put on record what was decided of parcels; what is given up leaves the carrier's account."""

    key: str
    fulfillment_id: str
    task_id: str
    choice: Choice
    troubles: tuple[Trouble, ...]
    by: str
    reason: str = ""


class Resolved(Value):
    """What was in the parcels that were given up."""

    lines: tuple[ReplacementLine, ...] = ()
    units: tuple[tuple[int, int], ...] = ()
    """Each as (line number, number of the unit in its line), both from 1."""


class PollTracking(Value):
    """Ask the carrier what became of the parcels that are on their way."""

    fulfillment_id: str


class ParcelNews(Value):
    """Where a parcel stands by what the carrier has said."""

    tracking_number: str
    status: str
    projected_delivery: date | None = None
    at: Instant | None = None


class Polled(Value):
    """What was new."""

    news: tuple[ParcelNews, ...] = ()
