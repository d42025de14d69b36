"""What keeps what storefronts say of their orders, as a Protocol."""

from typing import Protocol

from fulfillment.domain.storefront_orders import StorefrontOrder


class StorefrontStore(Protocol):
    """The newest that was heard of each order; also of those that never came."""

    async def find(self, order_id: str) -> StorefrontOrder | None:
        """Return it, or None; nobody else changes it before a writing transaction ends."""

    async def forget(self, order_id: str) -> None:
        """Erase what was seen of an order; when it changed, and how it ended, stays."""

    async def put(self, heard: StorefrontOrder) -> None:
        """Put on record what was heard, in the place of what was before."""
