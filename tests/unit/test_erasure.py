"""What is left of an order after its customer's data are erased."""

from hypothesis import given
from hypothesis import strategies as st

import plant as plants
from fulfillment.domain.erasure import (
    ERASED,
    erased_order,
    erased_outcome,
    erased_person,
    is_erased,
)
from fulfillment.domain.lifecycle import Outcome, OutcomeKind
from fulfillment.domain.orders import Order, parse_order, unit_amounts

texts = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=9, max_size=30)


@st.composite
def full_orders(draw: st.DrawFn) -> tuple[Order, list[str]]:
    """Draw an order whose customer wrote into every field, and what was written."""
    wrote = draw(st.lists(texts, min_size=10, max_size=10, unique=True))
    name, street, city, region, company, phone, gift, wish, label, mail = (f"~{w}" for w in wrote)
    order = plants.order_data(
        "A-1",
        customer={"name": name, "email": f"{mail}@example.org", "phone": phone},
        ship_to={
            "name": name,
            "street": [street],
            "city": city,
            "region": region,
            "company": company,
            "phone": phone,
            "postal_code": "20359",
            "country": "DE",
            "place": {"latitude": 53.5497, "longitude": 9.9631},
        },
        gift={"message": gift, "wrap": draw(st.booleans())},
        lines=[
            {"sku": "MUG", "quantity": 3, "unit_price_minor": 999, "properties": {label: wish}},
            {"sku": "BOOK", "quantity": 1, "unit_price_minor": 2400, "tax_minor": 7},
        ],
        discount_minor=draw(st.integers(0, 500)),
    )
    return parse_order(order), [*(f"~{w}" for w in wrote), "53.5497"]


@given(drawn=full_orders())
def test_nothing_that_was_written_is_left(drawn: tuple[Order, list[str]]) -> None:
    """And what the books need is: the order is a valid one, of the same units and amounts."""
    order, wrote = drawn
    left = erased_order(order)
    text = left.model_dump_json()
    assert [] == [w for w in wrote if w in text]
    assert left == parse_order(text)
    assert unit_amounts(order) == unit_amounts(left)
    kept = {"order_id", "placed_at", "currency", "payment", "amount_minor", "urgency"}
    for name in kept:
        assert getattr(order, name) == getattr(left, name)
    assert ("20", "DE", order.gift is None) == (
        left.ship_to.postal_code,
        left.ship_to.country,
        left.gift is None,
    )
    assert (False, True) == (is_erased(order), is_erased(left))
    assert left == erased_order(left)


def test_outcomes_lose_what_was_quoted() -> None:
    """A rejection keeps the kind of its reason; again, it stays as it is."""
    told = "rejected: address: Adastr. 1 is unknown; phone: 17 is too short"
    rejected = Outcome(kind=OutcomeKind.REJECTED, summary=told)
    left = erased_outcome(rejected)
    assert "rejected: address, phone" == left.summary
    assert left == erased_outcome(left)
    completed = Outcome(kind=OutcomeKind.COMPLETED, summary="completed, 1 canceled")
    assert completed == erased_outcome(completed)


def test_who_acted_stays_unless_it_was_the_customer() -> None:
    """By any of the names that the order has of them."""
    order = plants.order("A-1")
    for by in ("Ada Lovelace", "ada@example.com", "ADA LOVELACE (by phone)", "+49 40 123456"):
        assert ERASED == erased_person(by, order)
    for by in ("ann", "engine", "shopify"):
        assert by == erased_person(by, order)
