"""Contract tariffs: what a carrier service takes, where it goes, and what that costs."""

from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.domain.base import Country, Currency, Identifier, StrictValue
from fulfillment.domain.catalog import TemperatureClass
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Urgency
from fulfillment.domain.units import Dimensions, Grams, Millimeters

Amount = Annotated[int, Field(ge=0)]
Kilometers = Annotated[int, Field(ge=0, le=20_100)]
"""A distance on Earth; half its circumference is 20 015 km."""

HUNDREDTHS = 10_000
"""Hundredths of a percent in the whole."""


class Mode(StrEnum):
    """How the goods travel."""

    ROAD = "road"
    AIR = "air"
    SEA = "sea"


class Zone(StrictValue):
    """A ring of distance with one price and one transit time."""

    up_to_km: Annotated[Kilometers, Field(gt=0)]
    """Great-circle distance up to which the zone goes, inclusive."""
    base_minor: Amount
    """Price of a parcel before its weight."""
    per_kg_minor: Amount
    transit_days: Annotated[int, Field(ge=0, le=120)]
    """Working days from pickup to delivery."""


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
    dimensional_divisor: Annotated[int, Field(gt=0, le=100_000)]
    """Cubic centimeters that count as a kilogram, as 5000."""
    weight_step_g: Grams = 500
    """Chargeable weight is rounded up to a multiple of this."""
    fuel_surcharge_percent: Annotated[Decimal, Field(ge=0, le=200, decimal_places=2)] = Decimal(0)
    hazard_allowed: bool = False
    temperature_classes: tuple[TemperatureClass, ...] = (TemperatureClass.AMBIENT,)
    domestic_only: bool = False
    countries: tuple[Country, ...] = ()
    """Destinations served; empty means all."""
    excluded_countries: tuple[Country, ...] = ()
    min_km: Kilometers = 0
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


def parcel_price(tariff: ServiceTariff, zone_number: int, weight_g: int) -> Money:
    """Return a parcel's price with fuel surcharge; one rounding, half up, to the minor unit."""
    zone = tariff.zones[zone_number - 1]
    surcharge = int(tariff.fuel_surcharge_percent * 100)
    thousandths = zone.base_minor * 1000 + zone.per_kg_minor * weight_g
    exact, unit = thousandths * (HUNDREDTHS + surcharge), 1000 * HUNDREDTHS
    return Money(amount_minor=(2 * exact + unit) // (2 * unit), currency=tariff.currency)
