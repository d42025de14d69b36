"""Stopping work: one transaction decides against whoever is just confirming the pick."""

from temporalio import activity

from activities.batch_members import withdraw
from activities.effects import Effects
from activities.queueing import pass_on
from fulfillment.domain.compensation import why_too_late
from fulfillment.domain.lifecycle import CANCELABLE, OrderStage, Stage
from fulfillment.domain.orders import LineQuantity
from fulfillment.messages import StopWork, WorkStopped
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
    async def stop_work(self, request: StopWork) -> WorkStopped:
        """Cancel the fulfillments whose goods still lie in their bins: all of them, or none.

        Asked to cancel only what is back-ordered, it leaves the fulfillments alone.
        """
        stop = self._stop_waiting if request.back_ordered_only else self._stop_all

        async def decide(tx: UnitOfWork) -> WorkStopped:
            stopped = await stop(tx, request)
            await tx.journal.add_action(self._action(request, stopped.too_late))
            return stopped

        stopped = await self._effects.once(request, request.order_id, WorkStopped, decide)
        woken = await pass_on(self._ports.database, self._ports.clock, request.order_id)
        return stopped.model_copy(update={"woken": woken})

    async def _stop_all(self, tx: UnitOfWork, request: StopWork) -> WorkStopped:
        mine = [
            f
            for f in await tx.fulfillments.of_order(request.order_id)
            if request.fulfillment_id in (None, f.fulfillment_id)
        ]
        too_late = _too_late(mine)
        if too_late is not None:
            return WorkStopped(too_late=too_late)
        released = 0
        for fulfillment in mine:
            released += await self._cancel(tx, fulfillment, request.by)
        if request.fulfillment_id is not None:
            left = await tx.batches.left_by(request.fulfillment_id)
            return WorkStopped(released_units=released, batch_id=left)
        return WorkStopped(released_units=released, canceled=await _cancel_rest(tx, request))

    async def _stop_waiting(self, tx: UnitOfWork, request: StopWork) -> WorkStopped:
        fulfillments = await tx.fulfillments.of_order(request.order_id)
        if all(fulfillment.stage is Stage.CANCELED for fulfillment in fulfillments):
            return WorkStopped(too_late="nothing else of it ships; cancel the whole order")
        canceled = await _cancel_rest(tx, request)
        if not canceled:
            return WorkStopped(too_late="nothing of it is back-ordered")
        now = self._ports.clock.now()
        await tx.orders.set_stage(request.order_id, OrderStage.FULFILLING, "", now)
        return WorkStopped(canceled=canceled)

    async def _cancel(self, tx: UnitOfWork, fulfillment: FulfillmentRecord, by: str) -> int:
        name, now = fulfillment.fulfillment_id, self._ports.clock.now()
        if not await tx.fulfillments.cancel(name, CANCELABLE, now):
            return 0
        await withdraw(tx, fulfillment, by, now)
        await tx.tasks.close_all(name, by, now)
        planned = [
            LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.planned)
            for line in fulfillment.lines
            if line.planned
        ]
        await tx.orders.cancel_units(fulfillment.order_id, planned)
        await tx.orders.free_units(name)
        # What was picked of a batch's member lies in the cart, to be put back.
        nothing = {"planned": 0, "picked": 0}
        none = tuple(line.model_copy(update=nothing) for line in fulfillment.lines)
        await tx.fulfillments.save(fulfillment.model_copy(update={"lines": none}))
        return await tx.stock.release(name)

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


async def _cancel_rest(tx: UnitOfWork, request: StopWork) -> tuple[LineQuantity, ...]:
    rest = tuple(
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
        for line in await tx.orders.progress(request.order_id)
        if line.back_ordered
    )
    await tx.orders.cancel_units(request.order_id, rest)
    return rest


def _too_late(fulfillments: list[FulfillmentRecord]) -> str | None:
    for fulfillment in fulfillments:
        reason = why_too_late(fulfillment.stage)
        if fulfillment.stage is not Stage.CANCELED and reason is not None:
            return f"{reason} ({fulfillment.fulfillment_id})"
    return None
