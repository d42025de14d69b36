"""Which parcels cross a customs border, and what they need there."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.consignment import Consignment
from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article
from fulfillment.domain.customs import crosses_border, customs_problems, customs_value_minor
from fulfillment.domain.gs1 import tracking_number
from fulfillment.domain.money import Money
from fulfillment.domain.shipping import BoughtLabel, Quote
from fulfillment.domain.tariffs import Mode
from fulfillment.domain.units import Dimensions
from fulfillment.records import ParcelRecord
from record_samples import NOW, SIZE, article, fulfillment, order, warehouse


def place(country: str, postal_code: str = "") -> Address:
    """Return an address in a country."""
    return Address(name="A", street=("B 1",), country=country, postal_code=postal_code)


@pytest.mark.parametrize(
    ("sender", "recipient", "crosses"),
    [
        (place("DE"), place("DE"), False),
        (place("DE"), place("GR"), False),
        (place("FR"), place("MC"), False),
        (place("DE"), place("CH"), True),
        (place("DE"), place("GB"), True),
        (place("DE"), place("NO"), True),
        (place("ES", "28001"), place("ES", "51001"), True),
        (place("DE"), place("DE", "78266"), True),
        (place("CH"), place("LI"), False),
        (place("GB"), place("JE"), False),
        (place("US"), place("US"), False),
        (place("US"), place("CA"), True),
    ],
)
def test_the_union_is_one_territory(sender: Address, recipient: Address, *, crosses: bool) -> None:
    """Within the EU nothing is declared; its exclaves and its neighbors are outside."""
    assert crosses_border(sender, recipient) == crosses
    assert crosses_border(recipient, sender) == crosses


def test_each_article_that_cannot_be_declared_is_named() -> None:
    """With what it lacks, and how to add it."""
    size = Dimensions(length_mm=1, width_mm=1, height_mm=1)
    mug = Article(sku="MUG", name="Mug", dimensions=size, weight_g=1, hs_code="69120090")
    told = mug.model_copy(update={"sku": "PEN", "origin": "DE"})
    bare = Article(sku="CUP", name="Cup", dimensions=size, weight_g=1)
    problems = [str(problem) for problem in customs_problems([mug, told, bare])]
    assert [problem.split(":")[0] for problem in problems] == ["article MUG", "article CUP"]
    assert [problem.split("came ")[1].split(";")[0] for problem in problems] == [
        "no origin",
        "no hs_code and no origin",
    ]


@given(st.integers(1, 10**9), st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_a_line_is_worth_what_was_paid_for_it(paid: int, parcels: list[int]) -> None:
    """All parcels together exactly, and each of them its share, to the minor unit of each unit."""
    ordered = sum(parcels)
    numbers = iter(range(1, ordered + 1))
    declared = [
        customs_value_minor(paid, ordered, list(islice(numbers, units)), 0) for units in parcels
    ]
    assert paid == sum(declared)
    for units, value in zip(parcels, declared, strict=True):
        assert abs(value * ordered - paid * units) < units * ordered


def test_a_present_is_worth_what_it_sells_at() -> None:
    """Customs take nothing for worthless."""
    assert customs_value_minor(0, 3, [1, 3], 1290) == 2580


def test_parcels_declare_together_what_was_paid() -> None:
    """A fulfillment has units 1 and 4 of a line of four that cost 205: 52 and 51."""
    placed = order(quantity=4)
    mugs = placed.lines[0].model_copy(update={"unit_price_minor": 60, "discount_minor": 35})
    parcels = [
        ParcelRecord(
            parcel_id=f"P{number}",
            fulfillment_id="O-1-F1",
            order_id="O-1",
            carton_id="S",
            outer=SIZE,
            gross_weight_g=330,
            contents=((1, "MUG", 1),),
        )
        for number in (1, 2)
    ]
    goods = Consignment(
        order=placed.model_copy(update={"lines": (mugs, *placed.lines[1:])}),
        share=fulfillment(),
        warehouse=warehouse(),
        articles={"MUG": article("MUG").model_copy(update={"hs_code": "69120090", "origin": "DE"})},
        parcels=parcels,
        serials={"P1": 1, "P2": 2},
        unit_numbers={1: [1, 4]},
    )
    declared = [
        goods.invoice_content(quote(), parcel, label(parcel.parcel_id), number, NOW.date()).lines
        for number, parcel in enumerate(parcels, 1)
    ]
    assert [[(1, 52)], [(1, 51)]] == [
        [(line.quantity, line.value_minor) for line in lines] for lines in declared
    ]


def quote() -> Quote:
    """Return a service's offer."""
    return Quote(
        carrier_id="overland",
        service_id="road",
        name="Road",
        mode=Mode.ROAD,
        cost=Money(amount_minor=500, currency="EUR"),
        chargeable_weight_g=660,
        distance_km=10,
        zone=1,
        pickup_on=NOW.date(),
        projected_delivery=NOW.date(),
    )


def label(parcel_ref: str) -> BoughtLabel:
    """Return a parcel's label."""
    return BoughtLabel(
        carrier_id="overland",
        service_id="road",
        parcel_ref=parcel_ref,
        tracking_number=tracking_number(1),
        routing_code="",
        cost=Money(amount_minor=250, currency="EUR"),
        serial=1,
    )
