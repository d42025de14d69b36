"""What the units of replacements stand for, on SQL."""

from collections.abc import Sequence

from sqlalchemy import select

from fulfillment.domain.replaced_money import PaidUnit
from fulfillment.persistence.repositories.store import SqlStore, select_by
from fulfillment.persistence.tables import replacing_units

_unit = replacing_units.c


class SqlReplacingStore(SqlStore):
    """Units that are sent in the place of others, and what was paid for them."""

    async def lock(self, paid_by: str) -> None:
        """Have what an order has paid for to this transaction until it ends, replacements included.

        Raises:
            StoreBusy: another transaction had it for too long.

        """
        await self._hold("paid", [paid_by])

    async def add(self, units: Sequence[PaidUnit]) -> None:
        """Put on record what the units of a replacement stand for.

        Raises:
            Inconsistent: one is on record already.

        """
        await self._insert(replacing_units, [unit.model_dump() for unit in units])

    async def units(self, order_id: str) -> list[PaidUnit]:
        """Return the units of a replacement, by line and number; none of another order."""
        own = select_by(replacing_units, "order_id").order_by(_unit.line_no, _unit.unit_no)
        return [
            PaidUnit.model_validate(dict(row)) for row in await self._rows(own, order_id=order_id)
        ]

    async def replacements(self, paid_by: str) -> list[str]:
        """Return the other orders whose units an order has paid for."""
        found = select(_unit.order_id).where(_unit.paid_by == paid_by).distinct()
        return await self._names(found.order_by(_unit.order_id))
