"""What becomes of goods that are to be put back: each unit once, and never more than there are."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.put_backs import NotBack, PutBackLine, PutBackOutcome, in_parcel, split

SKUS = st.sampled_from(["MUG", "TEE"])
LINES = st.lists(st.tuples(SKUS, st.integers(1, 4), st.booleans()), max_size=5).map(
    lambda rows: [
        PutBackLine(
            put_back_id=f"b{number}",
            sku=sku,
            quantity=units,
            source="carrier:F" if away else "cart:F",
            bin_id="A",
        )
        for number, (sku, units, away) in enumerate(rows)
    ]
)
MISSING = st.lists(st.builds(NotBack, sku=SKUS, quantity=st.integers(1, 5)), max_size=3)
LOST, BACK = PutBackOutcome.LOST, PutBackOutcome.BACK


@given(LINES, MISSING)
def test_what_is_not_back_is_lost_and_the_rest_is_back(
    lines: list[PutBackLine], not_back: list[NotBack]
) -> None:
    """Of each article as many as were said; refused where it was not that many."""
    there, wanted = _units(lines), Counter[str]()
    for one in not_back:
        wanted[one.sku] += one.quantity
    try:
        done = split(lines, not_back)
    except ConfirmationRefused:
        assert any(wanted[sku] > there[sku] for sku in wanted)
    else:
        assert wanted == _units([line for line, outcome in done if outcome is LOST])
        assert there - wanted == _units([line for line, outcome in done if outcome is BACK])
        assert {line.put_back_id for line in lines} == {line.put_back_id for line, _ in done}


def test_what_was_with_the_carrier_is_missing_first() -> None:
    """Although the cart's line was there before it."""
    lines = [
        PutBackLine(put_back_id=name, sku="MUG", quantity=1, source=source, bin_id="A")
        for name, source in (("b1", "cart:F"), ("b2", "carrier:F"))
    ]
    done = {
        line.put_back_id: outcome
        for line, outcome in split(lines, [NotBack(sku="MUG", quantity=1)])
    }
    assert {"b1": BACK, "b2": LOST} == done


def test_that_goods_have_arrived_only_their_carrier_says() -> None:
    """A person who puts back can't know it."""
    line = PutBackLine(sku="MUG", quantity=1, source="carrier:F", bin_id="A")
    said = NotBack(sku="MUG", quantity=1, because=PutBackOutcome.ARRIVED)
    with pytest.raises(ConfirmationRefused):
        split([line], [said])


@given(LINES, st.lists(st.tuples(st.just(1), SKUS, st.integers(1, 5)), max_size=3))
def test_a_parcel_s_units_are_those_that_are_there(
    lines: list[PutBackLine], contents: list[tuple[int, str, int]]
) -> None:
    """Never more than the parcel had, nor than the lines have."""
    inside = Counter[str]()
    for _, sku, units in contents:
        inside[sku] += units
    there = _units(lines)
    expected = Counter({sku: min(inside[sku], there[sku]) for sku in inside})
    assert +expected == _units(in_parcel(contents, lines))


def _units(lines: list[PutBackLine]) -> Counter[str]:
    units = Counter[str]()
    for line in lines:
        units[line.sku] += line.quantity
    return units
