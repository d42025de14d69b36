"""What a Shopify order costs, to the minor unit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.storefronts.shopify import order_of
from storefront_payloads import (
    both_moneys,
    decimal,
    in_currency,
    refusal_of,
    shopify_line,
    shopify_order,
)

DIGITAL: dict[str, Any] = {"requires_shipping": False, "sku": None, "tax_lines": []}


@pytest.mark.parametrize(
    ("currency", "price", "total", "amount"),
    [
        ("JPY", "1000", "2000", 2000),
        ("JPY", "1000.00", "2000.00", 2000),
        ("KWD", "1.234", "2.468", 2468),
        ("EUR", "10.9", "21.8", 2180),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(
    currency: str, price: str, total: str, amount: int
) -> None:
    """Yen have none, dinars three; zeros beyond them say nothing."""
    line = shopify_line(price=price, tax_lines=[], total_discount=None)
    order = order_of(
        shopify_order(
            line,
            currency=currency,
            presentment_currency=currency,
            total=total,
            tax="0",
            total_tip_received="0",
            shipping_lines=[],
        )
    )
    assert (order.currency, order.amount_minor) == (currency, amount)


def test_half_a_yen_is_refused() -> None:
    """Nothing is rounded."""
    payload = shopify_order(currency="JPY", presentment_currency="JPY")
    assert "line_items[0].tax_lines[0].price: expected at most 0 decimals" in refusal_of(
        order_of, payload
    )


def test_the_customers_currency_counts() -> None:
    """What the customer saw and paid is what adds up; the shop's currency is converted from it."""
    tax = in_currency({"price": "240"}, ["price"], "JPY")
    line = in_currency(shopify_line(price="1500", tax_lines=[tax]), ["price"], "JPY")
    shipping = in_currency({"title": "Standard", "price": "700"}, ["price"], "JPY")
    payload = in_currency(
        shopify_order(line, total="3940", tax="240", shipping_lines=[shipping]),
        ["current_total_price", "current_total_tax"],
        "JPY",
    )
    order = order_of(payload | {"presentment_currency": "JPY"})
    assert (order.currency, order.amount_minor, order.shipping_minor) == ("JPY", 3940, 700)


def test_an_amount_in_the_shops_currency_alone_is_refused_where_the_customer_pays_another() -> None:
    """Two currencies are never added."""
    message = refusal_of(order_of, shopify_order(presentment_currency="EUR"))
    assert "line_items[0].price_set: expected the amount in EUR" in message


def test_a_set_in_a_third_currency_is_refused() -> None:
    """The set must be of the order's own currencies."""
    line = shopify_line(price_set=both_moneys("10.00", "USD", "9.00", "CHF"))
    message = refusal_of(order_of, shopify_order(line))
    assert "line_items[0].price_set.presentment_money.currency_code: expected USD" in message


def test_discounts_are_taken_as_allocated() -> None:
    """Order-wide ones are spread over the lines by Shopify itself."""
    line = shopify_line(discount_allocations=[{"amount": "2.00"}, {"amount": "1.01"}])
    [mapped] = order_of(shopify_order(line, total="23.59")).lines
    assert mapped.discount_minor == 301


def test_discounts_of_old_payloads_are_off_the_whole_order() -> None:
    """Before allocations there were a line's own discount and the order's total."""
    line = shopify_line(total_discount="1.00")
    del line["discount_allocations"]
    order = order_of(shopify_order(line, total="23.60", total_discounts="3.00"))
    assert (order.lines[0].discount_minor, order.discount_minor) == (100, 200)


def test_prices_that_include_tax_stay_as_the_customer_saw_them() -> None:
    """No tax comes on top of them, for goods and shipping alike."""
    shipping = [{"title": "S", "price": "5.00", "tax_lines": [{"price": "0.37"}]}]
    payload = shopify_order(taxes_included=True, total="25.00", shipping_lines=shipping)
    order = order_of(payload)
    assert (order.lines[0].unit_price_minor, order.lines[0].tax_minor) == (1000, 0)
    assert (order.shipping_minor, order.amount_minor) == (500, 2500)


def test_shipping_is_what_is_left_of_it_with_its_tax() -> None:
    """Discounts and removed methods are not charged."""
    shipping = [
        {"title": "A", "price": "5.00", "discount_allocations": [{"amount": "1.00"}]},
        {
            "title": "B",
            "price": "9.00",
            "discounted_price": "3.00",
            "tax_lines": [{"price": "0.24"}],
        },
        {"title": "C", "price": "7.00", "is_removed": True},
    ]
    payload = shopify_order(shipping_lines=shipping, total="28.84", tax="1.84")
    assert order_of(payload).shipping_minor == 400 + 324


def test_a_shipping_discount_of_more_than_shipping_costs_is_refused() -> None:
    """By its field."""
    shipping = [{"title": "A", "price": "5.00", "discount_allocations": [{"amount": "5.01"}]}]
    message = refusal_of(order_of, shopify_order(shipping_lines=shipping))
    assert message.startswith("shipping_lines: expected discounts of at most what shipping costs")


def test_tips_duties_and_fees_are_charged_with_the_shipping() -> None:
    """Our order has no field of their own for them."""
    payload = shopify_order(
        total="34.60",
        total_tip_received="2.00",
        current_total_duties_set=both_moneys("5.00", "USD", "5.00", "USD"),
        current_total_additional_fees_set=both_moneys("1.00", "USD", "1.00", "USD"),
    )
    assert order_of(payload).shipping_minor == 1300


def test_a_tip_that_is_a_line_too_is_charged_once() -> None:
    """It is no article."""
    tip = shopify_line(2, tip_payment_gateway="shopify_payments", price="2.00", **DIGITAL)
    payload = shopify_order(shopify_line(), tip, total="28.60", total_tip_received="2.00")
    order = order_of(payload)
    assert (len(order.lines), order.shipping_minor) == (1, 700)


def test_duties_that_the_prices_include_are_not_charged_again() -> None:
    """The customer has paid them with the goods."""
    duties = both_moneys("5.00", "USD", "5.00", "USD")
    payload = shopify_order(duties_included=True, current_total_duties_set=duties)
    assert order_of(payload).amount_minor == 2660


def test_tax_that_no_line_shows_is_spread_over_the_lines() -> None:
    """Where Shopify's own sum of taxes explains the difference, to the minor unit."""
    lines = [shopify_line(n, tax_lines=[], quantity=1, current_quantity=1) for n in (1, 2, 3)]
    order = order_of(shopify_order(*lines, total="36.00", tax="1.00"))
    assert [line.tax_minor for line in order.lines] == [34, 33, 33]


def test_what_does_not_add_up_is_refused_with_the_difference() -> None:
    """To the minor unit."""
    assert refusal_of(order_of, shopify_order(total="26.61")).startswith(
        "current_total_price: expected 26.60 USD, what lines, taxes, charges, discounts and "
        "refunds add up to, came 26.61 USD, a difference of 0.01 USD"
    )


@st.composite
def sold(draw: st.DrawFn, exponent: int) -> tuple[dict[str, Any], int, int]:
    """Return a line, what it costs after discounts, and its tax."""
    quantity, price = draw(st.integers(1, 50)), draw(st.integers(0, 10**6))
    discount, tax = draw(st.integers(0, quantity * price)), draw(st.integers(0, 10**5))
    split = draw(st.integers(0, discount))
    fields = {
        "quantity": quantity,
        "price": decimal(price, exponent),
        "discount_allocations": [
            {"amount": decimal(amount, exponent)} for amount in (split, discount - split)
        ],
        "tax_lines": [{"price": decimal(tax, exponent)}],
        "requires_shipping": draw(st.booleans()),
    }
    return shopify_line(draw(st.integers(1, 9)), **fields), quantity * price - discount, tax


@given(data=st.data(), gross=st.booleans(), currency=st.sampled_from([("JPY", 0), ("EUR", 2)]))
def test_amounts_add_up_whatever_they_are(
    data: st.DataObject, *, gross: bool, currency: tuple[str, int]
) -> None:
    """Our amount is Shopify's total less what never ships; a minor unit more is refused."""
    code, exponent = currency
    ours = data.draw(sold(exponent))
    lines = [(ours[0] | {"requires_shipping": True}, *ours[1:])]
    lines += data.draw(st.lists(sold(exponent), max_size=3))
    shipping = data.draw(st.integers(0, 10**5))
    costs = [net + (0 if gross else tax) for _, net, tax in lines]
    tax = sum(tax for *_, tax in lines)
    payload = shopify_order(
        *(line for line, *_ in lines),
        currency=code,
        presentment_currency=code,
        taxes_included=gross,
        total_tip_received="0",
        shipping_lines=[{"title": "S", "price": decimal(shipping, exponent)}],
        total=decimal(sum(costs) + shipping, exponent),
        tax=decimal(tax, exponent),
    )
    order = order_of(payload)
    left = [
        cost for cost, (line, *_) in zip(costs, lines, strict=True) if not line["requires_shipping"]
    ]
    assert order.amount_minor == sum(costs) + shipping - sum(left)
    wrong = payload | {"current_total_price": decimal(sum(costs) + shipping + 1, exponent)}
    assert "current_total_price: " in refusal_of(order_of, wrong)


def test_a_tip_in_the_customers_currency_is_what_its_line_costs() -> None:
    """The order's own field is in the shop's currency, and the API has no other."""
    line = in_currency(shopify_line(tax_lines=[]), ["price"], "EUR")
    tip = in_currency(
        {"id": 9, "price": "3.00", "quantity": 1, "tip": {"payment_gateway": "x"}}, ["price"], "EUR"
    )
    shipping = {"title": "Standard", **in_currency({"price": "5.00"}, ["price"], "EUR")}
    payload = shopify_order(line, tip, presentment_currency="EUR", shipping_lines=[shipping])
    payload |= in_currency({"current_total_price": "28.00"}, ["current_total_price"], "EUR")
    payload |= {"total_tip_received": "3.30", "current_total_tax": "0.00"}
    order = order_of(payload)
    assert (order.shipping_minor, order.amount_minor) == (800, 2800)
