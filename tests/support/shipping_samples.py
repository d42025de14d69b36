"""Shipments and tariffs for tests: a warehouse in Berlin, a zone or two, a parcel of a kilogram."""

from datetime import UTC, datetime, time
from typing import Any

from fulfillment.domain.addresses import Address
from fulfillment.domain.geography import GAZETTEER
from fulfillment.domain.money import Money
from fulfillment.domain.shipping import ParcelSpec, Shipment
from fulfillment.domain.tariffs import ServiceTariff
from fulfillment.domain.units import Dimensions, Place

BERLIN = Place(latitude=52.52, longitude=13.405)
MUNICH = Place(latitude=48.137, longitude=11.575)
WEDNESDAY_NOON = datetime(2026, 3, 4, 11, 0, tzinfo=UTC)
"""12:00 in Berlin."""
SENDER = Address(
    name="Nordlicht Versand",
    street=("Lagerstraße 14",),
    postal_code="10115",
    city="Berlin",
    country="DE",
)
RECIPIENT = Address(
    name="Zoë Łukaszewicz",
    street=("Rue de l'Église 127",),
    postal_code="1050",
    city="Ixelles",
    country="BE",
)


def parcel(**changes: Any) -> ParcelSpec:
    """Return a parcel of 1 kg and 3 liters."""
    sample: dict[str, Any] = {
        "parcel_ref": "P1",
        "outer": Dimensions(length_mm=300, width_mm=100, height_mm=100),
        "gross_weight_g": 1000,
        "value": Money(amount_minor=5000, currency="EUR"),
    }
    return ParcelSpec(**sample | changes)


def shipment(country: str = "DE", **changes: Any) -> Shipment:
    """Return a shipment from Berlin to Munich, or to the centroid of another country."""
    sample: dict[str, Any] = {
        "origin": BERLIN,
        "origin_country": "DE",
        "destination": MUNICH if country == "DE" else GAZETTEER[country][0],
        "destination_country": country,
        "parcels": (parcel(),),
        "ready_at": WEDNESDAY_NOON,
        "timezone": "Europe/Berlin",
        "cutoff": time(17),
    }
    return Shipment(**sample | changes)


def tariff(**changes: Any) -> ServiceTariff:
    """Return a road service: 5.00 EUR and 1.00 EUR/kg to 600 km, 8.00 and 2.00 to 2000 km."""
    sample: dict[str, Any] = {
        "carrier_id": "overland",
        "service_id": "road",
        "name": "Road",
        "mode": "road",
        "currency": "EUR",
        "zones": [
            {"up_to_km": 600, "base_minor": 500, "per_kg_minor": 100, "transit_days": 2},
            {"up_to_km": 2000, "base_minor": 800, "per_kg_minor": 200, "transit_days": 4},
        ],
        "max_weight_g": 30_000,
        "max_length_mm": 1200,
        "dimensional_divisor": 5000,
    }
    return ServiceTariff.model_validate(sample | changes)
