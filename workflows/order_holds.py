"""An order on hold: who is asked, who is reminded, and what follows from the answer."""

from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow

from workflows.continuing import Continuing
from workflows.keys import moment
from workflows.options import RECORD
from workflows.order_base import Stopped
from workflows.order_hold_base import OrderHoldBase, Question
from workflows.waiting import Watch, arrives_within, wait_patiently

with workflow.unsafe.imports_passed_through():
    from activities.holds import HoldActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.holds import Finding, QuestionPatience, kinds_of, reason_of, told_reason
    from fulfillment.domain.lifecycle import Nudge, OrderStage, Policy
    from fulfillment.messages import CancelRequest, Held, HoldOrder, NoticeKind, ReleaseHold
    from fulfillment.messages.holds import PayOtherwise, RecordLapse, RejectOrder


class OrderHolds(OrderHoldBase):
    """Stop, ask, remind, escalate, and apply the policy where nobody decides."""

    async def hold(self, findings: Sequence[Finding], *, for_payment: bool = False) -> bool:
        """Wait for the answer; return whether the order goes on as it is, without a new check.

        Raises:
            Stopped: it was rejected or canceled, or nobody has decided in time.

        """
        self.held_for_payment = for_payment
        held = await self._place_hold(findings)
        await self.notify(NoticeKind.ON_HOLD, told_reason(findings))
        if held.released is not None:
            return held.released
        if held.rejected is not None:
            self.hold_answer = RejectOrder(reason=held.rejected[:500])
        if held.question is not None and held.until is not None:
            self.wait_for_customer(held.question, held.until)
        return await self.answered()

    async def answered(self) -> bool:
        """Wait for the answer to the hold; return whether the order goes on as it is.

        Raises:
            Stopped: it was rejected or canceled, or nobody has decided in time.
            Continuing: the order goes on as a new run.

        """
        while self.hold_answer is None:
            if self.may_continue() and not (self.asked or self.overdue):
                raise Continuing(self.hold_carried())
            await self._await_answer()
            await workflow.wait_condition(lambda: bool(self.hold_answer) or not self.answering)
            await self.weigh_cancellation()
            if self.overdue and not (self.hold_answer or self.answering):
                await self._apply_policy()
        if isinstance(self.hold_answer, RejectOrder):
            reason = self.hold_answer.reason or told_reason(self.findings)
            await self._reject(reason, self.hold_answer.by)
        return isinstance(self.hold_answer, ReleaseHold | PayOtherwise)

    async def _place_hold(self, findings: Sequence[Finding]) -> Held:
        self.findings, reason = tuple(findings), reason_of(findings)
        self.hold_until = workflow.now() + self.on_record().policies.hold.span
        self.hold_answer, self.question, self.overdue, self.answering = None, None, False, False
        self.watch = Watch()
        request = HoldOrder(
            key=self.keys.next("hold_order"),
            order_id=self.order_id,
            reason=reason,
            kinds=kinds_of(findings),
            until=self.hold_until,
        )
        self.holding = True
        try:
            held = await self.insist(
                lambda: workflow.execute_activity_method(
                    HoldActivities.hold_order, request, summary=f"Hold: {reason}", **RECORD
                )
            )
            self.enter(OrderStage.ON_HOLD, reason)
        finally:
            self.holding = False
        self.lapsed = held.lapsed
        return held

    async def _await_answer(self) -> None:
        """Wait for an answer, a question, a cancellation, or for the end of the patience."""
        asked = self.question

        def moved() -> bool:
            news = self.hold_answer or self.asked or self.overdue
            return bool(news or self.question is not asked or self.may_continue())

        if asked is None:
            patience = self.on_record().policies.hold
            reason = reason_of(self.findings)
            return await wait_patiently(
                moved, patience, self._press_for_answer, reason, watch=self.watch
            )
        if not asked.told:
            asked.told = True
            await self._tell_question(NoticeKind.QUESTION, asked)
        decide = self._question_patience().decide_after
        if not asked.reminded:
            remind = max(asked.until - decide - workflow.now(), timedelta(0))
            if moved() or await arrives_within(moved, remind, "reminder: the customer's answer"):
                return None
            asked.reminded = True
            await self._tell_question(NoticeKind.QUESTION_REMINDER, asked)
        left = max(asked.until - workflow.now(), timedelta(0))
        self.overdue = not (
            moved() or await arrives_within(moved, left, "policy: the customer's answer")
        )
        return None

    async def _press_for_answer(self, nudge: Nudge) -> None:
        if nudge is Nudge.CANCELLATION:
            self.overdue = True
        else:
            await self.nudge(nudge)

    async def _apply_policy(self) -> None:
        """Reject what nobody decided about in time; or have staff decide about an open question."""
        self.overdue = False
        if self.question is None or self.on_record().policies.hold.policy is Policy.CANCEL:
            return await self._reject(told_reason(self.findings), "engine")
        return await self._let_lapse()

    async def _let_lapse(self) -> None:
        """Have staff decide in place of the customer, whose late answer is still heard."""
        self.hold_until = workflow.now() + self.on_record().policies.hold.span
        request = RecordLapse(
            key=self.keys.next("record_lapse", moment()),
            order_id=self.order_id,
            shown=reason_of(self.findings),
            until=self.hold_until,
        )
        recording = self.insist(
            lambda: workflow.execute_activity_method(
                HoldActivities.record_lapse,
                request,
                summary="The customer has not answered",
                **RECORD,
            ),
            cancelable=False,
        )
        await self.set_question(None, recording)
        self.lapsed = True
        await self.nudge(Nudge.ESCALATION, f"no answer of the customer: {self.blocked_on}")

    async def _reject(self, reason: str, by: str) -> None:
        stopped = await self.stop(CancelRequest(reason=reason[:500], by=by))
        if not isinstance(stopped, FulfillmentError):
            raise Stopped(None, rejection=reason, stopped=stopped)
        self.hold_answer = None

    def _question_patience(self) -> QuestionPatience:
        return self.on_record().policies.hold_question

    async def _tell_question(self, kind: NoticeKind, asked: Question) -> None:
        """Write to the customer; one started again meets the last question only, so no count."""
        detail = asked.text or told_reason(self.findings)
        about = f"{kind.value}-{moment(asked.until)}"
        await self.notify(kind, detail, until=asked.until, about=about)

    # --- what may be answered ------------------------------------------------------------
