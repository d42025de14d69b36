"""Rates: which carrier services take a shipment, at what cost, by when; and which don't, and why.

A service's price goes by great-circle distance and by each parcel's chargeable weight, with the
surcharges that apply. Road joins two places on one landmass, sea is for overseas, air flies
anywhere but without hazardous goods.

The origin's working days decide when goods are picked up, the destination's are counted from then
until they are delivered, each in its own time zone.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fulfillment.domain.calendars import (
    WEEKDAYS_ONLY,
    WorkCalendars,
    day_at,
    delivery_date,
    pickup_date,
)
from fulfillment.domain.charges import Charge, Door, merged, parcel_charges, total
from fulfillment.domain.errors import Problem
from fulfillment.domain.geography import road_connected
from fulfillment.domain.money import Money
from fulfillment.domain.shipping import Dispatch, ParcelSpec, Quote, Rates, Refusal, Shipment
from fulfillment.domain.surcharges import length_plus_girth_mm, longest_side_mm
from fulfillment.domain.tariffs import Mode, ServiceTariff, chargeable_weight_g
from fulfillment.domain.time_zones import time_zone_of

SEA_FROM_KM = 1000
"""Below this distance no ship is worth its ports."""


def quote_rates(
    tariffs: tuple[ServiceTariff, ...],
    shipment: Shipment,
    calendars: WorkCalendars = WEEKDAYS_ONLY,
) -> Rates:
    """Return a quote or a refusal for each tariff, in the tariffs' order.

    Args:
        tariffs: the services.
        shipment: the parcels, and from where and when they go where.
        calendars: the working days of both ends; by default, Monday to Friday.

    """
    refused = {tariff.key: tuple(_objections(tariff, shipment)) for tariff in tariffs}
    return Rates(
        quotes=tuple(_quote(t, shipment, calendars) for t in tariffs if not refused[t.key]),
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
    return total(_charges(tariff, dispatch, parcel), tariff.currency)


def _charges(tariff: ServiceTariff, dispatch: Dispatch, parcel: ParcelSpec) -> tuple[Charge, ...]:
    number = tariff.zone_number(dispatch.distance_km)
    return parcel_charges(tariff, number, parcel.outer, parcel.gross_weight_g, _door(dispatch))


def _door(dispatch: Dispatch) -> Door:
    return Door(
        country=dispatch.destination_country,
        postal_code=dispatch.destination_postal_code,
        residential=dispatch.residential,
    )


def _quote(tariff: ServiceTariff, shipment: Shipment, calendars: WorkCalendars) -> Quote:
    number = tariff.zone_number(shipment.distance_km)
    lines = [line for each in shipment.parcels for line in _charges(tariff, shipment, each)]
    charges = merged(lines, tariff.currency)
    cutoff_at = _pickup(tariff, shipment, calendars)
    return Quote(
        carrier_id=tariff.carrier_id,
        service_id=tariff.service_id,
        name=tariff.name,
        mode=tariff.mode,
        cost=total(charges, tariff.currency),
        chargeable_weight_g=sum(
            chargeable_weight_g(tariff, p.outer, p.gross_weight_g) for p in shipment.parcels
        ),
        distance_km=shipment.distance_km,
        zone=number,
        pickup_on=cutoff_at.date(),
        projected_delivery=_delivery(tariff, shipment, calendars, cutoff_at),
        charges=charges,
        standard_for=tariff.standard_for,
        cutoff_at=cutoff_at,
    )


def _pickup(tariff: ServiceTariff, dispatch: Dispatch, calendars: WorkCalendars) -> datetime:
    """Return the cut-off of the pickup that takes the goods, on the clock of the origin."""
    origin = calendars.calendar(dispatch.origin_country, dispatch.origin_region)
    cutoff = min(dispatch.cutoff, tariff.cutoff or dispatch.cutoff)
    days = tariff.pickup_calendar(origin)
    on = pickup_date(dispatch.ready_at, dispatch.timezone, cutoff, days)
    return datetime.combine(on, cutoff, ZoneInfo(dispatch.timezone))


def _delivery(
    tariff: ServiceTariff, dispatch: Dispatch, calendars: WorkCalendars, picked_up: datetime
) -> date:
    """Return the day of the delivery, as it is dated at the destination."""
    country = dispatch.destination_country
    calendar = calendars.calendar(country, dispatch.destination_region)
    timezone = dispatch.timezone if dispatch.domestic else time_zone_of(country)
    transit_days = tariff.zones[tariff.zone_number(dispatch.distance_km) - 1].transit_days
    begins = day_at(timezone, picked_up)
    return delivery_date(begins, transit_days, tariff.delivery_calendar(calendar))


def _objections(tariff: ServiceTariff, shipment: Shipment) -> Iterator[Problem]:
    yield from route_objections(tariff, shipment)
    for parcel in shipment.parcels:
        yield from parcel_objections(tariff, parcel)
        yield from step_objections(tariff, shipment, parcel)


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
    where = f" parcel {parcel.parcel_ref}"
    if parcel.gross_weight_g > tariff.max_weight_g:
        most = f"at most {tariff.max_weight_g} g"
        yield _problem(tariff, most, f"{parcel.gross_weight_g} g", where)
    yield from _size_objections(tariff, parcel, where)
    if tariff.max_value_minor is not None:
        most_money = Money(amount_minor=tariff.max_value_minor, currency=tariff.currency)
        if (
            parcel.value.currency != tariff.currency
            or parcel.value.amount_minor > tariff.max_value_minor
        ):
            yield _problem(tariff, f"a value of at most {most_money}", str(parcel.value), where)
    if parcel.hazard_class is not None and not tariff.hazard_allowed:
        yield _problem(tariff, "no hazardous goods", f"class {parcel.hazard_class}", where)
    if parcel.temperature_class not in tariff.temperature_classes:
        kept = f"goods kept {' or '.join(tariff.temperature_classes)}"
        yield _problem(tariff, kept, parcel.temperature_class, where)


def _size_objections(tariff: ServiceTariff, parcel: ParcelSpec, where: str) -> Iterator[Problem]:
    longest_mm, around_mm = longest_side_mm(parcel.outer), length_plus_girth_mm(parcel.outer)
    if longest_mm > tariff.max_length_mm:
        most = f"a longest side of at most {tariff.max_length_mm} mm"
        yield _problem(tariff, most, f"{longest_mm} mm", where)
    most_around = tariff.max_length_plus_girth_mm
    if most_around is not None and around_mm > most_around:
        most = f"length plus girth of at most {most_around} mm"
        yield _problem(tariff, most, f"{around_mm} mm", where)


def step_objections(
    tariff: ServiceTariff, dispatch: Dispatch, parcel: ParcelSpec
) -> Iterator[Problem]:
    """Yield why a parcel has no price: it counts as heavier than the last weight step."""
    if dispatch.distance_km > tariff.max_km:
        return
    zone = tariff.zones[tariff.zone_number(dispatch.distance_km) - 1]
    weight_g = chargeable_weight_g(tariff, parcel.outer, parcel.gross_weight_g)
    if zone.weight_steps and zone.step_of(weight_g) is None:
        most = f"a chargeable weight of at most {zone.weight_steps[-1].up_to_g} g"
        yield _problem(tariff, most, f"{weight_g} g", f" parcel {parcel.parcel_ref}")


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
