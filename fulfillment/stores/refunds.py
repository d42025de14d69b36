"""Refunds and the units they are for, as a Protocol."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from fulfillment.domain.refunds import Refund, RefundPart, RefundState, UnitNumber, UnitRefund


class RefundStore(Protocol):
    """What was given back for which units; a unit belongs to one refund at most (UNIQUE)."""

    async def amounts(self, order_id: str) -> list[UnitRefund]:
        """Return what each unit of the order costs, by line and number."""

    async def add(self, refund: Refund, parts: Sequence[RefundPart] = ()) -> None:
        """Record a refund that is asked for or owed, and take its units for it.

        With it its parts, so that it is asked in the same words whatever is refunded meanwhile.

        Raises:
            Inconsistent: one of its units belongs to another refund.

        """

    async def find(self, key: str) -> Refund | None:
        """Return a refund with its units, or None; a declined one has its units no more."""

    async def parts(self, key: str) -> list[RefundPart]:
        """Return the parts of a refund by their keys; of one before they were recorded, none."""

    async def close(self, key: str, state: RefundState) -> None:
        """Record what became of a refund that was asked for; a declined one frees its units.

        Raises:
            Inconsistent: no refund of that key is asked for.

        """

    async def of_order(self, order_id: str) -> list[Refund]:
        """Return the order's refunds, oldest first."""

    async def refunded_units(self, order_id: str) -> Mapping[UnitNumber, str]:
        """Return the units that belong to a refund, with its key."""
