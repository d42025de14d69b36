"""Orders of two mugs, delivered as the storefronts do."""

import itertools
from typing import Any

from httpx import AsyncClient, Response

from http_shop import signed
from plant import new_id
from storefront_payloads import shopify_line, shopify_order, woo_line, woo_order

STOREFRONTS = ("shopify", "woocommerce")
PREFIX = {"shopify": "shopify", "woocommerce": "woo"}
_numbers = itertools.count(7_000_001)


def next_number() -> int:
    """Return a storefront's id that no order has yet."""
    return next(_numbers)


def payload(storefront: str, **fields: Any) -> dict[str, Any]:
    """Return an order of two mugs with an id of its own, as the storefront sends it."""
    number = next_number()
    if storefront == "shopify":
        return shopify_order(shopify_line(sku="MUG"), id=number, **fields)
    return woo_order(woo_line(sku="MUG"), id=number, **fields)


def order_id_of(storefront: str, data: dict[str, Any]) -> str:
    """Return the id that the order has with us."""
    return f"{PREFIX[storefront]}-{data['id']}"


async def deliver(
    web: AsyncClient, storefront: str, data: Any, name: str | None = None, **headers: str
) -> Response:
    """Deliver, under an id of its own unless one is given."""
    content = signed(storefront, data, name or new_id("delivery"), **headers)
    return await web.post(f"/webhooks/{storefront}", **content)


def taken(outcome: str, order_id: str, code: str | None = None, *fields: str) -> dict[str, Any]:
    """Return what is answered."""
    return {"outcome": outcome, "order_id": order_id, "code": code, "fields": list(fields)}
