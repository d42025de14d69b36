"""The order as the storefront's contract."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import parse_order, unit_amounts
from plant import order, order_data


def _with(path: str, value: object) -> dict[str, Any]:
    data: Any = order_data("T-1")
    *steps, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    place = data
    for step in steps:
        place = place[step]
    place[last] = value
    return dict(data)


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (
            "lines/0/quantity",
            0,
            "lines[0].quantity: expected greater than 0, came 0",
        ),
        ("lines/1/sku", "no good", "lines[1].sku: expected String should match pattern"),
        ("customer/email", "ada", "customer.email: expected String should match pattern"),
        ("placed_at", "2026-11-20T10:00:00", "placed_at: expected Input should have timezone info"),
        ("ship_to/country", "Germany", "ship_to.country: expected String should match pattern"),
        ("totl_minor", 5, "totl_minor: expected no field of this name, came 5"),
        ("total_minor", 5, "expected total_minor 7594, what the parts add up to"),
        ("discount_minor", 999_999, "expected discount_minor of at most what the goods cost"),
        ("lines/0/discount_minor", 999_999, "lines[0]: expected a discount of at most 3980"),
        ("lines/0/line_no", 2, "expected each line_no once; 2 came more than once"),
        ("payment", {"method": "paid"}, "payment: expected a reference is needed"),
        ("ship_to/name", "A\x00da", "ship_to.name: expected a text without the NUL character"),
        ("gift", {"message": "A\x00"}, "gift.message: expected a text without the NUL character"),
        (
            "lines/0/properties",
            {"a": "\x00"},
            "lines[0].properties.a: expected String should match",
        ),
        ("lines", [], "lines: expected Tuple should have at least 1 item"),
        ("lines", "none", "lines: expected a valid tuple, came 'none'"),
    ],
)
def test_a_wrong_field_is_named_with_what_was_expected_and_what_came(
    path: str, value: object, problem: str
) -> None:
    """A storefront can tell from the error what to mend."""
    with pytest.raises(InvalidOrder) as refused:
        parse_order(_with(path, value))
    assert str(refused.value).startswith(problem)


@pytest.mark.parametrize("data", [None, [], "", "{", 5, "null", b"\xff"])
def test_what_is_no_order_at_all_is_refused(data: object) -> None:
    """Whatever comes, it is an InvalidOrder and no other exception."""
    with pytest.raises(InvalidOrder):
        parse_order(data)


def test_lines_are_numbered_by_position_where_they_have_no_number() -> None:
    """A storefront need not number its lines."""
    assert [1, 2] == [line.line_no for line in order("T-1").lines]


def test_the_hash_is_that_of_the_content_and_not_of_its_spelling() -> None:
    """Defaults spelled out, or other key order, are the same order; another quantity is not."""
    data = order_data("T-1")
    spelled = dict(reversed({**data, "discount_minor": 0, "gift": None}.items()))
    assert content_hash(parse_order(data)) == content_hash(parse_order(spelled))
    other = _with("lines/0/quantity", 3)
    assert content_hash(parse_order(data)) != content_hash(parse_order(other))


amounts = st.integers(0, 100_000)


@given(
    lines=st.lists(
        st.tuples(st.integers(1, 30), amounts, amounts, amounts), min_size=1, max_size=8
    ),
    shipping_minor=amounts,
    discount_percent=st.integers(0, 100),
)
def test_units_cost_together_what_the_order_costs(
    lines: list[tuple[int, int, int, int]], shipping_minor: int, discount_percent: int
) -> None:
    """Discount, tax and shipping are spread over units without losing a minor unit."""
    rows = [
        {
            "sku": f"A{n}",
            "quantity": quantity,
            "unit_price_minor": price,
            "discount_minor": min(discount, quantity * price),
            "tax_minor": tax,
        }
        for n, (quantity, price, discount, tax) in enumerate(lines)
    ]
    goods = sum(
        int(row["quantity"]) * int(row["unit_price_minor"]) - int(row["discount_minor"])  # type: ignore[call-overload]
        for row in rows
    )
    placed = order(
        "T-1",
        lines=rows,
        shipping_minor=shipping_minor,
        discount_minor=goods * discount_percent // 100,
    )
    units = unit_amounts(placed)
    assert placed.amount_minor == sum(sum(row) for row in units.values())
    assert {li.line_no: li.quantity for li in placed.lines} == {
        no: len(row) for no, row in units.items()
    }
    assert all(amount >= 0 for row in units.values() for amount in row)
