"""What is shipped, and what is asked of a carrier and answered by it."""

from datetime import date, time
from functools import cached_property
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Country, Identifier, Instant, Value
from fulfillment.domain.calendars import TimeZoneName, pickup_date
from fulfillment.domain.catalog import TemperatureClass
from fulfillment.domain.charges import Charge, total
from fulfillment.domain.errors import Problem
from fulfillment.domain.gs1 import TRACKING_SERIALS
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Urgency
from fulfillment.domain.tariffs import Mode
from fulfillment.domain.units import Dimensions, Grams, Place, distance_km

Serial = Annotated[int, Field(ge=0, lt=TRACKING_SERIALS)]
"""A number that our database gives out once."""


class ParcelSpec(Value):
    """A parcel as a carrier sees it."""

    parcel_ref: Identifier
    outer: Dimensions
    gross_weight_g: Grams
    value: Money
    hazard_class: str | None = None
    """UN class of the most dangerous content; None for harmless goods."""
    fragile: bool = False
    temperature_class: TemperatureClass = TemperatureClass.AMBIENT


class Dispatch(Value):
    """From where and when goods leave, and where they go."""

    origin: Place
    origin_country: Country
    destination: Place
    destination_country: Country
    ready_at: Instant
    timezone: TimeZoneName
    """The warehouse's."""
    cutoff: time
    """Wall-clock time at the warehouse up to which goods still go the same day."""
    origin_region: str = ""
    """By its name or ISO 3166-2 code; "" where none is known. For its public holidays."""
    destination_region: str = ""
    destination_postal_code: str = ""
    residential: bool = False
    """Whether the goods go to a private home."""

    @cached_property
    def distance_km(self) -> int:
        """Return the great-circle distance in kilometers."""
        return distance_km(self.origin, self.destination)

    @property
    def domestic(self) -> bool:
        """Return whether the goods stay in one country."""
        return self.origin_country == self.destination_country

    @property
    def pickup_on(self) -> date:
        """Return the day on which the carrier takes the goods."""
        return pickup_date(self.ready_at, self.timezone, self.cutoff)


class Shipment(Dispatch):
    """Parcels that leave together for one destination; each has its own reference."""

    parcels: Annotated[tuple[ParcelSpec, ...], Field(min_length=1)]
    sender: Address | None = None
    """Where it leaves; carriers that price by address quote nothing without."""
    recipient: Address | None = None

    @model_validator(mode="after")
    def _parcels_differ(self) -> Self:
        if len({parcel.parcel_ref for parcel in self.parcels}) < len(self.parcels):
            message = "a parcel_ref of its own for each parcel"
            raise ValueError(message)
        return self


class Quote(Value):
    """What a service would take for a shipment, and by when it would deliver."""

    carrier_id: Identifier
    service_id: Identifier
    name: str
    mode: Mode
    cost: Money
    chargeable_weight_g: Annotated[int, Field(gt=0)]
    """Of all parcels together."""
    distance_km: Annotated[int, Field(ge=0)]
    zone: Annotated[int, Field(gt=0)]
    """The tariff zone, from 1."""
    pickup_on: date
    projected_delivery: date
    prepaid: bool = False
    """Whether a label of it is paid when it is bought, so that an unused one must be given back."""
    charges: tuple[Charge, ...] = ()
    """The lines that the cost is made of, and adds up to; none where the carrier names no lines."""
    standard_for: tuple[Urgency, ...] = ()
    """Urgencies for which its date is what customers are promised."""
    cutoff_at: Instant | None = None
    """Until when goods must be ready for that pickup, where the carrier says so."""

    @model_validator(mode="after")
    def _charges_add_up(self) -> Self:
        if self.charges and total(self.charges, self.cost.currency) != self.cost:
            message = f"charges that add up to {self.cost}"
            raise ValueError(message)
        return self

    @property
    def key(self) -> str:
        """Return carrier and service as one name, as `overland/road-parcel`."""
        return f"{self.carrier_id}/{self.service_id}"


class Refusal(Value):
    """Why a service was not offered: every reason, not only the first."""

    carrier_id: Identifier
    service_id: Identifier
    name: str
    problems: Annotated[tuple[Problem, ...], Field(min_length=1)]

    @property
    def key(self) -> str:
        """Return carrier and service as one name, as `overland/road-parcel`."""
        return f"{self.carrier_id}/{self.service_id}"

    @property
    def reason(self) -> str:
        """Return all reasons as one line for a person."""
        return "; ".join(str(problem) for problem in self.problems)


class Rates(Value):
    """The answer to a request for rates; quotes are in one currency, so that costs compare."""

    quotes: tuple[Quote, ...]
    refusals: tuple[Refusal, ...] = ()

    @model_validator(mode="after")
    def _one_currency(self) -> Self:
        currencies = sorted({quote.cost.currency for quote in self.quotes})
        if len(currencies) > 1:
            message = f"quotes in one currency, not {', '.join(currencies)}"
            raise ValueError(message)
        return self


class LabelPurchase(Value):
    """The wish for one parcel's label with a chosen service."""

    carrier_id: Identifier
    service_id: Identifier
    order_id: Identifier
    shipment: Shipment
    parcel_ref: Identifier
    """Which parcel of the shipment; a label is bought for each."""
    sender: Address
    recipient: Address
    serial: Serial

    @property
    def parcel(self) -> ParcelSpec:
        """Return the parcel that the label is for."""
        return next(p for p in self.shipment.parcels if p.parcel_ref == self.parcel_ref)

    @model_validator(mode="after")
    def _parcel_of_the_shipment(self) -> Self:
        refs = [parcel.parcel_ref for parcel in self.shipment.parcels]
        if self.parcel_ref not in refs:
            message = f"a parcel_ref of the shipment ({', '.join(refs)}), not {self.parcel_ref}"
            raise ValueError(message)
        return self


class BoughtLabel(Value):
    """A parcel's label as bought: its numbers, its cost, and the carrier's document if any."""

    model_config = ConfigDict(frozen=True, ser_json_bytes="base64", val_json_bytes="base64")

    carrier_id: Identifier
    service_id: Identifier
    parcel_ref: Identifier
    tracking_number: str
    routing_code: str
    cost: Money
    serial: Serial
    document: bytes | None = None
    """The label as the carrier drew it; None where we print our own."""
    media_type: str = "application/pdf"
    """Of the document."""
    polled: bool = False
    """Whether the carrier must be asked what becomes of it, since it may not tell by itself."""
    carrier_reference: str = ""
    """What the carrier calls the purchase, where it goes by something else than the number."""

    @property
    def reference(self) -> "LabelReference":
        """Return what the carrier knows the label by."""
        return LabelReference(
            carrier_id=self.carrier_id,
            tracking_number=self.tracking_number,
            carrier_reference=self.carrier_reference,
        )


class LabelReference(Value):
    """A bought label, as its carrier knows it."""

    carrier_id: Identifier
    """Who sold it."""
    tracking_number: str
    carrier_reference: str = ""


class PickupRequest(Value):
    """The wish that a carrier comes for parcels on a day, within a window of time."""

    carrier_id: Identifier
    warehouse_id: Identifier
    on: date
    """The warehouse's local day."""
    window_start: Instant
    window_end: Instant
    parcels: Annotated[int, Field(gt=0)]
    """How many parcels wait; the driver counts."""
    address: Address | None = None
    """Where they wait; our own carriers know their warehouses."""
    labels: tuple[LabelReference, ...] = ()
    """Of the parcels that wait, as far as they are known."""

    @model_validator(mode="after")
    def _window_of_that_day(self) -> Self:
        if not self.window_start < self.window_end:
            message = f"a window that ends after {self.window_start}, not at {self.window_end}"
            raise ValueError(message)
        if self.window_start.date() != self.on:
            message = f"a window in local time that starts on {self.on}, not {self.window_start}"
            raise ValueError(message)
        return self


class Pickup(Value):
    """A pickup as booked."""

    reference: str
    carrier_id: Identifier
    warehouse_id: Identifier
    on: date
    window_start: Instant
    window_end: Instant


class PickupReference(Value):
    """A booked pickup, as its carrier knows it."""

    carrier_id: Identifier
    reference: str


class ManifestRequest(Value):
    """The parcels that a carrier takes at a cut-off, to be put on one list."""

    carrier_id: Identifier
    warehouse_id: Identifier
    on: date
    """The warehouse's local day."""
    labels: Annotated[tuple[LabelReference, ...], Field(min_length=1)]


class Manifest(Value):
    """A closed list of parcels, and the carrier's document of it if any."""

    model_config = ConfigDict(frozen=True, ser_json_bytes="base64", val_json_bytes="base64")

    reference: str
    carrier_id: Identifier
    warehouse_id: Identifier
    on: date
    tracking_numbers: tuple[str, ...]
    document: bytes | None = None
    """The list as the carrier drew it, as PDF; None where we print our own."""
