"""Drives one order of a test shop as customers, staff and carriers do, through the operations."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from temporalio.client import WorkflowHandle

import plant as plants
from fulfillment.domain.confirmations import (
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    PutBackConfirmation,
    SortConfirmation,
)
from fulfillment.domain.lifecycle import STAGE_OF_TASK, OrderStage, Stage, TaskKind
from fulfillment.domain.tracking import TrackingEvent, TrackingStatus
from fulfillment.messages import OrderResult
from fulfillment.operations import floor, order_access, orders, stock, tracking
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.records import ActionRecord, FulfillmentRecord, LabelRecord, TaskRecord
from workflows.order import OrderWorkflow

JOURNEY = (TrackingStatus.PICKED_UP, TrackingStatus.DELIVERED)
SIGNALS = {
    TaskKind.PICK: "picking_done",
    TaskKind.SORT: "sorting_done",
    TaskKind.PACK: "packing_done",
    TaskKind.HAND_OVER: "handed_over",
}


@dataclass(frozen=True)
class Drive:
    """One order on its way; fulfillments are numbered from 1."""

    engine: Engine
    order_id: str
    by: str = "Ann"

    # --- the storefront ------------------------------------------------------------------

    async def submit(self, *lines: tuple[str, int], **changes: Any) -> None:
        """Hand the order in."""
        await orders.submit_order(self.engine, plants.order(self.order_id, *lines, **changes))

    async def cancel(self) -> None:
        """Cancel as a customer does."""
        await orders.cancel_order(self.engine, self.order_id, "changed my mind", "customer")

    async def receive(self, bin_id: str, sku: str, quantity: int) -> None:
        """Have a supplier bring goods."""
        receipt = stock.Receipt(
            receipt_id=f"{self.order_id}-{sku}-{bin_id}",
            warehouse_id=bin_id[:3],
            bin_id=bin_id,
            sku=sku,
            quantity=quantity,
        )
        await stock.receive_stock(self.engine, receipt)

    # --- the floor -----------------------------------------------------------------------

    def share(self, number: int = 1) -> str:
        """Return a fulfillment's id."""
        return f"{self.order_id}-{number}"

    async def task(self, kind: TaskKind, number: int = 1) -> TaskRecord:
        """Wait until a task is open, and return it."""

        async def look() -> list[TaskRecord]:
            return await floor.list_tasks(self.engine, kind=kind, fulfillment_id=self.share(number))

        found: list[TaskRecord] = await plants.eventually(look)
        return found[0]

    async def confirm(self, kind: TaskKind, number: int = 1, by: str | None = None) -> None:
        """Wait for a task and confirm it as planned."""
        await self.task(kind, number)
        share, person = self.share(number), by or self.by
        match kind:
            case TaskKind.PICK:
                await floor.confirm_pick(self.engine, share, PickConfirmation(by=person))
            case TaskKind.SORT:
                await floor.confirm_sort(self.engine, share, SortConfirmation(by=person))
            case TaskKind.PACK:
                await floor.confirm_pack(self.engine, share, PackConfirmation(by=person))
            case TaskKind.HAND_OVER:
                await floor.confirm_handover(self.engine, share, HandoverConfirmation(by=person))
            case TaskKind.PUT_BACK:
                await floor.confirm_put_back(self.engine, share, PutBackConfirmation(by=person))

    async def signal(self, name: str, *payload: Any, number: int = 1) -> None:
        """Send a signal to a fulfillment, as from the Temporal UI."""
        await fulfillment_handle(self.engine, self.share(number)).signal(name, args=payload)

    async def up_to(self, stage: Stage, number: int = 1) -> None:
        """Confirm what comes before a stage."""
        before = {
            TaskKind.PICK: Stage.PICKING,
            TaskKind.SORT: Stage.SORTING,
            TaskKind.PACK: Stage.PACKING,
            TaskKind.HAND_OVER: Stage.AWAITING_PICKUP,
        }
        for kind, needed in before.items():
            if needed is stage:
                await self.task(kind, number)
                return
            await self.confirm(kind, number)

    async def carry(self, number: int = 1, *, since: TaskKind = TaskKind.PICK) -> None:
        """Confirm every step from one on, and deliver."""
        kinds = list(STAGE_OF_TASK)
        for kind in kinds[kinds.index(since) :]:
            await self.confirm(kind, number)
        await self.deliver(number)

    # --- the carrier ---------------------------------------------------------------------

    async def of_order(self) -> list[FulfillmentRecord]:
        """Return the order's fulfillments as they are on record."""
        async with self.engine.database.reading() as tx:
            return await tx.fulfillments.of_order(self.order_id)

    async def labels(self, number: int = 1) -> list[LabelRecord]:
        """Return the live labels of a fulfillment."""
        async with self.engine.database.reading() as tx:
            return await tx.parcels.labels(self.share(number))

    async def tell(self, tracking_number: str, status: TrackingStatus) -> None:
        """Say what became of a parcel."""
        event = TrackingEvent(
            event_id=f"{tracking_number}-{status.value}",
            tracking_number=tracking_number,
            status=status,
            at=datetime.now(UTC),
        )
        await tracking.record_tracking(self.engine, event)

    async def deliver(self, number: int = 1) -> None:
        """Pick every parcel up and deliver it."""
        for label in await self.labels(number):
            for status in JOURNEY:
                await self.tell(label.tracking_number, status)

    # --- looking -------------------------------------------------------------------------

    @property
    def handle(self) -> WorkflowHandle[OrderWorkflow, OrderResult]:
        """The order's workflow."""
        return order_access.order_handle(self.engine, self.order_id)

    async def at(self, stage: OrderStage) -> None:
        """Wait until the order's workflow shows a stage."""

        async def look() -> bool:
            return (await self.handle.query(OrderWorkflow.status)).stage is stage

        await plants.eventually(look)

    async def acted(self, action: str, count: int = 1) -> list[ActionRecord]:
        """Wait until the audit has an action so often, and return these."""

        async def look() -> list[ActionRecord] | None:
            async with self.engine.database.reading() as tx:
                audit = await tx.journal.actions(self.order_id)
            found = [entry for entry in audit if entry.action == action]
            return found if len(found) >= count else None

        found: list[ActionRecord] = await plants.eventually(look)
        return found

    async def ended(self) -> OrderResult:
        """Wait until the order has ended by itself."""
        return await self.handle.result()
