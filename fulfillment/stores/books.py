"""The stores of what was done: effects, messages, audit, books; and what is counted of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from fulfillment.domain.floor_report import FloorRecords
from fulfillment.domain.orders import Order
from fulfillment.domain.workload import Workload
from fulfillment.records import (
    ActionRecord,
    BookFinding,
    EffectRecord,
    NoticeRecord,
)


class EffectStore(Protocol):
    """What was done once."""

    async def find(self, key: str) -> EffectRecord | None:
        """Return the effect of that key, or None."""

    async def add(self, effect: EffectRecord) -> None:
        """Record an effect (UNIQUE key)."""

    async def of_order(self, order_id: str) -> list[EffectRecord]:
        """Return the effects of an order, oldest first."""


class JournalStore(Protocol):
    """Messages to customers and people's actions."""

    async def add_notice(self, notice: NoticeRecord) -> None:
        """Record a message (UNIQUE key)."""

    async def notices(self, order_id: str) -> list[NoticeRecord]:
        """Return the messages of an order, oldest first."""

    async def add_action(self, action: ActionRecord) -> None:
        """Append to the audit."""

    async def actions(self, order_id: str) -> list[ActionRecord]:
        """Return the audit of an order, oldest first."""


class PrivacyStore(Protocol):
    """Customers' data, and their erasure."""

    async def orders_of(self, email: str) -> list[str]:
        """Return the ids of the orders whose customer has this mail address, in any case."""

    async def erase_order(self, order: Order, outcome: str, people: Mapping[str, str]) -> None:
        """Put the erased order in the place of the one on record, and erase all that quotes it."""

    async def erase_actions(self, order_id: str, people: Mapping[str, str]) -> int:
        """Erase the free texts of what people did to an order; return how many entries it has."""


class BookStore(Protocol):
    """Recomputes what the books say from their single rows."""

    async def findings(self) -> list[BookFinding]:
        """Return each broken rule with its rows and its repair; empty if all holds."""


class WorkloadStore(Protocol):
    """Counts of the open work; never a row of it."""

    async def workload(self, at: datetime) -> Workload:
        """Return what is open as of a moment, by stage and age; reads no settled order."""


class FloorReportStore(Protocol):
    """What was done, refused and shipped, to be reported."""

    async def records(self, since: datetime, until: datetime) -> FloorRecords:
        """Return what was done from `since` until before `until`, and what has not left."""
