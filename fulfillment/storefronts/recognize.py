"""Which storefront a payload is of, told by its shape."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fulfillment.domain.orders import Order
from fulfillment.storefronts import shopify, woocommerce
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.seeing import Heard


class _Storefront(NamedTuple):
    prefix: str
    """Stands before the id."""
    order_of: Callable[[Mapping[str, Any], Merchant], Order]
    heard_of: Callable[[Mapping[str, Any], Merchant], Heard]


_MAPPINGS = {
    "shopify": _Storefront("shopify", shopify.order_of, shopify.heard_of),
    "woocommerce": _Storefront("woo", woocommerce.order_of, woocommerce.heard_of),
}

_MERCHANT_OF_ONE = Merchant()


def recognize(payload: object) -> str | None:
    """Return the storefront whose order this looks like: "shopify", "woocommerce", or None."""
    if not isinstance(payload, Mapping) or "line_items" not in payload:
        return None
    if "financial_status" in payload:
        return "shopify"
    if "order_key" in payload or {"billing", "shipping", "status"} <= payload.keys():
        return "woocommerce"
    return None


def orders_in(payload: object) -> list[tuple[str, Any]]:
    """Return the orders of a payload, each with its path, whatever they turn out to be.

    One order has the path ""; a list and the envelope `{"orders": […]}` give `orders[3]`, the
    envelope `{"order": {…}}` gives `order`. What can hold no order gives none.
    """
    if isinstance(payload, Mapping) and set(payload) == {"order"}:
        return [("order", payload["order"])]
    enveloped = isinstance(payload, Mapping) and set(payload) == {"orders"}
    listed = payload["orders"] if enveloped and isinstance(payload, Mapping) else payload
    if isinstance(listed, list):
        return [(f"orders[{position}]", entry) for position, entry in enumerate(listed)]
    return [("", listed)] if isinstance(listed, Mapping) else []


def order_of(payload: object, merchant: Merchant = _MERCHANT_OF_ONE) -> Order | None:
    """Return our order of a storefront's order, or None if it is no storefront's.

    Raises:
        InvalidOrder: it is a storefront's and can't be mapped; by the payload's paths.

    """
    storefront = recognize(payload)
    if storefront is None or not isinstance(payload, Mapping):
        return None
    return _MAPPINGS[storefront].order_of(payload, merchant)


def heard_of(storefront: str, payload: Mapping[str, Any], merchant: Merchant) -> Heard:
    """Return what a storefront's order says that is compared once it is on record.

    Raises:
        InvalidOrder: its lines can't be read; by the payload's paths.

    """
    return _MAPPINGS[storefront].heard_of(payload, merchant)


def order_id_of(payload: object, merchant: Merchant = _MERCHANT_OF_ONE) -> str | None:
    """Return the id that a storefront's order has with us, also where it can't be mapped."""
    storefront = recognize(payload)
    if storefront is None or not isinstance(payload, Mapping):
        return None
    return order_id_in(storefront, payload, merchant)


def order_id_in(storefront: str, payload: Mapping[str, Any], merchant: Merchant) -> str | None:
    """Return the id with us of what a storefront delivers, also where it is told nothing else."""
    number = str(payload.get("id", ""))
    known = number.isascii() and number.isdecimal()
    return merchant.order_id(_MAPPINGS[storefront].prefix, number) if known else None
