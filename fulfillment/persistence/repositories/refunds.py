"""What was given back for which units, on SQL."""

from collections.abc import Mapping, Sequence

from sqlalchemy import RowMapping, delete, update

from fulfillment.domain.errors import Inconsistent, Problem
from fulfillment.domain.refunds import Refund, RefundPart, RefundState, UnitNumber, UnitRefund
from fulfillment.persistence.repositories.store import SqlStore, select_by
from fulfillment.persistence.tables import order_units, refund_parts, refunded_units, refunds


class SqlRefundStore(SqlStore):
    """What was given back for which units; a unit belongs to one refund at most."""

    async def amounts(self, order_id: str) -> list[UnitRefund]:
        """Return what each unit of the order costs, by line and number."""
        of_order = select_by(order_units, "order_id")
        by_number = of_order.order_by(order_units.c.line_no, order_units.c.unit_no)
        rows = await self._rows(by_number, order_id=order_id)
        return [UnitRefund.model_validate(dict(row)) for row in rows]

    async def add(self, refund: Refund, parts: Sequence[RefundPart] = ()) -> None:
        """Record a refund that is asked for or owed, and take its units for it.

        With it its parts, so that it is asked in the same words whatever is refunded meanwhile.

        Raises:
            Inconsistent: one of its units belongs to another refund.

        """
        row = refund.model_dump(exclude={"units", "replacing", "replacing_id"})
        await self._insert(refunds, [row | {"amount_minor": refund.amount_minor}])
        taken = [(refund.order_id, unit) for unit in refund.units]
        taken += [(refund.replacing_id or "", unit) for unit in refund.replacing]
        rows = [{"order_id": of, "key": refund.key} | unit.model_dump() for of, unit in taken]
        await self._insert(refunded_units, rows)
        of_refund = {"refund_key": refund.key}
        await self._insert(refund_parts, [of_refund | part.model_dump() for part in parts])

    async def find(self, key: str) -> Refund | None:
        """Return a refund with its units, or None; a declined one has its units no more."""
        row = await self._row(select_by(refunds, "key"), key=key)
        return None if row is None else await self._refund(row)

    async def parts(self, key: str) -> list[RefundPart]:
        """Return the parts of a refund by their keys; of one before they were recorded, none."""
        of_refund = select_by(refund_parts, "refund_key", order_by="key")
        rows = await self._rows(of_refund, refund_key=key)
        return [RefundPart.model_validate(dict(row)) for row in rows]

    async def close(self, key: str, state: RefundState) -> None:
        """Record what became of a refund that was asked for; a declined one frees its units.

        Raises:
            Inconsistent: no refund of that key is asked for.

        """
        asked = update(refunds).where(refunds.c.key == key, refunds.c.state == RefundState.ASKED)
        if not await self._change(asked.values(state=state)):
            problem = Problem(path=f"refund {key}", expected="one that is asked", came="another")
            raise Inconsistent(str(problem), [problem])
        if state is RefundState.DECLINED:
            await self._change(delete(refunded_units).where(refunded_units.c.key == key))

    async def of_order(self, order_id: str) -> list[Refund]:
        """Return the order's refunds, oldest first."""
        found = await self._rows(
            select_by(refunds, "order_id", order_by="number"), order_id=order_id
        )
        return [await self._refund(row) for row in found]

    async def refunded_units(self, order_id: str) -> Mapping[UnitNumber, str]:
        """Return the units that belong to a refund, with its key."""
        rows = await self._rows(select_by(refunded_units, "order_id"), order_id=order_id)
        return {(row["line_no"], row["unit_no"]): row["key"] for row in rows}

    async def _refund(self, row: RowMapping) -> Refund:
        of_key = select_by(refunded_units, "key")
        by_number = of_key.order_by(refunded_units.c.line_no, refunded_units.c.unit_no)
        own: list[UnitRefund] = []
        replacing: list[UnitRefund] = []
        replacing_id = None
        for unit in await self._rows(by_number, key=row["key"]):
            is_own = unit["order_id"] == row["order_id"]
            (own if is_own else replacing).append(UnitRefund.model_validate(dict(unit)))
            replacing_id = replacing_id if is_own else unit["order_id"]
        units = {"units": own, "replacing": replacing, "replacing_id": replacing_id}
        return Refund.model_validate(dict(row) | units)
