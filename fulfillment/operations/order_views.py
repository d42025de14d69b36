"""What can be seen of orders: where each stands, what happened, and why."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence

from temporalio.client import WorkflowQueryFailedError

from activities.replacements import replacements_of
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.decisions import Decision
from fulfillment.domain.errors import Unavailable
from fulfillment.domain.lifecycle import LineProgress, OrderStage, Outcome, Stage
from fulfillment.messages import OrderStatus, TimelineEntry
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.operations.order_access import get_order, order_handle
from fulfillment.records import (
    FulfillmentRecord,
    LabelRecord,
    OrderRecord,
    ParcelRecord,
    PaymentRecord,
)
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord
from fulfillment.temporal.identifiers import fulfillment_workflow_id, order_workflow_id
from workflows.fulfillment import FulfillmentWorkflow
from workflows.order import OrderWorkflow

GLANCE_SECONDS = 10.0
"""How long a look at a workflow may take, where the database has an answer too."""

INTERVAL_SECONDS = 0.5


class FulfillmentView(Value):
    """One warehouse's share with its parcels and live labels."""

    record: FulfillmentRecord
    parcels: tuple[ParcelRecord, ...]
    labels: tuple[LabelRecord, ...]


class OrderView(Value):
    """All there is to see of an order."""

    record: OrderRecord
    progress: tuple[LineProgress, ...]
    fulfillments: tuple[FulfillmentView, ...]
    payment: PaymentRecord | None
    replaced_by: tuple[str, ...] = ()
    """The orders that were sent in the place of goods of this one."""
    returns: tuple[ReturnRecord, ...] = ()
    """What of it comes back, or came, the newest first."""
    workflow: str
    """How its workflow is: running, completed, terminated ..., gone, or not answering."""
    status: OrderStatus | None
    """What the workflow itself says, if it answers."""


class FulfillmentSnapshot(Value):
    """Where one warehouse's share stands."""

    fulfillment_id: str
    warehouse_id: str
    stage: Stage
    carrier_id: str | None
    service_id: str | None
    tracking_numbers: tuple[str, ...]


class OrderSnapshot(Value):
    """Where an order stands, as the database has it."""

    order_id: str
    stage: OrderStage
    blocked_on: str
    outcome: Outcome | None
    fulfillments: tuple[FulfillmentSnapshot, ...]


class OrderEvent(Value):
    """An entry of an order's timeline, and whose it is: `order`, or a fulfillment's id."""

    source: str
    at: Instant
    event: str
    by: str
    refused: bool = False


# --- lists and pages: the database -----------------------------------------------------------


async def list_orders(
    engine: Engine, *, stage: OrderStage | None = None, limit: int = 50, after: str | None = None
) -> list[OrderRecord]:
    """Return orders by id, beginning behind `after`."""
    async with engine.database.reading() as tx:
        return await tx.orders.page(stage=stage, limit=limit, after=after)


async def show_order(engine: Engine, order_id: str) -> OrderView:
    """Return all there is to see of an order.

    Raises:
        NotFound: no such order.

    """
    record = await get_order(engine, order_id)
    workflow, status = await _look(engine, order_id)
    async with engine.database.reading() as tx:
        return OrderView(
            record=record,
            progress=tuple(await tx.orders.progress(order_id)),
            fulfillments=tuple(
                [await _view(tx, f) for f in await tx.fulfillments.of_order(order_id)]
            ),
            payment=await tx.payments.find(order_id),
            returns=tuple(await tx.returns.page(order_id=order_id)),
            replaced_by=tuple([one.replacement_id for one in await replacements_of(tx, order_id)]),
            workflow=workflow,
            status=status,
        )


async def snapshots(engine: Engine, order_ids: Iterable[str]) -> list[OrderSnapshot]:
    """Return where those of the orders stand that are on record."""
    async with engine.database.reading() as tx:
        found = [await tx.orders.find(order_id) for order_id in order_ids]
        return [await _snapshot(tx, record) for record in found if record is not None]


async def follow(
    engine: Engine, order_ids: Sequence[str], *, interval_seconds: float = INTERVAL_SECONDS
) -> AsyncIterator[list[OrderSnapshot]]:
    """Yield where the orders stand, at first and whenever it has changed, until all are settled."""
    known: dict[str, OrderSnapshot] = {}
    open_ids = list(dict.fromkeys(order_ids))
    while True:
        news = {snapshot.order_id: snapshot for snapshot in await snapshots(engine, open_ids)}
        changed = any(known.get(order_id) != news[order_id] for order_id in news)
        known |= news
        if changed:
            yield [known[order_id] for order_id in dict.fromkeys(order_ids) if order_id in known]
        open_ids = [i for i in open_ids if i not in known or known[i].outcome is None]
        if not open_ids:
            return
        await asyncio.sleep(interval_seconds)


async def _view(tx: UnitOfWork, record: FulfillmentRecord) -> FulfillmentView:
    return FulfillmentView(
        record=record,
        parcels=tuple(await tx.parcels.of_fulfillment(record.fulfillment_id)),
        labels=tuple(await tx.parcels.labels(record.fulfillment_id)),
    )


async def _snapshot(tx: UnitOfWork, record: OrderRecord) -> OrderSnapshot:
    shares = await tx.fulfillments.of_order(record.order.order_id)
    return OrderSnapshot(
        order_id=record.order.order_id,
        stage=record.stage,
        blocked_on=record.blocked_on,
        outcome=record.outcome,
        fulfillments=tuple([await _share(tx, share) for share in shares]),
    )


async def _share(tx: UnitOfWork, share: FulfillmentRecord) -> FulfillmentSnapshot:
    labels = await tx.parcels.labels(share.fulfillment_id)
    return FulfillmentSnapshot(
        fulfillment_id=share.fulfillment_id,
        warehouse_id=share.warehouse_id,
        stage=share.stage,
        carrier_id=share.carrier_id,
        service_id=share.service_id,
        tracking_numbers=tuple(label.tracking_number for label in labels),
    )


# --- what the workflows say ------------------------------------------------------------------


async def timeline(engine: Engine, order_id: str) -> list[OrderEvent]:
    """Return what happened to an order and its fulfillments when, by whom, oldest first.

    Where the workflow is past its retention, the effects and the audit on record tell it.

    Raises:
        NotFound: no such order.

    """
    await get_order(engine, order_id)
    try:
        async with answered(order_workflow_id(order_id)):
            entries = await order_handle(engine, order_id).query(OrderWorkflow.timeline)
    except (NotRunning, WorkflowQueryFailedError):
        return await _recorded_timeline(engine, order_id)
    events = _events("order", entries)
    for share in await _shares(engine, order_id):
        try:
            async with answered(fulfillment_workflow_id(share)):
                query = fulfillment_handle(engine, share).query(FulfillmentWorkflow.timeline)
                events += _events(share, await query)
        except (NotRunning, WorkflowQueryFailedError):
            continue
    return sorted(events, key=lambda event: event.at)


async def why(engine: Engine, order_id: str) -> list[Decision]:
    """Return the decisions of an order and then of each of its fulfillments.

    Raises:
        NotFound: no such order.
        Unavailable: no worker answers.

    """
    await get_order(engine, order_id)
    decisions: list[Decision] = []
    try:
        async with answered(order_workflow_id(order_id)):
            decisions += await order_handle(engine, order_id).query(OrderWorkflow.why)
    except NotRunning:
        return []
    for share in await _shares(engine, order_id):
        try:
            async with answered(fulfillment_workflow_id(share)):
                query = fulfillment_handle(engine, share).query(FulfillmentWorkflow.why)
                decisions += await query
        except NotRunning:
            continue
    return decisions


async def _look(engine: Engine, order_id: str) -> tuple[str, OrderStatus | None]:
    """Return how the order's workflow is, and what it says if it answers soon."""
    workflow = order_handle(engine, order_id)
    state = "not answering"
    try:
        async with answered(order_workflow_id(order_id), GLANCE_SECONDS):
            described = await workflow.describe()
            state = described.status.name.lower() if described.status else state
            return state, await workflow.query(OrderWorkflow.status)
    except NotRunning:
        return "gone", None
    except (Unavailable, WorkflowQueryFailedError):
        return state, None


async def _shares(engine: Engine, order_id: str) -> list[str]:
    async with engine.database.reading() as tx:
        return [share.fulfillment_id for share in await tx.fulfillments.of_order(order_id)]


def _events(source: str, entries: Iterable[TimelineEntry]) -> list[OrderEvent]:
    return [OrderEvent(source=source, **entry.model_dump()) for entry in entries]


async def _recorded_timeline(engine: Engine, order_id: str) -> list[OrderEvent]:
    async with engine.database.reading() as tx:
        effects = await tx.effects.of_order(order_id)
        actions = await tx.journal.actions(order_id)
    done = [
        OrderEvent(source=_source(effect.key), at=effect.at, event=effect.step, by="engine")
        for effect in effects
    ]
    said = [
        OrderEvent(
            source=action.fulfillment_id or "order",
            at=action.at,
            event=f"{action.action} {action.detail}".strip(),
            by=action.by,
            refused=action.refused,
        )
        for action in actions
    ]
    return sorted([*done, *said], key=lambda event: event.at)


def _source(key: str) -> str:
    """Return whose effect it is, as `OrderEvent.source` says it."""
    kind, name = key.split("/")[:2]
    return "order" if kind == "order" else name
