"""Which parcels cross a customs border, and what they need there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article
from fulfillment.domain.customs import crosses_border, customs_problems, customs_value_minor
from fulfillment.domain.units import Dimensions


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


@given(st.integers(1, 10**9), st.integers(1, 1000), st.data())
def test_a_line_is_worth_what_was_paid_for_it(paid: int, ordered: int, data: st.DataObject) -> None:
    """All units together exactly, and some of them their share, to the minor unit."""
    units = data.draw(st.integers(1, ordered))
    assert customs_value_minor(paid, ordered, ordered, 0) == paid
    assert abs(customs_value_minor(paid, ordered, units, 0) * ordered - paid * units) <= ordered


def test_a_present_is_worth_what_it_sells_at() -> None:
    """Customs take nothing for worthless."""
    assert customs_value_minor(0, 3, 2, 1290) == 2580
