"""An authorization that a storefront hands in: good for the order, or why not."""

from datetime import UTC, datetime, timedelta

import pytest

from activities.handed_in import why_not_captured
from fulfillment.domain.authorizations import NO_CURRENCY
from fulfillment.domain.money import Money
from fulfillment.ports import Authorization

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NEEDED = Money(amount_minor=5_000, currency="EUR")
HELD = Authorization(reference="pi_1", amount_minor=5_000, currency="EUR")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"amount_minor": 9_000, "captured_minor": 4_000},
        {"expires_at": NOW + timedelta(days=1)},
        {"amount_minor": 0, "currency": NO_CURRENCY},
    ],
)
def test_it_is_good_for_what_the_order_needs(fields: dict[str, object]) -> None:
    """Enough is held in the order's currency, or the gateway does not say how much."""
    assert why_not_captured(HELD.model_copy(update=fields), NEEDED, NOW) is None


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount_minor": 4_999}, "expected 50.00 EUR to be held, came 49.99 EUR"),
        ({"captured_minor": 1}, "expected 50.00 EUR to be held, came 49.99 EUR"),
        ({"currency": "USD"}, "expected it to be held in EUR, came USD"),
        ({"voided": True}, "nothing is held by it any more"),
        ({"voided": True, "currency": NO_CURRENCY}, "nothing is held by it any more"),
        ({"expires_at": NOW}, "the authorization has lapsed"),
    ],
)
def test_it_is_not_good(fields: dict[str, object], words: str) -> None:
    """The reason says what was expected, and what came."""
    assert words == why_not_captured(HELD.model_copy(update=fields), NEEDED, NOW)
