"""Stopping work: one transaction decides against whoever is just confirming the pick."""

from temporalio import activity

from activities.effects import Effects
from fulfillment.domain.compensation import why_too_late
from fulfillment.domain.lifecycle import CANCELABLE, Stage
from fulfillment.domain.orders import LineQuantity
from fulfillment.messages import Stopped, StopWork
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, FulfillmentRecord
from fulfillment.stores import UnitOfWork


class CancellationActivities:
    """The decision between a cancellation and the goods moving on."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="stop_work")
    async def stop_work(self, request: StopWork) -> Stopped:
        """Cancel the fulfillments whose goods still lie in their bins: all of them, or none."""

        async def stop(tx: UnitOfWork) -> Stopped:
            mine = [
                f
                for f in await tx.fulfillments.of_order(request.order_id)
                if request.fulfillment_id in (None, f.fulfillment_id)
            ]
            too_late = _too_late(mine)
            released = 0
            if too_late is None:
                for fulfillment in mine:
                    released += await self._cancel(tx, fulfillment, request.by)
                await self._cancel_rest(tx, request)
            await tx.journal.add_action(self._action(request, too_late))
            return Stopped(too_late=too_late, released_units=released)

        return await self._effects.once(request, request.order_id, Stopped, stop)

    async def _cancel(self, tx: UnitOfWork, fulfillment: FulfillmentRecord, by: str) -> int:
        name, now = fulfillment.fulfillment_id, self._ports.clock.now()
        if not await tx.fulfillments.cancel(name, CANCELABLE, now):
            return 0
        await tx.tasks.close_all(name, by, now)
        planned = [
            LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
            for line in fulfillment.lines
            if line.planned
        ]
        await tx.orders.cancel_units(fulfillment.order_id, planned)
        await tx.orders.free_units(name)
        none = tuple(line.model_copy(update={"planned": 0}) for line in fulfillment.lines)
        await tx.fulfillments.save(fulfillment.model_copy(update={"lines": none}))
        return await tx.stock.release(name)

    async def _cancel_rest(self, tx: UnitOfWork, request: StopWork) -> None:
        if request.fulfillment_id is not None:
            return
        rest = [
            LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
            for line in await tx.orders.progress(request.order_id)
            if line.back_ordered
        ]
        await tx.orders.cancel_units(request.order_id, rest)

    def _action(self, request: StopWork, too_late: str | None) -> ActionRecord:
        return ActionRecord(
            at=self._ports.clock.now(),
            by=request.by,
            action="cancel",
            order_id=request.order_id,
            fulfillment_id=request.fulfillment_id,
            detail=too_late or request.reason,
            refused=too_late is not None,
        )


def _too_late(fulfillments: list[FulfillmentRecord]) -> str | None:
    for fulfillment in fulfillments:
        reason = why_too_late(fulfillment.stage)
        if fulfillment.stage is not Stage.CANCELED and reason is not None:
            return f"{reason} ({fulfillment.fulfillment_id})"
    return None
