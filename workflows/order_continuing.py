"""What an order hands to its next run, and how that begins with it."""

from typing import Any

from temporalio import workflow

from workflows.continuing import Continuing, handed_over
from workflows.order_back_orders import BackOrderSteps
from workflows.waiting import CancellationAsked

with workflow.unsafe.imports_passed_through():
    from fulfillment.messages.continuing import (
        BackOrderCarried,
        HoldCarried,
        OrderCarried,
        QuestionAsked,
    )


class OrderContinuing(BackOrderSteps):
    """An order that waits for long continues as new, with all that it knows, and nothing else."""

    def __init__(self, data: Any, carried: Any) -> None:  # noqa: ANN401 - as it comes from Temporal
        """Begin with nothing on record, or where the run before this one has ended."""
        super().__init__(data)
        before = handed_over(carried)
        self.resumed = None if before is None else OrderCarried.model_validate(before)
        if self.resumed is not None:
            self._restore(self.resumed)

    def carried(self, held: HoldCarried | None) -> OrderCarried:
        """Return what the next run needs; nothing may be under way."""
        return OrderCarried(
            order=self.placed(),
            recorded=self.on_record(),
            stage=self.stage,
            blocked_on=self.blocked_on,
            blocked_before=self.blocked_before,
            missing=self.missing,
            told=self.told,
            keys=self.keys.carried(),
            journal=self.journal.carried(),
            shares=self.children.carried(),
            held_off=tuple(self.held_off),
            given_back=tuple(self.given_back),
            halted=self.halted,
            refunded=self.refunded,
            replaced_told=self.replaced_told,
            authorized_minor=self.authorized_minor,
            renewal=self.renewal.carried(),
            back_order=self._back_order_carried(),
            asked=tuple(asked.carried() for asked in self.asked),
            wake=self.wake,
            short=self.short,
            held=held,
            answers=self.answers.carried(),
        )

    def _restore(self, carried: OrderCarried) -> None:
        self.order, self.order_id = carried.order, carried.recorded.order_id
        self.recorded = carried.recorded
        self.stage, self.blocked_on = carried.stage, carried.blocked_on
        self.blocked_before = carried.blocked_before
        self.missing, self.told = carried.missing, dict(carried.told)
        self.keys.restore(carried.keys)
        self.answers.restore(carried.answers)
        self.children.restore(carried.shares)
        self.held_off, self.given_back = list(carried.held_off), list(carried.given_back)
        self.halted, self.refunded = dict(carried.halted), carried.refunded
        self.replaced_told = carried.replaced_told
        self.shown_from_before()
        self.take_up_payment(carried.authorized_minor, carried.renewal)
        self._restore_back_order(carried.back_order)
        self.wake, self.short = carried.wake, carried.short
        if carried.held is not None:
            self.restore_hold(carried.held)
        self.asked.extend(map(CancellationAsked.before, carried.asked))
        self.journal.restore(carried.journal)

    def _back_order_carried(self) -> BackOrderCarried:
        return BackOrderCarried(
            chosen_for=tuple(sorted(self.chosen_for)),
            answer_by=self.answer_by,
            undecided=tuple(self.undecided),
            questions=tuple(
                QuestionAsked(until=until, reminded=reminded)
                for until, reminded in self.questions.items()
            ),
            ships_rest=self.ships_rest,
            nudges_given=self.nudges_given,
            nudge_due=self.nudge_due,
        )

    def _restore_back_order(self, carried: BackOrderCarried) -> None:
        self.chosen_for, self.answer_by = set(carried.chosen_for), dict(carried.answer_by)
        self.undecided.extend(carried.undecided)
        self.questions = {asked.until: asked.reminded for asked in carried.questions}
        self.ships_rest = carried.ships_rest
        self.nudges_given, self.nudge_due = carried.nudges_given, carried.nudge_due

    def continue_where_idle(self) -> None:
        """Go on as a new run where that is due and nothing else is to be done.

        Raises:
            Continuing: in the step that waits, for `run` to hand over.

        """
        if self.may_continue():
            raise Continuing
