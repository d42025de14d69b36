"""What a label and a packing slip say."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Identifier, Value
from fulfillment.domain.catalog import TemperatureClass
from fulfillment.domain.gs1 import Sscc
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Gift
from fulfillment.domain.tariffs import Mode
from fulfillment.domain.units import Grams

TrackingCode = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{4,30}$")]
"""A tracking number that fits a Code 128 symbol on a label: printable ASCII."""


class ParcelDocument(Value):
    """What both documents of a parcel say."""

    order_id: Identifier
    parcel_id: Identifier
    parcel_number: Annotated[int, Field(gt=0)]
    """This parcel of the shipment, from 1."""
    parcel_count: Annotated[int, Field(gt=0)]
    sender: Address
    recipient: Address

    @property
    def ordinal(self) -> str:
        """Return which parcel of how many, as `1 of 3`."""
        return f"{self.parcel_number} of {self.parcel_count}"

    @model_validator(mode="after")
    def _within_count(self) -> Self:
        if self.parcel_number > self.parcel_count:
            message = f"a parcel_number of at most {self.parcel_count}, not {self.parcel_number}"
            raise ValueError(message)
        return self


class LabelContent(ParcelDocument):
    """What a shipping label says."""

    carrier_name: str
    service_name: str
    mode: Mode
    routing_code: str
    weight_g: Grams
    ship_on: date
    sscc: Sscc
    tracking_number: TrackingCode
    fragile: bool = False
    upright: bool = False
    """This way up."""
    hazard_class: str | None = None
    temperature_class: TemperatureClass = TemperatureClass.AMBIENT


class SlipLine(Value):
    """A line of a packing slip: what of an order line lies in this parcel."""

    sku: Identifier
    name: str
    quantity: Annotated[int, Field(gt=0)]
    in_place_of: Identifier | None = None
    """What was ordered, where this is a substitute that the customer allows."""
    properties: dict[str, str] = Field(default_factory=dict)
    """What was made to order, as `{"engraving": "For Ada"}`; printed in this sequence."""
    price: Money | None = None
    """Of the whole line; None leaves it out."""


class SlipContent(ParcelDocument):
    """What a packing slip says."""

    ordered_on: date
    lines: Annotated[tuple[SlipLine, ...], Field(min_length=1)]
    gift: Gift | None = None

    @property
    def shows_prices(self) -> bool:
        """Return whether prices are printed: never on a gift."""
        return self.gift is None
