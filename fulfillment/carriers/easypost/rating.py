"""From EasyPost's rates for single parcels to quotes for a shipment, in our terms."""

from collections.abc import Sequence
from datetime import date

from fulfillment.carriers.easypost.shipments import Shipment as RatedParcel
from fulfillment.carriers.easypost.wire import (
    NETWORK,
    Rate,
    carrier_id_of,
    service_id_of,
)
from fulfillment.domain.calendars import add_working_days
from fulfillment.domain.catalog import TemperatureClass
from fulfillment.domain.errors import Problem
from fulfillment.domain.money import Money
from fulfillment.domain.shipping import Quote, Rates, Refusal, Shipment
from fulfillment.domain.tariffs import Mode

BY_AIR = ("air", "express", "overnight", "nextday", "2day", "2ndday", "priority", "international")
"""Words in a service's name by which it flies; all others drive."""

ServiceKey = tuple[str, str]


def objections(shipment: Shipment) -> list[Problem]:
    """Return each reason why EasyPost is not asked for a shipment."""
    found = []
    if shipment.sender is None or shipment.recipient is None:
        found.append(_problem("the addresses of sender and recipient", "none"))
    if not shipment.domestic:
        ends = f"{shipment.origin_country} to {shipment.destination_country}"
        found.append(_problem("a destination that needs no customs form", ends))
    for parcel in shipment.parcels:
        if parcel.hazard_class is not None:
            found.append(_problem("no hazardous goods", f"class {parcel.hazard_class}"))
        if parcel.temperature_class is not TemperatureClass.AMBIENT:
            found.append(_problem("goods kept ambient", parcel.temperature_class.value))
    return found


def refused(problems: Sequence[Problem]) -> Rates:
    """Return the answer of a network that takes nothing of a shipment."""
    refusal = Refusal(
        carrier_id=NETWORK, service_id="any", name="EasyPost", problems=tuple(problems)
    )
    return Rates(quotes=(), refusals=(refusal,))


def rates_of(shipment: Shipment, rated: Sequence[RatedParcel]) -> Rates:
    """Return a quote for each service that takes every parcel, and why the others don't.

    Args:
        shipment: what was asked for.
        rated: EasyPost's answer for each of its parcels, in their order.

    """
    by_parcel = [{_key(rate): rate for rate in parcel.rates} for parcel in rated]
    keys = sorted({key for rates in by_parcel for key in rates})
    if not keys:
        return refused([_no_rates(rated)])
    quotes, refusals = [], []
    for key in keys:
        rates = [rates[key] for rates in by_parcel if key in rates]
        problem = _objection(rates, len(rated))
        if problem is None:
            quotes.append(_quote(shipment, rates))
        else:
            refusals.append(_refusal(rates[0], problem))
    return Rates(quotes=tuple(quotes), refusals=tuple(refusals))


def same_service(rate: Rate, carrier_id: str, service_id: str) -> bool:
    """Return whether a rate is that of a service of ours."""
    return _key(rate) == (carrier_id, service_id)


def _key(rate: Rate) -> ServiceKey:
    return carrier_id_of(rate.carrier), service_id_of(rate.service)


def _objection(rates: Sequence[Rate], parcels: int) -> Problem | None:
    if len(rates) < parcels:
        return _problem(f"rates for all {parcels} parcels", f"for {len(rates)}")
    if len({rate.currency for rate in rates}) > 1:
        return _problem("one currency", ", ".join(sorted({rate.currency for rate in rates})))
    if any(rate.days is None for rate in rates):
        return _problem("days to delivery", "none")
    return None


def _quote(shipment: Shipment, rates: Sequence[Rate]) -> Quote:
    first, pickup_on = rates[0], shipment.pickup_on
    return Quote(
        carrier_id=carrier_id_of(first.carrier),
        service_id=service_id_of(first.service),
        name=f"{first.carrier} {first.service}",
        mode=_mode(first.service),
        cost=Money(
            amount_minor=sum(rate.cost.amount_minor for rate in rates), currency=first.currency
        ),
        chargeable_weight_g=sum(parcel.gross_weight_g for parcel in shipment.parcels),
        distance_km=shipment.distance_km,
        zone=1,
        pickup_on=pickup_on,
        projected_delivery=max(_delivery(pickup_on, rate) for rate in rates),
        prepaid=True,
    )


def _delivery(pickup_on: date, rate: Rate) -> date:
    return add_working_days(pickup_on, rate.days or 0)


def _refusal(rate: Rate, problem: Problem) -> Refusal:
    return Refusal(
        carrier_id=carrier_id_of(rate.carrier),
        service_id=service_id_of(rate.service),
        name=f"{rate.carrier} {rate.service}",
        problems=(problem,),
    )


def _mode(service: str) -> Mode:
    name = service.lower()
    return Mode.AIR if any(word in name for word in BY_AIR) else Mode.ROAD


def _no_rates(rated: Sequence[RatedParcel]) -> Problem:
    said = sorted({f"{m.carrier} {m.type}".strip() for parcel in rated for m in parcel.messages})
    return _problem("at least one rate", f"none ({', '.join(said)})" if said else "none")


def _problem(expected: str, came: str) -> Problem:
    return Problem(path=NETWORK, expected=expected, came=came)
