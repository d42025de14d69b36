"""Settings of picking: alone or in batches, with which carts, and who waits for whom."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from fulfillment.domain.batch_models import BatchRules, Cart, Tote
from fulfillment.domain.lifecycle import Picking
from fulfillment.domain.short_picks import ShortPickPolicy
from fulfillment.settings.spans import Span

MM3_PER_LITER = 1_000_000


class FloorSettings(BaseModel):
    """How goods are picked."""

    time_scale: float

    picking: Picking = Picking.SINGLE
    """Whether each fulfillment is picked by itself, or several in one walk, as pick batches."""
    short_pick: ShortPickPolicy = ShortPickPolicy.OTHER_BIN
    """Where a scanner looks first for what a bin did not hold: on the walk, or by its order."""
    floor_plan_every: Span = timedelta(minutes=5)
    """How often pick batches are formed of what is released; `fulfillment floor plan` does at once.

    Not more often than each second, whatever the time scale: Temporal's Schedules can't.
    """
    cart_totes: Annotated[int, Field(gt=0, le=100)] = 12
    """Totes on a cart; each holds goods of one fulfillment and one segregation group."""
    tote_units: Annotated[int, Field(gt=0)] = 60
    tote_volume_l: Annotated[int, Field(gt=0)] = 60
    tote_weight_g: Annotated[int, Field(gt=0)] = 15_000
    batch_fewest: Annotated[int, Field(gt=0)] = 4
    """A batch of fewer fulfillments waits for more, unless one of them can't."""
    batch_max_wait: Span = timedelta(minutes=30)
    """Nobody waits longer for a fuller batch."""
    batch_urgent_within: Span = timedelta(hours=2)
    """What must ship so soon does not wait for a fuller batch."""

    @property
    def plan_every(self) -> timedelta:
        """Return how often pick batches are formed, with the time scale applied."""
        return self.floor_plan_every / self.time_scale

    def cart(self) -> Cart:
        """Return what a picker pushes."""
        return Cart(
            totes=tuple(
                Tote(
                    tote=f"T{number:02}",
                    units=self.tote_units,
                    volume_mm3=self.tote_volume_l * MM3_PER_LITER,
                    weight_g=self.tote_weight_g,
                )
                for number in range(1, self.cart_totes + 1)
            )
        )

    def batch_rules(self) -> BatchRules:
        """Return how long who waits for a fuller batch, with the time scale applied."""
        return BatchRules(
            fewest_members=self.batch_fewest,
            max_wait=self.batch_max_wait / self.time_scale,
            urgent_within=self.batch_urgent_within / self.time_scale,
        )
