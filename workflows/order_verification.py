"""The first steps of an order: on record, acknowledged, verified, authorized, or on hold."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

from workflows.continuing import Continuing
from workflows.keys import moment
from workflows.options import ASK_GATEWAY, RECORD
from workflows.order_base import Stopped
from workflows.order_canceling import OrderCanceling
from workflows.waiting import Watch, attempt, wait_patiently

with workflow.unsafe.imports_passed_through():
    from activities.orders import OrderActivities
    from activities.payments import PaymentActivities
    from activities.verification import VerificationActivities
    from fulfillment.domain.errors import FulfillmentError, InvalidOrder, PlaintextRefused, Problem
    from fulfillment.domain.lifecycle import Nudge, OrderStage, Outcome
    from fulfillment.domain.orders import Order, PaymentMethod, parse_order
    from fulfillment.messages import (
        AuthorizePayment,
        CancelRequest,
        CorrectAddress,
        HoldOrder,
        NoticeKind,
        RecordAddress,
        Recorded,
        RecordOrder,
        RecordRelease,
        ReleaseHold,
        VerifyOrder,
        VoidPayment,
    )
    from fulfillment.messages.continuing import Held, Watched
    from fulfillment.temporal.identifiers import order_workflow_id
    from fulfillment.temporal.unreadable import TaskUnreadable, Unreadable


class OrderVerification(OrderCanceling):
    """From the storefront's data to an order that may be fulfilled."""

    # --- 1. receive and acknowledge ------------------------------------------------------

    async def receive(self) -> Outcome | None:
        """Put the order on record; return its outcome if it had ended before."""
        if isinstance(self.data, Unreadable):
            raise _unread(self.data)
        order = parse_order(self.data)
        _require_own_id(order)
        self.order, self.order_id = order, order.order_id
        self.journal.rename(f"Order {order.order_id}")
        recorded = await attempt(
            workflow.execute_activity_method(
                OrderActivities.record_order,
                RecordOrder(key=self.keys.next("record_order"), order=order),
                summary="Put the order on record",
                **RECORD,
            )
        )
        if isinstance(recorded, FulfillmentError):
            raise recorded
        self.recorded = recorded
        self.journal.note("received")
        return recorded.outcome

    async def acknowledge(self) -> None:
        """Tell the customer that the order has arrived."""
        if self.resumed is None:
            await self.notify(NoticeKind.ACKNOWLEDGED)

    # --- 2. verify -----------------------------------------------------------------------

    async def verify(self) -> None:
        """Check availability and shipping data; hold the order while a person must decide."""
        waived = False
        if self.resumed is not None:
            held = self._held_before(for_payment=False)
            if held is None:
                return None  # verified by the run before this one
            waived = await self._answered(held)
        while True:
            await self.weigh_cancellation()
            verification = await workflow.execute_activity_method(
                VerificationActivities.verify_order,
                VerifyOrder(
                    key=self.keys.next("verify_order"), order_id=self.order_id, waived=waived
                ),
                summary="Check availability, address, phone and destination",
                **RECORD,
            )
            if not verification.findings:
                self.stage = OrderStage.RESERVING
                return self.journal.note("verified")
            reason = "; ".join(f"{f.subject}: {f.message}" for f in verification.findings)
            waived = await self._hold(reason, for_payment=False)

    async def authorize(self) -> None:
        """Have the amount reserved at the payer's bank, where that is still to be done."""
        order = self.placed()
        if order.payment.method is PaymentMethod.AUTHORIZED:
            self.authorized_minor = order.amount_minor
        held = self._held_before(for_payment=True)
        if held is not None and not await self._answered(held):
            await self.verify()
        while order.payment.method is PaymentMethod.TO_AUTHORIZE and self.resumed is None:
            await self.weigh_cancellation()
            result = await workflow.execute_activity_method(
                PaymentActivities.authorize_payment,
                AuthorizePayment(key=self.keys.next("authorize_payment"), order_id=self.order_id),
                summary=f"Authorize {order.amount}",
                **ASK_GATEWAY,
            )
            if result.declined is None:
                self.authorized_minor = result.amount_minor
                self.keep_authorized(result.expires_at)
                self.stage = OrderStage.RESERVING
                self.journal.note(f"payment authorized: {order.amount}")
                break
            if not await self._hold(f"payment: {result.declined}", for_payment=True):
                await self.verify()
        if self.authorized_minor:
            self.undo.add("voided the authorization", self.void)

    async def void(self) -> None:
        """Give back what was authorized and not captured."""
        request = VoidPayment(key=self.keys.next("void_payment"), order_id=self.order_id)
        await self.insist(
            lambda: workflow.execute_activity_method(
                PaymentActivities.void_payment,
                request,
                summary="Give back what was authorized and not captured",
                **ASK_GATEWAY,
            ),
            cancelable=False,
        )
        self.authorized_minor = 0

    def _held_before(self, *, for_payment: bool) -> Held | None:
        """Return the hold of this step that an earlier run was in, from which this one goes on."""
        held = self.resumed.held if self.resumed is not None else None
        if held is None or held.for_payment is not for_payment:
            return None
        self.resumed = None
        return held

    async def _hold(self, reason: str, *, for_payment: bool) -> bool:
        """Wait for a person's answer; return whether the order was released as it is."""
        patience = self.on_record().policies.hold
        until = workflow.now() + patience.span
        self.hold_answer, self.overdue, self.answering = None, False, False
        hold = HoldOrder(
            key=self.keys.next("hold_order"), order_id=self.order_id, reason=reason, until=until
        )
        self.holding = True
        try:
            held = await workflow.execute_activity_method(
                OrderActivities.hold_order, hold, summary=f"Hold: {reason}", **RECORD
            )
            self.enter(OrderStage.ON_HOLD, reason)
        finally:
            self.holding = False
        await self.notify(NoticeKind.ON_HOLD, reason)
        if held.released is not None:
            return held.released
        return await self._answered(Held(reason=reason, for_payment=for_payment, watched=Watched()))

    async def _answered(self, held: Held) -> bool:
        """Wait for the answer to a hold; return whether the order was released as it is."""
        reason, watch = held.reason, Watch(held.watched)
        while self.hold_answer is None:
            await wait_patiently(
                lambda: self._hold_news() or self.may_continue(),
                self.on_record().policies.hold,
                self._press,
                reason,
                watch=watch,
            )
            if self.may_continue() and not self._hold_news():
                raise Continuing(held.model_copy(update={"watched": watch.watched}))
            await workflow.wait_condition(lambda: bool(self.hold_answer) or not self.answering)
            await self.weigh_cancellation()
            if self.overdue and self.hold_answer is None:
                await self._reject(reason)
        return isinstance(self.hold_answer, ReleaseHold)

    def _hold_news(self) -> bool:
        return bool(self.hold_answer or self.asked or self.overdue)

    async def _press(self, nudge: Nudge) -> None:
        if nudge is Nudge.CANCELLATION:
            self.overdue = True
        else:
            await self.nudge(nudge)

    async def _reject(self, reason: str) -> None:
        self.overdue = False
        stopped = await self.stop(CancelRequest(reason=reason, by="engine"))
        if stopped.too_late is None:
            raise Stopped(None, rejection=reason, stopped=stopped)

    async def record_address(self, correction: CorrectAddress) -> None:
        """Put a corrected address on record and let the order be verified again."""
        request = RecordAddress(
            key=self.keys.next("record_address", moment()),
            order_id=self.order_id,
            correction=correction,
        )
        await self._answer(
            lambda: workflow.execute_activity_method(
                OrderActivities.record_address, request, summary="Correct the address", **RECORD
            )
        )
        self.journal.note("address corrected", correction.by)
        self.hold_answer = correction

    async def record_release(self, release: ReleaseHold) -> None:
        """Put on record who let the order go on, and let it."""
        request = RecordRelease(
            key=self.keys.next("record_release", moment()),
            order_id=self.order_id,
            release=release,
        )
        await self._answer(
            lambda: workflow.execute_activity_method(
                OrderActivities.record_release,
                request,
                summary=f"Released by {release.by}",
                **RECORD,
            )
        )
        self.journal.note(f"hold released {release.reason}".strip(), release.by)
        self.hold_answer = release

    async def _answer(self, record: Callable[[], Awaitable[Recorded]]) -> None:
        """Record the one answer to a hold; one that can't be recorded leaves the hold open."""
        await self.open_for_answer()
        self.answering = True
        try:
            await record()
        except BaseException:
            self.answering = False
            raise


def _unread(unreadable: Unreadable) -> Exception:
    """Return what to raise: plaintext is refused at the door, and an order under way waits."""
    refusal = unreadable.error()
    fresh = not workflow.unsafe.is_replaying()
    return refusal if fresh and isinstance(refusal, PlaintextRefused) else TaskUnreadable(refusal)


def _require_own_id(order: Order) -> None:
    expected, came = order_workflow_id(order.order_id), workflow.info().workflow_id
    if came != expected:
        remedy = "start the workflow with the id of its order, so that one order is one workflow"
        raise InvalidOrder.of(
            Problem(path="workflow id", expected=expected, came=came, remedy=remedy)
        )
