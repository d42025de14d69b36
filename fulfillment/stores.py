"""The stores of the record of things, as Protocols; one unit of work holds them all.

Every method works inside the unit of work's transaction. Times come from the caller.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article, Bin, CartonType, Warehouse
from fulfillment.domain.inventory import BinStock, Movement, StockLevel
from fulfillment.domain.lifecycle import LineProgress, OrderStage, Outcome, Stage, TaskKind
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.workload import Workload
from fulfillment.records import (
    ActionRecord,
    BookFinding,
    Claim,
    DocumentRecord,
    EffectRecord,
    FulfillmentRecord,
    LabelRecord,
    NoticeRecord,
    OrderRecord,
    ParcelRecord,
    PaymentRecord,
    TaskRecord,
    TaskState,
    TrackingRecord,
)
from fulfillment.webhooks.stores import WebhookStore


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

    async def set_ship_to(self, order_id: str, address: Address) -> None:
        """Correct the address; the content hash stays that of the order as handed in."""

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

    async def back_ordered(self, skus: Collection[str]) -> list[str]:
        """Return the ids of unsettled orders that miss units of these SKUs, oldest first."""


class FulfillmentStore(Protocol):
    """Each warehouse's share of an order."""

    async def add(self, fulfillment: FulfillmentRecord) -> None:
        """Put a fulfillment with its lines on record."""

    async def get(self, fulfillment_id: str) -> FulfillmentRecord:
        """Return a fulfillment; raises NotFound."""

    async def of_order(self, order_id: str) -> list[FulfillmentRecord]:
        """Return the order's fulfillments, in the order they were made."""

    async def advance(self, fulfillment_id: str, since: Stage, to: Stage, at: datetime) -> None:
        """Move the stage by one conditional update.

        Raises:
            FulfillmentCanceled: it was canceled meanwhile.
            Inconsistent: it is at another stage than `since`.

        """

    async def cancel(self, fulfillment_id: str, stages: Collection[Stage], at: datetime) -> bool:
        """Cancel it if it is at one of these stages, by one conditional update; say whether."""

    async def save(self, fulfillment: FulfillmentRecord) -> None:
        """Record the line quantities, slot, carrier and pickup; never the stage.

        CHECKs: planned ≥ picked ≥ packed ≥ shipped ≥ delivered ≥ 0.
        """

    async def next_slot(self, warehouse_id: str) -> str:
        """Return the lowest put wall slot that no open fulfillment of the warehouse has."""


class StockStore(Protocol):
    """The ledger of goods, the levels that follow from it, and the claims."""

    async def levels(self, skus: Collection[str]) -> list[StockLevel]:
        """Return what each warehouse has on its shelves and what of it is claimed."""

    async def bin_stock(self, warehouse_id: str, skus: Collection[str]) -> list[BinStock]:
        """Return what lies in the bins and is not bound by another open claim."""

    async def balance(self, account: str, sku: str, lot: str = "") -> int:
        """Return an account's level."""

    async def contents(self, account: str) -> list[tuple[str, str, int]]:
        """Return SKU, lot and quantity of what is in an account."""

    async def move(
        self, key: str, movements: Sequence[Movement], *, by: str, reason: str, at: datetime
    ) -> None:
        """Book movements: one ledger row each, both levels, and the shelf stock of bins.

        SKUs are locked in their order. `key` and position are unique.

        Raises:
            StockViolation: a physical account would go negative, or a bin below its claims.

        """

    async def claim(self, claims: Sequence[Claim]) -> None:
        """Claim shelf stock, by conditional update of on hand - claimed.

        Raises:
            OutOfStock: not enough is left; nothing was claimed.

        """

    async def claims(self, fulfillment_id: str) -> list[Claim]:
        """Return the fulfillment's open claims, by line."""

    async def bind(self, fulfillment_id: str, bound: Sequence[Claim]) -> None:
        """Replace the fulfillment's open claims by the same units bound to bins and lots."""

    async def consume(self, fulfillment_id: str) -> None:
        """Close the open claims, since their units are being moved out in this transaction."""

    async def release(
        self,
        fulfillment_id: str,
        lines: Sequence[LineQuantity] | None = None,
        bin_id: str | None = None,
    ) -> int:
        """Give back these units of the open claims (of that bin), or all; return how many."""


class TaskStore(Protocol):
    """Work for people."""

    async def open(self, task: TaskRecord) -> None:
        """Open a task."""

    async def get(self, task_id: str) -> TaskRecord:
        """Return a task; raises NotFound."""

    async def page(
        self,
        *,
        state: TaskState | None = TaskState.OPEN,
        kind: TaskKind | None = None,
        warehouse_id: str | None = None,
        fulfillment_id: str | None = None,
        limit: int = 200,
    ) -> list[TaskRecord]:
        """Return tasks, oldest first."""

    async def close(self, task_id: str, state: TaskState, by: str, at: datetime) -> None:
        """Close an open task as done or as not needed."""

    async def close_all(self, fulfillment_id: str, by: str, at: datetime) -> None:
        """Close all open tasks of a fulfillment as not needed."""

    async def replan(self, task_id: str, plan: dict[str, object]) -> None:
        """Replace what the floor shows."""

    async def assign(self, task_id: str, to: str | None) -> None:
        """Give an open task to a person, or back to the pool."""

    async def count_nudge(self, task_id: str, *, escalation: bool) -> None:
        """Count a reminder or an escalation."""


class ParcelStore(Protocol):
    """Parcels, labels, documents and what carriers said."""

    async def add(self, parcels: Sequence[ParcelRecord]) -> None:
        """Put parcels on record."""

    async def of_fulfillment(self, fulfillment_id: str) -> list[ParcelRecord]:
        """Return the fulfillment's parcels, in the order they were packed."""

    async def next_serial(self, name: str) -> int:
        """Return the next number of a series, without gaps within a committed transaction."""

    async def set_sscc(self, parcel_id: str, sscc: str) -> None:
        """Record a parcel's SSCC (unique)."""

    async def add_label(self, label: LabelRecord, document: DocumentRecord) -> None:
        """Record a label with its document; UNIQUE live label per parcel."""

    async def labels(self, fulfillment_id: str) -> list[LabelRecord]:
        """Return the live labels of a fulfillment, in the order of its parcels."""

    async def find_label(self, tracking_number: str) -> tuple[LabelRecord, ParcelRecord] | None:
        """Return the live label of that tracking number with its parcel, or None."""

    async def add_document(self, document: DocumentRecord) -> None:
        """Keep a document."""

    async def document(self, document_id: str) -> DocumentRecord:
        """Return a document; raises NotFound."""

    async def add_tracking(self, event: TrackingRecord) -> bool:
        """Append what a carrier said; False if that event is on record already."""

    async def tracking(self, tracking_number: str) -> list[TrackingRecord]:
        """Return what the carrier said of a parcel, by time."""


class PaymentStore(Protocol):
    """What each order's payment has come to."""

    async def save(self, payment: PaymentRecord) -> None:
        """Record a payment (CHECK: authorized ≥ captured + voided, captured ≥ refunded)."""

    async def find(self, order_id: str) -> PaymentRecord | None:
        """Return the order's payment, or None."""


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


class UnitOfWork(Protocol):
    """One transaction on the record of things."""

    @property
    def catalog(self) -> CatalogStore:
        """Articles, cartons, warehouses."""

    @property
    def orders(self) -> OrderStore:
        """Orders and their lines."""

    @property
    def fulfillments(self) -> FulfillmentStore:
        """Each warehouse's share."""

    @property
    def stock(self) -> StockStore:
        """Ledger and claims."""

    @property
    def tasks(self) -> TaskStore:
        """Work for people."""

    @property
    def parcels(self) -> ParcelStore:
        """Parcels, labels, tracking."""

    @property
    def payments(self) -> PaymentStore:
        """Payments."""

    @property
    def effects(self) -> EffectStore:
        """What was done once."""

    @property
    def journal(self) -> JournalStore:
        """Messages and audit."""

    @property
    def privacy(self) -> PrivacyStore:
        """Customers' data."""

    @property
    def workload(self) -> WorkloadStore:
        """Counts of the open work."""

    @property
    def books(self) -> BookStore:
        """The books' own check."""

    @property
    def webhooks(self) -> WebhookStore:
        """Outward webhooks, and deliveries to us that were refused."""
