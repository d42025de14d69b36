"""Claims on stock: who ships what."""

from datetime import datetime

from temporalio import activity

from activities.availability import levels_today
from activities.effects import Effects
from fulfillment.domain.allocation import Allocation, Candidate, Share, allocate_order, shortage
from fulfillment.domain.geography import require_place
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.units import distance_km
from fulfillment.messages import (
    FulfillmentStarted,
    Reservation,
    ReserveStock,
)
from fulfillment.ports import Ports
from fulfillment.records import Claim, FulfillmentLine, FulfillmentRecord
from fulfillment.stores import UnitOfWork


class InventoryActivities:
    """Effects on claims."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="reserve_stock")
    async def reserve_stock(self, request: ReserveStock) -> Reservation:
        """Claim what can be had of what the order still needs, by warehouse."""
        earlier = await self._effects.earlier(request, Reservation)
        if earlier is not None:
            return earlier.model_copy(update={"repeated": earlier.asked_at != request.at})

        async def reserve(tx: UnitOfWork) -> Reservation:
            order = (await tx.orders.get(request.order_id)).order
            allocation = await _allocate(tx, order, self._ports.clock.now())
            made = len(await tx.fulfillments.of_order(order.order_id))
            started = [
                await self._claim(tx, order, share, made + number)
                for number, share in enumerate(allocation.shares, 1)
            ]
            await self._show(tx, order, allocation)
            return Reservation(
                fulfillments=tuple(started),
                missing=allocation.missing,
                decision=allocation.decision,
                asked_at=request.at,
            )

        return await self._effects.once(request, request.order_id, Reservation, reserve)

    async def _claim(
        self, tx: UnitOfWork, order: Order, share: Share, number: int
    ) -> FulfillmentStarted:
        fulfillment_id = f"{order.order_id}-{number}"
        await tx.fulfillments.add(
            FulfillmentRecord(
                fulfillment_id=fulfillment_id,
                order_id=order.order_id,
                warehouse_id=share.warehouse_id,
                stage=Stage.RELEASED,
                stage_since=self._ports.clock.now(),
                lines=tuple(_line(line) for line in share.lines),
            )
        )
        await tx.stock.claim(_claims(order.order_id, fulfillment_id, share))
        await tx.orders.assign_units(order.order_id, fulfillment_id, share.lines)
        return FulfillmentStarted(
            fulfillment_id=fulfillment_id,
            warehouse_id=share.warehouse_id,
            units=sum(line.quantity for line in share.lines),
        )

    async def _show(self, tx: UnitOfWork, order: Order, allocation: Allocation) -> None:
        stage, blocked_on = OrderStage.FULFILLING, ""
        if allocation.missing:
            stage = OrderStage.BACK_ORDERED
            blocked_on = f"stock: {shortage(allocation.missing)}"
        await tx.orders.set_stage(order.order_id, stage, blocked_on, self._ports.clock.now())


async def _allocate(tx: UnitOfWork, order: Order, now: datetime) -> Allocation:
    wanted = [
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
        for line in await tx.orders.progress(order.order_id)
        if line.back_ordered > 0
    ]
    destination = require_place(order.ship_to)
    candidates = [
        Candidate(
            warehouse_id=warehouse.warehouse_id,
            distance_km=distance_km(warehouse.place, destination),
        )
        for warehouse in await tx.catalog.warehouses()
    ]
    levels = await levels_today(tx, {line.sku for line in wanted}, now)
    return allocate_order(wanted, levels, candidates)


def _line(line: LineQuantity) -> FulfillmentLine:
    return FulfillmentLine(line_no=line.line_no, sku=line.sku, planned=line.quantity)


def _claims(order_id: str, fulfillment_id: str, share: Share) -> list[Claim]:
    return [
        Claim(
            claim_id=f"{fulfillment_id}-c{number}",
            order_id=order_id,
            fulfillment_id=fulfillment_id,
            line_no=line.line_no,
            warehouse_id=share.warehouse_id,
            sku=line.sku,
            quantity=line.quantity,
        )
        for number, line in enumerate(share.lines, 1)
    ]
