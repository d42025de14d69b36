"""What is sold, where it lies, and what it is packed in."""

from datetime import time
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from fulfillment.domain.addresses import Address
from fulfillment.domain.barcodes import Gtin
from fulfillment.domain.base import Country, Currency, HsCode, Identifier, StrictValue
from fulfillment.domain.units import Dimensions, Grams, Millimeters, Place

Load = Annotated[int, Field(ge=0, le=2_000_000_000)]
"""What may stand on a unit, in g or in g per dm²."""


class Orientation(StrEnum):
    """How an item may be turned in a carton."""

    ANY = "any"
    """On any of its six sides."""
    UPRIGHT = "upright"
    """This side up: its height stays vertical; it may be turned about the vertical axis."""
    FLAT = "flat"
    """On one of its two largest faces."""


class TemperatureClass(StrEnum):
    """The temperature at which an article must be kept."""

    AMBIENT = "ambient"
    CHILLED = "chilled"
    FROZEN = "frozen"


class Article(StrictValue):
    """An article of the catalog: one unit of it, as it lies in a bin."""

    sku: Identifier
    name: str
    dimensions: Dimensions
    weight_g: Grams
    gtin: Gtin | None = None
    """The number in its barcode, in fourteen digits."""
    fragile: bool = False
    orientation: Orientation = Orientation.ANY
    segregation_group: str = "general"
    """Only articles of one group share a tote, a slot or a carton."""
    bears_g: Load | None = None
    """The most that may stand on a unit; None if it bears anything."""
    bears_g_per_dm2: Load | None = None
    """The most that may stand on a square decimeter of its upper face; None if anything."""
    ships_in_own_box: bool = False
    """Whether each unit goes as it is, with a label on its own box."""
    hazard_class: str | None = None
    """UN class, as `9` for lithium batteries; None for harmless goods."""
    temperature_class: TemperatureClass = TemperatureClass.AMBIENT
    unit_value_minor: Annotated[int, Field(ge=0)] = 0
    currency: Currency = "EUR"
    discontinued: bool = False
    min_shelf_life_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """It expires, and so many days of use must be left when it ships; None for what keeps."""
    hs_code: HsCode | None = None
    """Its commodity code; needed where a parcel crosses a customs border, as is the origin."""
    origin: Country | None = None
    """Where it was made."""
    final_sale: bool = False
    """It does not come back merely because it is unwanted."""
    return_window_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    """How long after delivery it may come back unwanted; None for the shop's own window."""
    restocking_fee_percent: Annotated[int, Field(ge=0, le=100)] | None = None
    """Kept of its price where it comes back unwanted; None for the shop's own fee."""


class CartonType(StrictValue):
    """A carton that packing may take; the inside is what holds the goods."""

    carton_id: Identifier
    inner: Dimensions
    outer: Dimensions
    empty_weight_g: Grams
    max_weight_g: Grams
    """The most the carton may weigh with its contents."""
    cost_minor: Annotated[int, Field(ge=0)] = 0


class Layout(StrictValue):
    """A warehouse's parallel aisles, each with cells on both sides."""

    aisles: Annotated[int, Field(gt=0, le=500)]
    cells: Annotated[int, Field(gt=0, le=1000)]
    aisle_distance_mm: Millimeters = 3000
    cell_distance_mm: Millimeters = 1000
    middle_cross_aisle_at: Annotated[int, Field(gt=0)] | None = None
    """A cross-aisle lies before this cell, one cell distance from it and the one before; or none.

    The aisles are then two blocks, with as many cells in the front one.
    """

    @model_validator(mode="after")
    def _middle_lies_between_cells(self) -> Self:
        if self.middle_cross_aisle_at is not None and self.middle_cross_aisle_at >= self.cells:
            message = f"a middle cross-aisle before one of the {self.cells} cells"
            raise ValueError(message)
        return self


class Warehouse(StrictValue):
    """A place that stores and ships."""

    warehouse_id: Identifier
    name: str
    address: Address
    place: Place
    timezone: str
    layout: Layout
    pickup_at: time = time(17, 0)
    """When the carriers come, local time; also the day's cut-off."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            message = f"an IANA time zone such as Europe/Berlin, not {value!r}"
            raise ValueError(message) from error
        return value


class Bin(StrictValue):
    """A shelf place: an aisle, a cell of it, and a side."""

    bin_id: Identifier
    warehouse_id: Identifier
    aisle: Annotated[int, Field(ge=0)]
    cell: Annotated[int, Field(ge=0)]
    side: str = "L"
