"""Orders of WooCommerce as the merchant would expect them here."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import PaymentMethod, Urgency
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.woocommerce import order_of
from storefront_payloads import WOO_ADDRESS, refusal_of, woo_line, woo_order


def meta(key: str, value: Any, **fields: Any) -> dict[str, Any]:
    """Return an entry of meta_data."""
    return {"id": 1, "key": key, "value": value} | fields


def shipped_by(title: str, method: str) -> list[dict[str, Any]]:
    """Return the shipping line of a method."""
    return [{"method_title": title, "method_id": method, "total": "5.00", "total_tax": "0.00"}]


def test_an_order_is_mapped_field_by_field() -> None:
    """Who, where, what, and for how much."""
    order = order_of(woo_order())
    assert order.order_id == "woo-727"
    assert order.placed_at == datetime(2026, 11, 20, 11, tzinfo=UTC)
    assert (order.customer.name, order.customer.email) == ("Ada Lovelace", "ada@example.com")
    assert (order.ship_to.phone, order.customer.locale) == ("+49 30 23125000", "en")
    assert order.ship_to.lines() == ["Ada Lovelace", "Reeperbahn 1", "20359 Hamburg DE-HH", "DE"]
    [line] = order.lines
    assert (line.sku, line.quantity, line.unit_price_minor, line.tax_minor) == (
        "MUG-1",
        2,
        1000,
        380,
    )
    assert (order.shipping_minor, order.amount_minor) == (500, 2880)


def test_two_shops_on_the_same_software_do_not_collide() -> None:
    """Every WooCommerce counts from one."""
    assert order_of(woo_order(), Merchant(shop="berlin")).order_id == "woo-berlin-727"


def test_a_translated_shop_says_the_language() -> None:
    """WPML, the plugin for it, keeps it with the order."""
    order = order_of(woo_order(meta_data=[meta("wpml_language", "de")]))
    assert order.customer.locale == "de"


@pytest.mark.parametrize(
    ("fields", "method", "reference"),
    [
        ({}, "paid", "ch_1"),
        ({"payment_method": "bacs", "transaction_id": ""}, "paid", "bacs/727"),
        ({"payment_method": "cod", "date_paid_gmt": None}, "on_delivery", None),
        (
            {
                "status": "on-hold",
                "meta_data": [
                    meta("_stripe_charge_captured", "no"),
                    meta("_stripe_intent_id", "pi_1"),
                ],
            },
            "authorized",
            "pi_1",
        ),
        (
            {
                "status": "on-hold",
                "date_paid_gmt": None,
                "meta_data": [
                    meta("_intention_status", "requires_capture"),
                    meta("_stripe_intent_id", "pi_2"),
                ],
            },
            "authorized",
            "pi_2",
        ),
    ],
)
def test_the_payment_stands_where_woocommerce_says(
    fields: dict[str, Any], method: str, reference: str | None
) -> None:
    """What is paid is not captured again; what is held is captured by its reference."""
    payment = order_of(woo_order(**fields)).payment
    expected = reference if method != "on_delivery" else None
    assert (payment.method, payment.reference) == (PaymentMethod(method), expected)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"status": "pending"}, "status: expected 'processing', came 'pending'; not ready"),
        ({"status": "on-hold"}, "status: .*set it to processing once the payment is confirmed"),
        *(
            (
                {"status": "on-hold", "meta_data": [held]},
                "meta_data: expected _stripe_intent_id, .*capture the payment in WooCommerce",
            )
            for held in (
                meta("_stripe_charge_captured", "no"),
                meta("_intention_status", "requires_capture"),
            )
        ),
        ({"status": "failed"}, "status: .*the payment failed"),
        ({"status": "cancelled"}, "status: .*it is canceled"),
        ({"status": "refunded"}, "status: .*it is refunded"),
        ({"status": "completed"}, "status: .*completed already"),
        ({"status": "checkout-draft"}, "status: .*at the checkout"),
        ({"status": "awaiting-moon"}, "status: .*set it to processing once it is to be shipped"),
        ({"date_paid_gmt": None}, "date_paid_gmt: expected when it was paid"),
        ({"meta_data": [meta("_wcpay_mode", "test")]}, "meta_data: expected an order that is no"),
        ({"shipping": None}, "shipping: expected where the goods go, came nothing"),
        ({"shipping": dict.fromkeys(WOO_ADDRESS, "")}, "shipping: expected where the goods go"),
        ({"shipping": WOO_ADDRESS | {"country": ""}}, "shipping.country: "),
        ({"shipping": WOO_ADDRESS | {"address_1": ""}}, "shipping.address_1: "),
        ({"billing": WOO_ADDRESS | {"email": "ada"}}, "billing.email: .*came 'ada'"),
        ({"date_created_gmt": "soon"}, "date_created_gmt: expected a moment in UTC"),
        ({"date_created_gmt": "0001-01-01T00:00:00+23:59"}, "date_created_gmt: expected a moment"),
        ({"id": None}, "id: expected the order's id"),
        ({"currency": "euro"}, "currency: expected"),
        ({"line_items": []}, "line_items: expected at least one line"),
        ({"total": None}, "total: expected an amount as a text"),
        ({"total": 28.8}, "total: expected an amount as a text"),
    ],
)
def test_what_is_not_ours_to_ship_is_refused_by_its_field(
    fields: dict[str, Any], message: str
) -> None:
    """The merchant reads which field, why, and what to do."""
    with pytest.raises(InvalidOrder, match=message):
        order_of(woo_order(**fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sku": ""}, r"line_items\[1\].sku: expected an SKU, or one mapped for '92:0', came ''"),
        ({"sku": None}, r"line_items\[1\].sku: expected an SKU"),
        ({"quantity": 0}, r"line_items\[1\].quantity: expected at least one"),
        ({"quantity": 0.5}, r"line_items\[1\].quantity: expected a whole number"),
        ({"total": "20.001"}, r"line_items\[1\].total: expected at most 2 decimals, as EUR has"),
        ({"subtotal": None}, r"line_items\[1\].subtotal: expected an amount as a text"),
        ({"total": "-1.00"}, r"line_items\[1\].total: expected an amount of zero or more"),
        ({"meta_data": [meta("Card", "x" * 5001)]}, r"line_items\[1\].meta_data\[0\].value: "),
    ],
)
def test_a_wrong_line_is_named_by_its_place_in_their_order(
    fields: dict[str, Any], message: str
) -> None:
    """Positions are those of the payload, from 0."""
    with pytest.raises(InvalidOrder, match=message):
        order_of(woo_order(woo_line(1), woo_line(2, **fields), total="52.60", tax="7.60"))


def test_a_test_payment_is_taken_if_the_merchant_wants_it() -> None:
    """For trying things out."""
    payload = woo_order(meta_data=[meta("_wcpay_mode", "test")])
    assert order_of(payload, Merchant(allow_test=True)).amount_minor == 2880


@pytest.mark.parametrize(
    ("variation", "key"), [(0, "91:0"), (0, "91"), (7, "91:7"), (7, "91"), (7, "MUG 1")]
)
def test_an_sku_is_mapped_by_product_and_variation(variation: int, key: str) -> None:
    """A line without an SKU, or with one that is none here, can be mapped."""
    line = woo_line(sku="MUG 1", variation_id=variation)
    assert order_of(woo_order(line), Merchant(skus={key: "CUP"})).lines[0].sku == "CUP"


def test_meta_data_are_wishes_but_not_hidden_ones_nor_the_variation() -> None:
    """A variation's color is the article; an engraving is done to it."""
    entries = [
        meta("pa_color", "black", display_key="Color"),
        meta("size", "M", display_key="Size"),
        meta("engraving", "For Ada", display_key="Engraving", display_value="<p>For Ada</p>"),
        meta("Font", "serif"),
        meta("_reduced_stock", "2"),
        meta("addons", {"a": 1}),
        meta("Card", ""),
    ]
    line = woo_line(name="Mug &ndash; Color: black, Size: M", variation_id=7, meta_data=entries)
    [mapped] = order_of(woo_order(line)).lines
    assert mapped.properties == {"Engraving": "For Ada", "Font": "serif"}


def test_a_gift_is_what_is_marked_as_one() -> None:
    """The customer's note is its card then, and only then."""
    assert order_of(woo_order(customer_note="ring twice")).gift is None
    marked = woo_order(customer_note="With love", meta_data=[meta("gift_wrap", "yes")])
    gift = order_of(marked).gift
    assert gift is not None
    assert (gift.message, gift.wrap) == ("With love", True)
    own = woo_order(customer_note="ring twice", meta_data=[meta("gift_message", "With love")])
    gift = order_of(own).gift
    assert gift is not None
    assert (gift.message, gift.wrap) == ("With love", False)


@pytest.mark.parametrize(
    ("title", "method", "urgency"),
    [
        ("Express delivery", "flat_rate", Urgency.EXPRESS),
        ("Next-day", "flat_rate", Urgency.EXPRESS),
        ("Economy (5-8 days)", "flat_rate", Urgency.ECONOMY),
        ("Flat rate", "flat_rate", Urgency.STANDARD),
    ],
)
def test_the_shipping_method_says_how_fast(title: str, method: str, urgency: Urgency) -> None:
    """By whole words of its title."""
    assert order_of(woo_order(shipping_lines=shipped_by(title, method))).urgency is urgency


@pytest.mark.parametrize(
    "method", ["local_pickup", "local_pickup:3", "local_pickup_plus", "pickup_location"]
)
def test_what_the_customer_fetches_is_refused(method: str) -> None:
    """Also by an extension's method, and as old orders have it, with its number."""
    message = refusal_of(order_of, woo_order(shipping_lines=shipped_by("Pick up", method)))
    assert f"shipping_lines[0].method_id: expected a method that ships, came '{method}'" in message


def test_what_never_ships_is_left_out_with_its_price_once_paid() -> None:
    """WooCommerce's orders don't say what is virtual; the merchant does."""
    merchant = Merchant(unshipped=("92:0",))
    payload = woo_order(woo_line(1), woo_line(2, sku=""), total="52.60", tax="7.60")
    order = order_of(payload, merchant)
    assert ([line.sku for line in order.lines], order.amount_minor) == (["MUG-1"], 2880)
    unpaid = payload | {"payment_method": "cod", "date_paid_gmt": None}
    message = refusal_of(order_of, unpaid, merchant)
    assert "line_items[1].product_id: expected lines that all ship from here" in message


def test_an_order_of_what_never_ships_is_refused() -> None:
    """Nothing is to ship."""
    message = refusal_of(order_of, woo_order(), Merchant(unshipped=("MUG-1",)))
    assert "line_items: expected at least one unit to ship" in message


def test_a_repeated_delivery_is_the_same_order_and_an_edited_one_is_not() -> None:
    """Only what matters to the order changes its content."""
    first = content_hash(order_of(woo_order()))
    again = woo_order(
        date_modified_gmt="2026-12-01T00:00:00",
        version="9.9",
        meta_data=[meta("_download_permissions_granted", "yes")],
        _links={"self": []},
    )
    assert content_hash(order_of(again)) == first
    moved = woo_order(shipping=WOO_ADDRESS | {"address_1": "Reeperbahn 2"})
    assert content_hash(order_of(moved)) != first
