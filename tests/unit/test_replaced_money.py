"""What units of replacements stand for, and what is given back for them."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.orders import unit_amounts
from fulfillment.domain.refunds import Refund, UnitRefund, parts_of
from fulfillment.domain.replaced_money import (
    at_the_payer,
    exchange_worth,
    own_units,
    replacing_units,
)
from fulfillment.domain.replacements import ReplacementLine
from fulfillment.domain.return_refunds import RefundDue, with_exchange
from plant import order

AT = datetime(2026, 3, 2, tzinfo=UTC)
MINOR = st.integers(min_value=0, max_value=100_000)
PLACED = order("A-1", ("MUG", 3), ("BOOK", 2), shipping_minor=499)
AMOUNTS = {
    (line_no, unit_no): amount
    for line_no, amounts in unit_amounts(PLACED).items()
    for unit_no, amount in enumerate(amounts, 1)
}
OWN = own_units(PLACED, AMOUNTS)


def refund(order_id: str, *units: tuple[int, int], fee_minor: int = 0) -> Refund:
    """Return the refund of units that cost nothing themselves."""
    return Refund(
        key="k",
        order_id=order_id,
        units=tuple(UnitRefund(line_no=n, unit_no=u, amount_minor=0) for n, u in units),
        fee_minor=fee_minor,
        currency="EUR",
        reason="returned",
        at=AT,
    )


@given(st.lists(MINOR, min_size=1, max_size=9), st.data())
def test_units_of_an_exchange_are_worth_their_prices(
    prices: list[int], data: st.DataObject
) -> None:
    """What came back and what was paid in the shop are split to the minor unit."""
    against = data.draw(st.integers(0, sum(prices)))
    worth = exchange_worth(prices, against)
    assert prices == [each.amount_minor + each.elsewhere_minor for each in worth]
    assert against == sum(each.amount_minor for each in worth)
    assert all(each.amount_minor >= 0 and each.elsewhere_minor >= 0 for each in worth)


@given(st.sets(st.sampled_from(sorted(AMOUNTS)), min_size=1), st.integers(1, 4))
def test_what_was_sent_again_is_given_back_as_what_it_stands_for(
    lost: set[tuple[int, int]], times: int
) -> None:
    """However often it was sent again: the same units of the order that has paid."""
    replaced, name, expected = list(OWN), "A-1", sorted(lost)
    numbers = expected
    for _ in range(times):
        name = f"{name}-R1"
        lines = [
            ReplacementLine(sku="X", quantity=1, line_no=line_no, units=(unit_no,))
            for line_no, unit_no in numbers
        ]
        replaced = replacing_units(name, lines, replaced)
        numbers = [unit.number for unit in replaced]
    made = at_the_payer(refund(name, *numbers), {unit.number: unit for unit in replaced})
    assert ("A-1", name) == (made.order_id, made.replacing_id)
    assert expected == [(unit.line_no, unit.unit_no) for unit in made.units]
    assert sum(AMOUNTS[number] for number in expected) == made.amount_minor
    assert numbers == [(unit.line_no, unit.unit_no) for unit in made.replacing]


def test_what_was_exchanged_is_given_back_as_an_amount() -> None:
    """Its units are given back already: it comes from what was taken for them, less a fee."""
    line = ReplacementLine(sku="SOAP", quantity=2, worth=tuple(exchange_worth([900, 600], 1_200)))
    soap = replacing_units("A-1-R1", [line], OWN)
    made = at_the_payer(
        refund("A-1-R1", (1, 1), fee_minor=20), {unit.number: unit for unit in soap}
    )
    assert ((), 700) == (made.units, made.amount_minor)
    [part] = parts_of(made, {(1, 1): "pi_1"}, {"pi_1": 10**6})
    assert ("pi_1", 700) == (part.reference, part.amount_minor)


def test_an_order_that_pays_for_itself_gives_back_its_own_units() -> None:
    """Nothing of its refund is changed."""
    own = refund("A-1", (1, 1))
    assert own == at_the_payer(own, {})
    assert own == at_the_payer(own, {unit.number: unit for unit in OWN})


@given(MINOR, MINOR, MINOR, MINOR)
def test_what_was_paid_in_the_shop_pays_for_the_next_exchange(
    goods: int, elsewhere: int, price: int, paid: int
) -> None:
    """It is set against it first; what is left of it is given back there."""
    worth = RefundDue(goods_minor=goods, elsewhere_minor=elsewhere)
    covered = with_exchange(worth, price, paid)
    if covered is None:
        assert price > goods + elsewhere + paid
        return
    assert goods + elsewhere + paid == price + covered.amount_minor + covered.elsewhere_minor
