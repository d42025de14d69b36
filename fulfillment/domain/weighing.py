"""What a packed carton should weigh, and how far from that it may be."""

from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Value


class Weighing(Value):
    """The settings by which packed cartons are weighed; an order keeps them for its life."""

    fill_g_per_l: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] = 10.0
    """What a liter of protective fill weighs: crumpled paper about 10 g, air cushions about 2 g."""
    tolerance_percent: Annotated[int, Field(ge=0, le=100)] = 3
    tolerance_g: Annotated[int, Field(ge=0, le=100_000)] = 50
    """The greater of both is how far from what is expected a carton may be."""
    supervisors: tuple[str, ...] = ()
    """Who may let a weight pass that is further off; nobody named: anyone but the packer."""

    def fill_g(self, fill_dl: int) -> int:
        """Return what so many tenths of a liter of protective fill weigh, rounded up."""
        return -int(-fill_dl * self.fill_g_per_l // 10)

    def tolerated_g(self, expected_g: int) -> int:
        """Return how far from the expected weight a carton may be."""
        return max(self.tolerance_g, expected_g * self.tolerance_percent // 100)

    def is_off(self, expected_g: int, weighed_g: int) -> bool:
        """Return whether a weight is further from the expected one than is tolerated."""
        return abs(weighed_g - expected_g) > self.tolerated_g(expected_g)
