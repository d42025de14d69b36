"""Measures what one order leaves in Temporal: ``python -m bench.history`` prints JSON.

The order is ordinary and paced: nothing falls together, so the numbers are the same each time.
"""

import argparse
import asyncio
import json
import tempfile
import uuid
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle

from fulfillment import bootstrap
from fulfillment.domain.confirmations import (
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    SortConfirmation,
)
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.tracking import TrackingEvent, TrackingStatus
from fulfillment.operations import catalog, floor, orders, tracking
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.operations.order_access import order_handle
from fulfillment.settings import Settings
from fulfillment.simulation.scenario import Scenario, load_scenario
from fulfillment.simulation.world import make_world
from fulfillment.temporal import clean_exit
from fulfillment.temporal.dev_server import start_dev_server
from fulfillment.temporal.registration import register_search_attributes

BY = "Ann"
SCANS = (
    TrackingStatus.PICKED_UP,
    TrackingStatus.OUT_FOR_DELIVERY,
    TrackingStatus.DELIVERED,
)
"""What the carrier tells; each scan more costs a signal and its workflow task, four events."""

GROUP = 1_000
"""A scenario's group holds no more orders."""

PAUSE_SECONDS = 0.02
NO_KEYS = SecretStr("")


async def measure(address: str, keys: SecretStr = NO_KEYS) -> dict[str, Any]:
    """Carry one order, step by step, and count what its two workflows have left.

    Args:
        address: where a Temporal server listens; it is left running.
        keys: what histories are encrypted with; by default they are not.

    Returns:
        Events, activities and bytes of the histories, in all and by workflow, and the events by
        their types.

    """
    with tempfile.TemporaryDirectory() as folder:
        queue = f"history-{uuid.uuid4()}"
        settings = Settings(
            data_dir=Path(folder), database_url="", task_queue=queue, encryption_keys=keys
        )
        client = await bootstrap.connect(settings, address)
        await register_search_attributes(client)
        async with (
            bootstrap.ports(settings) as ports,
            bootstrap.make_worker(client, ports, settings),
        ):
            engine = Engine(
                client=client,
                database=ports.database,
                clock=ports.clock,
                task_queue=queue,
                documents=ports.documents,
            )
            return await _counts(await _carry(engine))


async def _carry(engine: Engine) -> dict[str, WorkflowHandle[Any, Any]]:
    world = make_world(ordinary_orders(1, "HISTORY"), datetime.now(UTC))
    await catalog.load_catalog(engine, world.catalog)
    order = world.orders[0].order
    await orders.submit_order(engine, order)
    share = await _opened(engine, TaskKind.PICK)
    handles: dict[str, WorkflowHandle[Any, Any]] = {
        "order": order_handle(engine, order.order_id),
        "fulfillment": fulfillment_handle(engine, share),
    }
    await _quiet(handles)
    await floor.confirm_pick(engine, share, PickConfirmation(by=BY))
    await _quiet(handles)
    await floor.confirm_sort(engine, share, SortConfirmation(by=BY))
    await _quiet(handles)
    await floor.confirm_pack(engine, share, PackConfirmation(by=BY))
    await _opened(engine, TaskKind.HAND_OVER)
    await _quiet(handles)
    await floor.confirm_handover(engine, share, HandoverConfirmation(by=BY))
    await _quiet(handles)
    await _travel(engine, share, handles)
    await handles["order"].result()
    return handles


def ordinary_orders(count: int, prefix: str) -> Scenario:
    """Return a scenario of so many ordinary orders, each of one fulfillment and one parcel."""
    scenario = load_scenario("first")
    groups = [g for g in scenario.groups if not g.acts and g.expect.parcels == 1]
    ordinary = next(g for g in groups if g.goods.value == "plenty")
    counts = [min(GROUP, count - begun) for begun in range(0, count, GROUP)]
    parts = tuple(
        ordinary.model_copy(update={"kind": f"ordinary {number}", "count": part})
        for number, part in enumerate(counts)
    )
    return scenario.model_copy(update={"groups": parts, "deliveries": (), "prefix": prefix})


async def _travel(engine: Engine, share: str, handles: dict[str, WorkflowHandle[Any, Any]]) -> None:
    async with engine.database.reading() as tx:
        labels = await tx.parcels.labels(share)
    for status in SCANS:
        for label in labels:
            await tracking.record_tracking(engine, scan_of(label.tracking_number, status))
            await _quiet(handles)


def scan_of(tracking_number: str, status: TrackingStatus) -> TrackingEvent:
    """Return what a carrier says of a parcel, now."""
    return TrackingEvent(
        event_id=f"{tracking_number}-{status.value}",
        tracking_number=tracking_number,
        status=status,
        at=datetime.now(UTC),
    )


async def _opened(engine: Engine, kind: TaskKind) -> str:
    while not (tasks := await floor.list_tasks(engine, kind=kind)):
        await asyncio.sleep(PAUSE_SECONDS)
    return tasks[0].fulfillment_id


async def _quiet(handles: dict[str, WorkflowHandle[Any, Any]]) -> None:
    """Wait until neither workflow has anything under way."""
    while any([await _busy(handle) for handle in handles.values()]):
        await asyncio.sleep(PAUSE_SECONDS)


async def _busy(handle: WorkflowHandle[Any, Any]) -> bool:
    seen = (await handle.describe()).raw_description
    return bool(seen.pending_activities) or seen.HasField("pending_workflow_task")


async def _counts(handles: dict[str, WorkflowHandle[Any, Any]]) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    each = {}
    for name, handle in handles.items():
        events = [event async for event in handle.fetch_history_events()]
        kinds.update(_kind(event.event_type) for event in events)
        each[name] = {"events": len(events), "bytes": sum(event.ByteSize() for event in events)}
    return {
        "events": sum(one["events"] for one in each.values()),
        "activities": kinds["ACTIVITY_TASK_SCHEDULED"],
        "bytes": sum(one["bytes"] for one in each.values()),
        "scans": len(SCANS),
        "by_workflow": each,
        "by_type": dict(kinds.most_common()),
    }


def _kind(event_type: "EventType.ValueType") -> str:
    return EventType.Name(event_type).removeprefix("EVENT_TYPE_")


async def main() -> int:
    """Measure on a server of its own, or on a given one; print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", help="a Temporal server that runs already")
    address = parser.parse_args().address
    if address is not None:
        print(json.dumps(await measure(address)))
        return 0
    async with await start_dev_server(None, ui=False) as server:
        print(json.dumps(await measure(server.address)))
    return 0


if __name__ == "__main__":
    clean_exit.run(main)
