"""Rates: which carrier services take a shipment, at what cost, by when; and which don't, and why.

A service's price goes by great-circle distance and by each parcel's chargeable weight. Road joins
two places on one landmass, sea is for overseas, air flies anywhere but without hazardous goods.
"""

from collections.abc import Iterator, Sequence

from fulfillment.domain.calendars import add_working_days
from fulfillment.domain.errors import Problem
from fulfillment.domain.geography import road_connected
from fulfillment.domain.money import Money
from fulfillment.domain.shipping import Dispatch, ParcelSpec, Quote, Rates, Refusal, Shipment
from fulfillment.domain.tariffs import Mode, ServiceTariff, chargeable_weight_g, parcel_price

SEA_FROM_KM = 1000
"""Below this distance no ship is worth its ports."""


def quote_rates(tariffs: tuple[ServiceTariff, ...], shipment: Shipment) -> Rates:
    """Return a quote or a refusal for each tariff, in the tariffs' order."""
    refused = {tariff.key: tuple(_objections(tariff, shipment)) for tariff in tariffs}
    return Rates(
        quotes=tuple(_quote(t, shipment) for t in tariffs if not refused[t.key]),
        refusals=tuple(
            Refusal(
                carrier_id=t.carrier_id,
                service_id=t.service_id,
                name=t.name,
                problems=refused[t.key],
            )
            for t in tariffs
            if refused[t.key]
        ),
    )


def parcel_cost(tariff: ServiceTariff, dispatch: Dispatch, parcel: ParcelSpec) -> Money:
    """Return what one parcel costs; the parcels of a shipment add up to its quote."""
    weight_g = chargeable_weight_g(tariff, parcel.outer, parcel.gross_weight_g)
    return parcel_price(tariff, tariff.zone_number(dispatch.distance_km), weight_g)


def _quote(tariff: ServiceTariff, shipment: Shipment) -> Quote:
    number = tariff.zone_number(shipment.distance_km)
    costs = [parcel_cost(tariff, shipment, parcel) for parcel in shipment.parcels]
    pickup_on, transit_days = shipment.pickup_on, tariff.zones[number - 1].transit_days
    return Quote(
        carrier_id=tariff.carrier_id,
        service_id=tariff.service_id,
        name=tariff.name,
        mode=tariff.mode,
        cost=Money(amount_minor=sum(c.amount_minor for c in costs), currency=tariff.currency),
        chargeable_weight_g=sum(
            chargeable_weight_g(tariff, p.outer, p.gross_weight_g) for p in shipment.parcels
        ),
        distance_km=shipment.distance_km,
        zone=number,
        pickup_on=pickup_on,
        projected_delivery=add_working_days(pickup_on, transit_days),
    )


def _objections(tariff: ServiceTariff, shipment: Shipment) -> Iterator[Problem]:
    yield from route_objections(tariff, shipment)
    for parcel in shipment.parcels:
        yield from parcel_objections(tariff, parcel)


def route_objections(tariff: ServiceTariff, dispatch: Dispatch) -> Iterator[Problem]:
    """Yield each reason why a service does not go from origin to destination."""
    to, km = dispatch.destination_country, dispatch.distance_km
    if tariff.domestic_only and not dispatch.domestic:
        yield _problem(tariff, f"a destination in {dispatch.origin_country}", to)
    if tariff.countries and to not in tariff.countries:
        yield _problem(tariff, f"a destination in {', '.join(tariff.countries)}", to)
    if to in tariff.excluded_countries:
        yield _problem(tariff, f"a destination outside {to}", to)
    if not tariff.min_km <= km <= tariff.max_km:
        yield _problem(tariff, f"{tariff.min_km} to {tariff.max_km} km", f"{km} km")
    yield from _mode_objections(tariff, dispatch)


def _mode_objections(tariff: ServiceTariff, dispatch: Dispatch) -> Iterator[Problem]:
    ends = (dispatch.origin_country, dispatch.destination_country)
    if tariff.mode is Mode.ROAD and not road_connected(*ends):
        yield _problem(tariff, "a destination that a truck reaches by land", " to ".join(ends))
    if tariff.mode is Mode.SEA and road_connected(*ends):
        yield _problem(tariff, "an overseas destination", " to ".join(ends))
    if tariff.mode is Mode.SEA and dispatch.distance_km < SEA_FROM_KM:
        yield _problem(tariff, f"{SEA_FROM_KM} km or more by sea", f"{dispatch.distance_km} km")


def parcel_objections(tariff: ServiceTariff, parcel: ParcelSpec) -> Iterator[Problem]:
    """Yield each reason why a service does not take a parcel."""
    where, outer = f" parcel {parcel.parcel_ref}", parcel.outer
    longest_mm = max(outer.length_mm, outer.width_mm, outer.height_mm)
    if parcel.gross_weight_g > tariff.max_weight_g:
        most = f"at most {tariff.max_weight_g} g"
        yield _problem(tariff, most, f"{parcel.gross_weight_g} g", where)
    if longest_mm > tariff.max_length_mm:
        most = f"a longest side of at most {tariff.max_length_mm} mm"
        yield _problem(tariff, most, f"{longest_mm} mm", where)
    if parcel.hazard_class is not None and not tariff.hazard_allowed:
        yield _problem(tariff, "no hazardous goods", f"class {parcel.hazard_class}", where)
    if parcel.temperature_class not in tariff.temperature_classes:
        kept = f"goods kept {' or '.join(tariff.temperature_classes)}"
        yield _problem(tariff, kept, parcel.temperature_class, where)


def _problem(tariff: ServiceTariff, expected: str, came: str, where: str = "") -> Problem:
    return Problem(path=f"{tariff.key}{where}", expected=expected, came=came)


def merge_rates(answers: Sequence[Rates]) -> Rates:
    """Return the answers of several networks as one, in their order.

    Costs compare only in one currency: it is that of the first quote; quotes in another one become
    refusals that say so.
    """
    quotes = [quote for rates in answers for quote in rates.quotes]
    home = quotes[0].cost.currency if quotes else ""
    foreign = tuple(_foreign(quote, home) for quote in quotes if quote.cost.currency != home)
    return Rates(
        quotes=tuple(quote for quote in quotes if quote.cost.currency == home),
        refusals=tuple(refusal for rates in answers for refusal in rates.refusals) + foreign,
    )


def _foreign(quote: Quote, home: str) -> Refusal:
    problem = Problem(path=quote.key, expected=f"a cost in {home}", came=str(quote.cost))
    return Refusal(
        carrier_id=quote.carrier_id,
        service_id=quote.service_id,
        name=quote.name,
        problems=(problem,),
    )
