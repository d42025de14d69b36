"""Money and its splitting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.money import Money, allocate


@pytest.mark.parametrize(
    ("amount_minor", "currency", "shown"),
    [
        (1290, "EUR", "12.90 EUR"),
        (5, "EUR", "0.05 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (1290, "JPY", "1290 JPY"),
        (1290, "KWD", "1.290 KWD"),
    ],
)
def test_an_amount_is_shown_in_its_currencys_own_exponent(
    amount_minor: int, currency: str, shown: str
) -> None:
    """Yen have no minor digits, Kuwaiti dinars three."""
    assert shown == str(Money(amount_minor=amount_minor, currency=currency))


@given(
    amount_minor=st.integers(-(10**12), 10**12),
    weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=50),
)
def test_the_parts_add_up_and_none_is_off_by_a_whole_unit(
    amount_minor: int, weights: list[int]
) -> None:
    """Largest remainder: no minor unit is lost, and each part is its share rounded up or down."""
    parts = allocate(amount_minor, weights)
    assert amount_minor == sum(parts)
    shares = weights if any(weights) else [1] * len(weights)
    exact = [amount_minor * share / sum(shares) for share in shares]
    assert all(abs(part - share) < 1.001 for part, share in zip(parts, exact, strict=True))


@given(weights=st.lists(st.integers(0, 9), min_size=1))
def test_nothing_is_split_into_nothing(weights: list[int]) -> None:
    """Zero gives every part zero."""
    assert [0] * len(weights) == allocate(0, weights)


def test_an_amount_over_no_parts_is_refused() -> None:
    """There is nobody to give it to."""
    assert [] == allocate(0, [])
    with pytest.raises(ValueError, match="5 minor units can't be split over nothing"):
        allocate(5, [])
