"""What people say to a batch, by signal or by update, through one validation."""

from collections.abc import Awaitable
from typing import Any

from temporalio import workflow

from workflows.auditing import audit, storable
from workflows.batch_base import TASK_OF, PickBatchBase
from workflows.keys import moment
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.confirmations import check_person, parse_confirmation
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.lifecycle import Nudge, TaskKind
    from fulfillment.domain.pick_batches import BatchStage
    from fulfillment.messages import (
        AssignTask,
        BatchAnswer,
        BatchRecorded,
        Closing,
        PickBatchRequest,
        RecordRefusal,
        ShortNews,
        WithdrawnNews,
    )

_CLOSING, _STAGE = "closing", "stage"
_NEEDED = {kind: stage for stage, kind in TASK_OF.items()}


class BatchClosings(PickBatchBase):
    """Closings of the walk and of the wall: checked, kept, and answered once they are on record."""

    def __init__(self, request: PickBatchRequest) -> None:
        """Begin with nothing closed."""
        super().__init__(request)
        self.closings: dict[TaskKind, Closing] = {}
        self.answers: dict[TaskKind, BatchAnswer] = {}
        self.untrue: dict[TaskKind, FulfillmentError] = {}

    def check(self, kind: TaskKind, closing: Closing) -> None:
        """Check a closing; one that was given before is not checked again.

        Raises:
            ConfirmationRefused: wrong stage or person, or it is closed by somebody else.

        """
        earlier = self.closings.get(kind)
        if earlier is not None:
            if not _same(earlier, closing):
                remedy = "nothing is left to do"
                raise _refused(_CLOSING, f"the one by {earlier.by}", "another one", remedy)
            return
        if self.stage is not _NEEDED[kind]:
            remedy = "close the walk first, then the wall; a batch that has ended needs neither"
            raise _refused(_STAGE, _NEEDED[kind].value, self.stage.value, remedy)
        check_person(self.assignee, closing.by)

    async def accept(self, kind: TaskKind, closing: Closing) -> BatchAnswer:
        """Keep a closing and answer once it is on record; a repeated one gets the first answer.

        Raises:
            ConfirmationRefused: as `check`, or the batch has ended meanwhile.
            FulfillmentError: it can't be put on record; it may be closed anew.

        """
        self.check(kind, closing)
        self.closings.setdefault(kind, closing)
        self.untrue.pop(kind, None)
        await workflow.wait_condition(
            lambda: kind in self.answers or self.ended or kind in self.untrue
        )
        if kind in self.untrue:
            raise self.untrue[kind]
        if kind not in self.answers:
            remedy = "the members are planned again, or were canceled; put back what is in the cart"
            raise _refused(_STAGE, _NEEDED[kind].value, self.stage.value, remedy)
        return self.answers[kind]

    def answer(self, kind: TaskKind, stage: BatchStage) -> None:
        """Show the new stage, and keep the answer to the closing that led there."""
        by = self.closings[kind].by
        self.journal.note(f"{kind.value} closed", by)
        self.enter(stage)
        message = f"{kind.value} of {len(self.live)} closed by {by}; now {stage.value}"
        self.answers[kind] = BatchAnswer(
            batch_id=self.request.batch_id, stage=stage, message=message
        )

    async def recorded(
        self, kind: TaskKind, step: Awaitable[BatchRecorded]
    ) -> BatchRecorded | None:
        """Return what a closing came to; where it can't be put on record, refuse it, and press."""
        recorded = await attempt(step)
        if not isinstance(recorded, FulfillmentError):
            return recorded
        closing = self.closings.pop(kind)
        self.untrue[kind] = recorded
        self.journal.note(f"{kind.value}: {recorded}", closing.by, refused=True)
        await self.press(Nudge.ESCALATION, kind, f"can't be put on record: {recorded}")
        return None

    def check_open(self) -> None:
        """Check that there is a task to give to somebody.

        Raises:
            ConfirmationRefused: the batch has ended.

        """
        if self.stage not in TASK_OF:
            expected = " or ".join(TASK_OF)
            raise _refused(_STAGE, expected, self.stage.value, "there is nothing left to do")

    async def reassign(self, assignment: AssignTask) -> BatchAnswer:
        """Give the open task to a person, or back to the pool."""
        await self.record_assignment(assignment)
        return BatchAnswer(
            batch_id=self.request.batch_id,
            stage=self.stage,
            message=f"{self.stage.value} is given to {assignment.to or 'the pool'}",
        )

    # --- by signal: nothing of it is ever raised -----------------------------------------

    async def hear(self, kind: TaskKind, payload: tuple[Any, ...]) -> None:
        """Take a signal as a closing."""
        by = "unknown"
        try:
            if refusal := self.hearing.refusal(payload):
                raise refusal
            closing = parse_confirmation(Closing, payload[0] if payload else None)
            by = closing.by
            self.check(kind, closing)
            self.closings.setdefault(kind, closing)
        except FulfillmentError as refusal:
            await self._refuse(f"{kind.value} by signal", by, str(refusal))

    async def hear_withdrawn(self, payload: tuple[Any, ...]) -> None:
        """Note that a member is not to be done any more."""
        try:
            if refusal := self.hearing.refusal(payload):
                raise refusal
            news = WithdrawnNews.model_validate(payload[0] if payload else {})
        except (FulfillmentError, ValueError) as refusal:
            return await self._refuse("withdrawal by signal", "unknown", str(refusal))
        name = news.fulfillment_id
        if name not in self.slots:
            reason = f"{name} is not of this batch"
            return await self._refuse("withdrawal by signal", "unknown", reason)
        if name not in self.withdrawn:
            self.withdrawn.append(name)
            self.journal.note(f"{name} withdrawn")
            self.show()
        return None

    async def hear_short(self, payload: tuple[Any, ...]) -> None:
        """Tell an order that units are missing; which one may be left out."""
        unread = self.hearing.refusal(payload)
        try:
            news = ShortNews.model_validate({} if unread or not payload else payload[0])
        except ValueError:
            news = ShortNews()
        mine = list(dict.fromkeys(self.orders.values()))
        await self.tell_short([news.order_id] if news.order_id in mine else mine)

    async def _refuse(self, action: str, by: str, reason: str) -> None:
        self.journal.note(f"{action}: {reason}", by, refused=True)
        await audit(
            RecordRefusal(
                key=self.keys.next("record_refusal", moment()),
                action=action,
                by=storable(by),
                reason=storable(f"{self.request.batch_id}: {reason}"),
            )
        )


def _same(earlier: Closing, closing: Closing) -> bool:
    if closing.session_id is not None:
        return closing.session_id == earlier.session_id
    return closing == earlier


def _refused(path: str, expected: str, came: str, remedy: str) -> FulfillmentError:
    return ConfirmationRefused.of(Problem(path=path, expected=expected, came=came, remedy=remedy))
