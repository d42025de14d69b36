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


SAN_FRANCISCO = Place(latitude=37.776, longitude=-122.397)
REDONDO_BEACH = Place(latitude=33.844, longitude=-118.392)
SENDER_US = Address(
    name="Jack Sparrow",
    street=("388 Townsend St", "Apt 20"),
    city="San Francisco",
    region="CA",
    postal_code="94107",
    country="US",
    phone="5555555555",
)
RECIPIENT_US = Address(
    name="Elizabeth Swan",
    street=("179 N Harbor Dr",),
    city="Redondo Beach",
    region="CA",
    postal_code="90277",
    country="US",
    phone="5555555555",
)


def american(**changes: Any) -> Shipment:
    """Return a shipment within California, with its addresses."""
    ends: dict[str, Any] = {
        "origin": SAN_FRANCISCO,
        "origin_country": "US",
        "destination": REDONDO_BEACH,
        "timezone": "America/Los_Angeles",
        "sender": SENDER_US,
        "recipient": RECIPIENT_US,
    }
    return shipment("US", **ends | changes)


class DictNotes:
    """Notes of what was asked of carriers, in memory."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.texts: dict[str, str] = {}

    async def find(self, key: str) -> str | None:
        """Return what was noted under a key, or None."""
        return self.texts.get(key)

    async def keep(self, key: str, text: str) -> str:
        """Note a text under a key unless there is one; return the one that is noted."""
        return self.texts.setdefault(key, text)
