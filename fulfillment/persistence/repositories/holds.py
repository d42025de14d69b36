"""Holds of orders, on SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, bindparam, cast, select, update

from fulfillment.domain.holds import HoldChoice, HoldKind, HoldRecord
from fulfillment.persistence.repositories.store import SqlStore, select_by
from fulfillment.persistence.tables import holds

_hold = holds.c
_CLOSE = (
    update(holds)
    .where(_hold.order_id == bindparam("of"), _hold.closed_at.is_(None))
    .values(
        answer=bindparam("by_what", type_=_hold.answer.type),
        closed_by=bindparam("by_whom"),
        closed_at=bindparam("at", type_=_hold.closed_at.type),
        remark=bindparam("why"),
    )
)


class SqlHoldStore(SqlStore):
    """Holds of orders, of which each order has at most one that is open."""

    async def place(self, hold: HoldRecord) -> None:
        """Put a hold on record.

        Raises:
            Inconsistent: the order has an open one.

        """
        await self._insert(holds, [{**hold.model_dump(), "kinds": [*map(str, hold.kinds)]}])

    async def find(self, hold_id: str) -> HoldRecord | None:
        """Return a hold, or None."""
        row = await self._row(select_by(holds, "hold_id"), hold_id=hold_id)
        return None if row is None else HoldRecord.model_validate(dict(row))

    async def open(
        self, *, kind: HoldKind | None = None, limit: int = 50, after: str | None = None
    ) -> Sequence[HoldRecord]:
        """Return the open holds by their orders' ids, beginning behind the order `after`."""
        found = select(holds).where(_hold.closed_at.is_(None)).order_by(_hold.order_id)
        if after is not None:
            found = found.where(_hold.order_id > after)
        if kind is not None:
            found = found.where(
                cast(_hold.kinds, String).contains(f'"{kind.value}"', autoescape=True)
            )
        rows = await self._rows(found.limit(limit))
        return [HoldRecord.model_validate(dict(row)) for row in rows]

    async def of_order(self, order_id: str) -> Sequence[HoldRecord]:
        """Return an order's holds, oldest first."""
        mine = select(holds).where(_hold.order_id == order_id)
        rows = await self._rows(mine.order_by(_hold.placed_at, _hold.hold_id))
        return [HoldRecord.model_validate(dict(row)) for row in rows]

    async def ask(self, order_id: str, question: str, at: datetime, until: datetime) -> None:
        """Record that the customer is asked, and by when they shall answer."""
        await self._set(order_id, question=question, asked_at=at, reply="", until=until)

    async def reply(self, order_id: str, reply: str, until: datetime) -> None:
        """Record what the customer answered, and by when staff shall decide."""
        await self._set(order_id, asked_at=None, reply=reply, until=until)

    async def lapse(self, order_id: str, until: datetime) -> None:
        """Record that the customer is waited for no more, and by when staff shall decide."""
        await self._set(order_id, asked_at=None, until=until)

    async def close(
        self, order_id: str, answer: HoldChoice | None, by: str, at: datetime, remark: str = ""
    ) -> None:
        """Close the order's open hold, if it has one; None where it ended without an answer."""
        values = {"by_what": answer, "by_whom": by, "at": at, "why": remark}
        await self._change(_CLOSE, of=order_id, **values)

    async def _set(self, order_id: str, **values: object) -> None:
        mine = _hold.order_id == order_id, _hold.closed_at.is_(None)
        await self._change(update(holds).where(*mine).values(values))
