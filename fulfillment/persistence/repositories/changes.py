"""What was changed of orders, and what is put back for it, on SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from fulfillment.domain.errors import NotFound
from fulfillment.domain.put_backs import PutBackLine, PutBackOutcome
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import amendments, put_back_lines
from fulfillment.records import AmendmentRecord

_line = put_back_lines.c


class SqlChangeStore(SqlStore):
    """Put-backs of canceled fulfillments, and amendments."""

    async def open_put_backs(
        self, fulfillment_id: str, lines: Sequence[PutBackLine], at: datetime
    ) -> None:
        """Record what of a canceled fulfillment a person must put back."""
        owner = {"fulfillment_id": fulfillment_id, "opened_at": at}
        rows = [
            {**owner, **line.model_dump(), "put_back_id": f"{fulfillment_id}-b{number}"}
            for number, line in enumerate(lines, 1)
        ]
        await self._insert(put_back_lines, rows)

    async def put_backs(
        self, fulfillment_id: str, outcome: PutBackOutcome | None = None
    ) -> list[PutBackLine]:
        """Return what of a fulfillment is still to be put back, or what became of it that."""
        there = _line.done_at.is_(None) if outcome is None else _line.outcome == outcome
        mine = _line.fulfillment_id == fulfillment_id, there
        rows = await self._rows(
            select(put_back_lines).where(*mine).order_by(_line.bin_id, _line.put_back_id)
        )
        return [PutBackLine.model_validate(dict(row)) for row in rows]

    async def close_put_back(
        self, line: PutBackLine, outcome: PutBackOutcome, by: str, at: datetime
    ) -> None:
        """Record what became of a line, or of as many of its units as are given."""
        this = _line.put_back_id == line.put_back_id
        rows = await self._rows(select(put_back_lines).where(this))
        row = dict(rows[0]) if rows else {"quantity": 0}
        left = row["quantity"] - line.quantity
        if left < 0:
            message = f"put-back {line.put_back_id} has no {line.quantity} unit(s)"
            raise NotFound(message)
        done = {"outcome": outcome.value, "done_by": by, "done_at": at}
        if not left:
            await self._change(update(put_back_lines).where(this).values(**done))
            return
        await self._change(update(put_back_lines).where(this).values(quantity=left))
        part = {"put_back_id": f"{line.put_back_id}.{left}", "quantity": line.quantity}
        await self._insert(put_back_lines, [{**row, **part, **done}])

    async def add_amendment(self, amendment: AmendmentRecord) -> None:
        """Put an amendment on record."""
        await self._insert(amendments, [amendment.model_dump()])

    async def amendments(self, order_id: str) -> list[AmendmentRecord]:
        """Return an order's amendments, oldest first."""
        mine = select(amendments).where(amendments.c.order_id == order_id)
        rows = await self._rows(mine.order_by(amendments.c.at, amendments.c.amendment_id))
        return [AmendmentRecord.model_validate(dict(row)) for row in rows]
