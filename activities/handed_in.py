"""What the storefront has had authorized: looked up before anything is shipped for it."""

from datetime import datetime

from fulfillment.domain.authorizations import NO_CURRENCY
from fulfillment.domain.errors import NotFound
from fulfillment.domain.money import Money
from fulfillment.ports import Authorization, PaymentGateway

UNKNOWN = (
    "the payment gateway knows no such authorization: it was made elsewhere, or its reference is "
    "another one"
)


async def look_up(
    gateway: PaymentGateway, reference: str | None, needed: Money, now: datetime
) -> str | None:
    """Return why an amount can't be captured by a reference; None where it can.

    Raises:
        PaymentUnclear: no answer; ask again.

    """
    if not reference:
        return "no authorization is named"
    try:
        held = await gateway.get(reference)
    except NotFound:
        return UNKNOWN
    return why_not_captured(held, needed, now)


def why_not_captured(held: Authorization, needed: Money, now: datetime) -> str | None:
    """Return what keeps an amount from being captured of what is held; None if nothing does."""
    if held.currency not in (needed.currency, NO_CURRENCY):
        return f"expected it to be held in {needed.currency}, came {held.currency}"
    if held.expires_at is not None and held.expires_at <= now:
        return "the authorization has lapsed"
    if held.voided:
        return "nothing is held by it any more"
    left = held.amount_minor - held.captured_minor
    if held.currency != NO_CURRENCY and left < needed.amount_minor:
        there = Money(amount_minor=left, currency=needed.currency)
        return f"expected {needed} to be held, came {there}"
    return None
