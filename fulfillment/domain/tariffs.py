"""Contract tariffs: what a carrier service takes, where it goes, and what that costs."""

from datetime import time
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.domain.base import Country, Currency, Identifier, StrictValue
from fulfillment.domain.calendars import WEEKDAYS, Weekday, WorkCalendar
from fulfillment.domain.catalog import TemperatureClass
from fulfillment.domain.orders import Urgency
from fulfillment.domain.surcharges import MAX_AMOUNT_MINOR, Surcharges
from fulfillment.domain.units import Dimensions, Grams, Millimeters

Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR)]
Kilometers = Annotated[int, Field(ge=0, le=20_100)]
"""A distance on Earth; half its circumference is 20 015 km."""


class Mode(StrEnum):
    """How the goods travel."""

    ROAD = "road"
    AIR = "air"
    SEA = "sea"


class WeightStep(StrictValue):
    """The price of a parcel up to a weight."""

    up_to_g: Grams
    """Chargeable weight up to which the price holds, inclusive."""
    price_minor: Amount


class Zone(StrictValue):
    """A ring of distance with one transit time, and one price: by kilogram or by weight steps.

    By kilogram a parcel costs `base_minor`, and `per_kg_minor` for its chargeable weight; by steps
    it costs what the first step says that holds it, and beyond the last step it is not taken.
    """

    up_to_km: Annotated[Kilometers, Field(gt=0)]
    """Great-circle distance up to which the zone goes, inclusive."""
    base_minor: Amount | None = None
    """Price of a parcel before its weight."""
    per_kg_minor: Amount | None = None
    weight_steps: tuple[WeightStep, ...] = ()
    """In order of weight, no step cheaper than the one before it."""
    transit_days: Annotated[int, Field(ge=0, le=120)]
    """Working days at the destination, from pickup to delivery."""

    def step_of(self, weight_g: int) -> WeightStep | None:
        """Return the first weight step that holds a chargeable weight, or None."""
        return next((step for step in self.weight_steps if weight_g <= step.up_to_g), None)

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        by_weight = (self.base_minor, self.per_kg_minor)
        if self.weight_steps and by_weight != (None, None):
            message = "either weight_steps, or base_minor and per_kg_minor, not both"
            raise ValueError(message)
        if not self.weight_steps and None in by_weight:
            message = "base_minor and per_kg_minor, or weight_steps"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _steps_ascend(self) -> Self:
        for light, heavy in pairwise(self.weight_steps):
            if light.up_to_g >= heavy.up_to_g or light.price_minor > heavy.price_minor:
                message = (
                    "weight_steps that ascend in up_to_g and never fall in price_minor, not "
                    f"{heavy.up_to_g} g for {heavy.price_minor} after "
                    f"{light.up_to_g} g for {light.price_minor}"
                )
                raise ValueError(message)
        return self


class ServiceTariff(StrictValue):
    """A carrier's service: limits, reach and prices, as agreed in a contract.

    Zones stand in order of distance, and the last one ends the reach. Limits hold for each parcel.
    """

    carrier_id: Identifier
    service_id: Identifier
    name: Annotated[str, Field(min_length=1, max_length=60)]
    mode: Mode
    currency: Currency
    zones: Annotated[tuple[Zone, ...], Field(min_length=1)]
    max_weight_g: Grams
    max_length_mm: Millimeters
    """The most that the longest side may measure."""
    max_length_plus_girth_mm: Millimeters | None = None
    """The most that the longest side and once around the two others may measure together."""
    max_value_minor: Annotated[int, Field(gt=0, le=10**12)] | None = None
    """The most that a parcel's goods may be worth, in the tariff's currency."""
    dimensional_divisor: Annotated[int, Field(gt=0, le=100_000)]
    """Cubic centimeters that count as a kilogram, as 5000."""
    weight_step_g: Grams = 500
    """Chargeable weight is rounded up to a multiple of this."""
    fuel_surcharge_percent: Annotated[Decimal, Field(ge=0, le=200, decimal_places=2)] = Decimal(0)
    """On freight: what base and weight cost."""
    surcharges: Surcharges = Surcharges()
    hazard_allowed: bool = False
    temperature_classes: tuple[TemperatureClass, ...] = (TemperatureClass.AMBIENT,)
    domestic_only: bool = False
    countries: tuple[Country, ...] = ()
    """Destinations served; empty means all."""
    excluded_countries: tuple[Country, ...] = ()
    min_km: Kilometers = 0
    cutoff: time | None = None
    """The latest hour of a day at which the carrier still takes goods that day, on the clock of the
    warehouse; where the warehouse's own is earlier, that one counts."""
    pickup_days: Annotated[tuple[Weekday, ...], Field(min_length=1)] | None = None
    """The weekdays on which it comes; by default those that are worked at the warehouse."""
    saturday_delivery: bool = False
    """Whether Saturdays count as working days at the destination."""
    standard_for: tuple[Urgency, ...] = ()
    """Urgencies for which this service's transit time is what customers are promised."""

    @property
    def key(self) -> str:
        """Return carrier and service as one name, as `overland/road-parcel`."""
        return f"{self.carrier_id}/{self.service_id}"

    @property
    def max_km(self) -> int:
        """Return the greatest distance served."""
        return self.zones[-1].up_to_km

    def zone_number(self, distance_km: int) -> int:
        """Return the number, from 1, of the zone that holds a distance within the reach.

        Raises:
            ValueError: the distance lies beyond the last zone.

        """
        for number, zone in enumerate(self.zones, start=1):
            if distance_km <= zone.up_to_km:
                return number
        message = f"{self.key}: expected at most {self.max_km} km, came {distance_km} km"
        raise ValueError(message)

    def pickup_calendar(self, origin: WorkCalendar) -> WorkCalendar:
        """Return the days on which the carrier comes, by the working days of the origin."""
        if self.pickup_days is None:
            return origin
        return origin.on_weekdays(frozenset(WEEKDAYS.index(day) for day in self.pickup_days))

    def delivery_calendar(self, destination: WorkCalendar) -> WorkCalendar:
        """Return the days on which the carrier delivers, by the working days of the destination."""
        return destination.with_saturdays() if self.saturday_delivery else destination

    @model_validator(mode="after")
    def _zones_ascend(self) -> Self:
        if any(near.up_to_km >= far.up_to_km for near, far in pairwise(self.zones)):
            message = f"{self.key}: zones that ascend in up_to_km"
            raise ValueError(message)
        if self.min_km > self.max_km:
            message = f"{self.key}: min_km of at most {self.max_km}, not {self.min_km}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _air_carries_no_hazard(self) -> Self:
        if self.mode is Mode.AIR and self.hazard_allowed:
            message = f"{self.key}: no hazard_allowed with mode air"
            raise ValueError(message)
        return self


class TariffBook(StrictValue):
    """All contract tariffs, as they stand in a tariff file; one currency, each service once."""

    services: tuple[ServiceTariff, ...]

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        keys = [service.key for service in self.services]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            message = f"each service once, not twice: {', '.join(twice)}"
            raise ValueError(message)
        currencies = sorted({service.currency for service in self.services})
        if len(currencies) > 1:
            message = f"one currency, so that costs compare, not {', '.join(currencies)}"
            raise ValueError(message)
        return self

    def service(self, carrier_id: str, service_id: str) -> ServiceTariff | None:
        """Return a service's tariff, or None where the book has no such service."""
        wanted = (carrier_id, service_id)
        return next((s for s in self.services if (s.carrier_id, s.service_id) == wanted), None)


def parse_tariffs(text: str) -> TariffBook:
    """Return the tariffs of a JSON tariff file.

    Raises:
        pydantic.ValidationError: not a tariff file; each error names the field.

    """
    return TariffBook.model_validate_json(text)


def chargeable_weight_g(tariff: ServiceTariff, outer: Dimensions, gross_weight_g: int) -> int:
    """Return the greater of actual and dimensional weight, rounded up to the tariff's step.

    Cubic millimeters over the divisor (cubic centimeters a kilogram) are grams.

    Source: IATA TACT Rules 3.9 (chargeable weight; rounding up to the next half kilogram).

    """
    dimensional_g = -(-outer.volume_mm3 // tariff.dimensional_divisor)
    step = tariff.weight_step_g
    return -(-max(gross_weight_g, dimensional_g) // step) * step
