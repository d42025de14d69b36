"""Addresses that lack a house number where streets have them."""

import re

from fulfillment.domain.addresses import Address

NUMBERED = frozenset(
    {
        *("AT", "AU", "BE", "BG", "CA", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "HR", "HU"),
        *("IT", "LI", "LT", "LU", "LV", "MC", "NL", "NO", "PL", "PT", "RO", "RS", "SE", "SI", "SK"),
        "US",
    }
)
"""Countries where nearly every street address has one; elsewhere houses may just have names."""

_UNNUMBERED = re.compile(
    r"\b(?:s\s*/\s*n|sans num[ée]ro|sin n[úu]mero|o\.?\s*nr|lieu[- ]dit|hameau|general delivery"
    r"|poste restante|postlagernd)(?!\w)",
    re.IGNORECASE,
)
"""How people say that there is none."""


def missing_house_number(address: Address) -> list[str]:
    """Return that no line of the street has a number, where one should; else nothing.

    Any digit will do, in any line: `Postfach 12`, `Block C3`, `12 bis`; so does a spelled-out
    "there is none", as `s/n` in Spain.
    """
    street = " ".join(address.street)
    if address.country not in NUMBERED or any(sign.isdigit() for sign in street):
        return []
    if _UNNUMBERED.search(street):
        return []
    return [f"street: {street} has no house number"]
