"""Orders as Shopify and WooCommerce send them, made up, and adding up."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import Order
from fulfillment.storefronts.mapping import Merchant

SHOPIFY_ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "name": "Ada Lovelace",
    "company": "Analytical Engines",
    "address1": "12 St James's Square",
    "address2": "2nd floor",
    "city": "Louisville",
    "province": "Kentucky",
    "province_code": "KY",
    "zip": "40202",
    "country": "United States",
    "country_code": "US",
    "phone": "+1 502 555 0100",
    "latitude": 38.25,
    "longitude": "-85.75",
}
WOO_ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "",
    "address_1": "Reeperbahn 1",
    "address_2": "",
    "city": "Hamburg",
    "state": "DE-HH",
    "postcode": "20359",
    "country": "DE",
}


def decimal(amount: int, exponent: int = 2) -> str:
    """Return minor units as the text that a storefront sends."""
    digits = str(abs(amount)).rjust(exponent + 1, "0")
    sign = "-" if amount < 0 else ""
    return sign + (f"{digits[:-exponent]}.{digits[-exponent:]}" if exponent else digits)


def shopify_line(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a line of two mugs for 10.00 each and 1.60 tax."""
    quantity = fields.get("quantity", 2)
    return {
        "id": 100 + number,
        "variant_id": 200 + number,
        "product_id": 300 + number,
        "sku": f"MUG-{number}",
        "quantity": quantity,
        "current_quantity": quantity,
        "fulfillable_quantity": quantity,
        "fulfillment_status": None,
        "requires_shipping": True,
        "price": "10.00",
        "total_discount": "0.00",
        "discount_allocations": [],
        "tax_lines": [{"title": "VAT", "price": "1.60", "rate": 0.08}],
        "properties": [],
    } | fields


def shopify_order(
    *lines: dict[str, Any], total: str = "26.60", tax: str = "1.60", **fields: Any
) -> dict[str, Any]:
    """Return an order of the lines with shipping of 5.00: two mugs, 26.60 in all, by default."""
    return {
        "id": 450789469,
        "name": "#1001",
        "created_at": "2026-11-20T11:00:00-05:00",
        "updated_at": "2026-11-20T11:00:01-05:00",
        "cancelled_at": None,
        "test": False,
        "currency": "USD",
        "presentment_currency": "USD",
        "email": "ada@example.com",
        "phone": None,
        "customer_locale": "en-US",
        "financial_status": "paid",
        "fulfillment_status": None,
        "payment_gateway_names": ["shopify_payments"],
        "taxes_included": False,
        "note": None,
        "note_attributes": [],
        "current_total_price": total,
        "current_total_tax": tax,
        "total_price": total,
        "total_tip_received": "0.00",
        "line_items": list(lines or (shopify_line(),)),
        "shipping_lines": [
            {"title": "Standard", "code": "STD", "price": "5.00", "discounted_price": "5.00"}
        ],
        "refunds": [],
        "customer": {"first_name": "Ada", "last_name": "Byron", "email": "a@example.com"},
        "billing_address": SHOPIFY_ADDRESS,
        "shipping_address": dict(SHOPIFY_ADDRESS),
    } | fields


def woo_line(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Return a line of two mugs for 10.00 each and 3.80 tax."""
    return {
        "id": 300 + number,
        "name": "Mug",
        "product_id": 90 + number,
        "variation_id": 0,
        "quantity": 2,
        "subtotal": "20.00",
        "subtotal_tax": "3.80",
        "total": "20.00",
        "total_tax": "3.80",
        "meta_data": [],
        "sku": f"MUG-{number}",
        "price": 10,
    } | fields


def woo_order(
    *lines: dict[str, Any], total: str = "28.80", tax: str = "3.80", **fields: Any
) -> dict[str, Any]:
    """Return an order of the lines with shipping of 5.00: two mugs, 28.80 in all, by default."""
    return {
        "id": 727,
        "number": "727",
        "order_key": "wc_order_58d2d042d1d",
        "status": "processing",
        "currency": "EUR",
        "date_created": "2026-11-20T12:00:00",
        "date_created_gmt": "2026-11-20T11:00:00",
        "date_modified_gmt": "2026-11-20T11:00:05",
        "prices_include_tax": False,
        "total": total,
        "total_tax": tax,
        "customer_note": "",
        "billing": WOO_ADDRESS | {"email": "ada@example.com", "phone": "+49 30 23125000"},
        "shipping": dict(WOO_ADDRESS),
        "payment_method": "stripe",
        "transaction_id": "ch_1",
        "date_paid_gmt": "2026-11-20T11:00:03",
        "meta_data": [],
        "line_items": list(lines or (woo_line(),)),
        "shipping_lines": [
            {
                "id": 400,
                "method_title": "Flat rate",
                "method_id": "flat_rate",
                "total": "5.00",
                "total_tax": "0.00",
            }
        ],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [],
    } | fields


def both_moneys(shop: str, shop_currency: str, amount: str, currency: str) -> dict[str, Any]:
    """Return an amount as Shopify gives it in both currencies."""
    return {
        "shop_money": {"amount": shop, "currency_code": shop_currency},
        "presentment_money": {"amount": amount, "currency_code": currency},
    }


def in_currency(fields: dict[str, Any], names: Sequence[str], currency: str) -> dict[str, Any]:
    """Return the fields with what the customer pays beside; the shop's own are another money."""
    sets = {f"{name}_set": both_moneys("777.77", "USD", fields[name], currency) for name in names}
    return fields | sets | dict.fromkeys(names, "777.77")


def shopify_refund(line_id: int, quantity: int, **fields: Any) -> dict[str, Any]:
    """Return a refund of one line."""
    entry = {"line_item_id": line_id, "quantity": quantity} | fields
    return {"id": 1, "refund_line_items": [entry], "order_adjustments": []}


def refusal_of(
    order_of: Callable[[Mapping[str, Any], Merchant], Order],
    payload: Mapping[str, Any],
    merchant: Merchant | None = None,
) -> str:
    """Return the message by which the order is refused."""
    with pytest.raises(InvalidOrder) as refused:
        order_of(payload, merchant or Merchant())
    assert refused.value.problems
    return str(refused.value)
