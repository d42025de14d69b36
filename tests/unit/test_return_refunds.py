"""What is given back adds up, however it is split."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.orders import Order, parse_order, unit_amounts
from fulfillment.domain.return_refunds import (
    RefundDue,
    Refunded,
    UnitDue,
    refund_of,
    shipping_shares,
    with_exchange,
)
from fulfillment.domain.returns import ReturnReason

REASONS = (ReturnReason.UNWANTED, ReturnReason.DAMAGED, ReturnReason.NOT_NAMED)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Return an order of some lines, with discounts, tax and shipping."""
    lines: list[dict[str, Any]] = [
        {
            "sku": f"S{number}",
            "quantity": draw(st.integers(1, 4)),
            "unit_price_minor": draw(st.integers(0, 5000)),
            "tax_minor": draw(st.integers(0, 900)),
        }
        for number in range(draw(st.integers(1, 3)))
    ]
    goods = sum(line["quantity"] * line["unit_price_minor"] for line in lines)
    return parse_order(
        {
            "order_id": "A-1",
            "placed_at": "2026-11-20T10:00:00Z",
            "currency": "EUR",
            "customer": {"name": "Ada", "email": "ada@example.com"},
            "ship_to": {
                "name": "Ada",
                "street": ["Reeperbahn 1"],
                "city": "Hamburg",
                "postal_code": "20359",
                "country": "DE",
            },
            "lines": lines,
            "shipping_minor": draw(st.integers(0, 2000)),
            "discount_minor": draw(st.integers(0, goods)),
            "payment": {"method": "paid", "reference": "r"},
        }
    )


@st.composite
def returned(draw: st.DrawFn) -> list[UnitDue]:
    """Return all units of an order, in any sequence, each with what is kept of it."""
    order = draw(orders())
    shares = shipping_shares(order)
    units = [
        UnitDue(
            line_no=line_no,
            unit_no=number,
            amount_minor=amount,
            shipping_minor=shares[line_no][number - 1],
            reason=draw(st.sampled_from(REASONS)),
            fee_percent=draw(st.sampled_from((0, 15, 100))),
            loss_percent=draw(st.sampled_from((0, 33))),
        )
        for line_no, amounts in unit_amounts(order).items()
        for number, amount in enumerate(amounts, 1)
    ]
    return draw(st.permutations(units))


def one_by_one(parts: Sequence[Sequence[UnitDue]], total: int) -> list[RefundDue]:
    """Refund parts one after the other."""
    earlier, made = Refunded(), list[RefundDue]()
    for part in parts:
        refund = refund_of(part, earlier, total)
        kept = sum(refund.shipping_kept) - refund.extra_minor
        earlier = Refunded(
            units=earlier.units + len(part),
            shipping_kept_minor=earlier.shipping_kept_minor + kept,
        )
        made.append(refund)
    return made


@given(orders())
def test_shipping_shares_are_the_shipping_cost(order: Order) -> None:
    """All of it, and of no unit more than the unit costs."""
    shares = shipping_shares(order)
    assert order.shipping_minor == sum(map(sum, shares.values()))
    amounts = unit_amounts(order)
    assert all(
        0 <= share <= amount
        for line_no in shares
        for share, amount in zip(shares[line_no], amounts[line_no], strict=True)
    )


@given(returned(), st.data())
def test_partial_returns_add_up_to_the_whole(units: list[UnitDue], data: st.DataObject) -> None:
    """Unit by unit gives the same as all at once, in whichever parts and sequence."""
    cuts = sorted(data.draw(st.sets(st.integers(1, len(units)), max_size=len(units))))
    bounds = [0, *cuts, len(units)]
    parts = [units[a:b] for a, b in pairwise(bounds) if a < b]
    at_once = one_by_one([units], len(units))
    split = one_by_one(parts, len(units))
    assert sum(r.amount_minor for r in at_once) == sum(r.amount_minor for r in split)


@given(returned(), st.integers(0, 3), st.integers(0, 10_000))
def test_never_more_than_the_units_cost(units: list[UnitDue], kept: int, label: int) -> None:
    """Nor less than nothing, whatever is kept, and however many are not returned."""
    refunds = one_by_one([[unit] for unit in units], len(units) + kept)
    assert all(refund.amount_minor >= 0 for refund in refunds)
    assert sum(r.amount_minor for r in refunds) <= sum(unit.amount_minor for unit in units)
    one = refund_of(units, Refunded(), len(units), label_left_minor=label)
    assert 0 <= one.amount_minor <= sum(unit.amount_minor for unit in units)
    assert one.label_minor <= label


def unit(
    reason: ReturnReason, number: int = 1, fee_percent: int = 0, loss_percent: int = 0
) -> UnitDue:
    """Return a unit of 1000, of which 100 are shipping."""
    return UnitDue(
        line_no=1,
        unit_no=number,
        amount_minor=1000,
        shipping_minor=100,
        reason=reason,
        fee_percent=fee_percent,
        loss_percent=loss_percent,
    )


def test_shipping_is_given_back_for_what_is_not_as_agreed() -> None:
    """And for what is unwanted only with the whole order."""
    unwanted, damaged = unit(ReturnReason.UNWANTED), unit(ReturnReason.DAMAGED, 2)
    assert 900 == refund_of([unwanted], Refunded(), 3).amount_minor
    assert 1000 == refund_of([damaged], Refunded(), 3).amount_minor
    last = Refunded(units=2, shipping_kept_minor=150)
    assert 1150 == refund_of([unwanted], last, 3).amount_minor
    assert 900 == refund_of([unwanted], last, 3, shipping_back_on_whole=False).amount_minor


def test_fees_are_of_the_goods_price_alone() -> None:
    """Rounded down, and at most all of it."""
    assert (
        900 - 135
        == refund_of([unit(ReturnReason.UNWANTED, fee_percent=15)], Refunded(), 9).amount_minor
    )
    both = unit(ReturnReason.UNWANTED, fee_percent=70, loss_percent=70)
    assert 0 == refund_of([both], Refunded(), 9).amount_minor


def test_an_exchange_is_covered_or_not_sent() -> None:
    """By what came back and what was paid in the shop."""
    worth = refund_of([unit(ReturnReason.DAMAGED)], Refunded(), 9)
    cheaper = with_exchange(worth, 600, 0)
    assert cheaper is not None
    assert 400 == cheaper.amount_minor
    assert with_exchange(worth, 1200, 0) is None
    paid = with_exchange(worth, 1200, 200)
    assert paid is not None
    assert 0 == paid.amount_minor
