"""What was changed of orders, and what is put back for it, on SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from fulfillment.domain.put_backs import PutBackLine
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

    async def put_backs(self, fulfillment_id: str) -> list[PutBackLine]:
        """Return what of a fulfillment is still to be put back."""
        mine = _line.fulfillment_id == fulfillment_id, _line.done_at.is_(None)
        rows = await self._rows(
            select(put_back_lines).where(*mine).order_by(_line.bin_id, _line.put_back_id)
        )
        return [PutBackLine.model_validate(dict(row)) for row in rows]

    async def close_put_backs(self, fulfillment_id: str, by: str, at: datetime) -> None:
        """Record that all of it is back in its bins."""
        mine = _line.fulfillment_id == fulfillment_id, _line.done_at.is_(None)
        await self._change(update(put_back_lines).where(*mine).values(done_by=by, done_at=at))

    async def add_amendment(self, amendment: AmendmentRecord) -> None:
        """Put an amendment on record."""
        await self._insert(amendments, [amendment.model_dump()])

    async def amendments(self, order_id: str) -> list[AmendmentRecord]:
        """Return an order's amendments, oldest first."""
        mine = select(amendments).where(amendments.c.order_id == order_id)
        rows = await self._rows(mine.order_by(amendments.c.at, amendments.c.amendment_id))
        return [AmendmentRecord.model_validate(dict(row)) for row in rows]
