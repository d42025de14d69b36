"""What may be given back: each unit once, and never more than was taken."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.refunds import (
    Refund,
    RefundState,
    UnitRefund,
    missing_units,
    not_captured,
    parts_of,
    why_not,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)
AMOUNTS = st.integers(min_value=0, max_value=10_000)


def refund(*amounts_minor: int, extra_minor: int = 0, fee_minor: int = 0) -> Refund:
    """Return a refund of units of the first line."""
    return Refund(
        key="k",
        order_id="O-1",
        units=tuple(
            UnitRefund(line_no=1, unit_no=number, amount_minor=amount)
            for number, amount in enumerate(amounts_minor, 1)
        ),
        extra_minor=extra_minor,
        fee_minor=fee_minor,
        currency="EUR",
        reason="returned",
        at=NOW,
    )


@given(units=st.lists(AMOUNTS, max_size=4), extra=AMOUNTS, fee=AMOUNTS, left=AMOUNTS)
def test_what_may_be_given_back_is_within_what_is_left(
    units: list[int], extra: int, fee: int, left: int
) -> None:
    """Units and extra less the fee, from nothing up to what is left of what was captured."""
    asked = refund(*units, extra_minor=extra, fee_minor=fee)
    assert sum(units) + extra - fee == asked.amount_minor
    assert (0 <= asked.amount_minor <= left) == (why_not(asked, {}, left) is None)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (refund(500), "refunded before: unit 1/1 (line/unit)"),
        (refund(extra_minor=2, fee_minor=3), "the fee of 3 is more than what would be given back"),
        (
            refund(extra_minor=901),
            "of what was captured 9.00 EUR is left to give back, and 9.01 EUR was asked",
        ),
    ],
)
def test_a_refusal_says_why(asked: Refund, expected: str) -> None:
    """Which unit, or which amount."""
    assert expected == why_not(asked, {(1, 1): "earlier"}, 900)


def test_units_of_another_order_are_named() -> None:
    """By line and number."""
    known = refund(500, 500).units
    assert ["1/3", "2/1"] == missing_units([(1, 1), (1, 3), (2, 1)], known)


def test_what_became_of_a_refund_is_not_what_was_asked() -> None:
    """So that a repeat is known after its first try was put on record."""
    asked = refund(500)
    assert asked.asks_the_same(asked.model_copy(update={"state": RefundState.MADE}))
    assert not asked.asks_the_same(refund(500, fee_minor=1))


@given(
    units=st.lists(st.tuples(AMOUNTS, st.sampled_from("ab")), max_size=5),
    extra=AMOUNTS,
    fee=AMOUNTS,
    left=st.fixed_dictionaries(dict.fromkeys("abc", st.integers(-100, 30_000))),
)
def test_the_parts_of_a_refund_add_up(
    units: list[tuple[int, str]], extra: int, fee: int, left: dict[str, int]
) -> None:
    """Under a key each, none below zero, and none above what its reference has left, if it can."""
    asked = refund(*(amount for amount, _ in units), extra_minor=extra, fee_minor=fee)
    by = {(1, number): reference for number, (_, reference) in enumerate(units, 1)}
    parts = parts_of(asked, by, left)
    assert max(0, asked.amount_minor) == sum(part.amount_minor for part in parts)
    assert all(part.amount_minor > 0 for part in parts)
    assert len(parts) == len({part.key for part in parts}) == len({p.reference for p in parts})
    if asked.amount_minor <= sum(max(0, amount) for amount in left.values()):
        assert all(part.amount_minor <= left[part.reference] for part in parts)


def given_by(asked: Refund, by: str, **left: int) -> dict[str, int]:
    """Return what each reference gives back; `by` names those of the units, in their sequence."""
    captured_by = {(1, number): reference for number, reference in enumerate(by, 1)}
    return {part.reference: part.amount_minor for part in parts_of(asked, captured_by, left)}


def test_each_reference_gives_back_its_own_units_first() -> None:
    """What is added is taken where there is room; nothing else moves."""
    assert {"a": 5, "b": 7} == given_by(refund(5, 7), "ab", a=50, b=50)
    assert {"a": 3, "b": 7} == given_by(refund(7, extra_minor=3), "b", a=3, b=7)
    assert {"a": 2, "b": 8} == given_by(refund(extra_minor=10), "", a=2, b=9)
    assert {"b": 6} == given_by(refund(0, 7, fee_minor=1), "_b", a=3, b=7)


def test_what_nobody_has_left_is_the_gateways_to_decline() -> None:
    """It is asked of the first one, so that the refund is never recorded as made without it."""
    assert {"a": 9} == given_by(refund(9), "a", a=5)


def test_what_was_never_captured_is_named() -> None:
    """Units that have not left the warehouse are voided, not refunded."""
    assert "not captured: unit 1/2 (line/unit)" == not_captured(refund(5, 5), {(1, 1): "a"})
    assert not_captured(refund(5), {(1, 1): "a"}) is None
    assert not_captured(refund(5, 0), {(1, 1): "a"}) is None
