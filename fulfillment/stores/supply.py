"""The store of suppliers, bills of materials, and supply orders."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol

from fulfillment.domain.supply import Supplier, SupplySource, SupplyState
from fulfillment.domain.supply_orders import SupplyRecord


class SupplyStore(Protocol):
    """How articles are arranged for, and what has been."""

    async def add_suppliers(self, suppliers: Sequence[Supplier]) -> None:
        """Add or replace suppliers by id."""

    async def add_sources(self, sources: Sequence[SupplySource]) -> None:
        """Add or replace by SKU how articles are arranged for, with their bills of materials."""

    async def supplier(self, supplier_id: str) -> Supplier:
        """Return a supplier; raises NotFound."""

    async def source(self, sku: str) -> SupplySource | None:
        """Return how an article is arranged for, or None."""

    async def add(self, supply: SupplyRecord) -> None:
        """Put a supply order on record (UNIQUE: one under way for each SKU)."""

    async def save(self, supply: SupplyRecord) -> None:
        """Record where it stands, with its components (CHECK: received ≤ ordered)."""

    async def get(self, supply_id: str) -> SupplyRecord:
        """Return a supply order; raises NotFound."""

    async def under_way(self, sku: str) -> SupplyRecord | None:
        """Return the article's supply order that is under way, or None.

        In a transaction that may write, nobody else begins or ends one until the end.
        """

    async def page(
        self,
        *,
        states: Collection[SupplyState] = (),
        limit: int = 100,
        after: str | None = None,
    ) -> list[SupplyRecord]:
        """Return supply orders in these states, or all, the newest first, from behind `after`."""

    async def expected(self, sku: str) -> date | None:
        """Return the day on which the supply order under way should bring the article, or None."""
