"""Orders of Shopify as the merchant would expect them here."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import PaymentMethod, Urgency
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.shopify import order_of
from storefront_payloads import (
    SHOPIFY_ADDRESS,
    refusal_of,
    shopify_line,
    shopify_order,
)


def test_an_order_is_mapped_field_by_field() -> None:
    """Who, where, what, and for how much."""
    order = order_of(shopify_order())
    assert order.order_id == "shopify-450789469"
    assert order.placed_at == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert (order.customer.name, order.customer.email) == ("Ada Byron", "ada@example.com")
    assert (order.customer.phone, order.customer.locale) == ("+1 502 555 0100", "en-US")
    assert order.ship_to.lines() == [
        "Ada Lovelace",
        "Analytical Engines",
        "12 St James's Square",
        "2nd floor",
        "40202 Louisville KY",
        "US",
    ]
    assert order.ship_to.place is not None
    assert (order.ship_to.place.latitude, order.ship_to.place.longitude) == (38.25, -85.75)
    [line] = order.lines
    assert (line.sku, line.quantity, line.unit_price_minor, line.tax_minor) == (
        "MUG-1",
        2,
        1000,
        160,
    )
    assert (order.shipping_minor, order.amount_minor) == (500, 2660)


def test_two_shops_on_the_same_software_do_not_collide() -> None:
    """The merchant's name for a shop stands in the id."""
    assert order_of(shopify_order(), Merchant(shop="us")).order_id == "shopify-us-450789469"


@pytest.mark.parametrize(
    ("fields", "method", "reference"),
    [
        ({"financial_status": "paid"}, "paid", "shopify_payments/450789469"),
        ({"financial_status": "partially_refunded"}, "paid", "shopify_payments/450789469"),
        (
            {
                "financial_status": "authorized",
                "transactions": [
                    {"id": 7, "kind": "authorization", "status": "failure"},
                    {"id": 8, "kind": "authorization", "status": "success", "authorization": "a-8"},
                ],
            },
            "authorized",
            "a-8",
        ),
        (
            {"transactions": [{"id": 9, "kind": "sale", "status": "success"}]},
            "paid",
            "9",
        ),
        (
            {
                "financial_status": "pending",
                "payment_gateway_names": ["Cash on Delivery (COD)"],
            },
            "on_delivery",
            None,
        ),
        (
            {"financial_status": "pending", "payment_gateway_names": ["cash_on_delivery"]},
            "on_delivery",
            None,
        ),
    ],
)
def test_the_payment_stands_where_shopify_says(
    fields: dict[str, Any], method: str, reference: str | None
) -> None:
    """What is paid is not captured again; what is held is captured by its reference."""
    payment = order_of(shopify_order(**fields)).payment
    assert (payment.method, payment.reference) == (PaymentMethod(method), reference)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"financial_status": "pending"}, "financial_status: expected paid, .*not ready: mark it"),
        ({"financial_status": "partially_paid"}, "collect the balance"),
        ({"financial_status": None}, "financial_status: .*came nothing"),
        (
            {"financial_status": "authorized", "payment_gateway_names": ["gift_card", "bogus"]},
            "a gift card pays a part",
        ),
        (
            {"financial_status": "authorized"},
            "financial_status: expected paid, or authorized with .*capture the payment in Shopify",
        ),
        ({"financial_status": "refunded"}, "financial_status: .*it is refunded"),
        ({"financial_status": "voided"}, "its payment is voided"),
        ({"financial_status": "expired"}, "its authorization has expired"),
        ({"cancelled_at": "2026-11-21T09:00:00Z"}, "cancelled_at: .*not canceled"),
        ({"test": True}, "test: expected an order that is no test, came True"),
        ({"fulfillment_status": "fulfilled"}, "fulfillment_status: .*still to ship"),
        ({"shipping_address": None}, "shipping_address: expected where the goods go"),
        ({"id": None}, "id: expected the order's id"),
        ({"id": "gid://1"}, "id: expected an id of digits"),
        ({"created_at": "2026-11-20T11:00:00"}, "created_at: .*with its offset"),
        ({"created_at": "yesterday"}, "created_at: .*with its offset"),
        ({"created_at": "9999-12-31T23:59:59-23:59"}, "created_at: .*with its offset"),
        ({"email": "", "customer": None}, "email: expected an e-mail address, came ''"),
        ({"currency": "Taler", "presentment_currency": None}, "currency: expected"),
        ({"line_items": []}, "line_items: expected at least one line"),
        ({"line_items": "none"}, "line_items: expected a list of objects"),
        ({"line_items": [None]}, r"line_items\[0\]: expected an object, came nothing"),
        ({"shipping_address": 3}, "shipping_address: expected an object, came 3"),
        ({"shipping_address": SHOPIFY_ADDRESS | {"zip": 40202}}, "shipping_address.zip: .*text"),
        (
            {"shipping_address": SHOPIFY_ADDRESS | {"country_code": None}},
            "shipping_address.country_code: expected a country's two letters",
        ),
        (
            {"shipping_address": SHOPIFY_ADDRESS | {"latitude": "north"}},
            "shipping_address.latitude: expected decimal degrees, came 'north'",
        ),
        (
            {"shipping_address": SHOPIFY_ADDRESS | {"latitude": 91}},
            "shipping_address.latitude: ",
        ),
        ({"payment_gateway_names": "visa"}, "payment_gateway_names: expected a list of names"),
        ({"taxes_included": "no"}, "taxes_included: expected true or false"),
    ],
)
def test_what_is_not_ours_to_ship_is_refused_by_its_field(
    fields: dict[str, Any], message: str
) -> None:
    """The merchant reads which field, why, and what to do."""
    with pytest.raises(InvalidOrder, match=message):
        order_of(shopify_order(**fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sku": ""}, r"line_items\[1\].sku: expected an SKU, or one mapped for '202', came ''"),
        ({"sku": "no good"}, r"line_items\[1\].sku: expected .*came 'no good'"),
        ({"quantity": 1.5}, r"line_items\[1\].quantity: expected a whole number"),
        ({"quantity": True}, r"line_items\[1\].quantity: expected a whole number"),
        ({"current_quantity": 3}, r"line_items\[1\].current_quantity: expected 0 to 2"),
        ({"price": "10.005"}, r"line_items\[1\].price: expected at most 2 decimals, as USD has"),
        ({"price": "ten"}, r"line_items\[1\].price: expected an amount as a text"),
        ({"price": "-10.00"}, r"line_items\[1\].price: expected an amount of zero or more"),
        ({"price": None}, r"line_items\[1\].price: .*came nothing"),
        (
            {"discount_allocations": [{"amount": "20.01"}]},
            r"line_items\[1\].discount_allocations: expected discounts of at most",
        ),
        (
            {"properties": [{"name": "Engraving", "value": "x" * 5001}]},
            r"line_items\[1\].properties\[0\].value: ",
        ),
        (
            {"properties": [{"name": "Engraving", "value": ["x"]}]},
            r"line_items\[1\].properties\[0\].value: expected a text",
        ),
    ],
)
def test_a_wrong_line_is_named_by_its_place_in_their_order(
    fields: dict[str, Any], message: str
) -> None:
    """Positions are those of the payload, from 0."""
    lines = (shopify_line(1), shopify_line(2, **fields))
    with pytest.raises(InvalidOrder, match=message):
        order_of(shopify_order(*lines, total="48.20", tax="3.20"))


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Nobody mends an order field by field, one refusal after the other."""
    lines = (shopify_line(1, sku=""), shopify_line(2, price="x"))
    with pytest.raises(InvalidOrder) as refused:
        order_of(shopify_order(*lines, financial_status="pending"))
    assert [problem.path for problem in refused.value.problems] == [
        "financial_status",
        "line_items[0].sku",
        "line_items[1].price",
    ]


def test_a_test_order_is_taken_if_the_merchant_wants_it() -> None:
    """For trying things out."""
    assert order_of(shopify_order(test=True), Merchant(allow_test=True)).amount_minor == 2660


@pytest.mark.parametrize("key", ["201", "301", "MUG 1"])
def test_an_sku_is_mapped_by_variant_product_or_their_own_sku(key: str) -> None:
    """A line without an SKU, or with one that is none here, can be mapped."""
    order = order_of(shopify_order(shopify_line(sku="MUG 1")), Merchant(skus={key: "CUP"}))
    assert [line.sku for line in order.lines] == ["CUP"]


def test_properties_are_wishes_and_hidden_ones_are_not() -> None:
    """What an app keeps for itself begins with an underscore."""
    properties = [
        {"name": "Engraving", "value": "For Ada"},
        {"name": "Engraving", "value": "With love"},
        {"name": "Size", "value": 42},
        {"name": "_bundle", "value": "x"},
        {"name": "Card", "value": ""},
        {"name": "Ribbon", "value": None},
    ]
    [line] = order_of(shopify_order(shopify_line(properties=properties))).lines
    assert line.properties == {"Engraving": "For Ada, With love", "Size": "42"}


@pytest.mark.parametrize(
    ("attributes", "note", "message", "wrap"),
    [
        ([{"name": "Gift message", "value": "Happy birthday"}], "", "Happy birthday", False),
        ([{"name": "gift_wrap", "value": "Yes"}], None, None, True),
        ([{"name": "gift-wrap", "value": "true"}], "With love", "With love", True),
        ([{"name": "Is Gift", "value": "1"}], "With love", "With love", False),
    ],
)
def test_a_gift_is_what_is_marked_as_one(
    attributes: list[dict[str, str]], note: str | None, message: str | None, *, wrap: bool
) -> None:
    """The card says what the customer wrote for it."""
    gift = order_of(shopify_order(note_attributes=attributes, note=note)).gift
    assert gift is not None
    assert (gift.message, gift.wrap) == (message, wrap)


def test_a_note_alone_is_no_gift_unless_the_merchant_says_so() -> None:
    """On a gift the packing slip shows no prices, and "ring twice" is no card."""
    payload = shopify_order(note="ring twice", note_attributes=[{"name": "gift", "value": "no"}])
    assert order_of(payload).gift is None
    gift = order_of(payload, Merchant(notes_are_gifts=True)).gift
    assert gift is not None
    assert gift.message == "ring twice"


@pytest.mark.parametrize(
    ("title", "code", "urgency"),
    [
        ("UPS Next Day Air", "01", Urgency.EXPRESS),
        ("DHL Express", "", Urgency.EXPRESS),
        ("Economy", "eco", Urgency.ECONOMY),
        ("Free Shipping", "Free Shipping", Urgency.STANDARD),
        ("Expresso machine special", "", Urgency.STANDARD),
        ("", "", Urgency.STANDARD),
    ],
)
def test_the_shipping_method_says_how_fast(title: str, code: str, urgency: Urgency) -> None:
    """By whole words of its title or code."""
    lines = [{"title": title, "code": code, "price": "5.00"}]
    assert order_of(shopify_order(shipping_lines=lines)).urgency is urgency


@pytest.mark.parametrize(
    ("address", "region"),
    [
        ({"province_code": "JP-13", "province": "Tōkyō"}, "Tōkyō"),
        ({"province_code": None, "province": "Kent"}, "Kent"),
        ({"province_code": None, "province": None}, ""),
    ],
)
def test_a_province_is_its_code_or_its_name(address: dict[str, Any], region: str) -> None:
    """Codes of letters are what labels carry; numbers of ISO 3166-2 are not."""
    payload = shopify_order(shipping_address=SHOPIFY_ADDRESS | address)
    assert order_of(payload).ship_to.region == region


def test_a_repeated_delivery_is_the_same_order_and_an_edited_one_is_not() -> None:
    """Only what matters to the order changes its content."""
    first = content_hash(order_of(shopify_order()))
    again = shopify_order(
        updated_at="2026-12-01T00:00:00Z",
        created_at="2026-11-20T16:00:00Z",
        tags="vip",
        customer={"first_name": "Ada", "last_name": "Byron", "orders_count": 9},
        fulfillments=[{"id": 1, "status": "failure"}],
    )
    assert content_hash(order_of(again)) == first
    edited = shopify_order(shopify_line(quantity=3), total="36.60")
    assert content_hash(order_of(edited)) != first


def test_what_the_merchant_can_do_about_it_is_said() -> None:
    """An SKU that is none of ours can be mapped; letters need an address."""
    payload = shopify_order(shopify_line(sku="MUG 1/RED"), email="", customer=None)
    message = refusal_of(order_of, payload)
    assert "map it: skus = {'MUG 1/RED': …}" in message
    assert "email: expected an e-mail address" in message
    assert "set fallback_email" in message
    merchant = Merchant(skus={"MUG 1/RED": "MUG"}, fallback_email="orders@shop.example")
    order = order_of(payload, merchant)
    assert (order.lines[0].sku, order.customer.email) == ("MUG", "orders@shop.example")


def test_long_wishes_cost_no_order() -> None:
    """As long as what the storefront's own fields hold."""
    wish = {"name": "Photo", "value": f"https://example.com/{'x' * 600}"}
    payload = shopify_order(shopify_line(properties=[wish]), note="x" * 5000)
    payload["note_attributes"] = [{"name": "gift", "value": "yes"}]
    order = order_of(payload)
    assert order.gift is not None
    assert (len(order.gift.message or ""), len(order.lines[0].properties["Photo"])) == (5000, 620)
