"""Shopify orders that were edited, refunded, shipped in part, or are not all goods."""

from typing import Any

import pytest

from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.shopify import order_of
from storefront_payloads import (
    both_moneys,
    refusal_of,
    shopify_line,
    shopify_order,
    shopify_refund,
)

DIGITAL: dict[str, Any] = {"requires_shipping": False, "sku": None, "tax_lines": []}


def test_a_removed_line_is_not_shipped_and_needs_no_sku() -> None:
    """Line numbers stay those of the storefront's order."""
    gone = shopify_line(1, current_quantity=0, fulfillable_quantity=0, sku="")
    order = order_of(shopify_order(gone, shopify_line(2)))
    assert [(line.line_no, line.sku) for line in order.lines] == [(2, "MUG-2")]


def test_a_refunded_unit_is_off_by_what_the_refund_says() -> None:
    """The refund knows which cents of discount and tax went with it."""
    line = shopify_line(quantity=3, current_quantity=2, discount_allocations=[{"amount": "1.00"}])
    taken = shopify_refund(101, 1, subtotal=9.66, total_tax=0.53)
    order = order_of(
        shopify_order(
            line, refunds=[taken], total="25.41", tax="1.07", financial_status="partially_refunded"
        )
    )
    [mapped] = order.lines
    assert (mapped.quantity, mapped.goods_minor - mapped.discount_minor) == (2, 1934)
    assert (mapped.tax_minor, order.amount_minor) == (107, 2541)


def test_a_unit_that_an_edit_removed_takes_its_share_along() -> None:
    """Without a refund that says more, units are alike."""
    line = shopify_line(quantity=4, current_quantity=3, tax_lines=[{"price": "3.20"}])
    [mapped] = order_of(shopify_order(line, total="37.40", tax="2.40")).lines
    assert (mapped.quantity, mapped.tax_minor) == (3, 240)


def test_units_are_counted_off_where_there_is_no_current_quantity() -> None:
    """Old payloads have the refunds only; the total must say the rest."""
    line = shopify_line(quantity=2)
    del line["current_quantity"], line["fulfillable_quantity"]
    taken = shopify_refund(101, 1, subtotal="10.00", total_tax="0.80")
    [mapped] = order_of(shopify_order(line, refunds=[taken], total="15.80", tax="0.80")).lines
    assert mapped.quantity == 1


def test_money_back_without_goods_is_a_discount() -> None:
    """All goods are shipped, for less; whether the total counts it is the storefront's say."""
    back = {"id": 1, "order_adjustments": [{"amount": "-3.00", "tax_amount": "-0.24"}]}
    payload = shopify_order(refunds=[back], financial_status="partially_refunded")
    assert order_of(payload).amount_minor == 2660
    less = order_of(payload | {"current_total_price": "23.36"})
    assert (less.discount_minor, less.amount_minor) == (324, 2336)


@pytest.mark.parametrize(("total", "off"), [("20.00", 500), ("20.40", 460)])
def test_money_back_where_prices_include_taxes(total: str, off: int) -> None:
    """Its tax may be told apart from it all the same."""
    back = {"id": 1, "order_adjustments": [{"amount": "-4.60", "tax_amount": "-0.40"}]}
    paid: dict[str, Any] = {
        "taxes_included": True,
        "financial_status": "partially_refunded",
        "refunds": [back],
    }
    order = order_of(shopify_order(total=total, **paid))
    assert (order.discount_minor, order.amount_minor) == (off, 2500 - off)


def test_a_refunded_order_of_an_old_api_version_is_refused() -> None:
    """Its total is that of the first day."""
    payload = shopify_order(refunds=[shopify_refund(101, 1)])
    del payload["current_total_price"]
    assert "current_total_price: expected the total after refunds" in refusal_of(order_of, payload)


def test_what_never_ships_is_left_out_with_its_price_once_paid() -> None:
    """A gift card is the storefront's to deliver, and its price the storefront's to keep."""
    card = shopify_line(2, price="25.00", quantity=1, **DIGITAL)
    order = order_of(shopify_order(shopify_line(), card, total="51.60"))
    assert ([line.sku for line in order.lines], order.amount_minor) == (["MUG-1"], 2660)


@pytest.mark.parametrize("status", ["authorized", "pending"])
def test_what_never_ships_must_be_paid_before(status: str) -> None:
    """A capture of the rest would let the held amount of the gift card go."""
    card = shopify_line(2, price="25.00", quantity=1, **DIGITAL)
    payload = shopify_order(
        shopify_line(),
        card,
        total="51.60",
        financial_status=status,
        transactions=[
            {"id": 8, "kind": "authorization", "status": "success", "authorization": "pi_8"}
        ],
        payment_gateway_names=["Cash on Delivery (COD)"],
    )
    assert "line_items[1].requires_shipping: expected lines that all ship from here" in refusal_of(
        order_of, payload
    )


def test_what_never_ships_and_costs_nothing_is_just_left_out() -> None:
    """A free download is no reason to refuse."""
    gift = shopify_line(2, price="0.00", quantity=1, **DIGITAL)
    made = {"id": 8, "kind": "authorization", "status": "success", "authorization": "pi_8"}
    payload = shopify_order(
        shopify_line(), gift, financial_status="authorized", transactions=[made]
    )
    assert order_of(payload).amount_minor == 2660


def test_an_order_of_downloads_only_is_refused() -> None:
    """Nothing is to ship, whatever the address."""
    payload = shopify_order(
        shopify_line(**DIGITAL), shipping_address=None, total="25.00", tax="0.00"
    )
    assert "line_items: expected at least one unit to ship" in refusal_of(order_of, payload)


def test_the_merchant_can_say_what_never_ships() -> None:
    """By variant, product or SKU."""
    merchant = Merchant(unshipped=("202",))
    order = order_of(
        shopify_order(shopify_line(1), shopify_line(2), total="48.20", tax="3.20"), merchant
    )
    assert ([line.sku for line in order.lines], order.amount_minor) == (["MUG-1"], 2660)


def test_what_was_fulfilled_elsewhere_is_not_shipped_again() -> None:
    """The units left are ours, with their share of the price."""
    line = shopify_line(quantity=3, fulfillable_quantity=1, fulfillment_status="partial")
    order = order_of(shopify_order(line, total="36.60", fulfillment_status="partial"))
    assert [(li.quantity, li.tax_minor) for li in order.lines] == [(1, 54)]
    assert order.amount_minor == 1000 + 54 + 500


def test_an_old_payload_that_is_fulfilled_in_part_is_refused() -> None:
    """It does not say how much is left."""
    line = shopify_line(fulfillment_status="partial", fulfillable_quantity=None)
    assert "line_items[0].fulfillable_quantity: expected how many" in refusal_of(
        order_of, shopify_order(line)
    )


def test_refunded_shipping_is_taken_off() -> None:
    """Newer versions of the API tell it apart from other adjustments."""
    money = both_moneys("5.00", "USD", "5.00", "USD")
    refund = {"id": 1, "refund_shipping_lines": [{"id": 1, "subtotal_amount_set": money}]}
    payload = shopify_order(financial_status="partially_refunded", refunds=[refund])
    assert order_of(payload).amount_minor == 2660
    less = order_of(payload | {"current_total_price": "21.60"})
    assert (less.discount_minor, less.amount_minor) == (500, 2160)


def test_more_money_back_than_the_goods_cost_is_taken_off_the_charges() -> None:
    """What is beyond that is refused in the storefront's words."""
    back = {"id": 1, "order_adjustments": [{"amount": "-23.00"}]}
    payload = shopify_order(financial_status="partially_refunded", refunds=[back], total="3.60")
    order = order_of(payload)
    assert (order.shipping_minor, order.discount_minor, order.amount_minor) == (200, 2000, 360)
    back = {"id": 1, "order_adjustments": [{"amount": "-26.00"}]}
    payload = shopify_order(financial_status="partially_refunded", refunds=[back], total="0.60")
    assert refusal_of(order_of, payload).startswith("current_total_price: expected refunds and")
