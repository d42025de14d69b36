"""The put wall, and the carton plan that follows from it, with the service it is for."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from temporalio import activity

from activities.carrying import to_wall
from activities.effects import Effects, first_result
from activities.shipping_choice import ChosenPlan, PackedGoods, ShippingChoices
from activities.tasks import finish_task, open_task, require_live
from fulfillment.domain.carton_choice import Planner
from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackItem, PackPlan, pack_item
from fulfillment.domain.catalog import Article, CartonType
from fulfillment.domain.confirmations import UNKNOWN, PackConfirmation
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.packing import PackSheet, pack_sheet
from fulfillment.domain.sorting import SortItem, sort_plan
from fulfillment.messages import PackTask, RecordSorting
from fulfillment.ports import Ports
from fulfillment.records import FulfillmentRecord, TaskState
from fulfillment.stores import UnitOfWork


class SortingActivities:
    """Effects between the cart and the put wall."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._choices = ShippingChoices(ports.carrier, ports.shipping_rules)
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_sorting")
    async def record_sorting(self, request: RecordSorting) -> PackTask:
        """Move the goods to their slot, and open the pack task with a checked carton plan.

        Cartons and carrier service are decided together; where no carrier quotes, the cartons are.

        Raises:
            FulfillmentCanceled: it was canceled meanwhile.
            Unpackable: an item fits no carton.
            PlanInvalid: the plan failed its independent check.

        """
        async with self._ports.database.reading() as tx:
            earlier = await first_result(tx, request, PackTask)
            if earlier is not None:
                return await _again(tx, earlier)
            share = await tx.fulfillments.get(request.fulfillment_id)
            require_live(share)  # or there is nothing to pack, and no parcel to quote
            goods = PackedGoods(
                order=(await tx.orders.get(share.order_id)).order,
                warehouse=await tx.catalog.warehouse(share.warehouse_id),
                articles=await tx.catalog.articles({line.sku for line in share.lines}),
                cartons=await tx.catalog.cartons(),
                weighing=request.weighing,
                at=request.at or self._ports.clock.now(),
            )
        items = _pack_items(share, goods.articles)
        plans = await asyncio.to_thread(_certified_plans, self._ports, items, goods.cartons)
        chosen = await self._choices.choose(plans, goods)
        sheet = pack_sheet(chosen.plan, items, goods.cartons, goods.order, request.weighing)
        return await self._record(
            request, sheet.model_copy(update={"service": chosen.service}), chosen
        )

    async def _record(
        self, request: RecordSorting, sheet: PackSheet, chosen: ChosenPlan
    ) -> PackTask:
        async def record(tx: UnitOfWork) -> PackTask:
            share = await tx.fulfillments.get(request.fulfillment_id)
            now, by = self._ports.clock.now(), request.confirmation.by
            await tx.fulfillments.advance(share.fulfillment_id, Stage.SORTING, Stage.PACKING, now)
            if await tx.batches.of_fulfillment(share.fulfillment_id) is None:
                # A batch has its own put wall session, which has moved the goods already.
                moved = await to_wall(tx, share.fulfillment_id)
                await tx.stock.move(request.key, moved, by=by, reason="sorted", at=now)
                await finish_task(tx, share, TaskKind.SORT, by, now)
            shown = sheet.model_dump(mode="json")
            pack = await open_task(tx, share, TaskKind.PACK, shown, now)
            return _told(pack, sheet).model_copy(update={"decision": chosen.decision})

        return await self._effects.once(request, sheet.order_id, PackTask, record, _again)


async def _again(tx: UnitOfWork, planned: PackTask) -> PackTask:
    """Return a plan made before: packed meanwhile, or perhaps with other cartons."""
    task = await tx.tasks.get(planned.task_id)
    if task.state is TaskState.DONE:
        by = task.closed_by or UNKNOWN
        return planned.model_copy(update={"confirmed": PackConfirmation(by=by)})
    told = _told(planned.task_id, PackSheet.model_validate(task.plan))
    return told.model_copy(update={"decision": planned.decision})


async def clusters_of(tx: UnitOfWork, share: FulfillmentRecord) -> list[dict[str, Any]]:
    """Return how a fulfillment's goods are laid out in its slot, as the floor shows it."""
    articles = await tx.catalog.articles({line.sku for line in share.lines})
    clusters = sort_plan(
        SortItem(
            line_no=line.line_no,
            sku=line.sku,
            name=articles[line.sku].name,
            quantity=line.planned,
            segregation_group=articles[line.sku].segregation_group,
            weight_g=articles[line.sku].weight_g,
            fragile=articles[line.sku].fragile,
        )
        for line in share.lines
        if line.planned
    )
    return [cluster.model_dump(mode="json") for cluster in clusters]


def _pack_items(share: FulfillmentRecord, articles: Mapping[str, Article]) -> list[PackItem]:
    numbers: dict[int, count[int]] = {line.line_no: count(1) for line in share.lines}
    return [
        pack_item(articles[line.sku], line.line_no, next(numbers[line.line_no]))
        for line in share.lines
        for _ in range(line.picked)
    ]


def certified(ports: Ports) -> Planner:
    """Return a planner, to be called in a thread, whose plans the independent check has certified.

    It raises Unpackable where an item fits no carton, PlanInvalid where a plan fails its check.
    """

    def plan(items: Sequence[PackItem], cartons: Sequence[CartonType]) -> PackPlan:
        found = ports.planner.plan(items, cartons, ports.pack_rules)
        validate_plan(found, items, cartons, ports.pack_rules)
        return found

    return plan


def _certified_plans(
    ports: Ports, items: Sequence[PackItem], cartons: Sequence[CartonType]
) -> Sequence[PackPlan]:
    """Return plans to choose among, to be called in a thread; each has passed its check."""
    found = ports.planner.candidates(items, cartons, ports.pack_rules)
    for plan in found:
        validate_plan(plan, items, cartons, ports.pack_rules)
    return found


def _told(task_id: str, sheet: PackSheet) -> PackTask:
    return PackTask(task_id=task_id, cartons=sheet.carton_ids, weights_g=sheet.weights_g)
