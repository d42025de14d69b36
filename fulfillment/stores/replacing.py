"""The store of what the units of replacements stand for."""

from collections.abc import Sequence
from typing import Protocol

from fulfillment.domain.replaced_money import PaidUnit


class ReplacingStore(Protocol):
    """Units that are sent in the place of others, and what was paid for them."""

    async def lock(self, paid_by: str) -> None:
        """Have what an order has paid for to this transaction until it ends, replacements included.

        Raises:
            StoreBusy: another transaction had it for too long.

        """

    async def add(self, units: Sequence[PaidUnit]) -> None:
        """Put on record what the units of a replacement stand for; each once."""

    async def units(self, order_id: str) -> list[PaidUnit]:
        """Return the units of a replacement, by line and number; none of another order."""

    async def replacements(self, paid_by: str) -> list[str]:
        """Return the other orders whose units an order has paid for."""
