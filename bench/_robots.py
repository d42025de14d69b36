"""Robots that do what an order waits for at once: the same for the pipeline and its twin."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from temporalio.client import WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from bench import _twin
from bench._measured import MeasuredWorker
from bench.history import SCANS, scan_of
from fulfillment.domain.confirmations import (
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    SortConfirmation,
)
from fulfillment.domain.orders import Order
from fulfillment.operations import floor, orders, tracking
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import order_handle
from fulfillment.temporal.identifiers import fulfillment_workflow_id

BY = "robot"


class Arm(Protocol):
    """One kind of work, an order or its like at a time."""

    async def begin(self, order: Order) -> None:
        """Hand it in, and wait until it waits for a person; nothing to wait for is no wait."""

    async def finish(self, order: Order) -> None:
        """Do all that is left, and wait for its end."""


@dataclass
class Pipeline:
    """Real orders on the real engine."""

    engine: Engine
    worker: MeasuredWorker
    confirm_seconds: list[float] = field(default_factory=list)

    async def begin(self, order: Order) -> None:
        """Hand the order in, and wait until it is to be picked."""
        rings = self.worker.ring(fulfillment_workflow_id(f"{order.order_id}-1"))
        await orders.submit_order(self.engine, order)
        await rings

    async def finish(self, order: Order) -> None:
        """Confirm each step, and tell what the carrier would tell."""
        engine, share = self.engine, f"{order.order_id}-1"
        await self._timed(floor.confirm_pick(engine, share, PickConfirmation(by=BY)))
        await self._timed(floor.confirm_sort(engine, share, SortConfirmation(by=BY)))
        await self._timed(floor.confirm_pack(engine, share, PackConfirmation(by=BY)))
        await self._timed(floor.confirm_handover(engine, share, HandoverConfirmation(by=BY)))
        async with engine.database.reading() as tx:
            labels = await tx.parcels.labels(share)
        for status in SCANS:
            for label in labels:
                await tracking.record_tracking(engine, scan_of(label.tracking_number, status))
        await order_handle(engine, order.order_id).result()

    async def _timed(self, confirmation: Awaitable[object]) -> None:
        start = time.perf_counter()
        await confirmation
        self.confirm_seconds.append(time.perf_counter() - start)


@dataclass
class Twin:
    """Nothing, in the steps of an order."""

    engine: Engine
    worker: MeasuredWorker

    async def begin(self, order: Order) -> None:
        """Start it as an order is started, and wait until it waits for the pick."""
        rings = self.worker.ring(f"twin-share/{order.order_id}-1")
        start = WithStartWorkflowOperation(
            _twin.TwinOrder.run,
            order.order_id,
            id=f"twin/{order.order_id}",
            task_queue=f"{self.engine.task_queue}-twin",
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary="Nothing",
        )
        acknowledged: Any = _twin.TwinOrder.acknowledged
        await self.engine.client.execute_update_with_start_workflow(
            acknowledged, start_workflow_operation=start
        )
        await rings

    async def finish(self, order: Order) -> None:
        """Confirm each step, and signal what the carrier would."""
        share = self._handle(f"twin-share/{order.order_id}-1")
        said = _twin.Step(key=BY, subject=f"{order.order_id}-1")
        for _ in range(4):
            await share.execute_update("confirm", said, result_type=_twin.Done)
        for _ in SCANS:
            await share.signal("tracking_updated", said)
        await self._handle(f"twin/{order.order_id}").result()

    def _handle(self, workflow_id: str) -> WorkflowHandle[Any, Any]:
        return self.engine.client.get_workflow_handle(workflow_id)


@dataclass
class Eight:
    """Eight empty activities, for each order."""

    engine: Engine

    async def begin(self, order: Order) -> None:
        """Wait for nobody."""

    async def finish(self, order: Order) -> None:
        """Run it from start to end."""
        await self.engine.client.execute_workflow(
            _twin.Eight.run,
            order.order_id,
            id=f"eight/{order.order_id}",
            task_queue=f"{self.engine.task_queue}-twin",
        )


async def carry(arm: Arm, batch: list[Order], at_once: int) -> float:
    """Carry orders from start to end, so many at once; return the seconds it took."""

    async def whole(order: Order) -> None:
        await arm.begin(order)
        await arm.finish(order)

    start = time.perf_counter()
    await _each(batch, whole, at_once)
    return time.perf_counter() - start


async def fill(arm: Arm, batch: list[Order], at_once: int) -> None:
    """Hand orders in and leave them waiting for a person."""
    await _each(batch, arm.begin, at_once)


async def _each(batch: list[Order], do: Callable[[Order], Awaitable[None]], at_once: int) -> None:
    turnstile = asyncio.Semaphore(at_once)

    async def one(order: Order) -> None:
        async with turnstile:
            await do(order)

    async with asyncio.TaskGroup() as group:
        for order in batch:
            group.create_task(one(order))
