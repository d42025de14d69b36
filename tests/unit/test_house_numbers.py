"""Addresses without a house number are doubted where streets have numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.addresses import Address
from fulfillment.domain.house_numbers import NUMBERED, missing_house_number


def at(country: str, *street: str) -> Address:
    """Return an address in a country."""
    return Address(name="Ada Lovelace", street=street, city="Town", country=country)


@pytest.mark.parametrize(
    "street",
    [
        ("Reeperbahn 1",),
        ("Rose Cottage", "12 bis"),
        ("Postfach 1234",),
        ("Calle Mayor s/n",),
        ("Rue de l'Église, sans numéro",),
        ("Dorfstr. o. Nr.",),
        ("Lieu-dit Les Granges",),
        ("General Delivery",),
    ],
)
def test_what_has_a_number_or_says_that_there_is_none(street: tuple[str, ...]) -> None:
    """Any digit in any line, and the ways in which people say that the house has none."""
    assert missing_house_number(at("DE", *street)) == []


def test_a_street_alone_is_doubted() -> None:
    """The doubt quotes what came."""
    assert missing_house_number(at("DE", "Reeperbahn")) == [
        "street: Reeperbahn has no house number"
    ]
    assert missing_house_number(at("GB", "Rose Cottage")) == []


@given(
    country=st.sampled_from(sorted(NUMBERED)),
    street=st.text(st.characters(categories=["L", "Nd"], include_characters=" "), min_size=1),
)
def test_a_number_settles_it(country: str, street: str) -> None:
    """With a number behind it no street is doubted, whatever its name."""
    name = street.strip()[:100] or "x"
    assert missing_house_number(at(country, f"{name} 7")) == []
    assert len(missing_house_number(at(country, name))) == int(not any(map(str.isdigit, name)))
