"""An order on hold: who is asked, who is reminded, and what follows from the answer."""

from collections.abc import Awaitable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from workflows.continuing import Continuing
from workflows.keys import moment
from workflows.options import RECORD
from workflows.order_base import Stopped
from workflows.order_canceling import OrderCanceling
from workflows.waiting import Watch, arrives_within, wait_patiently

with workflow.unsafe.imports_passed_through():
    from activities.holds import HoldActivities
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.holds import (
        Finding,
        HoldChoice,
        HoldStatus,
        QuestionPatience,
        check_choice,
        choices_of,
        kinds_of,
        reason_of,
        told_reason,
    )
    from fulfillment.domain.lifecycle import Nudge, OrderStage, Policy
    from fulfillment.messages import (
        CancelRequest,
        CorrectAddress,
        Held,
        HoldOrder,
        NoticeKind,
        OrderStatus,
        Recorded,
        ReleaseHold,
    )
    from fulfillment.messages.continuing import HoldCarried, HoldQuestionCarried
    from fulfillment.messages.holds import PayOtherwise, RecordLapse, RejectOrder

HoldAnswer = CorrectAddress | ReleaseHold | PayOtherwise | RejectOrder
"""What ends a hold."""


@dataclass
class Question:
    """What the customer is asked, and by when they shall answer."""

    text: str
    until: datetime
    told: bool = False
    reminded: bool = False


class OrderHolds(OrderCanceling):
    """Stop, ask, remind, escalate, and apply the policy where nobody decides."""

    def __init__(self, data: Any) -> None:  # noqa: ANN401 - whatever a storefront sent
        """Begin with nothing that holds the order."""
        super().__init__(data)
        self.findings: tuple[Finding, ...] = ()
        self.hold_until: datetime | None = None
        self.hold_answer: HoldAnswer | None = None
        self.question: Question | None = None
        self.overdue = self.holding = self.held_for_payment = self.lapsed = False
        self.watch = Watch()

    def may_continue(self) -> bool:
        """Return whether a new run is due, and nothing would be lost by it."""
        busy = self.holding or self.answering or self.stopping
        return not busy and super().may_continue()

    def held_before(self, *, for_payment: bool) -> bool:
        """Return whether an earlier run was on hold in this step, in which this one goes on."""
        held = self.resumed.held if self.resumed is not None else None
        if held is None or held.for_payment is not for_payment:
            return False
        self.resumed = None
        return True

    def _hold_carried(self) -> HoldCarried | None:
        if self.hold_until is None:
            return None
        asked = self.question
        return HoldCarried(
            findings=self.findings,
            until=self.hold_until,
            question=HoldQuestionCarried.model_validate(asdict(asked)) if asked else None,
            for_payment=self.held_for_payment,
            watched=self.watch.watched,
            lapsed=self.lapsed,
        )

    def restore_hold(self, carried: HoldCarried) -> None:
        """Go on with the hold that an earlier run was in."""
        self.findings, self.hold_until = carried.findings, carried.until
        self.question = Question(**dict(carried.question)) if carried.question else None
        self.held_for_payment, self.watch = carried.for_payment, Watch(carried.watched)
        self.lapsed = carried.lapsed

    # --- waiting for the answer ----------------------------------------------------------

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
            self._wait_for_customer(held.question, held.until)
        return await self.answered()

    async def answered(self) -> bool:
        """Wait for the answer to the hold; return whether the order goes on as it is.

        Raises:
            Stopped: it was rejected or canceled, or nobody has decided in time.
            Continuing: the order goes on as a new run.

        """
        while self.hold_answer is None:
            if self.may_continue() and not (self.asked or self.overdue):
                raise Continuing(self._hold_carried())
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

    def _wait_for_customer(self, text: str, until: datetime) -> None:
        self.question, self.hold_until = Question(text, until), until
        self.enter(OrderStage.ON_HOLD, self.shown_while_asked(until))

    def shown_while_asked(self, until: datetime) -> str:
        """Return what an order is blocked on whose customer is asked."""
        return f"answer: asked until {until:%Y-%m-%d}; {reason_of(self.findings)}"

    # --- what may be answered ------------------------------------------------------------

    @workflow.query(name="status")
    def status(self) -> OrderStatus:
        """Say where the order stands."""
        return OrderStatus(
            order_id=self.order_id,
            stage=self.stage,
            blocked_on=self.blocked_on,
            fulfillment_ids=self.children.ids,
            missing=self.missing,
            outcome=self.outcome,
            hold=self._hold_status(),
        )

    def _hold_status(self) -> HoldStatus | None:
        """Return what holds the order and what can be done; None where nothing does."""
        if self.hold_until is None or not self.awaits_answer():
            return None
        kinds = kinds_of(self.findings)
        return HoldStatus(
            kinds=kinds,
            choices=choices_of(kinds),
            until=self.hold_until,
            asked=self.question is not None,
        )

    def awaits_answer(self) -> bool:
        """Return whether the order is on hold, or just being held, and nobody has answered yet."""
        if self.holding:
            return True
        settled = self.answering or self.hold_answer or self.stopping
        return self.stage is OrderStage.ON_HOLD and not settled

    def stops_on_hold(self) -> bool:
        """Return whether an order on hold is just being canceled or rejected."""
        return self.stopping and self.stage is OrderStage.ON_HOLD

    def require_hold(self, choice: HoldChoice | None = None) -> None:
        """Refuse an answer to a question that was not asked, or one that does not help.

        Raises:
            ConfirmationRefused: the order is not on hold, or not for such a reason, or is just
                being canceled or rejected.

        """
        if self.answers.known():
            return
        if self.stops_on_hold():
            raise _being_canceled()
        if not self.awaits_answer():
            raise ConfirmationRefused.of(
                Problem(
                    path="stage",
                    expected=OrderStage.ON_HOLD.value,
                    came=self.stage.value,
                    remedy="only an order on hold can be released or corrected",
                )
            )
        if choice is not None:
            check_choice(kinds_of(self.findings), choice)

    def require_question(self) -> None:
        """Refuse a customer's answer where the customer was not asked.

        Raises:
            ConfirmationRefused: the order is not on hold, or waits for staff.

        """
        if self.answers.known():
            return
        self.require_hold()
        if self.question is None and not self.lapsed:
            raise ConfirmationRefused.of(
                Problem(
                    path="hold",
                    expected="a question to the customer that is open",
                    came="none",
                    remedy="correct the address or cancel the order, or wait until you are asked",
                )
            )

    async def open_for_answer(self, choice: HoldChoice | None = None) -> None:
        """Wait until the hold that is just being recorded can be answered.

        Raises:
            ConfirmationRefused: somebody else answered meanwhile.

        """
        await workflow.wait_condition(lambda: not self.holding)
        self.require_open()
        self.require_hold(choice)

    async def answer_hold(self, answer: HoldAnswer, recording: Awaitable[Recorded]) -> None:
        """Record the one answer to a hold; one that can't be recorded leaves the hold open."""
        await self._recorded(recording)
        self.hold_answer = answer

    async def set_question(self, question: Question | None, recording: Awaitable[Recorded]) -> None:
        """Record whom the hold waits for; nobody else answers meanwhile."""
        await self._recorded(recording)
        self.overdue = self.lapsed = False
        if question is not None:
            return self._wait_for_customer(question.text, question.until)
        self.question, self.watch = None, Watch()
        return self.enter(OrderStage.ON_HOLD, reason_of(self.findings))

    async def _recorded(self, recording: Awaitable[Recorded]) -> None:
        self.answering = True
        try:
            await recording
        finally:
            self.answering = False


def _being_canceled() -> FulfillmentError:
    return ConfirmationRefused.of(
        Problem(
            path="hold",
            expected="an order that nobody cancels",
            came="one that is being canceled or rejected",
            remedy="wait for how that ends; if the order stays, answer again",
        )
    )
