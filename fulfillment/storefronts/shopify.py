"""Orders of Shopify, as the Admin REST API and its webhooks give them.

Source: Shopify Admin REST API, resources Order, Refund and Transaction (2024-10). What each field
does stands in docs/storefronts.md.
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
from fulfillment.storefronts.shopify_bill import bill_of

_ENDED = {
    "refunded": "it is refunded",
    "voided": "its payment is voided",
    "expired": "its authorization has expired",
}
_PAID = ("paid", "partially_refunded")
_PATHS = {
    "order_id": "id",
    "placed_at": "created_at",
    "currency": "presentment_currency",
    "customer.name": "customer.first_name",
    "customer.email": "email",
    "customer.phone": "phone",
    "customer.locale": "customer_locale",
    "ship_to": "shipping_address",
    "ship_to.street": "shipping_address.address1",
    "ship_to.region": "shipping_address.province_code",
    "ship_to.postal_code": "shipping_address.zip",
    "ship_to.country": "shipping_address.country_code",
    "ship_to.place.latitude": "shipping_address.latitude",
    "ship_to.place.longitude": "shipping_address.longitude",
    "lines": "line_items",
    "shipping_minor": "shipping_lines",
    "discount_minor": "total_discounts",
    "total_minor": "current_total_price",
    "payment": "financial_status",
    "gift.message": "note",
}
_MERCHANT_OF_ONE = Merchant()


def order_of(payload: Mapping[str, Any], merchant: Merchant = _MERCHANT_OF_ONE) -> Order:
    """Return our order of a Shopify order.

    Raises:
        InvalidOrder: it can't be mapped, or is not ours to ship now; by the payload's paths.

    """
    order = Part(payload)
    _require_live(order, merchant)
    data = gathered(
        {
            "order_id": lambda: merchant.order_id("shopify", _id_of(order)),
            "placed_at": lambda: _placed_at(order),
            "customer": lambda: _customer(order, merchant),
            "payment": lambda: (
                _payment(order) | billed_to(order, "billing_address", "country_code")
            ),
            "bill": lambda: bill_of(order, merchant),
            "gift": lambda: _gift(order, merchant),
            "urgency": lambda: urgency_of(_shipping_names(order)),
        }
    )
    bill = data.pop("bill")
    reckoning = reckoned(bill)
    _require_ours(order, reckoning, data["payment"]["method"])
    require_properties(order.parts("line_items"), reckoning, "properties", ("name",))
    data |= {"currency": bill.currency, "ship_to": _ship_to(order), **reckoning.amounts()}
    return built(data, _paths(reckoning, order))


def heard_of(payload: Mapping[str, Any], merchant: Merchant = _MERCHANT_OF_ONE) -> Heard:
    """Return what a Shopify order says that is compared once it is on record.

    Raises:
        InvalidOrder: its lines can't be read; by the payload's paths.

    """
    order = Part(payload)
    lines = bill_of(order, merchant).lines
    wishes = [_gift(order, merchant), urgency_of(_shipping_names(order))]
    paid = order.text("financial_status") in _PAID
    return seen_by(lines, lambda: _ship_to(order), wishes, _PATHS, paid=paid)


def _require_live(order: Part, merchant: Merchant) -> None:
    if order.has("cancelled_at"):
        raise wrong(order, "cancelled_at", "an order that is not canceled", "nothing is to ship")
    if order.flag("test") and not merchant.allow_test:
        remedy = "nothing is to ship; to try things out, set allow_test"
        raise wrong(order, "test", "an order that is no test", remedy)
    status = order.text("financial_status")
    if status in _ENDED:
        remedy = f"{_ENDED[status]}: nothing is to ship"
        raise wrong(order, "financial_status", "an order that is paid for", remedy)
    if order.text("fulfillment_status") in ("fulfilled", "restocked"):
        raise wrong(
            order, "fulfillment_status", "an order that is still to ship", "nothing is to ship"
        )


def _require_ours(order: Part, reckoning: Reckoning, method: PaymentMethod) -> None:
    if not reckoning.shipped:
        raise wrong(
            order,
            "line_items",
            "at least one unit to ship",
            "nothing is to ship: all is digital or done",
        )
    if reckoning.left_out and method is not PaymentMethod.PAID:
        left = next(
            part for part in order.parts("line_items") if part.path == reckoning.left_out[0].path
        )
        raise wrong(
            left,
            "fulfillable_quantity" if left.flag("requires_shipping") else "requires_shipping",
            f"lines that all ship from here while the payment is {method.value}",
            "capture the payment in Shopify, then send the order again as paid: the amount of what "
            "we don't ship is not ours to collect",
        )


def _id_of(order: Part) -> str:
    number = order.identity("id")
    if not number:
        raise wrong(order, "id", "the order's id")
    return number


def _placed_at(order: Part) -> datetime:
    try:
        moment = datetime.fromisoformat(order.text("created_at"))
        # The shop's zone may change; the same moment must give the same order.
        placed = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong(order, "created_at", "a moment with its offset") from error
    if moment.tzinfo is None:
        raise wrong(order, "created_at", "a moment with its offset")
    return placed


def _customer(order: Part, merchant: Merchant) -> dict[str, Any]:
    customer, billing, shipping = (
        order.part(name) or Part({}) for name in ("customer", "billing_address", "shipping_address")
    )
    emails = (order.text("email"), order.text("contact_email"), customer.text("email"))
    phones = (order.text("phone"), shipping.text("phone"), customer.text("phone"))
    return {
        "name": _name(customer) or _name(billing) or _name(shipping),
        "email": next(filter(None, emails), merchant.fallback_email),
        "phone": next(filter(None, phones), None),
        "locale": order.text("customer_locale") or "en",
    }


def _name(person: Part) -> str:
    full = " ".join(filter(None, (person.text("first_name"), person.text("last_name"))))
    return person.text("name") or full or person.text("company")


def _ship_to(order: Part) -> dict[str, Any]:
    address = order.part("shipping_address")
    if address is None:
        remedy = (
            "add it in Shopify; the billing address is never shipped to, and a pickup is not ours"
        )
        raise wrong(order, "shipping_address", "where the goods go", remedy)
    return {
        "name": _name(address),
        "company": address.text("company") or None,
        "street": [line for name in ("address1", "address2") if (line := address.text(name))],
        "city": address.text("city"),
        "region": _region(address),
        "postal_code": address.text("zip"),
        "country": address.text("country_code"),
        "phone": address.text("phone") or order.text("phone") or None,
        "place": _place(address),
    }


def _region(address: Part) -> str:
    """Return the province's code; its name where the code is a number of ISO 3166-2 (JP-13)."""
    code = address.text("province_code")
    return code if code and "-" not in code else address.text("province") or code


def _place(address: Part) -> dict[str, float] | None:
    found: dict[str, float] = {}
    for name in ("latitude", "longitude"):
        value = address.raw(name)
        if value is None or isinstance(value, bool):
            return None
        try:
            found[name] = float(value)
        except (TypeError, ValueError) as error:
            raise wrong(address, name, "decimal degrees") from error
    return found


def _payment(order: Part) -> dict[str, Any]:
    status, gateways = order.text("financial_status"), _gateways(order)
    if status in _PAID:
        return {
            "method": PaymentMethod.PAID,
            "reference": _reference(order, ("sale", "capture")),
        }
    if status == "authorized" and "gift_card" not in gateways:
        return {"method": PaymentMethod.AUTHORIZED, "reference": _authorization(order)}
    if status == "pending" and any(_collects(gateway) for gateway in gateways):
        return {"method": PaymentMethod.ON_DELIVERY}
    raise _unready(order, status)


def _unready(order: Part, status: str) -> InvalidOrder:
    expected = "paid, partially_refunded, authorized, or pending with cash on delivery"
    remedies = {
        "authorized": "a gift card pays a part: capture the rest in Shopify, then it comes as paid",
        "pending": "not ready: mark it as paid in Shopify once the money is there",
        "partially_paid": "not ready: collect the balance in Shopify, then it comes as paid",
    }
    return wrong(
        order,
        "financial_status",
        expected,
        remedies.get(status, "not ready: collect it in Shopify first"),
    )


def _gateways(order: Part) -> list[str]:
    names = order.raw("payment_gateway_names") or []
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise wrong(order, "payment_gateway_names", "a list of names")
    return [*names, *filter(None, [order.text("gateway")])]


def _collects(gateway: str) -> bool:
    words = gateway.casefold().replace("_", " ")
    return "cash on delivery" in words or "cod" in words.replace("(", " ").replace(")", " ").split()


def _authorization(order: Part) -> str:
    """Return by what the held amount can be captured, which only a transaction says."""
    made = _transaction(order, ("authorization",))
    reference = made.text("authorization") if made else ""
    if not reference:
        raise wrong(
            order,
            "financial_status",
            "paid, or authorized with the transaction that names the authorization",
            "capture the payment in Shopify, then it comes as paid",
        )
    return reference


def _reference(order: Part, kinds: tuple[str, ...]) -> str:
    """Return the transaction's own reference, or else the gateway's name with the order's id."""
    made = _transaction(order, kinds)
    if made is not None:
        return made.text("authorization") or made.identity("id")
    gateways = [name for name in _gateways(order) if name != "gift_card"]
    return f"{gateways[0] if gateways else 'shopify'}/{_id_of(order)}"


def _transaction(order: Part, kinds: tuple[str, ...]) -> Part | None:
    for transaction in order.parts("transactions"):
        kind, status = transaction.text("kind"), transaction.text("status")
        if kind in kinds and status == "success":
            return transaction
    return None


def _shipping_names(order: Part) -> list[str]:
    lines = [line for line in order.parts("shipping_lines") if not line.flag("is_removed")]
    return [line.text(name) for line in lines for name in ("title", "code")]


def _gift(order: Part, merchant: Merchant) -> dict[str, Any] | None:
    attributes = wishes(order.parts("note_attributes"), ("name",))
    return gift_of(attributes, order.text("note"), merchant)


def _paths(reckoning: Reckoning, order: Part) -> dict[str, str]:
    paths = dict(_PATHS)
    if not order.has("presentment_currency"):
        paths["currency"] = "currency"
    for position, line in enumerate(reckoning.shipped):
        ours = f"lines[{position}]"
        paths |= {ours: line.path, f"{ours}.unit_price_minor": f"{line.path}.price"}
        paths |= {f"{ours}.discount_minor": f"{line.path}.discount_allocations"}
        paths |= {f"{ours}.tax_minor": f"{line.path}.tax_lines"}
    return paths
