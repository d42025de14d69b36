"""What is packed, by which rules, and what a plan of cartons says.

How a plan is found stands in `carton_search`, which needs numba; no workflow may import that.
"""

from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Identifier, Value
from fulfillment.domain.catalog import Article, CartonType, Load, Orientation
from fulfillment.domain.units import Dimensions, Grams

Size = tuple[int, int, int]
"""Along the carton's length, width and height, in millimeters."""


class PackItem(Value):
    """One unit to be packed; `item_ref` is `<line_no>/<unit>` and unique within the order."""

    item_ref: str
    line_no: int
    sku: Identifier
    name: str
    dimensions: Dimensions
    weight_g: Grams
    orientation: Orientation = Orientation.ANY
    fragile: bool = False
    segregation_group: str = "general"
    bears_g: Load | None = None
    """The most that may stand on it; None if it bears anything."""
    bears_g_per_dm2: Load | None = None
    """The most that may stand on a square decimeter of its upper face; None if anything."""
    ships_in_own_box: bool = False


class PackRules(Value):
    """The rules of packing that a warehouse sets."""

    support_percent: Annotated[int, Field(ge=0, le=100)] = 80
    """How much of its base each item rests on, at least."""
    padding_mm: Annotated[int, Field(ge=0)] = 0
    """How much protective fill lies on every side of a fragile item."""
    by_hand: bool = True
    """Whether items are lowered in from above, one after the other, and bear on one another."""
    minor_per_kg: Annotated[int, Field(ge=0)] = 0
    """What a kilogram of chargeable weight costs to ship."""
    divisor_mm3_per_g: Annotated[int, Field(gt=0)] = 5000
    """How much outer volume is charged like a gram."""

    def padding_of(self, item: PackItem) -> int:
        """Return the padding on every side of an item, in mm."""
        return self.padding_mm if item.fragile else 0

    def cost_minor(self, carton: CartonType, gross_weight_g: int) -> int:
        """Return what a carton costs, with the shipping of its chargeable weight."""
        volumetric_g = -(-carton.outer.volume_mm3 // self.divisor_mm3_per_g)
        chargeable_g = max(gross_weight_g, volumetric_g)
        return carton.cost_minor + -(-chargeable_g * self.minor_per_kg // 1000)


class Placement(Value):
    """Where a unit lies: x along the carton's inner length, y its width, z up, from a low corner.

    `dx_mm`, `dy_mm`, `dz_mm` are the unit's sizes along these axes as it is turned, without its
    padding; nothing else lies within `padding_mm` of it, on any side.
    """

    item_ref: str
    line_no: int
    sku: Identifier
    x_mm: int
    y_mm: int
    z_mm: int
    dx_mm: int
    dy_mm: int
    dz_mm: int
    padding_mm: int = 0


class PackedCarton(Value):
    """A carton and what goes into it, in the order in which it goes in."""

    carton_id: Identifier
    """The carton's; of a unit in its own box, its SKU."""
    placements: tuple[Placement, ...]
    gross_weight_g: int
    """Of the empty carton and its contents, without the fill."""
    void_mm3: int
    """What protective fill has to take up: the inside less the contents."""
    own_box: bool = False
    """Whether this is no carton, but one unit that ships in its own box."""


class PackPlan(Value):
    """The cartons of an order."""

    cartons: tuple[PackedCarton, ...] = ()


def size_of(dimensions: Dimensions) -> Size:
    """Return the three sides, in mm."""
    return (dimensions.length_mm, dimensions.width_mm, dimensions.height_mm)


def pack_item(article: Article, line_no: int, unit: int) -> PackItem:
    """Return a unit of an order's line, numbered from 1 within it."""
    same = article.model_dump(include=set(PackItem.model_fields) - {"dimensions"})
    return PackItem(
        item_ref=f"{line_no}/{unit}", line_no=line_no, dimensions=article.dimensions, **same
    )


def payload_g(carton: CartonType) -> int:
    """Return how much a carton's contents may weigh."""
    return carton.max_weight_g - carton.empty_weight_g


def turns_of(item: PackItem) -> tuple[Size, ...]:
    """Return the ways in which an item may be turned, each once, always in the same sequence."""
    length, width, height = sides = size_of(item.dimensions)
    turns = {(length, width, height), (width, length, height)}
    if item.orientation is not Orientation.UPRIGHT:
        turns |= {(length, height, width), (height, length, width)}
        turns |= {(width, height, length), (height, width, length)}
    if item.orientation is Orientation.FLAT:
        turns = {turn for turn in turns if turn[2] == min(sides)}
    return tuple(sorted(turns))
