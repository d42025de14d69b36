"""What must be remembered of what was asked of carriers, on SQL."""

from collections.abc import Collection

from sqlalchemy import bindparam, select

from fulfillment.persistence import dialects
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import carrier_notes

_AMONG = select(carrier_notes).where(carrier_notes.c.key.in_(bindparam("keys", expanding=True)))


class SqlCarrierNoteStore(SqlStore):
    """Texts by key; the first one stays."""

    async def find(self, key: str) -> str | None:
        """Return what was noted under a key, or None."""
        return (await self.among([key])).get(key)

    async def among(self, keys: Collection[str]) -> dict[str, str]:
        """Return what was noted under these keys, by key."""
        rows = await self._rows(_AMONG, keys=list(keys))
        return {str(row["key"]): str(row["text"]) for row in rows}

    async def keep(self, key: str, text: str) -> str:
        """Note a text under a key unless there is one; return the one that is noted."""
        insert = dialects.upsert(self._connection.dialect.name, carrier_notes)
        await self._change(insert.values(key=key, text=text).on_conflict_do_nothing())
        return await self.find(key) or text
