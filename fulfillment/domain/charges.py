"""What a parcel costs by its tariff, line by line; the lines add up to its price."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum

from fulfillment.domain.base import Value
from fulfillment.domain.money import Money
from fulfillment.domain.tariffs import ServiceTariff, Zone, chargeable_weight_g
from fulfillment.domain.units import Dimensions

HUNDREDTHS = 10_000
"""Hundredths of a percent in the whole."""

THOUSANDTHS = 1_000


class ChargeKind(StrEnum):
    """What a line of a quote is for, in the order of an invoice."""

    BASE = "base"
    WEIGHT = "weight"
    FUEL = "fuel"
    REMOTE_AREA = "remote_area"
    OVERSIZE = "oversize"
    RESIDENTIAL = "residential"


class Charge(Value):
    """One line of what a shipment costs."""

    kind: ChargeKind
    amount: Money


class Door(Value):
    """What is known of the door that a parcel goes to, as far as it changes a price."""

    country: str
    postal_code: str = ""
    residential: bool = False


def parcel_charges(
    tariff: ServiceTariff, zone_number: int, outer: Dimensions, gross_weight_g: int, door: Door
) -> tuple[Charge, ...]:
    """Return the lines of a parcel's price: freight, fuel, and each surcharge that applies.

    Fuel is on freight alone; freight with fuel is rounded once, half up, to the minor unit.

    Raises:
        ValueError: its chargeable weight is over the last weight step of the zone.

    """
    weight_g = chargeable_weight_g(tariff, outer, gross_weight_g)
    amounts = dict(_freight(tariff, tariff.zones[zone_number - 1], weight_g))
    amounts |= dict(_surcharges(tariff, outer, door))
    return tuple(
        Charge(kind=kind, amount=Money(amount_minor=amount, currency=tariff.currency))
        for kind, amount in amounts.items()
    )


def _freight(tariff: ServiceTariff, zone: Zone, weight_g: int) -> Iterator[tuple[ChargeKind, int]]:
    base, weight_thousandths = _base_and_weight(tariff, zone, weight_g)
    weight = _half_up(weight_thousandths, THOUSANDTHS)
    yield ChargeKind.BASE, base
    yield ChargeKind.WEIGHT, weight
    if tariff.fuel_surcharge_percent:
        percent = HUNDREDTHS + int(tariff.fuel_surcharge_percent * 100)
        exact = (base * THOUSANDTHS + weight_thousandths) * percent
        yield ChargeKind.FUEL, _half_up(exact, THOUSANDTHS * HUNDREDTHS) - base - weight


def _base_and_weight(tariff: ServiceTariff, zone: Zone, weight_g: int) -> tuple[int, int]:
    """Return the price before the weight, and that of the weight in thousandths.

    Of weight steps the first one is the base, and what a heavier parcel costs more its weight.
    """
    if not zone.weight_steps:
        return zone.base_minor or 0, (zone.per_kg_minor or 0) * weight_g
    step, base = zone.step_of(weight_g), zone.weight_steps[0].price_minor
    if step is None:
        most = zone.weight_steps[-1].up_to_g
        message = f"{tariff.key}: expected a chargeable weight of at most {most} g, came {weight_g}"
        raise ValueError(message)
    return base, (step.price_minor - base) * THOUSANDTHS


def _half_up(exact: int, unit: int) -> int:
    return (2 * exact + unit) // (2 * unit)


def _surcharges(
    tariff: ServiceTariff, outer: Dimensions, door: Door
) -> Iterator[tuple[ChargeKind, int]]:
    remote, oversize = tariff.surcharges.remote_area, tariff.surcharges.oversize
    residential = tariff.surcharges.residential
    if remote is not None and remote.applies(door.country, door.postal_code):
        yield ChargeKind.REMOTE_AREA, remote.amount_minor
    if oversize is not None and oversize.applies(outer):
        yield ChargeKind.OVERSIZE, oversize.amount_minor
    if residential is not None and door.residential:
        yield ChargeKind.RESIDENTIAL, residential.amount_minor


def total(charges: Iterable[Charge], currency: str) -> Money:
    """Return what lines of one currency add up to."""
    return Money(amount_minor=sum(c.amount.amount_minor for c in charges), currency=currency)


def merged(charges: Iterable[Charge], currency: str) -> tuple[Charge, ...]:
    """Return the lines of several parcels as one of each kind, in the order of an invoice."""
    amounts: Counter[ChargeKind] = Counter()
    for charge in charges:
        amounts[charge.kind] += charge.amount.amount_minor
    return tuple(
        Charge(kind=kind, amount=Money(amount_minor=amounts[kind], currency=currency))
        for kind in ChargeKind
        if kind in amounts
    )
