"""The stores of catalog, orders and payments."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article, Bin, CartonType, Warehouse
from fulfillment.domain.lifecycle import LineProgress, OrderStage, Outcome
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.records import (
    OrderRecord,
)


class CatalogStore(Protocol):
    """Articles, cartons, warehouses and their bins."""

    async def add_articles(self, articles: Sequence[Article]) -> None:
        """Add or replace articles by SKU."""

    async def add_cartons(self, cartons: Sequence[CartonType]) -> None:
        """Add or replace carton types by id."""

    async def add_warehouse(self, warehouse: Warehouse, bins: Sequence[Bin]) -> None:
        """Add or replace a warehouse and add its bins."""

    async def articles(self, skus: Collection[str]) -> dict[str, Article]:
        """Return the articles that exist, by SKU."""

    async def skus(self) -> list[str]:
        """Return the SKUs of all articles, in their order."""

    async def cartons(self) -> list[CartonType]:
        """Return all carton types, by id."""

    async def warehouses(self) -> list[Warehouse]:
        """Return all warehouses, by id."""

    async def warehouse(self, warehouse_id: str) -> Warehouse:
        """Return a warehouse; raises NotFound."""

    async def bin(self, bin_id: str) -> Bin:
        """Return a bin; raises NotFound."""


class OrderStore(Protocol):
    """Orders, their lines, their units' amounts, and how they ended."""

    async def add(
        self, order: Order, content_hash: str, workflow_id: str, at: datetime, sla_due: datetime
    ) -> None:
        """Put an order on record with its lines and what each unit costs (`unit_amounts`)."""

    async def lock(self, order_id: str) -> None:
        """Have the order, on record or not, to this transaction until it ends."""

    async def find(self, order_id: str) -> OrderRecord | None:
        """Return the order, or None."""

    async def get(self, order_id: str) -> OrderRecord:
        """Return the order; raises NotFound."""

    async def page(
        self, *, stage: OrderStage | None = None, limit: int = 50, after: str | None = None
    ) -> list[OrderRecord]:
        """Return orders by id, beginning behind `after`."""

    async def set_stage(
        self, order_id: str, stage: OrderStage, blocked_on: str, at: datetime
    ) -> None:
        """Record where the order stands; `blocked_on` is "" where nothing blocks it."""

    async def set_deliver_by(self, order_id: str, promised: date) -> None:
        """Put the promised day of delivery on record, of an order that named none itself.

        The content hash stays that of the order as handed in.
        """

    async def set_ship_to(self, order_id: str, address: Address) -> None:
        """Correct the address; the content hash stays that of the order as handed in."""

    async def set_content(self, order: Order) -> None:
        """Put an amended order in the place of the one on record; its lines and units stay."""

    async def set_outcome(self, order_id: str, outcome: Outcome, at: datetime) -> None:
        """Record how the order ended, and its stage as settled."""

    async def progress(self, order_id: str) -> list[LineProgress]:
        """Return what has become of each line, derived from the fulfillments."""

    async def cancel_units(self, order_id: str, lines: Sequence[LineQuantity]) -> None:
        """Add to the canceled quantities (CHECK: at most what was ordered)."""

    async def assign_units(
        self, order_id: str, fulfillment_id: str, lines: Sequence[LineQuantity]
    ) -> None:
        """Give the fulfillment the lowest free units of each line."""

    async def free_units(
        self, fulfillment_id: str, lines: Sequence[LineQuantity] | None = None
    ) -> None:
        """Take the highest units of these lines, or all, from the fulfillment."""

    async def amount_minor(self, fulfillment_id: str) -> int:
        """Return what the fulfillment's units cost together."""

    async def unit_numbers(self, fulfillment_id: str) -> dict[int, list[int]]:
        """Return which units the fulfillment has, by line: their numbers from 1, lowest first."""
