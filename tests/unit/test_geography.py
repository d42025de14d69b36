"""Where countries lie, and where trucks go."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.addresses import Address
from fulfillment.domain.geography import (
    GAZETTEER,
    POSTAL_REGIONS,
    landmass_of,
    place_of,
    road_connected,
)
from fulfillment.domain.units import Place, distance_km

EUROPEAN_UNION = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
REQUIRED = "GB US CA MX BR JP CN KR IN AU NZ ZA KW AE SG IL TR CH NO"
countries = st.sampled_from(sorted(GAZETTEER))


def address(country: str, postal_code: str = "", place: Place | None = None) -> Address:
    """Return an address in a country."""
    return Address(name="A", street=("B 1",), country=country, postal_code=postal_code, place=place)


def degrees(text: str) -> float:
    """Return decimal degrees of an ISO 6709 part, as `+5230` or `-0731556`."""
    sign, digits = text[0], text[1:]
    whole = len(digits) - (2 if len(digits) <= 5 else 4)
    minutes = int(digits[whole : whole + 2]) + int(digits[whole + 2 :] or 0) / 60
    return (-1 if sign == "-" else 1) * (int(digits[:whole]) + minutes / 60)


def cities_by_country() -> dict[str, list[Place]]:
    """Return the places of the time zones in each country, by the IANA database."""
    cities: dict[str, list[Place]] = {}
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for row in table.splitlines():
        if row.startswith("#"):
            continue
        country, where = row.split("\t")[:2]
        split = max(where.rfind("+"), where.rfind("-"))
        place = Place(latitude=degrees(where[:split]), longitude=degrees(where[split:]))
        cities.setdefault(country, []).append(place)
    return cities


def test_the_countries_that_matter_are_known() -> None:
    """The European Union, its neighbors and the great trading nations."""
    assert len(GAZETTEER) >= 60
    assert [c for c in f"{EUROPEAN_UNION} {REQUIRED}".split() if c not in GAZETTEER] == []


def test_centroids_lie_near_the_cities_of_their_country() -> None:
    """Against the IANA time zone table: no swapped or mistyped coordinates."""
    cities = cities_by_country()
    far = {
        country: min(distance_km(centroid, city) for city in cities[country])
        for country, (centroid, _) in GAZETTEER.items()
        if country in cities
    }
    assert {country: km for country, km in far.items() if km > 1300} == {}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("DE", "PT", True),
        ("DE", "GB", True),
        ("DE", "TR", True),
        ("US", "MX", True),
        ("SG", "MY", True),
        ("DE", "US", False),
        ("DE", "IE", False),
        ("CN", "KR", False),
        ("MX", "BR", False),
        ("DE", "QQ", False),
    ],
)
def test_trucks_need_land_under_them(start: str, end: str, *, expected: bool) -> None:
    """One landmass, or a tunnel to it; unknown countries are joined to none."""
    assert road_connected(start, end) is expected


@given(countries, countries)
def test_roads_lead_both_ways(one: str, other: str) -> None:
    """Being joined is symmetric, and everyone is joined to themselves."""
    assert road_connected(one, other) == road_connected(other, one)
    assert road_connected(one, one)


def test_an_unknown_country_is_on_no_landmass() -> None:
    """Not served, until somebody adds it."""
    assert landmass_of("QQ") is None
    assert landmass_of("DE") == "europe"
    assert place_of(address("QQ")) is None


def test_the_address_own_place_comes_first() -> None:
    """What the storefront knows is better than a centroid, also in an unknown country."""
    here = Place(latitude=1, longitude=2)
    assert place_of(address("DE", "80331", here)) == here
    assert place_of(address("QQ", place=here)) == here


def test_postal_regions_tell_domestic_distances_apart() -> None:
    """Munich is farther from Berlin than Potsdam is."""
    berlin, munich, potsdam = (
        place_of(address("DE", code)) for code in ("10115", "D-80331", "14467")
    )
    assert berlin is not None
    assert munich is not None
    assert potsdam == berlin
    assert 400 < distance_km(berlin, munich) < 700


@pytest.mark.parametrize("country", sorted(POSTAL_REGIONS))
def test_postal_regions_lie_in_their_country(country: str) -> None:
    """Ten regions each, all different, and none across the sea."""
    places = [place_of(address(country, f"{digit}0000")) for digit in range(10)]
    centroid = GAZETTEER[country][0]
    assert len({str(place) for place in places}) == 10
    assert all(place and distance_km(place, centroid) < 2600 for place in places)


def test_a_postal_code_without_digits_is_its_country() -> None:
    """What the table can't place is the middle of the country."""
    assert place_of(address("US", "unknown")) == GAZETTEER["US"][0]
    assert place_of(address("FR", "75001")) == GAZETTEER["FR"][0]
