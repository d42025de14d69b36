"""What storefronts have said of their orders, on SQL."""

from sqlalchemy import update

from fulfillment.domain.storefront_orders import StorefrontOrder
from fulfillment.persistence.repositories.store import SqlStore, select_by
from fulfillment.persistence.tables import storefront_orders


class SqlStorefrontStore(SqlStore):
    """The newest that was heard of each order; also of those that never came."""

    async def find(self, order_id: str) -> StorefrontOrder | None:
        """Return it, or None; nobody else changes it before a writing transaction ends."""
        await self._hold("storefront order", [order_id])
        row = await self._row(select_by(storefront_orders, "order_id"), order_id=order_id)
        return None if row is None else StorefrontOrder.model_validate(dict(row))

    async def put(self, heard: StorefrontOrder) -> None:
        """Put on record what was heard, in the place of what was before."""
        row = heard.model_dump()
        row["seen"] = heard.seen and heard.seen.model_dump(mode="json")
        await self._put(storefront_orders, [row])

    async def forget(self, order_id: str) -> None:
        """Erase what was seen of an order; when it changed, and how it ended, stays."""
        one = update(storefront_orders).where(storefront_orders.c.order_id == order_id)
        await self._change(one.values(seen=None))
