"""The ways into the engine by which robots act: the same that people, shops and carriers have."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from fulfillment.domain.addresses import Address
from fulfillment.domain.confirmations import (
    Confirmation,
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    PutBackConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.dock_scans import DockScan
from fulfillment.domain.lifecycle import OrderStage, TaskKind
from fulfillment.domain.manifests import ManifestRecord
from fulfillment.domain.orders import Order
from fulfillment.domain.scan_sessions import ScanAnswer, ScanRequest
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.messages import Accepted
from fulfillment.operations import (
    delivery_exceptions,
    end_of_day,
    floor,
    hand_over,
    order_views,
    orders,
    pick_batches,
    scan_sessions,
    scanning,
    stock,
    tracking,
)
from fulfillment.operations.answers import answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.records import OrderRecord, TaskRecord, TaskState

ResultT = TypeVar("ResultT")

MANY = 1_000
"""As many as are listed at once."""

_CONFIRM: dict[type[Confirmation], Any] = {
    PickConfirmation: floor.confirm_pick,
    SortConfirmation: floor.confirm_sort,
    PackConfirmation: floor.confirm_pack,
    HandoverConfirmation: floor.confirm_handover,
    PutBackConfirmation: floor.confirm_put_back,
    ShortPick: floor.report_short_pick,
}


class WayIn(Protocol):
    """What robots ask and tell; a refusal raises FulfillmentError, an outage Unavailable."""

    async def submit_order(self, order: Order) -> None:
        """Hand an order in."""

    async def cancel_order(self, order_id: str, reason: str, by: str) -> tuple[str, ...]:
        """Cancel an order; return what was done."""

    async def correct_address(self, order_id: str, address: Address, by: str) -> OrderStage:
        """Replace the address of an order on hold; return where the order stands then."""

    async def stage_of(self, order_id: str) -> OrderStage | None:
        """Return where an order stands, or None where none of that id is on record."""

    async def orders_at(self, stage: OrderStage) -> list[OrderRecord]:
        """Return the orders at a stage."""

    async def list_tasks(
        self,
        *,
        warehouse_id: str | None = None,
        kind: TaskKind | None = None,
        state: TaskState = TaskState.OPEN,
    ) -> list[TaskRecord]:
        """Return tasks, oldest first."""

    async def show_task(self, task_id: str) -> TaskRecord:
        """Return a task with its plan."""

    async def confirm(self, fulfillment_id: str, confirmation: Confirmation) -> Accepted:
        """Tell what was done, or that a bin held less than planned."""

    async def assign_batch(self, batch_id: str, to: str, by: str) -> None:
        """Give a batch to a person."""

    async def start_session(self, batch_id: str, by: str, device: str) -> ScanAnswer:
        """Begin with a batch, or go on where it stands."""

    async def show_session(self, session_id: str) -> ScanAnswer:
        """Return where a session stands."""

    async def send_scan(self, session_id: str, request: ScanRequest) -> ScanAnswer:
        """Scan something."""

    async def close_session(self, session_id: str, by: str, device: str) -> ScanAnswer:
        """Close a session that is finished."""

    async def signal(self, fulfillment_id: str, name: str) -> None:
        """Send a bare signal, as from the Temporal UI: a name, and nothing else."""

    async def receive_stock(self, receipt: stock.Receipt) -> stock.Received:
        """Book a delivery."""

    async def record_tracking(self, event: TrackingEvent) -> tracking.TrackingTaken:
        """Put what a carrier says on record."""

    async def list_manifests(self) -> list[ManifestRecord]:
        """Return manifests, the latest cut-off first."""

    async def show_manifest(self, manifest_id: str) -> end_of_day.ManifestView:
        """Return a manifest with its parcels."""

    async def end_manifest(self, manifest_id: str) -> None:
        """Close a manifest before its cut-off, and have it fetched."""

    async def scan_parcel(self, scan: DockScan) -> hand_over.ParcelScanned:
        """Give a parcel to the driver."""

    async def resolve_exception(self, fulfillment_id: str, resolution: Resolution) -> Accepted:
        """Decide what becomes of a fulfillment's parcels in trouble."""

    async def send(self, question: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Have an operation asked that has no word of its own here, and return its answer."""


class ByOperations:
    """The operations themselves, as the command line calls them."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine that is asked."""
        self.engine = engine

    async def submit_order(self, order: Order) -> None:
        """Hand an order in."""
        await orders.submit_order(self.engine, order)

    async def cancel_order(self, order_id: str, reason: str, by: str) -> tuple[str, ...]:
        """Cancel an order; return what was done."""
        return tuple((await orders.cancel_order(self.engine, order_id, reason, by)).done)

    async def correct_address(self, order_id: str, address: Address, by: str) -> OrderStage:
        """Replace the address of an order on hold; return where the order stands then."""
        name = f"correct_address/{order_id}"
        corrected = orders.correct_address(self.engine, order_id, address, by, update_id=name)
        return (await corrected).stage

    async def stage_of(self, order_id: str) -> OrderStage | None:
        """Return where an order stands, or None where none of that id is on record."""
        found = await order_views.snapshots(self.engine, [order_id])
        return found[0].stage if found else None

    async def orders_at(self, stage: OrderStage) -> list[OrderRecord]:
        """Return the orders at a stage."""
        return await order_views.list_orders(self.engine, stage=stage, limit=MANY)

    async def list_tasks(
        self,
        *,
        warehouse_id: str | None = None,
        kind: TaskKind | None = None,
        state: TaskState = TaskState.OPEN,
    ) -> list[TaskRecord]:
        """Return tasks, oldest first."""
        return await floor.list_tasks(
            self.engine,
            warehouse_id=warehouse_id,
            kind=kind,
            state=state,
            limit=MANY if state is TaskState.OPEN else 10 * MANY,
        )

    async def show_task(self, task_id: str) -> TaskRecord:
        """Return a task with its plan."""
        return await floor.show_task(self.engine, task_id)

    async def confirm(self, fulfillment_id: str, confirmation: Confirmation) -> Accepted:
        """Tell what was done, or that a bin held less than planned."""
        confirm = _CONFIRM[type(confirmation)]
        answer: Accepted = await confirm(self.engine, fulfillment_id, confirmation)
        return answer

    async def assign_batch(self, batch_id: str, to: str, by: str) -> None:
        """Give a batch to a person."""
        await pick_batches.assign_batch(self.engine, batch_id, to, by)

    async def start_session(self, batch_id: str, by: str, device: str) -> ScanAnswer:
        """Begin with a batch, or go on where it stands."""
        return await scan_sessions.start_session(self.engine, batch_id, by, device)

    async def show_session(self, session_id: str) -> ScanAnswer:
        """Return where a session stands."""
        return await scan_sessions.show_session(self.engine, session_id)

    async def send_scan(self, session_id: str, request: ScanRequest) -> ScanAnswer:
        """Scan something."""
        return await scanning.send_scan(self.engine, session_id, request)

    async def close_session(self, session_id: str, by: str, device: str) -> ScanAnswer:
        """Close a session that is finished."""
        return await scan_sessions.close_session(self.engine, session_id, by, device)

    async def signal(self, fulfillment_id: str, name: str) -> None:
        """Send a bare signal, as from the Temporal UI: a name, and nothing else."""
        async with answered(f"fulfillment {fulfillment_id}"):
            await fulfillment_handle(self.engine, fulfillment_id).signal(name)

    async def receive_stock(self, receipt: stock.Receipt) -> stock.Received:
        """Book a delivery."""
        return await stock.receive_stock(self.engine, receipt)

    async def record_tracking(self, event: TrackingEvent) -> tracking.TrackingTaken:
        """Put what a carrier says on record."""
        return await tracking.record_tracking(self.engine, event)

    async def list_manifests(self) -> list[ManifestRecord]:
        """Return manifests, the latest cut-off first."""
        return await end_of_day.list_manifests(self.engine, limit=MANY)

    async def show_manifest(self, manifest_id: str) -> end_of_day.ManifestView:
        """Return a manifest with its parcels."""
        return await end_of_day.show_manifest(self.engine, manifest_id)

    async def end_manifest(self, manifest_id: str) -> None:
        """Close a manifest before its cut-off, and have it fetched."""
        await end_of_day.end_manifest(self.engine, manifest_id)

    async def scan_parcel(self, scan: DockScan) -> hand_over.ParcelScanned:
        """Give a parcel to the driver."""
        return await hand_over.scan_parcel(self.engine, scan)

    async def resolve_exception(self, fulfillment_id: str, resolution: Resolution) -> Accepted:
        """Decide what becomes of a fulfillment's parcels in trouble."""
        return await delivery_exceptions.resolve_exception(self.engine, fulfillment_id, resolution)

    async def send(self, question: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Ask it."""
        return await question()
