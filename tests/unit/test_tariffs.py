"""Prices by tariff: weight steps, surcharges, limits, a service's days; and the tariff file."""

import json
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.carriers.contract import ContractCarrier, load_tariffs
from fulfillment.domain.addresses import Address
from fulfillment.domain.charges import ChargeKind, total
from fulfillment.domain.errors import NoServiceAvailable
from fulfillment.domain.money import Money
from fulfillment.domain.orders import problems_of
from fulfillment.domain.public_holidays import HolidayCalendars
from fulfillment.domain.rates import parcel_cost, quote_rates
from fulfillment.domain.shipping import LabelPurchase, ParcelSpec, Quote, Shipment
from fulfillment.domain.surcharges import RemoteArea, length_plus_girth_mm
from fulfillment.domain.tariffs import Mode, ServiceTariff, parse_tariffs
from fulfillment.domain.units import Dimensions
from shipping_samples import RECIPIENT, SENDER, parcel, shipment, tariff

STEPS = [
    {"up_to_g": 1000, "price_minor": 400},
    {"up_to_g": 5000, "price_minor": 700},
    {"up_to_g": 20_000, "price_minor": 1500},
]
STEPPED = {"up_to_km": 600, "weight_steps": STEPS, "transit_days": 2}
SURCHARGES = {
    "remote_area": {
        "amount_minor": 1200,
        "areas": [{"country": "DE", "postal_codes": ["18565", "25849-25869"]}],
    },
    "oversize": {
        "amount_minor": 900,
        "over_length_mm": 1000,
        "over_length_plus_girth_mm": 2400,
    },
    "residential": {"amount_minor": 60},
}


def euros(amount_minor: int) -> Money:
    """Return an amount in EUR."""
    return Money(amount_minor=amount_minor, currency="EUR")


def box(length_mm: int, width_mm: int = 100, height_mm: int = 100) -> Dimensions:
    """Return a box."""
    return Dimensions(length_mm=length_mm, width_mm=width_mm, height_mm=height_mm)


def quoted(service: ServiceTariff, sent: Shipment) -> Quote:
    """Return the only quote."""
    [quote] = quote_rates((service,), sent).quotes
    return quote


def lines(quote: Quote) -> dict[str, int]:
    """Return the lines of a quote in minor units."""
    return {charge.kind: charge.amount.amount_minor for charge in quote.charges}


def reasons(service: ServiceTariff, sent: Shipment) -> str:
    """Return why a service is not offered; empty if it is."""
    return "; ".join(refusal.reason for refusal in quote_rates((service,), sent).refusals)


def test_a_quote_names_each_line_in_the_order_of_an_invoice() -> None:
    """Base, weight, fuel, and each surcharge that applies, of both parcels."""
    service = tariff(surcharges=SURCHARGES, fuel_surcharge_percent=10)
    two = (parcel(), parcel(parcel_ref="P2", outer=box(1001)))
    sent = shipment(parcels=two, residential=True, destination_postal_code="25 860")
    quote = quoted(service, sent)
    expected = {
        "base": 1000,
        "weight": 350,
        "fuel": 135,
        "remote_area": 2400,
        "oversize": 900,
        "residential": 120,
    }
    assert expected == lines(quote)
    assert list(expected) == list(lines(quote))
    assert sum(expected.values()) == quote.cost.amount_minor


def test_a_price_by_weight_steps() -> None:
    """The first step that holds the chargeable weight; more than the first one is the weight's."""
    service = tariff(zones=[STEPPED])
    costs = [
        parcel_cost(service, shipment(), parcel(gross_weight_g=weight)).amount_minor
        for weight in (1, 1000, 1001, 5000, 5001, 20_000)
    ]
    assert [400, 400, 700, 700, 1500, 1500] == costs
    quote = quoted(service, shipment(parcels=(parcel(gross_weight_g=3000),)))
    assert {"base": 400, "weight": 300} == lines(quote)


def test_what_is_heavier_than_the_last_step_is_refused() -> None:
    """By quote and by label, with the weight that counts."""
    service = tariff(zones=[STEPPED])
    sent = shipment(parcels=(parcel(gross_weight_g=20_001),))
    assert "a chargeable weight of at most 20000 g, came 20500 g" in reasons(service, sent)
    with pytest.raises(ValueError, match="at most 20000 g, came 20500"):
        parcel_cost(service, sent, sent.parcels[0])


async def test_no_label_is_sold_that_has_no_price() -> None:
    """It is refused as the quote was."""
    book = parse_tariffs(
        json.dumps({"services": [tariff(zones=[STEPPED]).model_dump(mode="json")]})
    )
    purchase = LabelPurchase(
        carrier_id="overland",
        service_id="road",
        order_id="o-1",
        shipment=shipment(parcels=(parcel(gross_weight_g=20_001),)),
        parcel_ref="P1",
        sender=SENDER,
        recipient=RECIPIENT,
        serial=1,
    )
    with pytest.raises(NoServiceAvailable, match="a chargeable weight of at most 20000 g"):
        await ContractCarrier(book).buy_label("k", purchase)


@pytest.mark.parametrize(
    ("service", "sent", "reason"),
    [
        (
            tariff(max_length_plus_girth_mm=699),
            shipment(),
            "length plus girth of at most 699 mm, came 700 mm",
        ),
        (tariff(max_value_minor=4999), shipment(), "a value of at most 49.99 EUR, came 50.00 EUR"),
        (
            tariff(max_value_minor=999_999),
            shipment(parcels=(parcel(value=Money(amount_minor=1, currency="USD")),)),
            "a value of at most 9999.99 EUR, came 0.01 USD",
        ),
    ],
)
def test_limits_of_girth_and_value(service: ServiceTariff, sent: Shipment, reason: str) -> None:
    """A value in another currency does not compare, and is refused."""
    assert reason in reasons(service, sent)


def test_a_parcel_at_its_limits_is_taken() -> None:
    """The limits are inclusive."""
    assert "" == reasons(tariff(max_length_plus_girth_mm=700, max_value_minor=5000), shipment())
    assert 700 == length_plus_girth_mm(box(100, 300))


@pytest.mark.parametrize(
    ("country", "areas", "postal_code", "remote"),
    [
        ("DE", ["18565"], "18565", True),
        ("DE", ["18"], "18565", True),
        ("DE", ["18565"], "1856", False),
        ("DE", ["25849-25869"], "25 869", True),
        ("DE", ["25849-25869"], "25870", False),
        ("DE", [], "10115", True),
        ("FR", [], "10115", False),
        ("GB", ["KW15-KW17"], "KW17 2AA", True),
        ("GB", ["KW15-KW17"], "kw1 5aa", False),
        ("GB", ["HS"], "HS1 2AA", True),
        ("DE", ["18565"], "", False),
    ],
)
def test_remote_areas(country: str, areas: list[str], postal_code: str, *, remote: bool) -> None:
    """Prefixes, ranges and whole countries, however the code is written."""
    area = RemoteArea.model_validate({"country": country, "postal_codes": areas})
    home = "DE" if country == "FR" else country
    assert remote is area.covers(home, postal_code)


@pytest.mark.parametrize(
    ("company", "told", "residential"),
    [
        (None, None, True),
        ("ACME", None, False),
        ("ACME", True, True),
        (None, False, False),
    ],
)
def test_a_home_is_an_address_without_a_company_unless_it_says_so(
    *, company: str | None, told: bool | None, residential: bool
) -> None:
    """What it does not say leaves no trace, so that orders on record keep their hash."""
    address = RECIPIENT.model_copy(update={"company": company, "residential": told})
    assert residential is address.is_residential
    assert (told is not None) is ("residential" in address.model_dump())
    assert address == Address.model_validate_json(address.model_dump_json())


sides = st.integers(1, 1200)
weights = st.integers(1, 20_000)
kilometers_zones = st.sampled_from(
    [[STEPPED], [{"up_to_km": 600, "base_minor": 500, "per_kg_minor": 137, "transit_days": 2}]]
)
fuel = st.decimals(0, 200, places=2)
doors = st.tuples(st.sampled_from(["18565", "25850", "10115", ""]), st.booleans())


def _spec(ref: str, weight_g: int, outer: Dimensions) -> ParcelSpec:
    return parcel(parcel_ref=ref, gross_weight_g=weight_g, outer=outer)


@given(st.tuples(weights, weights), kilometers_zones, fuel, sides, doors)
def test_cost_never_falls_with_weight(
    pair: tuple[int, int], zones: Any, percent: Any, side: int, door: tuple[str, bool]
) -> None:
    """Of two parcels of one size the heavier never costs less, and no line less than nothing."""
    service = tariff(
        zones=zones,
        fuel_surcharge_percent=percent,
        surcharges=SURCHARGES,
        dimensional_divisor=100_000,
    )
    sent = shipment(destination_postal_code=door[0], residential=door[1])
    light, heavy = (
        parcel_cost(service, sent, _spec("P1", weight, box(side))) for weight in sorted(pair)
    )
    assert 0 <= light.amount_minor <= heavy.amount_minor


@given(
    st.lists(st.tuples(weights, sides, sides), min_size=1, max_size=4),
    kilometers_zones,
    fuel,
    doors,
)
def test_lines_add_up_and_no_surcharge_is_missing(
    rows: list[tuple[int, int, int]], zones: Any, percent: Any, door: tuple[str, bool]
) -> None:
    """Each is there exactly where its condition holds, once a parcel, and never negative."""
    service = tariff(
        zones=zones,
        fuel_surcharge_percent=percent,
        surcharges=SURCHARGES,
        dimensional_divisor=100_000,
    )
    parcels = tuple(
        _spec(f"P{number}", weight, box(length, width))
        for number, (weight, length, width) in enumerate(rows)
    )
    postal_code, residential = door
    sent = shipment(parcels=parcels, destination_postal_code=postal_code, residential=residential)
    quote = quoted(service, sent)
    amounts = lines(quote)
    assert total(quote.charges, "EUR") == quote.cost
    costs = [parcel_cost(service, sent, each).amount_minor for each in parcels]
    assert sum(costs) == quote.cost.amount_minor
    assert all(amount >= 0 for amount in amounts.values())
    great = sum(
        max(length, width, 100) > 1000 or length_plus_girth_mm(box(length, width)) > 2400
        for _, length, width in rows
    )
    assert 900 * great == amounts.get(ChargeKind.OVERSIZE, 0)
    remote = len(rows) if postal_code in {"18565", "25850"} else 0
    assert 1200 * remote == amounts.get(ChargeKind.REMOTE_AREA, 0)
    assert 60 * residential * len(rows) == amounts.get(ChargeKind.RESIDENTIAL, 0)
    assert (percent > 0) is (ChargeKind.FUEL in amounts)


FRIDAY_AFTERNOON = datetime(2026, 3, 6, 13, 30, tzinfo=UTC)
"""14:30 in Berlin."""


@pytest.mark.parametrize(
    ("changes", "pickup", "delivery"),
    [
        ({}, date(2026, 3, 6), date(2026, 3, 10)),
        ({"cutoff": "14:00"}, date(2026, 3, 9), date(2026, 3, 11)),
        ({"cutoff": "20:00"}, date(2026, 3, 6), date(2026, 3, 10)),
        ({"saturday_delivery": True}, date(2026, 3, 6), date(2026, 3, 9)),
        ({"pickup_days": ["tuesday", "friday"]}, date(2026, 3, 6), date(2026, 3, 10)),
        ({"pickup_days": ["tuesday"]}, date(2026, 3, 10), date(2026, 3, 12)),
        ({"pickup_days": ["saturday"]}, date(2026, 3, 7), date(2026, 3, 10)),
    ],
)
def test_a_service_has_its_own_hours_and_days(
    changes: dict[str, Any], pickup: date, delivery: date
) -> None:
    """On a Friday afternoon; a cut-off later than the warehouse's counts for nothing."""
    quote = quoted(tariff(**changes), shipment(ready_at=FRIDAY_AFTERNOON))
    assert (pickup, delivery) == (quote.pickup_on, quote.projected_delivery)


def test_a_quote_says_until_when_its_pickup_is_reached() -> None:
    """On the clock of the warehouse, also in summer."""
    summer = datetime(2026, 7, 1, 11, 0, tzinfo=UTC)
    quote = quoted(tariff(cutoff="15:00"), shipment(ready_at=summer))
    assert datetime(2026, 7, 1, 13, 0, tzinfo=UTC) == quote.cutoff_at


def test_holidays_of_both_ends_are_counted() -> None:
    """No pickup in Berlin on the Day of Unity; no delivery in New York on Thanksgiving."""
    calendars = HolidayCalendars()
    air = tariff(
        mode="air",
        zones=[{"up_to_km": 20_000, "base_minor": 1, "per_kg_minor": 0, "transit_days": 1}],
    )
    unity = shipment(ready_at=datetime(2025, 10, 3, 8, 0, tzinfo=UTC))
    [home] = quote_rates((air,), unity, calendars).quotes
    assert date(2025, 10, 6) == home.pickup_on
    thanksgiving = shipment("US", ready_at=datetime(2026, 11, 25, 8, 0, tzinfo=UTC))
    [abroad] = quote_rates((air,), thanksgiving, calendars).quotes
    assert (date(2026, 11, 25), date(2026, 11, 27)) == (abroad.pickup_on, abroad.projected_delivery)


def test_charges_that_do_not_add_up_are_no_quote() -> None:
    """What a customer is shown must be what it costs."""
    quote = quoted(tariff(), shipment())
    with pytest.raises(ValidationError, match=r"charges that add up to 1\.00 EUR"):
        Quote.model_validate(dict(quote) | {"cost": euros(100)})


STEEP = [{"up_to_g": 1000, "price_minor": 400}, {"up_to_g": 2000, "price_minor": 300}]


@pytest.mark.parametrize(
    ("changes", "path", "expected"),
    [
        ({"cutoff": "25:00"}, "cutoff", "valid time format"),
        ({"pickup_days": ["funday"]}, "pickup_days[0]", "'monday', 'tuesday'"),
        ({"pickup_days": []}, "pickup_days", "at least 1 item"),
        ({"max_value_minor": 0}, "max_value_minor", "greater than 0"),
        (
            {"surcharges": {"remote_area": {"amount_minor": 1, "areas": []}}},
            "surcharges.remote_area.areas",
            "at least 1 item",
        ),
        (
            {
                "surcharges": {
                    "remote_area": {
                        "amount_minor": 1,
                        "areas": [{"country": "DE", "postal_codes": ["9-10"]}],
                    }
                }
            },
            "surcharges.remote_area.areas[0].postal_codes[0]",
            "a range of equal length such as 25849-25869, not 9-10",
        ),
        (
            {"surcharges": {"oversize": {"amount_minor": 100}}},
            "surcharges.oversize",
            "over_length_mm, over_length_plus_girth_mm, or both",
        ),
        (
            {"surcharges": {"residential": {"amount_minor": -5}}},
            "surcharges.residential.amount_minor",
            "greater than 0",
        ),
        ({"surcharges": {"island": {}}}, "surcharges.island", "no field of this name"),
        (
            {"zones": [STEPPED | {"base_minor": 1}]},
            "zones[0]",
            "either weight_steps, or base_minor and per_kg_minor",
        ),
        (
            {"zones": [{"up_to_km": 1, "base_minor": 1, "transit_days": 1}]},
            "zones[0]",
            "base_minor and per_kg_minor, or weight_steps",
        ),
        (
            {"zones": [STEPPED | {"weight_steps": STEEP}]},
            "zones[0]",
            "never fall in price_minor, not 2000 g for 300 after 1000 g for 400",
        ),
    ],
)
def test_a_mistake_in_the_file_is_told_by_field(
    changes: dict[str, Any], path: str, expected: str
) -> None:
    """Where, what was expected, and what came."""
    service = tariff().model_dump(mode="json", exclude_none=True) | changes
    with pytest.raises(ValidationError) as caught:
        parse_tariffs(json.dumps({"services": [service]}))
    [problem] = problems_of(caught.value)
    assert f"services[0].{path}" == problem.path
    assert expected in problem.expected
    assert problem.came


def test_the_sample_shows_every_feature() -> None:
    """Whoever writes a tariff file finds an example of each field in it."""
    book = load_tariffs()
    shown = {name for service in book.services for name in service.model_fields_set}
    left_out = {"countries", "domestic_only"}
    assert set(ServiceTariff.model_fields) - left_out == shown
    assert {Mode.ROAD, Mode.AIR, Mode.SEA} == {service.mode for service in book.services}
    assert any(zone.weight_steps for service in book.services for zone in service.zones)
    assert time(15) in {service.cutoff for service in book.services}
