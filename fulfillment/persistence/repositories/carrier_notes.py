"""What must be remembered of what was asked of carriers, on SQL."""

from sqlalchemy import select

from fulfillment.persistence import dialects
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import carrier_notes


class SqlCarrierNoteStore(SqlStore):
    """Texts by key; the first one stays."""

    async def find(self, key: str) -> str | None:
        """Return what was noted under a key, or None."""
        row = await self._row(select(carrier_notes.c.text).where(carrier_notes.c.key == key))
        return None if row is None else str(row["text"])

    async def keep(self, key: str, text: str) -> str:
        """Note a text under a key unless there is one; return the one that is noted."""
        insert = dialects.upsert(self._connection, carrier_notes).values(key=key, text=text)
        await self._change(insert.on_conflict_do_nothing())
        return await self.find(key) or text
