"""What a WooCommerce order costs, to the minor unit."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.errors import InvalidOrder
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.woocommerce import order_of
from storefront_payloads import decimal, refusal_of, woo_line, woo_order


def charge(total: str, tax: str = "0.00") -> list[dict[str, Any]]:
    """Return the lines of a fee or a shipping method."""
    return [{"id": 1, "name": "Wrapping", "total": total, "total_tax": tax}]


def refund(amount: str, *lines: dict[str, Any]) -> dict[str, Any]:
    """Return a refund as the API gives it when it is asked for refunds."""
    return {"id": 1, "amount": amount, "line_items": list(lines)}


def refunded(line_id: int, quantity: int, total: str, tax: str) -> dict[str, Any]:
    """Return a refund's line; its numbers are below zero."""
    meta = [{"id": 1, "key": "_refunded_item_id", "value": str(line_id)}]
    return {"quantity": -quantity, "total": total, "total_tax": tax, "meta_data": meta}


@pytest.mark.parametrize(
    ("currency", "price", "total", "amount"),
    [("JPY", "2000", "2000", 2000), ("KWD", "2.468", "2.468", 2468), ("EUR", "9.9", "9.9", 990)],
)
def test_amounts_have_the_decimals_of_their_currency(
    currency: str, price: str, total: str, amount: int
) -> None:
    """Yen have none, dinars three."""
    line = woo_line(subtotal=price, total=price, total_tax="0", subtotal_tax="")
    payload = woo_order(line, currency=currency, total=total, tax="0", shipping_lines=[])
    assert order_of(payload).amount_minor == amount


def test_a_line_is_listed_before_and_paid_after_its_discount() -> None:
    """Coupons are in the difference of subtotal and total."""
    line = woo_line(total="15.00", total_tax="2.85")
    order = order_of(woo_order(line, total="22.85", tax="2.85"))
    assert (order.lines[0].unit_price_minor, order.lines[0].discount_minor) == (1000, 500)


def test_a_price_that_units_do_not_share_evenly_is_rounded_up_and_discounted() -> None:
    """Three for 10.00 are 3.34 each, less two cents."""
    line = woo_line(quantity=3, subtotal="10.00", total="10.00", total_tax="0.00")
    [mapped] = order_of(woo_order(line, total="15.00", tax="0.00")).lines
    assert (mapped.unit_price_minor, mapped.discount_minor) == (334, 2)


def test_a_line_that_an_admin_made_dearer_is_sold_at_that() -> None:
    """The total counts, not what was listed."""
    line = woo_line(total="30.00", total_tax="3.80")
    [mapped] = order_of(woo_order(line, total="38.80")).lines
    assert (mapped.unit_price_minor, mapped.discount_minor) == (1500, 0)


def test_prices_that_include_tax_are_what_the_customer_saw() -> None:
    """8.40 and its tax of 1.60 were shown as 10.00."""
    line = woo_line(subtotal="16.80", subtotal_tax="3.20", total="16.80", total_tax="3.20")
    shipping = charge("4.20", "0.80")
    payload = woo_order(
        line, prices_include_tax=True, shipping_lines=shipping, total="25.00", tax="4.00"
    )
    order = order_of(payload)
    assert (order.lines[0].unit_price_minor, order.lines[0].tax_minor) == (1000, 0)
    assert (order.shipping_minor, order.amount_minor) == (500, 2500)


@pytest.mark.parametrize("gross", [False, True])
@pytest.mark.parametrize("cents", [-1, 1])
def test_a_cent_of_rounded_taxes_is_spread_as_the_order_counts_them(
    cents: int, *, gross: bool
) -> None:
    """WooCommerce rounds each line's tax and, by itself, their sum."""
    lines = [woo_line(n, total_tax="3.80") for n in (1, 2)]
    payload = woo_order(
        *lines,
        prices_include_tax=gross,
        total=decimal(5260 + cents),
        tax=decimal(760 + cents),
    )
    assert order_of(payload).amount_minor == 5260 + cents


def test_fees_are_charged_with_the_shipping_or_taken_off() -> None:
    """Our order has no field of their own for them."""
    order = order_of(woo_order(fee_lines=charge("2.00", "0.38"), total="31.18", tax="4.18"))
    assert (order.shipping_minor, order.discount_minor) == (738, 0)
    order = order_of(woo_order(fee_lines=charge("-2.00", "-0.38"), total="26.42", tax="3.42"))
    assert (order.shipping_minor, order.discount_minor) == (500, 238)


def test_what_does_not_add_up_is_refused_with_the_difference() -> None:
    """To the minor unit."""
    assert refusal_of(order_of, woo_order(total="28.79")).startswith(
        "total: expected 28.80 EUR, what lines, taxes, charges, discounts and refunds add up to, "
        "came 28.79 EUR, a difference of -0.01 EUR"
    )


def test_a_short_refund_does_not_say_what_was_refunded() -> None:
    """An order in a webhook has the sums alone; the goods must be asked for."""
    payload = woo_order(refunds=[{"id": 5, "reason": "", "total": "-11.90"}])
    message = refusal_of(order_of, payload)
    assert "refunds[0].line_items: expected the full refund" in message
    assert "GET orders/727/refunds" in message


def test_a_refunded_unit_is_not_shipped() -> None:
    """Nor paid."""
    back = refund("11.90", refunded(301, 1, "-10.00", "-1.90"))
    order = order_of(woo_order(refunds=[back]))
    [line] = order.lines
    assert (line.quantity, line.tax_minor, order.amount_minor) == (1, 190, 1690)


def test_a_refunded_line_is_left_out() -> None:
    """It needs no SKU any more."""
    back = refund("23.80", refunded(301, 2, "-20.00", "-3.80"))
    payload = woo_order(woo_line(1, sku=""), woo_line(2), refunds=[back], total="52.60", tax="7.60")
    order = order_of(payload)
    assert ([line.sku for line in order.lines], order.amount_minor) == (["MUG-2"], 2880)


def test_money_back_without_goods_is_a_discount() -> None:
    """All goods are shipped, for less."""
    order = order_of(woo_order(refunds=[refund("3.00")]))
    assert (order.lines[0].quantity, order.discount_minor, order.amount_minor) == (2, 300, 2580)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([refunded(301, 3, "-20.00", "-3.80")], r"line_items\[0\].quantity: .*the 3 refunded"),
        ([refunded(301, 1, "-20.01", "-1.90")], r"line_items\[0\].total: expected at least what"),
        (
            [{"quantity": -1, "total": "-1.00"}],
            r"refunds\[0\].line_items\[0\].meta_data: expected _",
        ),
    ],
)
def test_a_refund_that_does_not_fit_is_refused(lines: list[dict[str, Any]], message: str) -> None:
    """By its field."""
    with pytest.raises(InvalidOrder, match=message):
        order_of(woo_order(refunds=[refund("23.80", *lines)]))


@pytest.fixture(scope="module")
def folder() -> Path:
    """Return the folder of public payloads, or skip."""
    root = os.environ.get("FULFILLMENT_DATA")
    if not root:
        pytest.skip("FULFILLMENT_DATA does not name the folder of the public data")
    path = Path(root) / "orders"
    if not (path / "woocommerce_orders_0.json").is_file():
        pytest.skip(f"FULFILLMENT_DATA has no woocommerce_orders_0.json in {path}")
    return path


def sample(folder: Path, name: str) -> Any:
    """Return a payload."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def test_woocommerces_sample_has_a_line_without_an_sku(folder: Path) -> None:
    """It is named, with the key by which it can be mapped."""
    message = refusal_of(order_of, sample(folder, "woocommerce_orders_0"))
    assert message.startswith("line_items[0].sku: expected an SKU, or one mapped for '93:0'")


def test_woocommerces_sample_is_mapped_with_the_merchants_sku(folder: Path) -> None:
    """It adds up to its 29.35."""
    merchant = Merchant(skus={"93:0": "SINGLE-1"})
    order = order_of(sample(folder, "woocommerce_orders_0"), merchant)
    lines = [(li.sku, li.quantity, li.unit_price_minor, li.tax_minor) for li in order.lines]
    assert lines == [("SINGLE-1", 2, 300, 45), ("Bar3", 1, 1200, 90)]
    assert (order.shipping_minor, order.amount_minor) == (1000, 2935)
    assert (order.payment.method, order.payment.reference) == ("paid", "bacs/727")
    assert order.ship_to.region == "CA"
    assert order.lines[1].properties == {}


def test_woocommerces_sample_refund_is_money_without_goods(folder: Path) -> None:
    """10.00 back, and everything is shipped."""
    payload = sample(folder, "woocommerce_orders_0")
    payload["refunds"] = [sample(folder, "woocommerce_order-refunds_0")]
    order = order_of(payload, Merchant(skus={"93:0": "SINGLE-1"}))
    assert (order.discount_minor, order.amount_minor) == (1000, 1935)


@st.composite
def sold(draw: st.DrawFn, exponent: int) -> tuple[dict[str, Any], int]:
    """Return a line, and what it costs with its tax."""
    subtotal, subtotal_tax = draw(st.integers(0, 10**6)), draw(st.integers(0, 10**5))
    total, tax = draw(st.integers(0, subtotal)), draw(st.integers(0, subtotal_tax))
    fields: dict[str, Any] = {}
    names = ("subtotal", "subtotal_tax", "total", "total_tax")
    amounts = zip(names, (subtotal, subtotal_tax, total, tax), strict=True)
    fields |= {name: decimal(amount, exponent) for name, amount in amounts}
    return woo_line(quantity=draw(st.integers(1, 50)), **fields), total + tax


@given(data=st.data(), gross=st.booleans(), currency=st.sampled_from([("JPY", 0), ("EUR", 2)]))
def test_amounts_add_up_whatever_they_are(
    data: st.DataObject, *, gross: bool, currency: tuple[str, int]
) -> None:
    """Our amount is WooCommerce's total; a minor unit more is refused."""
    code, exponent = currency
    lines = data.draw(st.lists(sold(exponent), min_size=1, max_size=4))
    shipping, tax, fee = (data.draw(st.integers(0, 10**5)) for _ in range(3))
    total = sum(cost for _, cost in lines) + shipping + tax + fee
    payload = woo_order(
        *(line for line, _ in lines),
        currency=code,
        prices_include_tax=gross,
        shipping_lines=charge(decimal(shipping, exponent), decimal(tax, exponent)),
        fee_lines=charge(decimal(fee, exponent), ""),
        total=decimal(total, exponent),
    )
    del payload["total_tax"]
    assert order_of(payload).amount_minor == total
    wrong = payload | {"total": decimal(total + 1, exponent)}
    assert "total: " in refusal_of(order_of, wrong)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(woo_order())), value=json_values)
def test_whatever_stands_in_a_field_is_an_order_or_refused(name: str, value: Any) -> None:
    """Nothing but InvalidOrder comes out."""
    try:
        order = order_of(woo_order() | {name: value})
    except InvalidOrder as refused:
        assert refused.problems  # noqa: PT017 - either outcome is right, another exception is not
    else:
        assert order.order_id.startswith("woo-")


@given(name=st.sampled_from(sorted(woo_line())), value=json_values)
def test_whatever_stands_in_a_line_is_an_order_or_refused(name: str, value: Any) -> None:
    """Nothing but InvalidOrder comes out."""
    try:
        order = order_of(woo_order(woo_line(**{name: value})))
    except InvalidOrder as refused:
        assert refused.problems  # noqa: PT017 - either outcome is right, another exception is not
    else:
        assert order.amount_minor == 2880
