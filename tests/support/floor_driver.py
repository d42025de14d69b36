"""Carries orders through a shop as its storefront, its people and its carriers do, for tests."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

import plant as plants
from fulfillment.domain.confirmations import (
    CartonChange,
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.lifecycle import OrderStage, Stage, TaskKind, is_beyond
from fulfillment.domain.packing import PackSheet
from fulfillment.domain.tracking import TrackingEvent, TrackingException, TrackingStatus
from fulfillment.messages import (
    Accepted,
    CancelAnswer,
    FulfillmentResult,
    FulfillmentStatus,
    OrderResult,
    OrderStatus,
    TimelineEntry,
)
from fulfillment.operations import floor, orders, tracking
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.operations.order_access import order_handle
from fulfillment.payments.sandbox import SandboxGateway
from fulfillment.payments.sandbox_books import Operation
from fulfillment.records import (
    ActionRecord,
    EffectRecord,
    FulfillmentRecord,
    NoticeRecord,
    OrderRecord,
    PaymentRecord,
    TaskRecord,
    TrackingRecord,
)
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow

ANN = "ann"
ARRIVAL = (
    TrackingStatus.PICKED_UP,
    TrackingStatus.IN_TRANSIT,
    TrackingStatus.DELIVERED,
)


@dataclass(frozen=True)
class Share:
    """One warehouse's share of an order, and its people."""

    shop: plants.Plant
    fulfillment_id: str

    @property
    def engine(self) -> Engine:
        """The running engine."""
        return self.shop.engine

    @property
    def handle(self) -> WorkflowHandle[FulfillmentWorkflow, FulfillmentResult]:
        """The fulfillment's workflow."""
        return fulfillment_handle(self.engine, self.fulfillment_id)

    async def status(self) -> FulfillmentStatus:
        """Return what the workflow says."""
        return await self.handle.query(FulfillmentWorkflow.status)

    async def at(self, stage: Stage) -> FulfillmentStatus:
        """Wait until the workflow stands at a stage."""

        async def look() -> FulfillmentStatus | None:
            # The database is asked first: it is cheaper, and it knows first.
            if (await self.record()).stage is not stage:
                return None
            status = await self.status()
            return status if status.stage is stage else None

        return await plants.eventually(look)

    async def is_open(self) -> bool:
        """Return whether the workflow runs and has its pick list."""
        try:
            return (await self.status()).stage is not Stage.RELEASED
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False

    async def back_at(self, stage: Stage) -> FulfillmentStatus:
        """Wait until the workflow that was started again has come to a stage."""

        async def look() -> FulfillmentStatus | None:
            running = (await self.handle.describe()).status is WorkflowExecutionStatus.RUNNING
            return await self.status() if running else None

        await plants.eventually(look)
        return await self.at(stage)

    async def blocked(self) -> FulfillmentStatus:
        """Wait until the workflow shows what it is blocked on."""

        async def look() -> FulfillmentStatus | None:
            status = await self.status()
            return status if status.blocked_on else None

        return await plants.eventually(look)

    async def record(self) -> FulfillmentRecord:
        """Return what is on record."""
        return await self.shop.read(lambda tx: tx.fulfillments.get(self.fulfillment_id))

    async def task(self, kind: TaskKind) -> TaskRecord:
        """Return the task of that kind, whatever its state."""
        found = await floor.list_tasks(
            self.engine, kind=kind, state=None, fulfillment_id=self.fulfillment_id
        )
        return found[0]

    async def timeline(self) -> list[TimelineEntry]:
        """Return what the workflow says that happened."""
        return await self.handle.query(FulfillmentWorkflow.timeline)

    async def noted(self, text: str) -> TimelineEntry:
        """Wait until the timeline has an entry with these words."""
        return await plants.eventually(lambda: _entry(self.timeline(), text))

    async def refused(self) -> list[TimelineEntry]:
        """Return what was refused."""
        return [entry for entry in await self.timeline() if entry.refused]

    async def pick(self, **fields: Any) -> Accepted:
        """Confirm the pick."""
        said = PickConfirmation(**{"by": ANN, **fields})
        return await floor.confirm_pick(self.engine, self.fulfillment_id, said)

    async def short(self, sku: str, bin_id: str, found: int) -> Accepted:
        """Report a short pick."""
        said = ShortPick(by=ANN, sku=sku, bin_id=bin_id, found=found)
        return await floor.report_short_pick(self.engine, self.fulfillment_id, said)

    async def sort(self, **fields: Any) -> Accepted:
        """Confirm the sort."""
        said = SortConfirmation(**{"by": ANN, **fields})
        return await floor.confirm_sort(self.engine, self.fulfillment_id, said)

    async def pack(self, **fields: Any) -> Accepted:
        """Confirm the packing."""
        said = PackConfirmation(**{"by": ANN, **fields})
        return await floor.confirm_pack(self.engine, self.fulfillment_id, said)

    async def change_cartons(self, *cartons: str, by: str = ANN) -> Accepted:
        """Want other cartons than planned."""
        change = CartonChange(by=by, cartons=cartons)
        return await floor.change_cartons(self.engine, self.fulfillment_id, change)

    async def sheet(self) -> PackSheet:
        """Return what is to be packed."""
        return PackSheet.model_validate((await self.task(TaskKind.PACK)).plan)

    async def hand_over(self, **fields: Any) -> Accepted:
        """Confirm the hand-over."""
        said = HandoverConfirmation(**{"by": ANN, **fields})
        return await floor.confirm_handover(self.engine, self.fulfillment_id, said)

    async def to(self, stage: Stage) -> FulfillmentStatus:
        """Confirm one step after the other until the share stands at a stage."""
        steps = {
            Stage.PICKING: self.pick,
            Stage.SORTING: self.sort,
            Stage.PACKING: self.pack,
            Stage.AWAITING_PICKUP: self.hand_over,
        }
        status = await self.status()
        now = status.stage
        if now is stage or is_beyond(now, stage):
            return status
        for needed, confirm in steps.items():
            if needed is stage:
                break
            if not is_beyond(now, needed):
                await self.at(needed)
                await confirm()
        return await self.at(stage)

    async def carrier_says(
        self, status: TrackingStatus, number: str, exception: TrackingException | None = None
    ) -> None:
        """Have the carrier tell something of a parcel."""
        event = TrackingEvent(
            event_id=f"{number}-{status.value}-{exception or ''}",
            tracking_number=number,
            status=status,
            exception=exception,
            at=datetime.now(UTC),
        )
        await tracking.record_tracking(self.engine, event)

    async def deliver(self) -> None:
        """Have all parcels arrive."""
        for number in (await self.status()).tracking_numbers:
            for status in ARRIVAL:
                await self.carrier_says(status, number)

    async def lose_news_of_delivery(self) -> None:
        """Have all parcels arrive, put it on record, and tell the workflow nothing."""
        async with self.shop.database.writing() as tx:
            for number in (await self.status()).tracking_numbers:
                now = datetime.now(UTC)
                arrived = TrackingRecord(
                    event_id=f"{number}-lost",
                    tracking_number=number,
                    status=TrackingStatus.DELIVERED,
                    at=now,
                    received_at=now,
                )
                await tx.parcels.add_tracking(arrived)

    async def finish(self) -> None:
        """Do all that is left, up to the customer's door."""
        if (await self.status()).stage is not Stage.DELIVERED:
            await self.to(Stage.IN_TRANSIT)
            await self.deliver()


@dataclass(frozen=True)
class Placed:
    """An order on record, and its customer."""

    shop: plants.Plant
    order_id: str

    @property
    def engine(self) -> Engine:
        """The running engine."""
        return self.shop.engine

    @property
    def handle(self) -> WorkflowHandle[OrderWorkflow, OrderResult]:
        """The order's workflow."""
        return order_handle(self.engine, self.order_id)

    async def status(self) -> OrderStatus:
        """Return what the workflow says."""
        return await self.handle.query(OrderWorkflow.status)

    async def at(self, stage: OrderStage) -> OrderStatus:
        """Wait until the workflow stands at a stage."""

        async def look() -> OrderStatus | None:
            if (await self.record()).stage is not stage:
                return None
            status = await self.status()
            return status if status.stage is stage else None

        return await plants.eventually(look)

    async def share(self, number: int = 1) -> Share:
        """Wait until the order's fulfillment of that number can be picked, or is beyond that."""

        async def look() -> Share | None:
            found = await self.shop.read(lambda tx: tx.fulfillments.of_order(self.order_id))
            if len(found) < number or found[number - 1].stage is Stage.RELEASED:
                return None
            share = Share(self.shop, found[number - 1].fulfillment_id)
            return share if await share.is_open() else None

        return await plants.eventually(look)

    async def timeline(self) -> list[TimelineEntry]:
        """Return what the workflow says that happened."""
        return await self.handle.query(OrderWorkflow.timeline)

    async def noted(self, text: str) -> TimelineEntry:
        """Wait until the timeline has an entry with these words."""
        return await plants.eventually(lambda: _entry(self.timeline(), text))

    async def cancel(
        self, reason: str = "changed my mind", by: str = "ada", *, back_ordered_only: bool = False
    ) -> CancelAnswer:
        """Ask to cancel."""
        return await orders.cancel_order(
            self.engine, self.order_id, reason, by, back_ordered_only=back_ordered_only
        )

    async def ended(self) -> str:
        """Wait for the end and say how it ended."""
        return (await self.handle.result()).outcome.summary

    async def finish(self, shares: int = 1) -> str:
        """Do all that is left in each share, and say how the order ended."""
        for number in range(1, shares + 1):
            await (await self.share(number)).finish()
        return await self.ended()

    # --- the record of things ------------------------------------------------------------

    async def record(self) -> OrderRecord:
        """Return what is on record."""
        return await self.shop.read(lambda tx: tx.orders.get(self.order_id))

    async def payment(self) -> PaymentRecord:
        """Return what the payment has come to."""
        found = await self.shop.read(lambda tx: tx.payments.find(self.order_id))
        assert found is not None
        return found

    async def money(self) -> tuple[int, int, int]:
        """Return what is authorized, captured and voided."""
        payment = await self.payment()
        return payment.authorized_minor, payment.captured_minor, payment.voided_minor

    async def told(self) -> list[str]:
        """Return what the customer was told."""
        return [notice.kind for notice in await self.notices()]

    async def notices(self) -> list[NoticeRecord]:
        """Return the customer's messages."""
        return await self.shop.read(lambda tx: tx.journal.notices(self.order_id))

    async def actions(self) -> list[ActionRecord]:
        """Return the audit."""
        return await self.shop.read(lambda tx: tx.journal.actions(self.order_id))

    async def effects(self) -> list[EffectRecord]:
        """Return the effects."""
        return await self.shop.read(lambda tx: tx.effects.of_order(self.order_id))

    async def gateway(self) -> list[Operation]:
        """Return what was asked of the payment gateway."""
        gateway = self.shop.ports.payments
        assert isinstance(gateway, SandboxGateway)
        mine = f"/{self.order_id}"
        return [
            operation
            for operation in await gateway.operations()
            if f"{operation.key.split('/')[0]}{mine}" in (f"order{mine}", f"fulfillment{mine}")
            and operation.key.split("/")[1].startswith(self.order_id)
        ]


async def place(shop: plants.Plant, name: str, *lines: tuple[str, int], **changes: Any) -> Placed:
    """Hand an order in."""
    order = plants.order(plants.new_id(name), *lines, **changes)
    await orders.submit_order(shop.engine, order)
    return Placed(shop, order.order_id)


async def refusal_of(asked: Awaitable[object]) -> FulfillmentError:
    """Return why something was refused."""
    with pytest.raises(FulfillmentError) as caught:
        await asked
    return caught.value


def texts(entries: Sequence[TimelineEntry]) -> list[str]:
    """Return what happened, in words."""
    return [entry.event for entry in entries]


async def _entry(timeline: Awaitable[list[TimelineEntry]], text: str) -> TimelineEntry | None:
    return next((entry for entry in await timeline if text in entry.event), None)
