"""What is printed: labels, packing slips, manifests and commercial invoices, as what they say."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Country, Currency, HsCode, Identifier, Instant, Value
from fulfillment.domain.catalog import TemperatureClass
from fulfillment.domain.gs1 import Sscc
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Gift
from fulfillment.domain.tariffs import Mode
from fulfillment.domain.units import Grams

TrackingCode = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{4,30}$")]
"""A tracking number that fits a Code 128 symbol on a label: printable ASCII."""


class DocumentFormat(StrEnum):
    """What a document is made for: a screen or office printer, a picture, a label printer."""

    PDF = "pdf"
    PNG = "png"
    ZPL = "zpl"

    @property
    def media_type(self) -> str:
        """Return its media type."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    DocumentFormat.PDF: "application/pdf",
    DocumentFormat.PNG: "image/png",
    DocumentFormat.ZPL: "application/zpl",
}


class ParcelDocument(Value):
    """What all documents of a parcel say."""

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


class Incoterm(StrEnum):
    """Who pays for transport, duty and tax on the way.

    Source: Incoterms 2020, International Chamber of Commerce.
    """

    DAP = "DAP"
    """Delivered at place: the recipient pays duty and tax."""
    DDP = "DDP"
    """Delivered duty paid: the sender does."""


class InvoiceLine(Value):
    """An article of a parcel as customs want it declared."""

    sku: Identifier
    name: str
    hs_code: HsCode
    origin: Country
    quantity: Annotated[int, Field(gt=0)]
    net_weight_g: Grams
    """Of all units."""
    value_minor: Annotated[int, Field(ge=0)]
    """Of all units, what the customer paid for them, without tax and transport.

    Source: WTO Customs Valuation Agreement, article 1 (transaction value).
    """


class InvoiceContent(ParcelDocument):
    """What a parcel's commercial invoice says."""

    invoice_id: Identifier
    issued_on: date
    carrier_name: str
    tracking_number: TrackingCode
    incoterm: Incoterm = Incoterm.DAP
    reason: str = "Sale of goods"
    """For the export."""
    currency: Currency
    gross_weight_g: Grams
    lines: Annotated[tuple[InvoiceLine, ...], Field(min_length=1)]

    @property
    def total(self) -> Money:
        """Return the value of the parcel."""
        value = sum(line.value_minor for line in self.lines)
        return Money(amount_minor=value, currency=self.currency)


class ManifestRow(Value):
    """A parcel of a manifest."""

    parcel_id: Identifier
    sscc: Sscc
    tracking_number: TrackingCode
    service_name: str
    weight_g: Grams


class ManifestContent(Value):
    """What a manifest says: the parcels that a carrier takes from a warehouse at a cut-off."""

    manifest_id: Identifier
    warehouse_name: str
    sender: Address
    carrier_name: str
    cut_off: Instant
    """In the warehouse's time zone."""
    rows: Annotated[tuple[ManifestRow, ...], Field(min_length=1)]

    @property
    def weight_g(self) -> int:
        """Return the weight of all parcels."""
        return sum(row.weight_g for row in self.rows)
