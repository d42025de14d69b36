"""Storefronts' deliveries until they are carried out, on SQL."""

from datetime import datetime

from sqlalchemy import delete, select, update

from fulfillment.persistence.repositories.store import SqlStore, select_by
from fulfillment.persistence.tables import storefront_deliveries
from fulfillment.stores.storefront_inbox import WaitingDelivery

_WAITING = storefront_deliveries.c


class SqlStorefrontInbox(SqlStore):
    """Deliveries that were answered and are still to be carried out."""

    async def keep(self, waiting: WaitingDelivery) -> None:
        """Put a delivery on record, unless it is."""
        await self._hold("storefront delivery", [waiting.key])
        if await self._row(select_by(storefront_deliveries, "key"), key=waiting.key) is None:
            await self._insert(storefront_deliveries, [waiting.model_dump()])

    async def any_due(self, now: datetime) -> bool:
        """Return whether anything is to be carried out now."""
        due = select(_WAITING.key).where(_WAITING.next_attempt_at <= now)
        return bool(await self._rows(due.limit(1)))

    async def take_due(self, now: datetime, until: datetime, limit: int) -> list[WaitingDelivery]:
        """Return what is due, the oldest first; nobody else takes these until then."""
        await self._hold("storefront inbox", ["due"])
        due = select(storefront_deliveries).where(_WAITING.next_attempt_at <= now)
        rows = await self._rows(due.order_by(_WAITING.received_at, _WAITING.key).limit(limit))
        mine = update(storefront_deliveries).where(_WAITING.key.in_([row["key"] for row in rows]))
        more = {"next_attempt_at": until, "attempts": _WAITING.attempts + 1}
        await self._change(mine.values(more))
        return [WaitingDelivery.model_validate(dict(row)) for row in rows]

    async def postpone(self, key: str, error: str, until: datetime) -> None:
        """Record that an attempt came to nothing, and when the next one is."""
        one = update(storefront_deliveries).where(_WAITING.key == key)
        await self._change(one.values(error=error, next_attempt_at=until))

    async def waiting(self, limit: int) -> list[WaitingDelivery]:
        """Return what is not carried out yet, the oldest first."""
        found = select(storefront_deliveries).order_by(_WAITING.received_at, _WAITING.key)
        rows = await self._rows(found.limit(limit))
        return [WaitingDelivery.model_validate(dict(row)) for row in rows]

    async def make_due(self, now: datetime) -> int:
        """Have all that waits carried out now; return how many."""
        return await self._change(update(storefront_deliveries).values(next_attempt_at=now))

    async def drop(self, key: str) -> None:
        """Forget a delivery that was carried out."""
        await self._change(delete(storefront_deliveries).where(_WAITING.key == key))

    async def drop_of_order(self, order_id: str) -> None:
        """Forget all deliveries of an order."""
        await self._change(delete(storefront_deliveries).where(_WAITING.order_id == order_id))
