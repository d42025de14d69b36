"""Forming pick batches of what is released to the floor."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from temporalio import activity

from activities.batch_members import batch_task_id, take_in
from activities.effects import Effects
from activities.tasks import require_live
from fulfillment.domain.batch_models import (
    DraftBatch,
    PlannedBatches,
    Released,
    ReleasedLine,
)
from fulfillment.domain.batching import plan_batches
from fulfillment.domain.catalog import Article, Bin, Warehouse
from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.errors import StockViolation, StoreBusy
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.orders import Urgency
from fulfillment.domain.pick_batches import BatchPick, BatchStage
from fulfillment.domain.routing import walking_distance_mm, walking_order
from fulfillment.domain.shelf_life import day_at
from fulfillment.messages import (
    BatchNews,
    FloorPlanned,
    OnTheFloor,
    PickBatchRequest,
    PlanFloor,
    ReleaseToFloor,
)
from fulfillment.ports import Ports
from fulfillment.records import (
    BatchRecord,
    FulfillmentRecord,
    MemberRecord,
    PickRecord,
    TaskRecord,
)
from fulfillment.stores import UnitOfWork

TRIES = 3
"""How often a plan is made anew when somebody else has taken its bins meanwhile."""


class FloorPlanningActivities:
    """Effects between reservation and the walk."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    # --- a fulfillment comes to the floor ----------------------------------------------------

    @activity.defn(name="release_to_floor")
    async def release_to_floor(self, request: ReleaseToFloor) -> OnTheFloor:
        """Let a fulfillment be taken into a pick batch; say how far it is, if it was before.

        Raises:
            FulfillmentCanceled: it was canceled, perhaps before its workflow was started again.

        """

        async def release(tx: UnitOfWork) -> OnTheFloor:
            share = await _to_release(tx, request)
            record = await tx.orders.get(share.order_id)
            await tx.fulfillments.release(
                share.fulfillment_id,
                self._ports.clock.now(),
                ship_by=record.sla_due,
                urgent=record.order.urgency is Urgency.EXPRESS,
            )
            return OnTheFloor()

        async def as_it_is_now(tx: UnitOfWork, _: OnTheFloor) -> OnTheFloor:
            return await _on_the_floor(tx, await _to_release(tx, request))

        return await self._effects.once_of_share(request, OnTheFloor, release, as_it_is_now)

    # --- planning ----------------------------------------------------------------------------

    @activity.defn(name="plan_floor")
    async def plan_floor(self, request: PlanFloor) -> FloorPlanned:
        """Form batches of what is released, and claim their members; each at most for one batch.

        Raises:
            StoreBusy: others took the bins of each plan that was made; to be tried again.

        """
        earlier = await self._effects.earlier(request, FloorPlanned)
        if earlier is not None:
            return earlier
        for _ in range(TRIES):
            planned, warehouse = await self._draft(request.warehouse_id)
            told = _left(planned)
            if not planned.batches:
                return told
            try:
                return await self._claim(request, planned, warehouse, told)
            except StockViolation:
                continue
        message = f"others keep taking the bins of {request.warehouse_id}; plan again"
        raise StoreBusy(message)

    async def _draft(self, warehouse_id: str) -> tuple[PlannedBatches, Warehouse]:
        async with self._ports.database.reading() as tx:
            warehouse = await tx.catalog.warehouse(warehouse_id)
            shares = await tx.fulfillments.released(warehouse_id)
            skus = {line.sku for share in shares for line in share.lines}
            articles = await tx.catalog.articles(skus)
            today = day_at(warehouse, self._ports.clock.now())
            stock = await tx.stock.bin_stock(warehouse_id, skus, ships_on=today) if skus else []
        planned = await asyncio.to_thread(
            plan_batches,
            [_released(share, articles) for share in shares],
            stock,
            warehouse.layout,
            self._ports.cart,
            self._ports.batch_rules,
            self._ports.clock.now(),
        )
        return planned, warehouse

    async def _claim(
        self,
        request: PlanFloor,
        planned: PlannedBatches,
        warehouse: Warehouse,
        told: FloorPlanned,
    ) -> FloorPlanned:
        orders = {order_id for draft in planned.batches for _, order_id in draft.members}

        async def claim(tx: UnitOfWork) -> FloorPlanned:
            # All SKUs at once, before any slot: one by one, two could wait for each other.
            members = [name for draft in planned.batches for name, _ in draft.members]
            await tx.stock.hold_claimed(members)
            made = []
            for number, draft in enumerate(planned.batches, 1):
                batch_id = f"{request.warehouse_id}-{request.run}-{number}"
                made += await self._open(tx, batch_id, draft, warehouse)
            return told.model_copy(update={"batches": tuple(made)})

        return await self._effects.once_for(request, orders, FloorPlanned, claim)

    async def _open(
        self, tx: UnitOfWork, batch_id: str, draft: DraftBatch, warehouse: Warehouse
    ) -> list[PickBatchRequest]:
        now = self._ports.clock.now()
        members = await _take_all_in(tx, draft, now)
        if not members:
            return []
        there = {member.fulfillment_id for member in members}
        picks = [
            PickRecord.model_validate(pick.model_dump())
            for pick in draft.picks
            if pick.fulfillment_id in there
        ]
        places = {pick.bin_id: await tx.catalog.bin(pick.bin_id) for pick in picks}
        batch = BatchRecord(
            batch_id=batch_id,
            warehouse_id=warehouse.warehouse_id,
            stage=BatchStage.PICKING,
            planned_at=now,
            stage_since=now,
            distance_mm=_walk_mm(picks, places, warehouse),
            decision=_decision(batch_id, picks, places, warehouse),
            members=tuple(members),
        )
        await tx.batches.add(batch, picks)
        await tx.tasks.open(
            TaskRecord(
                task_id=batch_task_id(batch_id, TaskKind.PICK),
                kind=TaskKind.PICK,
                batch_id=batch_id,
                warehouse_id=batch.warehouse_id,
                plan=await _shown(tx, batch, picks),
                opened_at=now,
            )
        )
        return [self._request(batch, len(picks))]

    def _request(self, batch: BatchRecord, picks: int) -> PickBatchRequest:
        policies = self._ports.policies
        return PickBatchRequest(
            batch_id=batch.batch_id,
            warehouse_id=batch.warehouse_id,
            members=tuple((one.fulfillment_id, one.order_id) for one in batch.members),
            slots=tuple(one.slot for one in batch.members),
            picks=picks,
            distance_mm=batch.distance_mm,
            pick=policies.pick,
            sort=policies.sort,
            decision=batch.decision,
        )


async def _to_release(tx: UnitOfWork, request: ReleaseToFloor) -> FulfillmentRecord:
    share = await tx.fulfillments.get(request.fulfillment_id)
    require_live(share)
    return share


async def _on_the_floor(tx: UnitOfWork, share: FulfillmentRecord) -> OnTheFloor:
    """Return how far the batch is that a fulfillment was taken into, if it was."""
    batch = await tx.batches.of_fulfillment(share.fulfillment_id)
    if batch is None:
        return OnTheFloor()
    tasks = await tx.tasks.page(state=None, batch_id=batch.batch_id)
    by = {task.kind: task.closed_by or "unknown" for task in tasks}
    news = BatchNews(batch_id=batch.batch_id, slot=share.slot or "")
    picked = batch.stage in {BatchStage.SORTING, BatchStage.SORTED}
    is_sorted = batch.stage is BatchStage.SORTED
    return OnTheFloor(
        batched=news,
        picked=news.model_copy(update={"by": by[TaskKind.PICK]}) if picked else None,
        sorted=news.model_copy(update={"by": by[TaskKind.SORT]}) if is_sorted else None,
    )


def _released(share: FulfillmentRecord, articles: Mapping[str, Article]) -> Released:
    if share.ship_by is None or share.released_at is None:
        raise AssertionError(share.fulfillment_id)
    return Released(
        fulfillment_id=share.fulfillment_id,
        order_id=share.order_id,
        ship_by=share.ship_by,
        released_at=share.released_at,
        urgent=share.urgent,
        lines=tuple(
            ReleasedLine(
                line_no=line.line_no,
                sku=line.sku,
                quantity=line.planned,
                volume_mm3=articles[line.sku].dimensions.volume_mm3,
                weight_g=articles[line.sku].weight_g,
                segregation_group=articles[line.sku].segregation_group,
            )
            for line in share.lines
            if line.planned
        ),
    )


def _left(planned: PlannedBatches) -> FloorPlanned:
    return FloorPlanned(
        waiting=len(planned.waiting),
        wait_until=min((one.until for one in planned.waiting), default=None),
        left_out=tuple(f"{one.fulfillment_id}: {one.problem}" for one in planned.left_out),
    )


async def _take_all_in(tx: UnitOfWork, draft: DraftBatch, at: datetime) -> list[MemberRecord]:
    members = []
    for fulfillment_id, _ in draft.members:
        own = [pick for pick in draft.picks if pick.fulfillment_id == fulfillment_id]
        share = await tx.fulfillments.get(fulfillment_id)
        if _is_still_wanted(share, own):
            members.append(await take_in(tx, share, own, at))
    return members


def _is_still_wanted(share: FulfillmentRecord, picks: Sequence[BatchPick]) -> bool:
    """Return whether nobody has taken, canceled or shortened it since it was read."""
    planned = sum(line.planned for line in share.lines)
    is_released = share.stage is Stage.RELEASED and share.released_at is not None
    return is_released and planned == sum(pick.quantity for pick in picks)


def _walk_mm(picks: Sequence[BatchPick], places: Mapping[str, Bin], warehouse: Warehouse) -> int:
    stops = [places[bin_id] for bin_id, _ in groupby(picks, lambda pick: pick.bin_id)]
    return walking_distance_mm(stops, warehouse.layout)


def _decision(
    batch_id: str, picks: Sequence[PickRecord], places: Mapping[str, Bin], warehouse: Warehouse
) -> Decision:
    """Return why these go together: what they would walk one by one."""
    layout = warehouse.layout
    walk_mm = _walk_mm(picks, places, warehouse)
    alone_mm = {}
    for name in dict.fromkeys(pick.fulfillment_id for pick in picks):
        stops = {pick.bin_id for pick in picks if pick.fulfillment_id == name}
        path = walking_order([places[bin_id] for bin_id in sorted(stops)], layout)
        alone_mm[name] = walking_distance_mm(path, layout)
    each = f"{_meters(sum(alone_mm.values()))} if each is picked by itself"
    return Decision(
        subject=f"pick batch {batch_id}",
        chosen=f"{len(alone_mm)} fulfillments in one walk of {_meters(walk_mm)}",
        because=f"what must ship first goes first, by the shortest walks together; {each}",
        alternatives=tuple(
            Alternative(choice=f"{name} by itself", because=f"a walk of {_meters(mm)} of its own")
            for name, mm in alone_mm.items()
        ),
    )


def _meters(mm: int) -> str:
    return f"{mm / 1000:.0f} m"


async def _shown(tx: UnitOfWork, batch: BatchRecord, picks: Sequence[PickRecord]) -> dict[str, Any]:
    articles = await tx.catalog.articles({pick.sku for pick in picks})
    orders = {one.order_id: (await tx.orders.get(one.order_id)).order for one in batch.members}
    return {
        "walk": [
            pick.model_dump(mode="json", exclude={"picked", "short"})
            | {
                "name": articles[pick.sku].name,
                "properties": orders[pick.order_id].line(pick.line_no).properties,
            }
            for pick in picks
        ],
        "members": [_member(one) for one in batch.members],
        "distance_mm": batch.distance_mm,
    }


def _member(one: MemberRecord) -> dict[str, str]:
    return one.model_dump(mode="json", exclude={"state"})
