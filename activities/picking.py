"""Pick planning, and what happened at the bins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.carrying import onto_cart, written_off
from activities.effects import Effects
from activities.sorting import clusters_of
from activities.tasks import confirmed_by, finish_task, open_task, require_live, task_id
from fulfillment.domain.confirmations import PickConfirmation, SortConfirmation
from fulfillment.domain.lifecycle import CANCELABLE, Stage, TaskKind
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.picking import PickItem, bind_bins, shorten
from fulfillment.domain.routing import walking_distance_mm, walking_order
from fulfillment.domain.shelf_life import day_at
from fulfillment.messages import (
    PickTask,
    PlanPicking,
    RecordPicking,
    RecordShortPick,
    Shortened,
    SortTask,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, Claim, FulfillmentRecord
from fulfillment.stores import UnitOfWork


class PickingActivities:
    """Effects between the bins and the cart."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="plan_picking")
    async def plan_picking(self, request: PlanPicking) -> PickTask:
        """Bind the claims to bins, plan the walk, and open the pick task.

        Raises:
            FulfillmentCanceled: it was canceled, perhaps before its workflow was started again.

        """

        async def plan(tx: UnitOfWork) -> PickTask:
            share, order = await _to_pick(tx, request)
            now = self._ports.clock.now()
            claims = await _bind(tx, share, now)
            task = await _pick_task(tx, share, order, claims)
            await tx.fulfillments.advance(share.fulfillment_id, Stage.RELEASED, Stage.PICKING, now)
            await open_task(tx, share, TaskKind.PICK, _shown(task, order), now)
            return task

        async def as_it_is_now(tx: UnitOfWork, planned: PickTask) -> PickTask:
            """Return a plan made before: picked meanwhile, or perhaps shortened."""
            share, order = await _to_pick(tx, request)
            by = await confirmed_by(tx, planned.task_id)
            if by is not None:
                return planned.model_copy(update={"confirmed": PickConfirmation(by=by)})
            claims = await tx.stock.claims(share.fulfillment_id)
            return await _pick_task(tx, share, order, claims)

        return await self._effects.once_of_share(request, PickTask, plan, as_it_is_now)

    @activity.defn(name="record_picking")
    async def record_picking(self, request: RecordPicking) -> SortTask:
        """Move the goods from their bins to the cart, and open the sort task."""

        async def record(tx: UnitOfWork) -> SortTask:
            share = await tx.fulfillments.get(request.fulfillment_id)
            now, by = self._ports.clock.now(), request.confirmation.by
            await tx.fulfillments.advance(share.fulfillment_id, Stage.PICKING, Stage.SORTING, now)
            claims = await tx.stock.claims(share.fulfillment_id)
            await tx.stock.consume(share.fulfillment_id)
            await tx.stock.move(request.key, onto_cart(claims), by=by, reason="picked", at=now)
            slot = await tx.fulfillments.next_slot(share.warehouse_id)
            lines = tuple(li.model_copy(update={"picked": li.planned}) for li in share.lines)
            await tx.fulfillments.save(share.model_copy(update={"lines": lines, "slot": slot}))
            await finish_task(tx, share, TaskKind.PICK, by, now)
            clusters = await clusters_of(tx, share)
            sort = await open_task(
                tx, share, TaskKind.SORT, {"slot": slot, "clusters": clusters}, now
            )
            return SortTask(task_id=sort, slot=slot)

        async def again(tx: UnitOfWork, task: SortTask) -> SortTask:
            by = await confirmed_by(tx, task.task_id)
            return task.model_copy(update={"confirmed": SortConfirmation(by=by) if by else None})

        return await self._effects.once_of_share(request, SortTask, record, again)

    @activity.defn(name="record_short_pick")
    async def record_short_pick(self, request: RecordShortPick) -> Shortened:
        """Correct the bin, free the claims on what is not there, and plan with the rest."""
        async with self._ports.database.reading() as tx:
            first = await tx.fulfillments.get(request.fulfillment_id)
            order = (await tx.orders.get(first.order_id)).order

        async def record(tx: UnitOfWork) -> Shortened:
            share, short = await tx.fulfillments.get(request.fulfillment_id), request.short
            claims = await tx.stock.claims(share.fulfillment_id)
            names = await tx.catalog.articles({claim.sku for claim in claims})
            items = [_item(claim, order, names[claim.sku].name) for claim in claims]
            kept, missing = shorten(items, short)
            await tx.stock.release(share.fulfillment_id, missing, short.bin_id)
            await tx.orders.free_units(share.fulfillment_id, missing)
            off = await written_off(tx, share.warehouse_id, short.bin_id, short.sku)
            now = self._ports.clock.now()
            await tx.stock.move(request.key, off, by=short.by, reason="short pick", at=now)
            await self._replan(tx, share, order, missing)
            detail = f"{short.found} of {short.sku} in {short.bin_id}"
            await tx.journal.add_action(
                ActionRecord(
                    at=now,
                    by=short.by,
                    action="short_pick",
                    order_id=share.order_id,
                    fulfillment_id=share.fulfillment_id,
                    detail=detail,
                )
            )
            return Shortened(items=_in_walking_order(kept, items), missing=tuple(missing))

        return await self._effects.once(request, first.order_id, Shortened, record)

    async def _replan(
        self,
        tx: UnitOfWork,
        share: FulfillmentRecord,
        order: Order,
        missing: Sequence[LineQuantity],
    ) -> None:
        less = {(line.line_no, line.sku): 0 for line in share.lines}
        for row in missing:
            less[row.line_no, row.sku] += row.quantity
        lines = tuple(
            line.model_copy(update={"planned": line.planned - less[line.line_no, line.sku]})
            for line in share.lines
        )
        await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
        claims, now = await tx.stock.claims(share.fulfillment_id), self._ports.clock.now()
        if not claims:
            await tx.fulfillments.cancel(share.fulfillment_id, CANCELABLE, now)
            await tx.tasks.close_all(share.fulfillment_id, "engine", now)
            return
        task = await _pick_task(tx, share, order, claims)
        await tx.tasks.replan(task.task_id, _shown(task, order))


async def _to_pick(tx: UnitOfWork, request: PlanPicking) -> tuple[FulfillmentRecord, Order]:
    share = await tx.fulfillments.get(request.fulfillment_id)
    require_live(share)
    return share, (await tx.orders.get(share.order_id)).order


async def _bind(tx: UnitOfWork, share: FulfillmentRecord, now: datetime) -> list[Claim]:
    lines = [
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
        for line in share.lines
    ]
    today = day_at(await tx.catalog.warehouse(share.warehouse_id), now)
    skus = {line.sku for line in lines}
    stock = await tx.stock.bin_stock(share.warehouse_id, skus, ships_on=today)
    claims = [
        Claim(
            claim_id=f"{share.fulfillment_id}-b{number}",
            order_id=share.order_id,
            fulfillment_id=share.fulfillment_id,
            line_no=line_no,
            warehouse_id=share.warehouse_id,
            sku=place.sku,
            lot=place.lot,
            bin_id=place.bin_id,
            quantity=place.quantity,
        )
        for number, (line_no, place) in enumerate(bind_bins(lines, stock), 1)
    ]
    await tx.stock.bind(share.fulfillment_id, claims)
    return claims


async def _pick_task(
    tx: UnitOfWork, share: FulfillmentRecord, order: Order, claims: Sequence[Claim]
) -> PickTask:
    names = {bin_id: await tx.catalog.bin(bin_id) for bin_id in _bins(claims)}
    layout = (await tx.catalog.warehouse(share.warehouse_id)).layout
    path = walking_order(names.values(), layout)
    turn = {place.bin_id: position for position, place in enumerate(path)}
    articles = await tx.catalog.articles({claim.sku for claim in claims})
    items = [_item(claim, order, articles[claim.sku].name) for claim in claims]
    return PickTask(
        task_id=task_id(share.fulfillment_id, TaskKind.PICK),
        items=tuple(sorted(items, key=lambda item: (turn[item.bin_id], item.line_no))),
        distance_mm=walking_distance_mm(path, layout),
    )


def _bins(claims: Sequence[Claim]) -> list[str]:
    return list(dict.fromkeys(claim.bin_id for claim in claims if claim.bin_id))


def _item(claim: Claim, order: Order, name: str) -> PickItem:
    return PickItem(
        line_no=claim.line_no,
        sku=claim.sku,
        name=name,
        lot=claim.lot,
        bin_id=claim.bin_id or "",
        quantity=claim.quantity,
        properties=order.line(claim.line_no).properties,
    )


def _in_walking_order(kept: Sequence[PickItem], before: Sequence[PickItem]) -> tuple[PickItem, ...]:
    turn = [(item.bin_id, item.line_no, item.sku, item.lot) for item in before]
    return tuple(sorted(kept, key=lambda i: turn.index((i.bin_id, i.line_no, i.sku, i.lot))))


def _shown(task: PickTask, order: Order) -> dict[str, Any]:
    return {
        "items": [item.model_dump(mode="json") for item in task.items],
        "distance_mm": task.distance_mm,
        "gift": order.gift.model_dump(mode="json") if order.gift else None,
    }
