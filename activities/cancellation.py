"""Stopping work: one transaction decides against whoever is just confirming a step."""

from temporalio import activity

from activities.amending import amend_order, too_late_to_amend
from activities.canceled_money import units_to_refund
from activities.canceling import Case, stop_share
from activities.cancellation_plan import Terms, plan_for
from activities.cancellation_scope import Scope
from activities.effects import Effects
from activities.queueing import pass_on
from fulfillment.domain.cancellation import Action, CancellationPlan, does
from fulfillment.domain.lifecycle import OrderStage, Stage
from fulfillment.domain.orders import LineQuantity
from fulfillment.messages import RecordAmendment, StopWork, WorkStopped
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork


def intercepted_note(tracking_number: str) -> str:
    """Return where it is noted that a parcel comes back."""
    return f"intercept/{tracking_number}"


class CancellationActivities:
    """The decision between a cancellation and the goods moving on."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="stop_work")
    async def stop_work(self, request: StopWork) -> WorkStopped:
        """Cancel an order, one fulfillment or units of lines: all that was asked, or nothing.

        What is to be done by carriers, the gateway and people follows from the answer. Where
        parcels are on their way, nothing is changed until it is noted that they come back. Asked to
        cancel only what is back-ordered, it leaves the fulfillments alone.

        Raises:
            NotFound: the order has no such fulfillment.

        """
        stop = self._stop_waiting if request.back_ordered_only else self._stop

        async def decide(tx: UnitOfWork) -> WorkStopped:
            stopped = await stop(tx, request)
            if not stopped.to_intercept:
                await tx.journal.add_action(self._action(request, stopped.too_late))
            return stopped

        stopped = await self._effects.once(request, request.order_id, WorkStopped, decide)
        woken = await pass_on(self._ports.database, self._ports.clock, request.order_id)
        return stopped.model_copy(update={"woken": woken})

    async def _stop(self, tx: UnitOfWork, request: StopWork) -> WorkStopped:
        if await _is_stopped(tx, request):
            return await _left_to_do(tx, request.fulfillment_id or "", WorkStopped())
        terms = Terms(
            self._ports.interceptor.can_intercept, self._ports.policies.intercept_fee_minor
        )
        scope, plan = await plan_for(tx, request.order_id, request, terms)
        if scope is None or plan.too_late is not None:
            return WorkStopped(too_late=plan.too_late, plan=plan)
        if request.wishes.given and (reason := await too_late_to_amend(tx, request.order_id)):
            return WorkStopped(too_late=reason, plan=plan)
        coming = await _still_under_way(tx, scope)
        if coming:
            return WorkStopped(to_intercept=coming, plan=plan)
        return await self._carry_out(tx, request, scope, plan)

    async def _carry_out(
        self, tx: UnitOfWork, request: StopWork, scope: Scope, plan: CancellationPlan
    ) -> WorkStopped:
        now = self._ports.clock.now()
        if request.wishes.given:
            amendment = RecordAmendment.model_validate(request.model_dump())
            await amend_order(tx, amendment, now)
        refunds = await units_to_refund(tx, scope)
        released = 0
        for share in scope.shares:
            case = Case(tx, share, request.by, now)
            released += await stop_share(case, scope.units[share.fulfillment_id])
        await tx.orders.cancel_units(request.order_id, scope.missing)
        if scope.whole and scope.shares:
            await tx.orders.set_stage(request.order_id, OrderStage.FULFILLING, "", now)
        stopped = WorkStopped(
            released_units=released,
            canceled=scope.missing if scope.whole else scope.canceled,
            stopped=tuple(share.fulfillment_id for share in scope.shares),
            refunds=refunds,
            nothing_left=await _nothing_left(tx, request.order_id),
            plan=plan,
        )
        one = request.fulfillment_id
        return stopped if one is None else await _left_to_do(tx, one, stopped)

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


async def _nothing_left(tx: UnitOfWork, order_id: str) -> bool:
    return all(line.canceled == line.ordered for line in await tx.orders.progress(order_id))


async def _is_stopped(tx: UnitOfWork, request: StopWork) -> bool:
    """Return whether the one fulfillment was canceled before, as with its order."""
    return any(
        share.fulfillment_id == request.fulfillment_id and share.stage is Stage.CANCELED
        for share in await tx.fulfillments.of_order(request.order_id)
    )


async def _left_to_do(tx: UnitOfWork, fulfillment_id: str, stopped: WorkStopped) -> WorkStopped:
    """Add what the workflow of a fulfillment that is canceled has still to see to."""
    share = await tx.fulfillments.get(fulfillment_id)
    labels = await tx.parcels.labels(fulfillment_id)
    used = [await _comes_back(tx, label.tracking_number) for label in labels]
    return stopped.model_copy(
        update={
            "batch_id": await tx.batches.left_by(fulfillment_id),
            "labels_live": bool((labels or share.pickup_reference) and not any(used)),
            "to_put_back": bool(await tx.changes.put_backs(fulfillment_id)),
        }
    )


async def _comes_back(tx: UnitOfWork, tracking_number: str) -> bool:
    return await tx.carrier_notes.find(intercepted_note(tracking_number)) is not None


async def _still_under_way(tx: UnitOfWork, scope: Scope) -> tuple[str, ...]:
    """Return the fulfillments of which not all parcels are known to come back."""
    away = [share for share in scope.shares if does(share.stage, Action.INTERCEPT)]
    coming = []
    for share in away:
        labels = await tx.parcels.labels(share.fulfillment_id)
        if not all([await _comes_back(tx, label.tracking_number) for label in labels]):
            coming.append(share.fulfillment_id)
    return tuple(coming)


async def _cancel_rest(tx: UnitOfWork, request: StopWork) -> tuple[LineQuantity, ...]:
    rest = tuple(
        LineQuantity(line_no=line.line_no, sku=line.sku, quantity=line.back_ordered)
        for line in await tx.orders.progress(request.order_id)
        if line.back_ordered
    )
    await tx.orders.cancel_units(request.order_id, rest)
    return rest
