"""Orders of WooCommerce, as the REST API v3 and its webhooks give them.

Source: WooCommerce REST API v3, Orders and Order refunds. What each field does stands in
docs/storefronts.md.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import Order, PaymentMethod
from fulfillment.storefronts.amounts import Reckoning, reckoned
from fulfillment.storefronts.mapping import (
    Merchant,
    Part,
    billed_to,
    built,
    gathered,
    gift_of,
    urgency_of,
    wishes,
    wrong,
)
from fulfillment.storefronts.properties import require_properties
from fulfillment.storefronts.seeing import Heard
from fulfillment.storefronts.seeing import heard_of as seen_by
from fulfillment.storefronts.woocommerce_bill import bill_of, refunded_minor

_NOT_READY = {
    "pending": "not ready: the customer has not paid yet",
    "on-hold": "not ready: set it to processing once the payment is confirmed",
    "failed": "not ready: the payment failed",
    "checkout-draft": "not ready: the customer is still at the checkout",
    "auto-draft": "not ready: it is a draft",
    "completed": "nothing is to ship: it is completed already",
    "cancelled": "nothing is to ship: it is canceled",
    "refunded": "nothing is to ship: it is refunded",
    "trash": "nothing is to ship: it is in the trash",
}
_HELD = {"_stripe_charge_captured": "no", "_intention_status": "requires_capture"}
"""What Stripe's and WooCommerce's own payment plugins keep of a payment that is held only."""

_INTENT = "_stripe_intent_id"
"""Where Stripe's plugin keeps by what a held payment is captured; its charge can't be."""

_PICKUPS = ("local_pickup", "pickup_location", "legacy_local_pickup")
"""How their methods begin: extensions put a word behind it, old orders the method's number."""

_PATHS = {
    "order_id": "id",
    "placed_at": "date_created_gmt",
    "customer.name": "billing.first_name",
    "customer.email": "billing.email",
    "customer.phone": "billing.phone",
    "ship_to": "shipping",
    "ship_to.name": "shipping.first_name",
    "ship_to.street": "shipping.address_1",
    "ship_to.region": "shipping.state",
    "ship_to.postal_code": "shipping.postcode",
    "currency": "currency",
    "lines": "line_items",
    "shipping_minor": "shipping_lines",
    "discount_minor": "refunds",
    "total_minor": "total",
    "payment": "payment_method",
    "gift.message": "customer_note",
}
_MERCHANT_OF_ONE = Merchant()


def order_of(payload: Mapping[str, Any], merchant: Merchant = _MERCHANT_OF_ONE) -> Order:
    """Return our order of a WooCommerce order.

    `refunds` may hold the API's full refunds in place of its short ones; only the full ones say
    which goods were refunded.

    Raises:
        InvalidOrder: it can't be mapped, or is not ours to ship now; by the payload's paths.

    """
    order = Part(payload)
    meta = _meta(order)
    _require_live(order, meta, merchant)
    data = gathered(
        {
            "order_id": lambda: merchant.order_id("woo", _id_of(order)),
            "placed_at": lambda: _placed_at(order),
            "customer": lambda: _customer(order, meta, merchant),
            "payment": lambda: _payment(order, meta) | billed_to(order, "billing", "country"),
            "bill": lambda: bill_of(order, merchant),
            "gift": lambda: _gift(order, merchant),
            "urgency": lambda: urgency_of(_shipping_names(order)),
        }
    )
    bill = data.pop("bill")
    reckoning = reckoned(bill)
    _require_ours(order, reckoning, data["payment"]["method"])
    require_properties(order.parts("line_items"), reckoning, "meta_data", ("display_key", "key"))
    data |= {"currency": bill.currency, "ship_to": _ship_to(order), **reckoning.amounts()}
    return built(data, _paths(reckoning))


def heard_of(payload: Mapping[str, Any], merchant: Merchant = _MERCHANT_OF_ONE) -> Heard:
    """Return what a WooCommerce order says that is compared once it is on record.

    Raises:
        InvalidOrder: its lines can't be read; by the payload's paths.

    """
    refunds = Part(payload).parts("refunds")
    clear = [refund.fields for refund in refunds if refund.has("line_items")]
    order = Part({**payload, "refunds": clear})
    lines = bill_of(order, merchant).lines
    wishes = [_gift(order, merchant), urgency_of(_shipping_names(order))]
    unclear = [refund for refund in refunds if not refund.has("line_items")]
    return seen_by(
        lines,
        lambda: _ship_to(order),
        wishes,
        _PATHS,
        paid=bool(order.text("date_paid_gmt")) and not _is_held(order, _meta(order)),
        unclear_minor=refunded_minor(unclear, order.text("currency")),
    )


def _meta(order: Part) -> dict[str, str]:
    return {
        entry.text("key"): value
        for entry in order.parts("meta_data")
        if isinstance(value := entry.raw("value"), str)
    }


def _require_live(order: Part, meta: Mapping[str, str], merchant: Merchant) -> None:
    status = order.text("status").removeprefix("wc-")
    if status != "processing" and not (status == "on-hold" and _is_held(order, meta)):
        remedy = _NOT_READY.get(status, "set it to processing once it is to be shipped")
        raise wrong(order, "status", "'processing'", remedy)
    if meta.get("_wcpay_mode") == "test" and not merchant.allow_test:
        remedy = "nothing is to ship: it was paid in test mode; to try things out, set allow_test"
        raise wrong(order, "meta_data", "an order that is no test", remedy)
    for line in order.parts("shipping_lines"):
        if line.text("method_id").startswith(_PICKUPS):
            remedy = "nothing is to ship: the customer fetches it"
            raise wrong(line, "method_id", "a method that ships", remedy)


def _is_held(order: Part, meta: Mapping[str, str]) -> bool:
    held = any(meta.get(key) == value for key, value in _HELD.items())
    return held and bool(order.text("transaction_id"))


def _require_ours(order: Part, reckoning: Reckoning, method: PaymentMethod) -> None:
    if not reckoning.shipped:
        remedy = "nothing is to ship: all is refunded, or never ships"
        raise wrong(order, "line_items", "at least one unit to ship", remedy)
    if reckoning.left_out and method is not PaymentMethod.PAID:
        path = reckoning.left_out[0].path
        left = next(line for line in order.parts("line_items") if line.path == path)
        expected = f"lines that all ship from here while the payment is {method.value}"
        remedy = "collect the payment in WooCommerce first: the amount of what we don't ship is "
        raise wrong(left, "product_id", expected, f"{remedy}not ours to collect")


def _id_of(order: Part) -> str:
    number = order.identity("id")
    if not number:
        raise wrong(order, "id", "the order's id")
    return number


def _placed_at(order: Part) -> datetime:
    try:
        moment = datetime.fromisoformat(order.text("date_created_gmt"))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        expected = "a moment in UTC, such as 2017-03-22T19:28:02"
        raise wrong(order, "date_created_gmt", expected) from error


def _customer(order: Part, meta: Mapping[str, str], merchant: Merchant) -> dict[str, Any]:
    billing, shipping = (order.part(name) or Part({}, name) for name in ("billing", "shipping"))
    return {
        "name": _name(billing) or _name(shipping),
        "email": billing.text("email") or merchant.fallback_email,
        "phone": billing.text("phone") or shipping.text("phone") or None,
        "locale": meta.get("wpml_language") or "en",
    }


def _name(person: Part) -> str:
    full = " ".join(filter(None, (person.text("first_name"), person.text("last_name"))))
    return full or person.text("company")


def _ship_to(order: Part) -> dict[str, Any]:
    address = order.part("shipping")
    if address is None or not (address.text("country") or address.text("address_1")):
        remedy = "add it in WooCommerce; the billing address is never shipped to"
        raise wrong(order, "shipping", "where the goods go", remedy)
    billing = order.part("billing") or Part({}, "billing")
    return {
        "name": _name(address),
        "company": address.text("company") or None,
        "street": [line for name in ("address_1", "address_2") if (line := address.text(name))],
        "city": address.text("city"),
        "region": address.text("state"),
        "postal_code": address.text("postcode"),
        "country": address.text("country"),
        "phone": address.text("phone") or billing.text("phone") or None,
    }


def _payment(order: Part, meta: Mapping[str, str]) -> dict[str, Any]:
    method = order.text("payment_method")
    reference = order.text("transaction_id") or f"{method or 'woocommerce'}/{_id_of(order)}"
    if _is_held(order, meta):
        return {"method": PaymentMethod.AUTHORIZED, "reference": _intent(order, meta)}
    if order.text("date_paid_gmt"):
        return {"method": PaymentMethod.PAID, "reference": reference}
    if method == "cod":
        return {"method": PaymentMethod.ON_DELIVERY}
    raise _unpaid(order)


def _intent(order: Part, meta: Mapping[str, str]) -> str:
    intent = meta.get(_INTENT)
    if not intent:
        expected = f"{_INTENT}, by which the held payment can be captured here"
        remedy = "capture the payment in WooCommerce, then it comes as paid"
        raise wrong(order, "meta_data", expected, remedy)
    return intent


def _unpaid(order: Part) -> InvalidOrder:
    expected = "when it was paid, or the payment method 'cod'"
    remedy = "not ready: confirm the payment in WooCommerce, which dates it, then send it again"
    return wrong(order, "date_paid_gmt", expected, remedy)


def _shipping_names(order: Part) -> list[str]:
    lines = order.parts("shipping_lines")
    return [line.text(name) for line in lines for name in ("method_title", "method_id")]


def _gift(order: Part, merchant: Merchant) -> dict[str, Any] | None:
    entries = [entry for entry in order.parts("meta_data") if isinstance(entry.raw("value"), str)]
    attributes = wishes(entries, ("display_key", "key"))
    return gift_of(attributes, order.text("customer_note"), merchant)


def _paths(reckoning: Reckoning) -> dict[str, str]:
    paths = dict(_PATHS)
    for position, line in enumerate(reckoning.shipped):
        ours = f"lines[{position}]"
        paths |= {ours: line.path, f"{ours}.unit_price_minor": f"{line.path}.subtotal"}
        paths |= {f"{ours}.discount_minor": f"{line.path}.total"}
        paths |= {f"{ours}.tax_minor": f"{line.path}.total_tax"}
        paths |= {f"{ours}.properties": f"{line.path}.meta_data"}
    return paths
