"""Suppliers, bills of materials, and supply orders, on SQL."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, delete, select, update

from fulfillment.domain.supply import Component, Supplier, SupplySource, SupplyState
from fulfillment.domain.supply_orders import SupplyComponent, SupplyRecord
from fulfillment.persistence.repositories.store import SqlStore, behind, missing, select_by
from fulfillment.persistence.tables import (
    bill_of_materials,
    supply_components,
    supply_orders,
    supply_sources,
)
from fulfillment.persistence.tables import suppliers as supplier_table
from fulfillment.persistence.tables.supply import UNDER_WAY

_SUPPLY = supply_orders.c


class SqlSupplyStore(SqlStore):
    """How articles are arranged for, and what has been."""

    async def add_suppliers(self, suppliers: Sequence[Supplier]) -> None:
        """Add or replace suppliers by id."""
        await self._put(supplier_table, [one.model_dump() for one in suppliers])

    async def add_sources(self, sources: Sequence[SupplySource]) -> None:
        """Add or replace by SKU how articles are arranged for, with their bills of materials."""
        await self._put(supply_sources, [one.model_dump(exclude={"components"}) for one in sources])
        for source in sources:
            old = delete(bill_of_materials).where(bill_of_materials.c.sku == source.sku)
            await self._change(old)
            rows = [
                {"sku": source.sku, "component_sku": part.sku, "quantity": part.quantity}
                for part in source.components
            ]
            await self._insert(bill_of_materials, rows)

    async def supplier(self, supplier_id: str) -> Supplier:
        """Return a supplier; raises NotFound."""
        row = await self._row(select_by(supplier_table, "supplier_id"), supplier_id=supplier_id)
        if row is None:
            raise missing(supplier=supplier_id)
        return Supplier.model_validate(dict(row))

    async def source(self, sku: str) -> SupplySource | None:
        """Return how an article is arranged for, or None."""
        row = await self._row(select_by(supply_sources, "sku"), sku=sku)
        if row is None:
            return None
        parts = select_by(bill_of_materials, "sku", order_by="component_sku")
        components = tuple(
            Component(sku=part["component_sku"], quantity=part["quantity"])
            for part in await self._rows(parts, sku=sku)
        )
        return SupplySource.model_validate({**row, "components": components})

    async def add(self, supply: SupplyRecord) -> None:
        """Put a supply order on record (UNIQUE: one under way for each SKU)."""
        await self._insert(supply_orders, [_values(supply)])
        await self._write_components(supply)

    async def save(self, supply: SupplyRecord) -> None:
        """Record where it stands, with its components (CHECK: received ≤ ordered)."""
        one = update(supply_orders).where(_SUPPLY.supply_id == supply.supply_id)
        await self._change(one.values(_values(supply)))
        await self._write_components(supply)

    async def _write_components(self, supply: SupplyRecord) -> None:
        """Record its components in the place of those before; its bill of materials may change."""
        own = supply_components.c.supply_id == supply.supply_id
        await self._change(delete(supply_components).where(own))
        rows = [{"supply_id": supply.supply_id, **one.model_dump()} for one in supply.components]
        await self._insert(supply_components, rows)

    async def get(self, supply_id: str) -> SupplyRecord:
        """Return a supply order; raises NotFound."""
        row = await self._row(select_by(supply_orders, "supply_id"), supply_id=supply_id)
        if row is None:
            raise missing(supply=supply_id)
        return await self._record(row)

    async def under_way(self, sku: str) -> SupplyRecord | None:
        """Return the article's supply order that is under way, or None.

        In a transaction that may write, nobody else begins or ends one until the end.
        """
        await self._hold("sku", [sku])
        row = await self._row(select(supply_orders).where(_SUPPLY.sku == sku, UNDER_WAY))
        return None if row is None else await self._record(row)

    async def page(
        self,
        *,
        states: Collection[SupplyState] = (),
        limit: int = 100,
        after: str | None = None,
    ) -> list[SupplyRecord]:
        """Return supply orders in these states, or all, the newest first, from behind `after`."""
        found = select(supply_orders).order_by(_SUPPLY.opened_at.desc(), _SUPPLY.supply_id)
        if states:
            found = found.where(_SUPPLY.state.in_(list(states)))
        if after is not None:
            newest = behind(after, _SUPPLY.supply_id, _SUPPLY.opened_at, newest_first=True)
            found = found.where(newest)
        return [await self._record(row) for row in await self._rows(found.limit(limit))]

    async def expected(self, sku: str) -> date | None:
        """Return the day on which the supply order under way should bring the article, or None."""
        row = await self._row(
            select(_SUPPLY.expected_at).where(
                _SUPPLY.sku == sku, UNDER_WAY, _SUPPLY.expected_at.is_not(None)
            )
        )
        return None if row is None else row["expected_at"].date()

    async def _record(self, row: RowMapping) -> SupplyRecord:
        parts = select_by(supply_components, "supply_id", order_by="sku")
        components = tuple(
            SupplyComponent.model_validate(dict(part))
            for part in await self._rows(parts, supply_id=row["supply_id"])
        )
        return SupplyRecord.model_validate({**row, "components": components})


def _values(supply: SupplyRecord) -> dict[str, Any]:
    return supply.model_dump(exclude={"components"})
