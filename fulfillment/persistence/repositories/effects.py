"""What was done once, on SQL."""

from fulfillment.persistence.repositories.store import SqlStore, select_by
from fulfillment.persistence.tables import effects
from fulfillment.records import EffectRecord


class SqlEffectStore(SqlStore):
    """What was done once: its key is unique in the same transaction as the effect itself."""

    async def find(self, key: str) -> EffectRecord | None:
        """Return the effect of that key, or None; nobody else can then add it before us."""
        await self._hold("effect", [key])
        row = await self._row(select_by(effects, "key"), key=key)
        return None if row is None else EffectRecord.model_validate(dict(row))

    async def add(self, effect: EffectRecord) -> None:
        """Record an effect.

        Raises:
            EffectConflict: an effect of that key is on record.

        """
        await self._insert(effects, [effect.model_dump()])

    async def of_order(self, order_id: str) -> list[EffectRecord]:
        """Return the effects of an order, oldest first."""
        of_order = select_by(effects, "order_id", order_by="number")
        rows = await self._rows(of_order, order_id=order_id)
        return [EffectRecord.model_validate(dict(row)) for row in rows]
