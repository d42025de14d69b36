"""What is taken off a whole order, where only some of it is ours to ship."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.storefronts import shopify, woocommerce
from fulfillment.storefronts.amounts import Credit, Reckoning, SoldLine
from fulfillment.storefronts.mapping import Merchant
from storefront_payloads import decimal, shopify_line, shopify_order, woo_line, woo_order

EBOOK = {"total_tax": "19.00", "subtotal": "100.00", "total": "100.00", "sku": "EBOOK"}
MERCHANT = Merchant(unshipped=("EBOOK",))


@pytest.mark.parametrize(
    ("net", "tax", "discount", "amount"),
    [
        # 11.90 off 142.80: mugs for 23.80 bear a sixth.
        (1_000, 190, 198, 2_380 - 198 + 500),
        (5_000, 950, 992, 2_380 - 992 + 500),
    ],
)
def test_a_discount_by_fee_is_borne_by_what_is_left_out_too(
    net: int, tax: int, discount: int, amount: int
) -> None:
    """Each line bears it by what it costs."""
    fee = {"name": "off", "total": decimal(-net), "total_tax": decimal(-tax)}
    payload = woo_order(
        woo_line(1),
        woo_line(2, **EBOOK),
        fee_lines=[fee],
        total=decimal(14_780 - net - tax),
        tax=decimal(2_280 - tax),
    )
    order = woocommerce.order_of(payload, MERCHANT)
    assert (discount, amount) == (order.discount_minor, order.amount_minor)


def test_money_back_of_what_is_digital_is_no_reason_to_refuse_the_rest() -> None:
    """50.00 of 71.60 come back, and nobody says of what: two mugs for 21.60 bear their share."""
    ebook = shopify_line(2, sku=None, requires_shipping=False, price="25.00", tax_lines=[])
    back = {"id": 1, "order_adjustments": [{"kind": "refund_discrepancy", "amount": "-50.00"}]}
    payload = shopify_order(
        shopify_line(1), ebook, financial_status="partially_refunded", refunds=[back]
    )
    order = shopify.order_of(payload)
    assert (1_508, 2_660 - 1_508) == (order.discount_minor, order.amount_minor)


@pytest.mark.parametrize(
    "back",
    [
        {"order_adjustments": [{"kind": "shipping_refund", "amount": "-5.00"}]},
        {"refund_shipping_lines": [{"subtotal_amount": "5.00"}]},
    ],
)
def test_shipping_that_is_given_back_is_all_ours(back: dict[str, object]) -> None:
    """Nothing else was shipped."""
    ebook = shopify_line(2, sku=None, requires_shipping=False, price="25.00", tax_lines=[])
    payload = shopify_order(
        shopify_line(1),
        ebook,
        financial_status="partially_refunded",
        refunds=[{"id": 1} | back],
        total="71.60",
    )
    assert 2_160 == shopify.order_of(payload).amount_minor


def test_shipping_that_woocommerce_gives_back_is_all_ours() -> None:
    """Full refunds name it."""
    shipping = {"id": 9, "total": "-5.00", "total_tax": "0.00"}
    refund = {"id": 1, "amount": "5.00", "line_items": [], "shipping_lines": [shipping]}
    payload = woo_order(
        woo_line(1), woo_line(2, **EBOOK), refunds=[refund], total="147.80", tax="22.80"
    )
    assert 2_380 == woocommerce.order_of(payload, MERCHANT).amount_minor


def line(net_minor: int, tax_minor: int, kept: int, shipped: int) -> SoldLine:
    """Return a line of which some units are ours."""
    return SoldLine(
        path="",
        line_no=1,
        sku="",
        kept=kept,
        shipped=min(shipped, kept),
        unit_minor=1,
        net_minor=net_minor,
        tax_minor=tax_minor,
    )


AMOUNTS = st.integers(0, 10_000)
LINES = st.lists(
    st.builds(line, AMOUNTS, AMOUNTS, st.integers(1, 9), st.integers(0, 9)), min_size=1
)


@given(LINES, AMOUNTS, AMOUNTS, AMOUNTS)
def test_every_part_bears_its_share(
    lines: list[SoldLine], charges: int, amount: int, of_charges: int
) -> None:
    """Ours is never more than the credit, and off by less than a minor unit; alone, we bear it."""
    credit = Credit(amount, of_charges)
    found = Reckoning(lines=tuple(lines), charges_minor=charges, credit=credit)
    ours = sum(sum(each.ours_minor) for each in lines)
    cost = sum(each.net_minor + each.tax_minor for each in lines)
    ours_back = min(of_charges, amount, charges)
    shared = min(amount - ours_back, cost)
    exact = shared * ours / cost if cost else 0
    assert abs(found.our_credit_minor - (amount - shared) - exact) < 1
    assert 0 <= found.our_credit_minor <= amount
    if not found.left_out:
        assert amount == found.our_credit_minor
