"""Who knows each country's rules for addresses and phone numbers."""

from collections.abc import Sequence
from typing import Protocol

from fulfillment.domain.addresses import Address


class AddressChecker(Protocol):
    """Knows each country's rules for postal addresses."""

    def problems(self, address: Address) -> Sequence[str]:
        """Return what makes the address unusable, in words; empty if nothing does."""

    def doubts(self, address: Address) -> Sequence[str]:
        """Return what a person should look at before anything is sent there, in words."""


class PhoneChecker(Protocol):
    """Knows each country's rules for phone numbers."""

    def problems(self, phone: str, country: str) -> Sequence[str]:
        """Return what makes the number unusable, in words; empty if nothing does."""
