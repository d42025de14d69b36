"""What an order's hold is: what was found, who is asked, and what may be answered."""

from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from temporalio import workflow

from workflows.order_canceling import OrderCanceling
from workflows.waiting import Watch

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.holds import (
        Finding,
        HoldChoice,
        HoldStatus,
        check_choice,
        choices_of,
        kinds_of,
        reason_of,
    )
    from fulfillment.domain.lifecycle import OrderStage
    from fulfillment.messages import CorrectAddress, OrderStatus, Recorded, ReleaseHold
    from fulfillment.messages.continuing import HoldCarried, HoldQuestionCarried
    from fulfillment.messages.holds import PayOtherwise, RejectOrder

HoldAnswer = CorrectAddress | ReleaseHold | PayOtherwise | RejectOrder
"""What ends a hold."""


@dataclass
class Question:
    """What the customer is asked, and by when they shall answer."""

    text: str
    until: datetime
    told: bool = False
    reminded: bool = False


class OrderHoldBase(OrderCanceling):
    """What holds the order, what is shown of it, and what is taken for an answer."""

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

    def hold_carried(self) -> HoldCarried | None:
        """Return the hold that the next run goes on with; None where nothing holds the order."""
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

    # --- what is shown -------------------------------------------------------------------

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

    def shown_while_asked(self, until: datetime) -> str:
        """Return what an order is blocked on whose customer is asked."""
        return f"answer: asked until {until:%Y-%m-%d}; {reason_of(self.findings)}"

    # --- what may be answered ------------------------------------------------------------

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

    # --- what was answered ---------------------------------------------------------------

    async def answer_hold(self, answer: HoldAnswer, recording: Awaitable[Recorded]) -> None:
        """Record the one answer to a hold; one that can't be recorded leaves the hold open."""
        await self._recorded(recording)
        self.hold_answer = answer

    async def set_question(self, question: Question | None, recording: Awaitable[Recorded]) -> None:
        """Record whom the hold waits for; nobody else answers meanwhile."""
        await self._recorded(recording)
        self.overdue = self.lapsed = False
        if question is not None:
            return self.wait_for_customer(question.text, question.until)
        self.question, self.watch = None, Watch()
        return self.enter(OrderStage.ON_HOLD, reason_of(self.findings))

    def wait_for_customer(self, text: str, until: datetime) -> None:
        """Have the hold wait for the customer's answer to a question."""
        self.question, self.hold_until = Question(text, until), until
        self.enter(OrderStage.ON_HOLD, self.shown_while_asked(until))

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
