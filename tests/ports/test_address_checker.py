"""Addresses of many countries, right ones and wrong ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.addresses import Address
from fulfillment.ports import AddressChecker
from fulfillment.verification.addresses import GoogleAddressChecker

PROVINCES = "Alberta, British Columbia, Colombie-Britannique"
STORABLE = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
CHECKER: AddressChecker = GoogleAddressChecker()


def address(country: str, **parts: Any) -> Address:
    """Return an address of somebody in a country."""
    return Address(name="Ada Lovelace", country=country, **{"street": ("1 Street",), **parts})


@pytest.mark.parametrize(
    "good",
    [
        address("DE", city="Hamburg", postal_code="20359"),
        address("DE", city="Hamburg", postal_code="20359", region="no matter here"),
        address("US", city="Beverly Hills", postal_code="90210", region="CA"),
        address("US", city="Beverly Hills", postal_code="90210-1234", region="California"),
        address("GB", city="London", postal_code="SW1A 1AA"),
        address("GB", city="London", postal_code="sw1a1aa"),
        address("NL", city="Rotterdam", postal_code="3089 JK"),
        address("FR", city="Paris", postal_code="75001"),
        address("JP", city="Shibuya-ku", postal_code="150-0001", region="Tokyo"),
        address("IE", city="Dublin", postal_code="D02 X285", region="Co. Dublin"),
        address("CH", city="Basel", postal_code="4001", street=("c/o Bernoulli", "Gasse 1")),
    ],
    ids=lambda good: f"{good.country} {good.postal_code}",
)
def test_accepts(good: Address) -> None:
    """A usable address has no problems, and leaves no doubts."""
    assert list(CHECKER.problems(good)) == []
    assert list(CHECKER.doubts(good)) == []


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (
            address("DE", city="Berlin", postal_code="1011"),
            ["postal_code: 1011 is not valid for Germany, e.g. 26133"],
        ),
        (
            address("DE"),
            [
                "city: missing; an address in Germany needs it",
                "postal_code: missing; an address in Germany needs it, e.g. 26133",
            ],
        ),
        (
            address("US", city="Los Angeles", postal_code="9021", region="CA"),
            ["postal_code: 9021 is not valid for United States, e.g. 90000"],
        ),
        (
            address("US", city="Los Angeles", postal_code="90210", region="Californa"),
            ["region: Californa is not valid for United States, e.g. California"],
        ),
        (
            address("CA", city="Toronto", postal_code="M5V 3L9"),
            [f"region: missing; an address in Canada needs it, e.g. {PROVINCES}"],
        ),
        (address("UK", city="London"), ["country: UK is not a country that mail goes to"]),
    ],
    ids=["short", "empty", "no zip", "typing error", "no province", "no country"],
)
def test_says_what_is_wrong(bad: Address, words: list[str]) -> None:
    """Each wrong field is named as the storefront knows it, with what would be right."""
    assert list(CHECKER.problems(bad)) == words


@pytest.mark.parametrize(
    ("doubtful", "words"),
    [
        (
            address("US", city="Albany", postal_code="90210", region="NY"),
            ["postal_code: 90210 is not valid for New York, United States, e.g. 10000"],
        ),
        (
            address("DE", city="Hamburg", postal_code="20359", street=("Reeperbahn",)),
            ["street: Reeperbahn has no house number"],
        ),
    ],
    ids=["other state", "no number"],
)
def test_says_what_may_be_wrong(doubtful: Address, words: list[str]) -> None:
    """What a person may know better is a doubt and no problem."""
    assert list(CHECKER.doubts(doubtful)) == words
    assert list(CHECKER.problems(doubtful)) == []


@given(
    country=st.from_regex(r"[A-Z]{2}", fullmatch=True),
    region=STORABLE,
    city=STORABLE,
    postal_code=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=10),
)
def test_answers_whatever_comes(country: str, region: str, city: str, postal_code: str) -> None:
    """Any address gets an answer of named fields, and the same one again."""
    asked = address(country, region=region, city=city, postal_code=postal_code)
    problems = list(CHECKER.problems(asked))
    fields = ["country", "region", "city", "postal_code", "street"]
    assert [problem.partition(":")[0] in fields for problem in problems] == [True] * len(problems)
    assert list(CHECKER.problems(asked)) == problems
    assert set(CHECKER.doubts(asked)).isdisjoint(problems)
