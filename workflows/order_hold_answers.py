"""What staff and customers can say to an order on hold: by update, and by signal."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

from workflows.keys import moment
from workflows.options import RECORD
from workflows.order_hold_base import Question
from workflows.order_holds import OrderHolds

with workflow.unsafe.imports_passed_through():
    from activities.holds import HoldActivities
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.holds import HoldChoice, reason_of
    from fulfillment.domain.lifecycle import Nudge, OrderStage
    from fulfillment.domain.orders import PaymentMethod
    from fulfillment.messages import (
        CorrectAddress,
        OrderStatus,
        RecordAddress,
        RecordRelease,
        ReleaseHold,
    )
    from fulfillment.messages.holds import (
        AnswerQuestion,
        AskCustomer,
        PayOtherwise,
        RecordOtherMeans,
        RecordPaymentMeans,
        RecordQuestion,
        RecordRejection,
        RecordReply,
        RejectOrder,
    )

RequestT = TypeVar("RequestT")


class OrderHoldAnswers(OrderHolds):
    """Release, correct the address, ask the customer, pay otherwise, reject."""

    # --- release -------------------------------------------------------------------------

    @workflow.update(name="release_hold")
    async def release_hold(self, release: ReleaseHold) -> OrderStatus:
        """Let an order on hold go on in spite of what was found."""
        return await self._answer(lambda: self._record_release(release))

    @release_hold.validator
    def _check_release_hold(self, release: ReleaseHold) -> None:  # noqa: ARG002
        self.require_hold(HoldChoice.RELEASE)

    @workflow.signal(name="hold_released")
    async def hold_released(self, *payload: Any) -> None:  # noqa: ANN401 - see DESIGN, human steps
        """Let an order on hold go on, from the Temporal UI or CLI."""
        await self._by_signal("release by signal", payload, ReleaseHold, self._record_release)

    async def _record_release(self, release: ReleaseHold) -> None:
        await self.open_for_answer(HoldChoice.RELEASE)
        request = RecordRelease(
            key=self.keys.next("record_release", moment()), order_id=self.order_id, release=release
        )
        recording = workflow.execute_activity_method(
            HoldActivities.record_release, request, summary=f"Released by {release.by}", **RECORD
        )
        await self.answer_hold(release, recording)
        self.journal.note(f"hold released {release.reason}".strip(), release.by)

    # --- correct the address -------------------------------------------------------------

    @workflow.update(name="correct_address")
    async def correct_address(self, correction: CorrectAddress) -> OrderStatus:
        """Replace the address of an order on hold and verify it again."""
        return await self._answer(lambda: self.record_address(correction))

    @correct_address.validator
    def _check_correct_address(self, correction: CorrectAddress) -> None:  # noqa: ARG002
        self.require_hold(HoldChoice.CORRECT_ADDRESS)

    @workflow.signal(name="address_corrected")
    async def address_corrected(self, *payload: Any) -> None:  # noqa: ANN401
        """Replace the address of an order on hold, from the Temporal UI or CLI."""
        action = "correction by signal"
        await self._by_signal(action, payload, CorrectAddress, self.record_address)

    async def record_address(self, correction: CorrectAddress) -> None:
        """Put a corrected address on record and let the order be verified again."""
        await self.open_for_answer(HoldChoice.CORRECT_ADDRESS)
        request = RecordAddress(
            key=self.keys.next("record_address", moment()),
            order_id=self.order_id,
            correction=correction,
        )
        recording = workflow.execute_activity_method(
            HoldActivities.record_address, request, summary="Correct the address", **RECORD
        )
        await self.answer_hold(correction, recording)
        self.journal.note("address corrected", correction.by)

    # --- pay otherwise, reject -----------------------------------------------------------

    @workflow.update(name="pay_otherwise")
    async def pay_otherwise(self, payment: PayOtherwise) -> OrderStatus:
        """Have an order whose payment was declined paid by other means, on hold or later."""
        return await self._answer(lambda: self._record_payment(payment))

    @pay_otherwise.validator
    def _check_pay_otherwise(self, payment: PayOtherwise) -> None:  # noqa: ARG002
        if not self._pays_later():
            self.require_hold(HoldChoice.PAY)

    @workflow.signal(name="paid_otherwise")
    async def paid_otherwise(self, *payload: Any) -> None:  # noqa: ANN401
        """Have an order on hold paid by other means, from the Temporal UI or CLI."""
        await self._by_signal("payment by signal", payload, PayOtherwise, self._record_payment)

    def _pays_later(self) -> bool:
        """Return whether what is held for the order may have to be held anew, by another card."""
        to_authorize = self.order and self.order.payment.method is PaymentMethod.TO_AUTHORIZE
        closing = self.stopping or self.ended or self.stage is OrderStage.SETTLED
        return bool(to_authorize and self.authorized_minor and not closing)

    async def _record_payment(self, payment: PayOtherwise) -> None:
        if self._pays_later():
            return await self._pay_later(payment)
        await self.open_for_answer(HoldChoice.PAY)
        request = RecordPaymentMeans(
            key=self.keys.next("record_payment_means", moment()),
            order_id=self.order_id,
            payment=payment,
        )
        recording = workflow.execute_activity_method(
            HoldActivities.record_payment_means, request, summary="Paid by other means", **RECORD
        )
        await self.answer_hold(payment, recording)
        return self.journal.note("paid by other means", payment.by)

    async def _pay_later(self, payment: PayOtherwise) -> None:
        """Have held anew and captured by another card what the one before does not pay."""
        request = RecordOtherMeans(
            key=self.keys.next("record_other_means", moment()),
            order_id=self.order_id,
            payment=payment,
        )
        await workflow.execute_activity_method(
            HoldActivities.record_other_means, request, summary="Paid by other means", **RECORD
        )
        self.journal.note("paid by other means from now on", payment.by)
        if self.renewal.expires_at is not None:
            await self.renewal.keep()
        for name in self.children.ids:
            if not self.children.has_ended(name):
                with suppress(FailureError):  # it has just ended
                    await self.children.tell(name).signal("retry_step")

    @workflow.update(name="reject_order")
    async def reject_order(self, rejection: RejectOrder) -> OrderStatus:
        """Close an order on hold; the customer is told."""
        return await self._answer(lambda: self._record_rejection(rejection))

    @reject_order.validator
    def _check_reject_order(self, rejection: RejectOrder) -> None:  # noqa: ARG002
        self.require_hold(HoldChoice.REJECT)

    @workflow.signal(name="order_rejected")
    async def order_rejected(self, *payload: Any) -> None:  # noqa: ANN401
        """Close an order on hold, from the Temporal UI or CLI."""
        action = "rejection by signal"
        await self._by_signal(action, payload, RejectOrder, self._record_rejection)

    async def _record_rejection(self, rejection: RejectOrder) -> None:
        await self.open_for_answer(HoldChoice.REJECT)
        request = RecordRejection(
            key=self.keys.next("record_rejection", moment()),
            order_id=self.order_id,
            rejection=rejection,
        )
        summary = f"Rejected by {rejection.by}"
        recording = workflow.execute_activity_method(
            HoldActivities.record_rejection, request, summary=summary, **RECORD
        )
        await self.answer_hold(rejection, recording)
        self.journal.note(f"rejected {rejection.reason}".strip(), rejection.by)

    async def _answer(self, record: Callable[[], Awaitable[None]]) -> OrderStatus:
        async def recorded() -> OrderStatus:
            await record()
            return self.status()

        return await self.answers.once(OrderStatus, recorded)

    # --- ask the customer ----------------------------------------------------------------

    @workflow.update(name="ask_customer")
    async def ask_customer(self, request: AskCustomer) -> OrderStatus:
        """Ask the customer of an order on hold, and wait for the answer."""
        return await self._answer(lambda: self._put_question(request))

    @ask_customer.validator
    def _check_ask_customer(self, request: AskCustomer) -> None:  # noqa: ARG002
        self.require_hold(HoldChoice.ASK)

    @workflow.signal(name="customer_asked")
    async def customer_asked(self, *payload: Any) -> None:  # noqa: ANN401
        """Ask the customer of an order on hold, from the Temporal UI or CLI."""
        await self._by_signal("question by signal", payload, AskCustomer, self._put_question)

    async def _put_question(self, asked: AskCustomer) -> None:
        await self.open_for_answer(HoldChoice.ASK)
        until = workflow.now() + self.on_record().policies.hold_question.span
        request = RecordQuestion(
            key=self.keys.next("record_question", moment()),
            order_id=self.order_id,
            question=asked.question,
            by=asked.by,
            shown=self.shown_while_asked(until),
            until=until,
        )
        recording = workflow.execute_activity_method(
            HoldActivities.record_question, request, summary="Ask the customer", **RECORD
        )
        self.journal.note(f"customer asked, until {until:%Y-%m-%d %H:%M %Z}", asked.by)
        await self.set_question(Question(asked.question, until), recording)

    @workflow.update(name="answer_question")
    async def answer_question(self, reply: AnswerQuestion) -> OrderStatus:
        """Put on record what the customer answered, and let staff decide."""
        return await self._answer(lambda: self._record_reply(reply))

    @answer_question.validator
    def _check_answer_question(self, reply: AnswerQuestion) -> None:  # noqa: ARG002
        self.require_question()

    @workflow.signal(name="question_answered")
    async def question_answered(self, *payload: Any) -> None:  # noqa: ANN401
        """Put on record what the customer answered, from the Temporal UI or CLI."""
        await self._by_signal("answer by signal", payload, AnswerQuestion, self._record_reply)

    async def _record_reply(self, reply: AnswerQuestion) -> None:
        await self.open_for_answer()
        self.require_question()
        self.hold_until = workflow.now() + self.on_record().policies.hold.span
        request = RecordReply(
            key=self.keys.next("record_reply", moment()),
            order_id=self.order_id,
            reply=reply,
            shown=reason_of(self.findings),
            until=self.hold_until,
        )
        recording = workflow.execute_activity_method(
            HoldActivities.record_reply, request, summary="The customer has answered", **RECORD
        )
        await self.set_question(None, recording)
        self.journal.note("the customer has answered", reply.by)
        await self.nudge(Nudge.REMINDER, f"the customer has answered: {self.blocked_on}")

    # --- by signal -----------------------------------------------------------------------

    async def _by_signal(
        self,
        action: str,
        payload: tuple[Any, ...],
        kind: type[RequestT],
        answer: Callable[[RequestT], Awaitable[None]],
    ) -> None:
        """Do what a signal says; a refusal shows in the timeline, and never raises."""
        by = "unknown"
        try:
            unread = self.hearing.refusal(payload)
            if unread:
                raise unread
            request = _heard(kind, payload)
            by = getattr(request, "by", by)
            await answer(request)
        except (FulfillmentError, ActivityError) as refusal:
            await self.refuse(action, by, str(refusal))


def _heard(kind: Any, payload: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a model of any kind
    """Return a signal's payload as the model; without one that fits, its defaults, if it has all.

    Raises:
        ConfirmationRefused: something must be said, and nothing that can be read was.

    """
    for said in (*payload[:1], {}):
        try:
            return kind.model_validate(said)
        except ValueError:
            continue
    needed = [name for name, field in kind.model_fields.items() if field.is_required()]
    raise ConfirmationRefused.of(
        Problem(
            path="payload",
            expected=f"JSON with {', '.join(needed)}",
            came="something else" if payload else "nothing",
            remedy="send it again with all of them; docs/holds.md has examples",
        )
    )
