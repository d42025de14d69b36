"""Money in integer minor units, with a currency and its own exponent."""

from collections.abc import Sequence

from fulfillment.domain.base import Currency, Value

EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""Digits after the point where they are not two (ISO 4217, list one)."""


class Money(Value):
    """An amount in a currency's minor units; may be negative."""

    amount_minor: int
    currency: Currency

    def __str__(self) -> str:
        """Return the amount in major units with its currency, as `12.90 EUR`."""
        exponent = EXPONENTS.get(self.currency, 2)
        sign = "-" if self.amount_minor < 0 else ""
        digits = str(abs(self.amount_minor)).rjust(exponent + 1, "0")
        major, minor = (digits[:-exponent], digits[-exponent:]) if exponent else (digits, "")
        return f"{sign}{major}{'.' if minor else ''}{minor} {self.currency}"


def allocate(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount over weights by largest remainder, so that the parts add up to it.

    Args:
        amount_minor: what is split; may be negative.
        weights: non-negative; all zero means equal parts.

    Returns:
        One part a weight, in their order; equal remainders favor the earlier one.

    Source: Hamilton's method (largest remainder), as used for apportionment.

    """
    if not weights:
        if amount_minor:
            message = f"{amount_minor} minor units can't be split over nothing"
            raise ValueError(message)
        return []
    shares = list(weights) if any(weights) else [1] * len(weights)
    sign, total = (-1 if amount_minor < 0 else 1), sum(shares)
    floors = [abs(amount_minor) * share // total for share in shares]
    by_remainder = sorted(
        range(len(shares)), key=lambda i: -(abs(amount_minor) * shares[i] % total)
    )
    for i in by_remainder[: abs(amount_minor) - sum(floors)]:
        floors[i] += 1
    return [sign * part for part in floors]
