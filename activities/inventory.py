"""Claims on stock: who ships what."""

from temporalio import activity

from activities.effects import Effects
from activities.queueing import queue_up, set_aside, supply_of, wanted_of
from activities.sourcing import Prospect, Prospecting
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.orders import LineQuantity, Order, shortage
from fulfillment.domain.sourcing import Share, allocate_lines, promised_by
from fulfillment.domain.substitution import decide_substitutions
from fulfillment.messages import FulfillmentStarted, Reservation, ReserveStock
from fulfillment.ports import Ports
from fulfillment.records import Claim, FulfillmentLine, FulfillmentRecord, OrderRecord
from fulfillment.stores import UnitOfWork


class InventoryActivities:
    """Effects on claims."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)
        self._prospecting = Prospecting(
            ports.database, ports.carrier, ports.sourcing, ports.policies.ship_within
        )

    @activity.defn(name="reserve_stock")
    async def reserve_stock(self, request: ReserveStock) -> Reservation:
        """Claim what can be had of what the order still needs, by warehouse.

        What is to be had nowhere is claimed of an article that the customer takes instead.
        """
        earlier = await self._effects.earlier(request, Reservation)
        if earlier is not None:
            return earlier.model_copy(update={"repeated": earlier.asked_at != request.at})
        prospect = await self._prospecting.look_ahead(
            request.order_id, request.at, substitute=request.substitute
        )

        async def reserve(tx: UnitOfWork) -> Reservation:
            record = await tx.orders.get(request.order_id)
            return await self._reserve(tx, record, request, prospect)

        return await self._effects.once(request, request.order_id, Reservation, reserve)

    async def _reserve(
        self, tx: UnitOfWork, record: OrderRecord, request: ReserveStock, prospect: Prospect
    ) -> Reservation:
        order, now = record.order, self._ports.clock.now()
        wanted = await wanted_of(tx, order, substitute=request.substitute)
        woken = await set_aside(tx, wanted.skus, now)
        supply, levels = await supply_of(tx, wanted, now)
        allocation = allocate_lines(
            supply.lines, levels, prospect.sources, prospect.articles, prospect.terms
        )
        made = len(await tx.fulfillments.of_order(order.order_id))
        started = [
            await self._claim(tx, order, share, made + number)
            for number, share in enumerate(allocation.shares, 1)
        ]
        woken += await queue_up(tx, record, supply.missing, wanted, now)
        await self._show(tx, order, supply.missing)
        promised = promised_by(allocation, prospect.sources)
        if promised and not supply.missing and order.deliver_by is None:
            await tx.orders.set_deliver_by(order.order_id, promised)
        return Reservation(
            fulfillments=tuple(started),
            missing=supply.missing,
            decision=allocation.decision,
            substitutions=supply.substitutions,
            substituting=decide_substitutions(supply.substitutions, supply.missing),
            asked_at=request.at,
            woken=tuple(one for one in dict.fromkeys(woken) if one != wanted.waiter),
        )

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

    async def _show(self, tx: UnitOfWork, order: Order, missing: tuple[LineQuantity, ...]) -> None:
        stage, blocked_on = OrderStage.FULFILLING, ""
        if missing:
            stage, blocked_on = OrderStage.BACK_ORDERED, f"stock: {shortage(missing)}"
        await tx.orders.set_stage(order.order_id, stage, blocked_on, self._ports.clock.now())


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
