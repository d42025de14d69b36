"""What the planning of pick batches goes by, and what it comes to."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.errors import Problem
from fulfillment.domain.pick_batches import BatchPick

Count = Annotated[int, Field(gt=0)]
Amount = Annotated[int, Field(ge=0)]


class ReleasedLine(Value):
    """Units of an article that a released fulfillment wants; volume and weight are one unit's."""

    line_no: int
    sku: str
    quantity: Count
    volume_mm3: Amount
    weight_g: Amount
    segregation_group: str = "general"


class Released(Value):
    """A fulfillment that may be picked now."""

    fulfillment_id: str
    order_id: str
    ship_by: Instant
    """The cut-off it should leave with."""
    released_at: Instant
    urgent: bool = False
    """It goes with the next walk, whatever its cut-off."""
    lines: tuple[ReleasedLine, ...]


class Tote(Value):
    """A container on the cart, and what it may hold."""

    tote: str
    units: Count
    volume_mm3: Count
    weight_g: Count


class Cart(Value):
    """What one picker pushes: its totes."""

    totes: Annotated[tuple[Tote, ...], Field(min_length=1)]


class BatchRules(Value):
    """How long a fulfillment may wait for company, and when it may not."""

    fewest_members: Count = 4
    """A batch of fewer waits for more, unless one of its members can't, or the cart is full."""
    max_wait: timedelta = timedelta(minutes=30)
    """Nobody waits longer for company, counted from the release."""
    urgent_within: timedelta = timedelta(hours=2)
    """What must ship so soon does not wait."""


class DraftBatch(Value):
    """A batch to be: its members, and their picks in walking order; slots come later.

    Every unit of every member stands in exactly one pick; a tote holds one fulfillment's goods of
    one segregation group and keeps to its capacity.
    """

    members: tuple[tuple[str, str], ...]
    """Fulfillment id and order id, who must ship first first."""
    picks: tuple[BatchPick, ...]
    distance_mm: int
    beyond_cart: bool = False
    """Its only member is more than a cart holds: picked alone, loose, its totes are nameless."""


class Waiting(Value):
    """A fulfillment that is held back for a fuller batch, and until when at most."""

    fulfillment_id: str
    until: Instant


class LeftOut(Value):
    """A fulfillment that can't be picked, since its goods don't lie in the bins."""

    fulfillment_id: str
    problem: Problem


class PlannedBatches(Value):
    """Who is picked with whom, who waits, and who can't be picked: each released one once."""

    batches: tuple[DraftBatch, ...]
    """The one that must be walked first first."""
    waiting: tuple[Waiting, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
