"""The shop of all tests, asked over HTTP without a network."""

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
from fastapi import FastAPI

from fulfillment.domain.access import ApiKey, Role, hash_of
from fulfillment.entrypoints.http.app import make_app
from fulfillment.storefronts.mapping import Merchant
from plant import Plant

KEYS = {role: f"fk_of_{role.value}" for role in Role}
API_KEYS = tuple(
    ApiKey(name=f"the-{role.value}", role=role, sha256=hash_of(key)) for role, key in KEYS.items()
)
SECRET = "the webhook's secret"  # noqa: S105 - made up
PROBLEM = "application/problem+json"


def app_of(shop: Plant, merchant: Merchant | None = None, **settings: Any) -> FastAPI:
    """Return the application on the shop's engine, with a key of each role."""
    changes = {
        "api_keys": API_KEYS,
        "shopify_webhook_secret": SECRET,
        "woocommerce_webhook_secret": SECRET,
        **settings,
    }
    kept = shop.settings.model_dump(exclude={"api_keys"})
    known = type(shop.settings).model_validate({**kept, **changes})
    return make_app(shop.engine, known, merchant)


def client_of(app: FastAPI, key: str | None = KEYS[Role.OPERATIONS]) -> httpx.AsyncClient:
    """Return a client that shows this key, or none."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)


def signed(storefront: str, payload: Any, delivery_id: str, **headers: str) -> dict[str, Any]:
    """Return a delivery's content and headers, as httpx takes them."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    names = {
        "shopify": ("X-Shopify-Hmac-Sha256", "X-Shopify-Webhook-Id", "X-Shopify-Topic"),
        "woocommerce": (
            "X-WC-Webhook-Signature",
            "X-WC-Webhook-Delivery-ID",
            "X-WC-Webhook-Topic",
        ),
    }[storefront]
    topic = {"shopify": "orders/create", "woocommerce": "order.created"}[storefront]
    values = (base64.b64encode(digest).decode(), delivery_id, topic)
    return {
        "content": body,
        "headers": {
            "Content-Type": "application/json",
            **dict(zip(names, values, strict=True)),
            **headers,
        },
    }
