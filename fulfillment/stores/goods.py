"""The stores of the goods: what is where, who works on it, what has left."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Protocol

from fulfillment.domain.inventory import Account, BinStock, Movement, StockLevel
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.shelf_life import DatedStock
from fulfillment.records import (
    Claim,
    DocumentRecord,
    FulfillmentRecord,
    LabelRecord,
    ParcelRecord,
    Taken,
    TaskRecord,
    TaskState,
    TrackingRecord,
)


class FulfillmentStore(Protocol):
    """Each warehouse's share of an order."""

    async def add(self, fulfillment: FulfillmentRecord) -> None:
        """Put a fulfillment with its lines on record."""

    async def get(self, fulfillment_id: str) -> FulfillmentRecord:
        """Return a fulfillment; raises NotFound."""

    async def order_of(self, fulfillment_id: str) -> str:
        """Return the id of a fulfillment's order, which never changes; raises NotFound."""

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

    async def release(
        self, fulfillment_id: str, at: datetime, *, ship_by: datetime, urgent: bool
    ) -> None:
        """Let a fulfillment be taken into a pick batch from now on; its stage stays.

        Raises:
            FulfillmentCanceled: it was canceled.
            Inconsistent: it is at another stage than released.

        """

    async def released(self, warehouse_id: str) -> list[FulfillmentRecord]:
        """Return what may be taken into a pick batch now, what must ship first first."""

    async def open_units(self) -> dict[str, int]:
        """Return by warehouse how many units wait to be picked, sorted and packed."""

    async def with_pickup(self, pickup_reference: str) -> list[str]:
        """Return the fulfillments that the carrier fetches with that pickup, by id."""

    async def next_slot(self, warehouse_id: str) -> str:
        """Return the lowest put wall slot that no open fulfillment of the warehouse has."""


class StockStore(Protocol):
    """The ledger of goods, the levels that follow from it, and the claims."""

    async def levels(self, skus: Collection[str]) -> list[StockLevel]:
        """Return what each warehouse has on its shelves and what of it is claimed."""

    async def hold_claimed(self, fulfillment_ids: Collection[str]) -> None:
        """Have to this transaction, at once, all SKUs that the orders of these have claimed."""

    async def bin_stock(
        self, warehouse_id: str, skus: Collection[str], *, ships_on: date | None = None
    ) -> list[BinStock]:
        """Return what lies in the bins, is not bound by another open claim, and may ship that day.

        Without a day, expired goods are among it.
        """

    async def dated(self, skus: Collection[str] | None) -> list[DatedStock]:
        """Return what of these SKUs, or of all, lies on the shelves and expires, first to last."""

    async def record_lot(self, sku: str, lot: str, expires_on: date, at: datetime) -> date:
        """Put a lot on record unless it is; return until when it is good by the record."""

    async def lot_expiry(self, sku: str, lot: str) -> date | None:
        """Return until when a lot is good; None for one that keeps."""

    async def balance(self, account: str, sku: str, lot: str = "") -> int:
        """Return an account's level."""

    async def contents(self, account: str) -> list[tuple[str, str, int]]:
        """Return SKU, lot and quantity of what is in an account."""

    async def taken_for(self, fulfillment_id: str) -> list[Movement]:
        """Return how units left their bins for a fulfillment, less what went back, oldest first."""

    async def taken_into(self, account: Account) -> list[Movement]:
        """Return how units left their bins for an account, less what went back, oldest first."""

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

    async def consume(self, fulfillment_id: str, taken: Sequence[Taken] | None = None) -> None:
        """Close the open claims, or these units of them: they move out in this transaction.

        Taken back, as by the undo of a scan, units are moved into their bin again and then claimed
        by `claim`, with the bin and lot.

        Raises:
            StockViolation: fewer than these are bound in that bin and lot.

        """

    async def release(
        self,
        fulfillment_id: str,
        lines: Sequence[LineQuantity] | None = None,
        bin_id: str | None = None,
        lot: str | None = None,
    ) -> int:
        """Give back these units of the open claims (of that bin, of that lot), or all.

        Returns:
            How many.

        """


class TaskStore(Protocol):
    """Work for people."""

    async def open(self, task: TaskRecord) -> None:
        """Open a task."""

    async def get(self, task_id: str) -> TaskRecord:
        """Return a task; raises NotFound."""

    async def page(  # noqa: PLR0913 - each is a filter
        self,
        *,
        state: TaskState | None = TaskState.OPEN,
        kind: TaskKind | None = None,
        warehouse_id: str | None = None,
        fulfillment_id: str | None = None,
        batch_id: str | None = None,
        limit: int = 200,
        after: str | None = None,
    ) -> list[TaskRecord]:
        """Return tasks, oldest first, from behind `after`."""

    async def close(self, task_id: str, state: TaskState, by: str, at: datetime) -> None:
        """Close an open task as done or as not needed."""

    async def close_all(self, fulfillment_id: str, by: str, at: datetime) -> None:
        """Close all open tasks of a fulfillment as not needed."""

    async def reopen(self, task_id: str, plan: dict[str, object], at: datetime) -> None:
        """Open a task once more that was closed as not needed, with another plan."""

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

    async def void_label(self, label_id: str) -> None:
        """Record that a label was given back; its parcel gets a new SSCC with the next one."""

    async def find_label(self, tracking_number: str) -> tuple[LabelRecord, ParcelRecord] | None:
        """Return the live label of that tracking number with its parcel, or None."""

    async def add_document(self, document: DocumentRecord) -> None:
        """Keep a document."""

    async def keep_document(self, document: DocumentRecord) -> DocumentRecord:
        """Keep a document unless one of its id is kept; return the one that is."""

    async def is_void(self, document_id: str) -> bool:
        """Return whether a document is a label that was given back."""

    async def documents(self, order_id: str) -> list[DocumentRecord]:
        """Return an order's documents without their content, by id."""

    async def document(self, document_id: str) -> DocumentRecord:
        """Return a document; raises NotFound."""

    async def add_tracking(self, event: TrackingRecord) -> bool:
        """Append what a carrier said; False if that event is on record already."""

    async def tracking(self, tracking_number: str) -> list[TrackingRecord]:
        """Return what the carrier said of a parcel, by time."""


class CarrierNoteStore(Protocol):
    """What must be remembered of what was asked of carriers."""

    async def find(self, key: str) -> str | None:
        """Return what was noted under a key, or None."""

    async def among(self, keys: Collection[str]) -> dict[str, str]:
        """Return what was noted under these keys, by key."""

    async def keep(self, key: str, text: str) -> str:
        """Note a text under a key unless there is one; return the one that is noted."""
