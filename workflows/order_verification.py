"""The first steps of an order: on record, acknowledged, verified, authorized, or on hold."""

from temporalio import workflow

from workflows.options import ASK_GATEWAY, RECORD
from workflows.order_hold_answers import OrderHoldAnswers
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from activities.orders import OrderActivities
    from activities.payments import PaymentActivities
    from activities.verification import VerificationActivities
    from fulfillment.domain.errors import (
        FulfillmentError,
        InvalidOrder,
        PlaintextRefused,
        Problem,
    )
    from fulfillment.domain.holds import Finding, HoldKind
    from fulfillment.domain.lifecycle import OrderStage, Outcome
    from fulfillment.domain.orders import CAPTURED_BY_US, Order, PaymentMethod, parse_order
    from fulfillment.domain.risk import risk_decision
    from fulfillment.messages import (
        AuthorizePayment,
        NoticeKind,
        PaymentResult,
        RecordOrder,
        Verification,
        VerifyOrder,
    )
    from fulfillment.temporal.identifiers import order_workflow_id
    from fulfillment.temporal.unreadable import TaskUnreadable, Unreadable


class OrderVerification(OrderHoldAnswers):
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
        if order.payment.method is PaymentMethod.AUTHORIZED:
            self.now_held(order.amount_minor)
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
            if not self.held_before(for_payment=False):
                return None  # verified by the run before this one
            waived = await self.answered()
        while True:
            await self.weigh_cancellation()
            verification = await self._verified(waived=waived)
            for remark in verification.remarks:
                self.journal.note(remark)
            if verification.risk is not None and not waived:
                self.journal.decide(risk_decision(verification.risk))
            if not verification.findings:
                self.stage = OrderStage.RESERVING
                return self.journal.note("verified")
            waived = await self.hold(verification.findings)

    async def _verified(self, *, waived: bool) -> Verification:
        request = VerifyOrder(
            key=self.keys.next("verify_order"), order_id=self.order_id, waived=waived
        )
        return await self.insist(
            lambda: workflow.execute_activity_method(
                VerificationActivities.verify_order,
                request,
                summary="Check availability, address, phone and destination",
                **RECORD,
            )
        )

    async def authorize(self) -> None:
        """Have the amount reserved at the payer's bank, or see that the storefront has done so."""
        order = self.placed()
        if self.held_before(for_payment=True) and not await self.answered():
            await self.verify()
        while order.payment.method in CAPTURED_BY_US and self.resumed is None:
            await self.weigh_cancellation()
            result = await self._asked_bank(order)
            self.bank_asked = True
            if result.declined is None:
                return self._authorized(result)
            declined = Finding(subject="payment", message=result.declined, kind=HoldKind.PAYMENT)
            if not await self.hold([declined], for_payment=True):
                await self.verify()
        return None

    def _authorized(self, result: PaymentResult) -> None:
        self.stage = OrderStage.RESERVING
        if self.placed().payment.method is PaymentMethod.AUTHORIZED:
            return self.journal.note(f"the storefront's authorization is good for {result.amount}")
        self.now_held(result.amount_minor)
        self.keep_authorized(result.expires_at)
        return self.journal.note(f"payment authorized: {result.amount}")

    async def _asked_bank(self, order: Order) -> PaymentResult:
        """Ask the bank until it says yes or no; canceled before that, something may be held."""
        request = AuthorizePayment(key=self.keys.next("authorize_payment"), order_id=self.order_id)
        handed_in = order.payment.method is PaymentMethod.AUTHORIZED
        return await self.insist(
            lambda: workflow.execute_activity_method(
                PaymentActivities.authorize_payment,
                request,
                summary=f"{'Look up' if handed_in else 'Authorize'} {order.amount}",
                **ASK_GATEWAY,
            )
        )


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
