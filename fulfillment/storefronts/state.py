"""What a storefront's order is at: changed when, ended, done, or not to be shipped for now."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fulfillment.domain.base import Instant, Value

_CHANGED = {"shopify": "updated_at", "woocommerce": "date_modified_gmt"}
DELETIONS = ("orders/delete", "order.deleted")
"""Topics whose payload is the id alone."""
_ENDED = {
    "shopify": ("refunded", "voided"),
    "woocommerce": ("cancelled", "refunded", "trash", "failed"),
}
_DONE = {"shopify": ("fulfilled", "restocked"), "woocommerce": ("completed",)}
_WAITS = {
    "shopify": ("partially_paid", "expired"),
    "woocommerce": ("on-hold", "pending", "checkout-draft"),
}
_PAID_BY = {"shopify": "financial_status", "woocommerce": "status"}
_DONE_BY = {"shopify": "fulfillment_status", "woocommerce": "status"}


class ShopState(Value):
    """Where an order stands in its storefront."""

    updated_at: Instant | None = None
    ended: str = ""
    """Why nothing of it is to be shipped, in the storefront's word."""
    done: bool = False
    """Whether the storefront takes it for shipped."""
    waits: str = ""
    """The status for which it is not to be shipped for now."""
    waits_by: str = ""
    """The field that says so."""


def state_of(storefront: str, topic: str, payload: Mapping[str, Any]) -> ShopState:
    """Return where an order stands; what can't be read says nothing."""
    status = _text(payload, _PAID_BY[storefront])
    ended = status if status in _ENDED[storefront] else ""
    if payload.get("cancelled_at") is not None:
        ended = "cancelled"
    return ShopState(
        updated_at=_moment(_text(payload, _CHANGED[storefront])),
        ended="deleted" if topic in DELETIONS else ended,
        done=_text(payload, _DONE_BY[storefront]) in _DONE[storefront],
        waits=status if status in _WAITS[storefront] else "",
        waits_by=_PAID_BY[storefront],
    )


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    return value.strip().removeprefix("wc-") if isinstance(value, str) else ""


def _moment(text: str) -> datetime | None:
    """Return a moment in UTC; WooCommerce's has no offset."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
