"""Where an order stands in its storefront, and what of it is compared once it is on record."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.recognize import heard_of
from fulfillment.storefronts.state import state_of
from storefront_payloads import shopify_line, shopify_order, shopify_refund, woo_line, woo_order


@pytest.mark.parametrize(
    ("storefront", "fields", "expected"),
    [
        ("shopify", {}, ("", False, "")),
        ("shopify", {"cancelled_at": "2026-11-21T10:00:00Z"}, ("cancelled", False, "")),
        ("shopify", {"financial_status": "refunded"}, ("refunded", False, "")),
        ("shopify", {"financial_status": "voided"}, ("voided", False, "")),
        ("shopify", {"financial_status": "expired"}, ("", False, "expired")),
        ("shopify", {"fulfillment_status": "fulfilled"}, ("", True, "")),
        ("shopify", {"fulfillment_status": "partial"}, ("", False, "")),
        ("shopify", {"financial_status": 7, "updated_at": 7}, ("", False, "")),
        ("shopify", {"updated_at": "0001-01-01T00:00:00+23:59"}, ("", False, "")),
        ("woocommerce", {}, ("", False, "")),
        ("woocommerce", {"status": "wc-completed"}, ("", True, "")),
        ("woocommerce", {"status": "trash"}, ("trash", False, "")),
        ("woocommerce", {"status": "failed"}, ("failed", False, "")),
        ("woocommerce", {"status": "on-hold"}, ("", False, "on-hold")),
        ("woocommerce", {"status": "packed"}, ("", False, "")),
    ],
)
def test_where_an_order_stands(
    storefront: str, fields: dict[str, Any], expected: tuple[str, bool, str]
) -> None:
    """Ended, taken for shipped, or waiting; a status of the merchant's own says nothing."""
    payload = {"shopify": shopify_order, "woocommerce": woo_order}[storefront](**fields)
    state = state_of(storefront, "", payload)
    assert expected == (state.ended, state.done, state.waits)


@pytest.mark.parametrize("storefront", ["shopify", "woocommerce"])
def test_when_it_changed_is_a_moment(storefront: str) -> None:
    """WooCommerce's has no offset, and is in UTC; a deletion tells none."""
    payload = {"shopify": shopify_order, "woocommerce": woo_order}[storefront]()
    second = {"shopify": 1, "woocommerce": 5}[storefront]
    hour = {"shopify": 16, "woocommerce": 11}[storefront]
    expected = datetime(2026, 11, 20, hour, 0, second, tzinfo=UTC)
    assert expected == state_of(storefront, "", payload).updated_at
    topic = {"shopify": "orders/delete", "woocommerce": "order.deleted"}[storefront]
    state = state_of(storefront, topic, {"id": 1})
    assert (state.ended, state.updated_at) == ("deleted", None)


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"customer": {"first_name": "Augusta"}}, True),
        ({"financial_status": "authorized"}, False),
        ({"note_attributes": [{"name": "gift", "value": "yes"}]}, False),
        ({"shipping_lines": [{"title": "Express", "price": "5.00"}]}, False),
        ({"line_items": [shopify_line(properties=[{"name": "Name", "value": "Ada"}])]}, False),
    ],
)
def test_what_matters_is_compared(change: dict[str, Any], same: bool) -> None:  # noqa: FBT001 - a case
    """Whose name stands on the bill does not."""
    before = heard_of("shopify", shopify_order(), Merchant()).seen
    assert same == (before == heard_of("shopify", shopify_order(**change), Merchant()).seen)


def test_coordinates_are_no_other_address() -> None:
    """Shopify finds them out after the order came."""
    found = shopify_order()
    sought = shopify_order()
    sought["shipping_address"] |= {"latitude": None, "longitude": None}
    seen = [heard_of("shopify", payload, Merchant()).seen for payload in (found, sought)]
    assert seen[0] == seen[1]


def test_units_are_seen_after_edits_and_refunds() -> None:
    """Those that are ordered, and those that are still to be shipped from here."""
    fulfilled = shopify_line(fulfillable_quantity=0, fulfillment_status="fulfilled")
    gone = shopify_line(2, current_quantity=1, fulfillable_quantity=1)
    payload = shopify_order(fulfilled, gone, refunds=[shopify_refund(102, 1)])
    lines = heard_of("shopify", payload, Merchant()).seen.lines
    assert [(2, 0), (1, 1)] == [(line.kept, line.to_ship) for line in lines]


def test_a_refund_that_names_no_goods_is_a_sum() -> None:
    """WooCommerce's webhooks bring no other; its lines stay as they are."""
    refunds = [{"id": 1, "total": "-8.00"}, {"id": 2, "total": "-1.50"}]
    seen = heard_of("woocommerce", woo_order(woo_line(), refunds=refunds), Merchant()).seen
    assert (950, [2]) == (seen.unclear_minor, [line.kept for line in seen.lines])
