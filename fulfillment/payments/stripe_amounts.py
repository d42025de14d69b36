"""Amounts as Stripe counts them, exactly, from minor units of ISO 4217 and back."""

from fulfillment.domain.errors import PaymentDeclined, Problem

TWO_DECIMALS_AT_STRIPE = frozenset({"ISK", "UGX"})
"""Currencies without decimals that Stripe counts in hundredths all the same."""
STEPS_OF_TEN = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
"""Currencies with three decimals, of which Stripe takes two.

Source of both: Stripe, "Supported currencies", special cases and three-decimal currencies.
"""
HUNDREDTHS = 100
TENTHS = 10


def to_stripe(amount_minor: int, currency: str) -> int:
    """Return an amount as Stripe counts it.

    Raises:
        PaymentDeclined: an amount that Stripe can't take in this currency.

    """
    if currency in TWO_DECIMALS_AT_STRIPE:
        return amount_minor * HUNDREDTHS
    if currency in STEPS_OF_TEN and amount_minor % TENTHS:
        remedy = "round the prices of this currency to two decimals"
        raise PaymentDeclined.of(
            Problem(
                path=f"amount in {currency}",
                expected="a multiple of 10 minor units, as Stripe takes them",
                came=str(amount_minor),
                remedy=remedy,
            )
        )
    return amount_minor


def from_stripe(amount: int, currency: str) -> int:
    """Return an amount of Stripe's in minor units of ISO 4217."""
    return amount // HUNDREDTHS if currency in TWO_DECIMALS_AT_STRIPE else amount
