"""Rates by contract tariffs, the days of pickup and delivery, and the choice of a service."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.domain.calendars import add_working_days, is_working_day, pickup_date
from fulfillment.domain.errors import NoServiceAvailable
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Urgency
from fulfillment.domain.rates import parcel_cost, quote_rates
from fulfillment.domain.service_choice import choose_service, promised_date
from fulfillment.domain.shipping import PickupRequest, Quote, Rates, Refusal
from fulfillment.domain.tariffs import Mode, TariffBook, chargeable_weight_g
from fulfillment.domain.units import Dimensions
from shipping_samples import WEDNESDAY_NOON, parcel, shipment, tariff

AIR_ZONE = {"up_to_km": 20_000, "base_minor": 3000, "per_kg_minor": 700, "transit_days": 1}
AIR = tariff(carrier_id="skyway", service_id="air", mode="air", zones=[AIR_ZONE])
SEA_ZONE = {"up_to_km": 20_000, "base_minor": 2000, "per_kg_minor": 10, "transit_days": 30}
SEA = tariff(carrier_id="seaway", service_id="sea", mode="sea", zones=[SEA_ZONE])


def euros(amount_minor: int) -> Money:
    """Return an amount in EUR."""
    return Money(amount_minor=amount_minor, currency="EUR")


def quote(service_id: str, cost_minor: int, day: int) -> Quote:
    """Return a quote that delivers on a day of March 2026."""
    return Quote(
        carrier_id="c",
        service_id=service_id,
        name=service_id,
        mode=Mode.ROAD,
        cost=euros(cost_minor),
        chargeable_weight_g=1000,
        distance_km=500,
        zone=1,
        pickup_on=date(2026, 3, 2),
        projected_delivery=date(2026, 3, day),
    )


CHEAP_SLOW, MIDDLE, DEAR_FAST = (
    quote("slow", 500, 12),
    quote("middle", 900, 6),
    quote("fast", 2000, 3),
)
CHOICES = Rates(quotes=(DEAR_FAST, CHEAP_SLOW, MIDDLE))


def reasons(service: Any, sent: Any) -> str:
    """Return why a service is not offered; empty if it is."""
    return "; ".join(refusal.reason for refusal in quote_rates((service,), sent).refusals)


def test_a_quote_names_cost_weight_zone_and_dates() -> None:
    """Berlin to Munich, one kilogram, ready on a Wednesday at noon."""
    (offer,) = quote_rates((tariff(),), shipment()).quotes
    assert (offer.cost, offer.chargeable_weight_g, offer.zone) == (euros(600), 1000, 1)
    assert offer.distance_km == 504
    assert (offer.pickup_on, offer.projected_delivery) == (date(2026, 3, 4), date(2026, 3, 6))


def test_bulky_parcels_are_charged_by_volume() -> None:
    """A liter counts as 200 g at a divisor of 5000; the half kilogram begun is charged."""
    assert (
        chargeable_weight_g(tariff(), Dimensions(length_mm=400, width_mm=300, height_mm=201), 900)
        == 5000
    )
    assert (
        chargeable_weight_g(tariff(), Dimensions(length_mm=100, width_mm=100, height_mm=100), 1001)
        == 1500
    )


def test_fuel_surcharge_is_rounded_half_up_once() -> None:
    """6.00 EUR and 10 percent are 6.60; 5.01 with 50 percent are 7.515, so 7.52."""
    zone = {"up_to_km": 600, "base_minor": 501, "per_kg_minor": 0, "transit_days": 2}
    assert parcel_cost(tariff(fuel_surcharge_percent="10"), shipment(), parcel()) == euros(660)
    dear = tariff(zones=[zone], fuel_surcharge_percent=50)
    assert parcel_cost(dear, shipment(), parcel()) == euros(752)


def test_parcels_add_up_to_the_quote() -> None:
    """What each label costs and what was quoted are the same money."""
    sent = shipment(
        parcels=tuple(parcel(parcel_ref=f"P{n}", gross_weight_g=777 * n) for n in (1, 2, 3))
    )
    service = tariff(fuel_surcharge_percent="8.5")
    total = sum(parcel_cost(service, sent, each).amount_minor for each in sent.parcels)
    assert quote_rates((service,), sent).quotes[0].cost == euros(total)


instants = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(
    ["Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"]
)


@given(instants, zones, st.times(), st.integers(0, 40))
def test_delivery_is_a_working_day_not_before_pickup(
    ready_at: datetime, timezone: str, cutoff: time, days: int
) -> None:
    """Neither pickup nor delivery falls on a weekend, and neither runs backwards."""
    pickup = pickup_date(ready_at, timezone, cutoff)
    delivery = add_working_days(pickup, days)
    assert is_working_day(pickup)
    assert is_working_day(delivery)
    assert ready_at.date() - timedelta(days=1) <= pickup <= delivery


@pytest.mark.parametrize(
    ("ready_at", "expected"),
    [
        (datetime(2026, 3, 4, 16, 0, tzinfo=UTC), date(2026, 3, 4)),
        (datetime(2026, 3, 4, 16, 0, 1, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 3, 6, 16, 1, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 3, 7, 8, 0, tzinfo=UTC), date(2026, 3, 9)),
        (datetime(2026, 3, 30, 15, 30, tzinfo=UTC), date(2026, 3, 31)),
    ],
    ids=["at the cut-off", "a second late", "Friday evening", "Saturday", "summer time"],
)
def test_the_cutoff_is_on_the_warehouse_clock(ready_at: datetime, expected: date) -> None:
    """The cut-off is 17:00 in Berlin: 16:00 UTC in winter and 15:00 UTC in summer."""
    assert pickup_date(ready_at, "Europe/Berlin", time(17)) == expected


def test_working_days_start_on_one() -> None:
    """Counting from a weekend, or backwards, is refused."""
    with pytest.raises(ValueError, match="expected a working day"):
        add_working_days(date(2026, 3, 7), 1)
    with pytest.raises(ValueError, match="count of 0 or more"):
        add_working_days(date(2026, 3, 4), -1)


@pytest.mark.parametrize(
    ("service", "sent", "reason"),
    [
        (tariff(), shipment("US"), "that a truck reaches by land"),
        (tariff(), shipment("TR"), "expected 0 to 2000 km"),
        (tariff(domestic_only=True), shipment("FR"), "a destination in DE, came FR"),
        (tariff(countries=["AT", "DE"]), shipment("FR"), "a destination in AT, DE, came FR"),
        (tariff(excluded_countries=["FR"]), shipment("FR"), "a destination outside FR"),
        (tariff(min_km=550), shipment(), "expected 550 to 2000 km, came 504 km"),
        (SEA, shipment("IT"), "an overseas destination"),
        (SEA, shipment(), "1000 km or more by sea"),
        (
            AIR,
            shipment("US", parcels=(parcel(hazard_class="9"),)),
            "no hazardous goods, came class 9",
        ),
        (tariff(), shipment(parcels=(parcel(gross_weight_g=30_001),)), "at most 30000 g"),
        (
            tariff(max_length_mm=299),
            shipment(),
            "parcel P1: expected a longest side of at most 299 mm, came 300 mm",
        ),
        (
            tariff(),
            shipment(parcels=(parcel(temperature_class="frozen"),)),
            "goods kept ambient, came frozen",
        ),
    ],
)
def test_a_service_says_why_it_is_not_offered(service: Any, sent: Any, reason: str) -> None:
    """Each limit has its reason, with what was expected and what came."""
    assert quote_rates((service,), sent).quotes == ()
    assert reason in reasons(service, sent)


def test_a_refusal_names_every_reason() -> None:
    """Whoever repacks must not learn of one limit after the other."""
    sent = shipment("US", parcels=(parcel(gross_weight_g=40_000, hazard_class="3"),))
    (refusal,) = quote_rates((tariff(),), sent).refusals
    assert len(refusal.problems) == 4


def test_modes_go_where_they_can() -> None:
    """Trucks reach London by the tunnel, ships America, planes both."""
    everything = (tariff(), AIR, SEA)
    london, america = (quote_rates(everything, shipment(country)) for country in ("GB", "US"))
    assert [offer.mode for offer in london.quotes] == ["road", "air"]
    assert [offer.mode for offer in america.quotes] == ["air", "sea"]


def test_express_takes_the_fastest() -> None:
    """The price does not matter, except among equals."""
    dearer_twin = quote("fast-too", 2500, 3)
    rates = Rates(quotes=(dearer_twin, *CHOICES.quotes))
    assert choose_service(rates, Urgency.EXPRESS)[0] == DEAR_FAST


def test_standard_takes_the_cheapest_that_keeps_the_promise() -> None:
    """Each loser is named with its cost and why it lost."""
    chosen, decision = choose_service(CHOICES, Urgency.STANDARD, date(2026, 3, 9))
    assert chosen == MIDDLE
    assert decision.because == "the cheapest service that delivers by 2026-03-09"
    assert {loser.choice: (loser.cost, loser.because) for loser in decision.alternatives} == {
        "c/fast": (euros(2000), "costs 11.00 EUR more and arrives 3 days earlier"),
        "c/slow": (
            euros(500),
            "costs 4.00 EUR less and arrives 6 days later, after the promised 2026-03-09",
        ),
    }


def test_standard_takes_the_fastest_if_the_promise_is_lost() -> None:
    """A promise that can't be kept is missed by as little as can be."""
    chosen, decision = choose_service(CHOICES, Urgency.STANDARD, date(2026, 3, 2))
    assert chosen == DEAR_FAST
    assert "no service delivers by 2026-03-02" in decision.because


def test_economy_and_no_promise_take_the_cheapest() -> None:
    """Where no date is promised, the cost decides; and where it is lost and nobody hurries."""
    assert choose_service(CHOICES, Urgency.ECONOMY, date(2026, 3, 2))[0] == CHEAP_SLOW
    assert choose_service(CHOICES, Urgency.ECONOMY)[0] == CHEAP_SLOW
    assert choose_service(CHOICES, Urgency.STANDARD)[0] == CHEAP_SLOW


@pytest.mark.parametrize("urgency", Urgency)
def test_a_promised_day_binds_every_urgency(urgency: Urgency) -> None:
    """Nobody pays for a plane that the promise does not need, and nobody is late for a ship."""
    assert choose_service(CHOICES, urgency, date(2026, 3, 9))[0] == MIDDLE


def test_equals_are_settled_by_name() -> None:
    """The choice does not depend on the order of the tariffs."""
    twins = (quote("b", 500, 6), quote("a", 500, 6))
    for quotes in (twins, twins[::-1]):
        chosen, decision = choose_service(Rates(quotes=quotes), Urgency.ECONOMY)
        assert chosen.service_id == "a"
        assert "comes first by name" in decision.alternatives[0].because


def test_refused_services_stand_among_the_alternatives() -> None:
    """Why no truck went to America is part of the decision."""
    rates = quote_rates((tariff(), AIR, SEA), shipment("US"))
    _, decision = choose_service(rates, Urgency.ECONOMY)
    assert [loser.choice for loser in decision.alternatives] == ["skyway/air", "overland/road"]
    assert "by land" in decision.alternatives[1].because


offers = st.lists(st.tuples(st.integers(0, 5000), st.integers(2, 31)), min_size=1, max_size=6).map(
    lambda rows: tuple(quote(f"s{n}", cost, day) for n, (cost, day) in enumerate(rows))
)


@given(offers, st.sampled_from(Urgency), st.integers(1, 31))
def test_no_alternative_beats_the_choice(
    quotes: tuple[Quote, ...], urgency: Urgency, day: int
) -> None:
    """By the measure of the urgency the choice is the least, and nothing is left out."""
    promise = date(2026, 3, day)
    chosen, decision = choose_service(Rates(quotes=quotes), urgency, promise)
    assert len(decision.alternatives) == len(quotes) - 1
    keeping = [q for q in quotes if q.projected_delivery <= promise]
    if keeping:
        assert chosen.projected_delivery <= promise
        assert chosen.cost.amount_minor == min(q.cost.amount_minor for q in keeping)
    elif urgency is Urgency.ECONOMY:
        assert chosen.cost.amount_minor == min(q.cost.amount_minor for q in quotes)
    else:
        assert chosen.projected_delivery == min(q.projected_delivery for q in quotes)


def test_no_service_names_every_reason() -> None:
    """A person has to decide, and sees what stands in the way."""
    rates = quote_rates((AIR,), shipment(parcels=(parcel(hazard_class="9"),)))
    with pytest.raises(
        NoServiceAvailable, match="skyway/air parcel P1: expected no hazardous goods"
    ):
        choose_service(rates, Urgency.EXPRESS)
    with pytest.raises(NoServiceAvailable, match="add a service to the tariff file"):
        choose_service(Rates(quotes=()), Urgency.EXPRESS)


def test_the_promise_is_the_standard_service_of_the_urgency() -> None:
    """Standard promises the truck's date, express the plane's, and economy falls back."""
    services = (
        tariff(standard_for=["standard"]),
        AIR.model_copy(update={"standard_for": (Urgency.EXPRESS,)}),
    )
    home, america = quote_rates(services, shipment()), quote_rates(services, shipment("US"))
    assert promised_date(home, Urgency.STANDARD) == date(2026, 3, 6)
    assert promised_date(home, Urgency.EXPRESS) == date(2026, 3, 5)
    assert promised_date(home, Urgency.ECONOMY) == date(2026, 3, 5)
    assert promised_date(america, Urgency.STANDARD) == date(2026, 3, 5)


def test_nothing_is_promised_where_nobody_goes() -> None:
    """A destination out of reach is refused, with the reasons."""
    with pytest.raises(NoServiceAvailable, match="reaches by land"):
        promised_date(quote_rates((tariff(),), shipment("US")), Urgency.STANDARD)
    with pytest.raises(NoServiceAvailable, match="at least one carrier service"):
        promised_date(Rates(quotes=()), Urgency.STANDARD)


@given(st.sampled_from(Urgency), st.sampled_from(["DE", "FR", "GB", "TR", "US", "JP"]), instants)
def test_an_accepted_promise_can_be_kept(
    urgency: Urgency, country: str, ready_at: datetime
) -> None:
    """For a parcel that is ready as assumed, standard never misses the promise."""
    services = (tariff(standard_for=["standard"]), AIR, SEA)
    rates = quote_rates(services, shipment(country, ready_at=ready_at))
    promise = promised_date(rates, urgency)
    chosen, _ = choose_service(rates, Urgency.STANDARD, promise)
    assert chosen.projected_delivery <= promise


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zones": []}, "at least 1 item"),
        ({"zones": [AIR_ZONE, AIR_ZONE]}, "zones that ascend"),
        ({"min_km": 2001}, "min_km of at most 2000"),
        ({"mode": "air", "hazard_allowed": True}, "no hazard_allowed with mode air"),
        ({"fuel_surcharge_percent": -1}, "greater than or equal to 0"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_tariff_is_refused(changes: dict[str, Any], message: str) -> None:
    """A typo in a tariff file must not become a price."""
    with pytest.raises(ValidationError, match=message):
        tariff(**changes)


def test_tariffs_of_a_book_compare() -> None:
    """Each service once, all in one currency."""
    with pytest.raises(ValidationError, match="not twice: overland/road"):
        TariffBook(services=(tariff(), tariff()))
    with pytest.raises(ValidationError, match="one currency"):
        TariffBook(services=(tariff(), tariff(service_id="x", currency="USD")))


def test_a_distance_beyond_the_zones_has_no_price() -> None:
    """The last zone ends the reach."""
    assert [tariff().zone_number(km) for km in (0, 600, 601, 2000)] == [1, 1, 2, 2]
    with pytest.raises(ValueError, match="at most 2000 km, came 2001 km"):
        tariff().zone_number(2001)


def test_values_that_contradict_themselves_are_refused() -> None:
    """Two parcels of one name, quotes in two currencies, a zone nobody lives in, a naive time."""
    with pytest.raises(ValidationError, match="a parcel_ref of its own"):
        shipment(parcels=(parcel(), parcel()))
    with pytest.raises(ValidationError, match="quotes in one currency, not EUR, USD"):
        Rates(
            quotes=(
                MIDDLE,
                MIDDLE.model_copy(update={"cost": Money(amount_minor=1, currency="USD")}),
            )
        )
    with pytest.raises(ValidationError, match="IANA time zone"):
        shipment(timezone="Europe/Atlantis")
    with pytest.raises(ValidationError, match="timezone info"):
        shipment(ready_at=datetime(2026, 3, 4, 12))  # noqa: DTZ001 - what is refused
    with pytest.raises(ValidationError, match="at least 1 item"):
        Refusal(carrier_id="c", service_id="s", name="n", problems=())


@pytest.mark.parametrize(
    ("hours", "on", "message"),
    [
        (-1, date(2026, 3, 4), "a window that ends after"),
        (2, date(2026, 3, 5), "starts on 2026-03-05"),
    ],
)
def test_a_pickup_window_lies_on_its_day(hours: int, on: date, message: str) -> None:
    """A window that ends before it starts, or on another day, is a mistake."""
    with pytest.raises(ValidationError, match=message):
        PickupRequest(
            carrier_id="overland",
            warehouse_id="berlin",
            on=on,
            window_start=WEDNESDAY_NOON,
            window_end=WEDNESDAY_NOON + timedelta(hours=hours),
            parcels=3,
        )
