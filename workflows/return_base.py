"""What a return's workflow knows, and how it speaks to people and to the books."""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from temporalio import workflow

from workflows.hearing import Hearing
from workflows.journal import Journal, TellsWhy
from workflows.keys import Keys, moment
from workflows.options import SEND
from workflows.waiting import arrives_within, attempt

with workflow.unsafe.imports_passed_through():
    from activities.return_notices import ReturnNoticeActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge, TaskKind
    from fulfillment.domain.notices import NoticeKind
    from fulfillment.domain.reasons import public_reason
    from fulfillment.domain.return_receipts import ReturnInspection, ReturnReceipt
    from fulfillment.domain.return_units import ReturnLine
    from fulfillment.domain.returns import OPEN_STAGES, ReturnPolicy, ReturnStage
    from fulfillment.messages.returns import (
        CancelReturn,
        DecideReturn,
        NotifyReturner,
        NudgeReturnStaff,
        RefundToMake,
        ReturnAnswer,
        ReturnRecorded,
        ReturnStatus,
        StartReturn,
    )
    from fulfillment.temporal import search_attributes as attributes

    Word = ReturnReceipt | ReturnInspection | CancelReturn | DecideReturn

ResultT = TypeVar("ResultT")


class Asked:
    """What somebody says to a return, and in time its answer."""

    def __init__(self, word: Word) -> None:
        """Keep what was said."""
        self.word = word
        self.answer: ReturnAnswer | FulfillmentError | None = None

    async def answered(self) -> ReturnAnswer:
        """Wait for the answer; raise it if it is a refusal."""
        await workflow.wait_condition(lambda: self.answer is not None)
        if isinstance(self.answer, FulfillmentError):
            raise self.answer
        if self.answer is None:
            raise AssertionError
        return self.answer


class ReturnBase(TellsWhy):
    """The state of a return's workflow, and the small steps that all its stages share."""

    def __init__(self, request: StartReturn) -> None:
        """Begin with nothing on record."""
        self.return_id = request.return_id
        self.order_id = request.request.order_id
        self.request = request
        self.recorded: ReturnRecorded | None = None
        self.refusal: FulfillmentError | None = None
        self.stage = self._shown = ReturnStage.REQUESTED
        self._placed = False
        self.blocked_on = ""
        self.outcome = ""
        self.lines: tuple[ReturnLine, ...] = ()
        self.awaited_since = workflow.now()
        self.asked: deque[Asked] = deque()
        self.receipts: dict[str, tuple[ReturnReceipt, ReturnAnswer]] = {}
        self.due: deque[RefundToMake] = deque()
        self.made: list[int] = []
        self.refund_key: str | None = None
        self.tracking_numbers: tuple[str, ...] = ()
        self.refunded_minor = 0
        self.linked_order_id: str | None = None
        self.retries = 0
        self.ended = self.canceled_in_temporal = self.reminded = self.cut_short = False
        self.journal = Journal(f"Return {self.return_id} of order {self.order_id}")
        self.hearing = Hearing()
        self.keys = Keys()

    @property
    def policy(self) -> ReturnPolicy:
        """The terms, which are known from the first effect on."""
        if self.recorded is None:
            raise AssertionError
        return self.recorded.policy

    @property
    def is_open(self) -> bool:
        """Whether something is still to happen."""
        return self.stage in OPEN_STAGES

    def enter(self, stage: ReturnStage, blocked_on: str = "") -> None:
        """Show the stage where operators look for it."""
        updates: list[Any] = []
        if stage is not self._shown:
            updates.append(attributes.ORDER_STAGE.value_set(stage.value))
        if blocked_on != self.blocked_on:
            updates.append(attributes.BLOCKED_ON.value_set(public_reason(blocked_on)[:100]))
        if self.recorded is not None and not self._placed:
            updates.append(attributes.WAREHOUSE.value_set(self.recorded.warehouse_id))
            self._placed = True
        if updates:
            workflow.upsert_search_attributes(updates)
        self.stage = self._shown = stage
        self.blocked_on = blocked_on
        waiting = f", blocked on {blocked_on}" if blocked_on else ""
        units = ", ".join(f"{line.received}/{line.announced} x {line.sku}" for line in self.lines)
        self.journal.state(f"**{stage.value}**{waiting}: {units or 'nothing yet'}")

    async def notify(
        self,
        kind: NoticeKind,
        detail: str = "",
        *,
        amount_minor: int | None = None,
        until: datetime | None = None,
        subject: str = "",
    ) -> None:
        """Tell the customer what has happened; what can't be told a person is to tell."""
        about = f"{kind.value}:{subject}" if subject else kind.value
        notice = NotifyReturner(
            key=self.keys.next("notify_returner", about),
            return_id=self.return_id,
            order_id=self.order_id,
            kind=kind,
            detail=detail,
            amount_minor=amount_minor,
            until=until,
        )
        untold = await attempt(
            workflow.execute_activity_method(
                ReturnNoticeActivities.notify_returner,
                notice,
                summary=f"Tell the customer: {kind.value}",
                **SEND,
            )
        )
        if isinstance(untold, FulfillmentError):
            return await self.press(
                Nudge.ESCALATION, f"not told the customer: {kind.value}: {untold}"
            )
        self.journal.note(f"customer told: {kind.value}")
        return None

    async def press(self, kind: Nudge, reason: str, task: TaskKind | None = None) -> None:
        """Remind those who open parcels, or tell the supervisor.

        Where they can't be reached, the timeline alone says so.
        """
        nudge = NudgeReturnStaff(
            key=self.keys.next("nudge_return_staff", moment()),
            return_id=self.return_id,
            order_id=self.order_id,
            kind=kind,
            reason=reason,
            task=task,
        )
        pressed = await attempt(
            workflow.execute_activity_method(
                ReturnNoticeActivities.nudge_return_staff,
                nudge,
                summary=f"{kind.value}: {reason}",
                **SEND,
            )
        )
        unheard = f"; unheard: {pressed}" if isinstance(pressed, FulfillmentError) else ""
        self.journal.note(f"{kind.value}: {reason}{unheard}")

    async def insist(self, step: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do a step; where that can't be done, show so, and try again when told or later."""
        shown, error = self.blocked_on, ""
        while True:
            retries = self.retries
            result = await attempt(step())
            if not isinstance(result, FulfillmentError):
                if error:
                    self.enter(self.stage, shown)
                return result
            error = f"{result.code}: {result}"
            self.enter(self.stage, error)
            await self.press(Nudge.ESCALATION, f"blocked: {result}")
            await arrives_within(
                partial(self._retried, retries),
                self.policy.inspection.span,
                f"retry: {result.code}",
            )

    def _retried(self, retries: int) -> bool:
        return self.retries != retries

    def answer(self, message: str) -> ReturnAnswer:
        """Return the answer to what was said, as it stands now."""
        return ReturnAnswer(
            return_id=self.return_id, stage=self.stage, message=message, lines=self.lines
        )

    def current(self) -> ReturnStatus:
        """Return where the return stands."""
        return ReturnStatus(
            return_id=self.return_id,
            order_id=self.order_id,
            stage=self.stage,
            blocked_on=self.blocked_on,
            lines=self.lines,
            tracking_numbers=self.tracking_numbers,
            refunded_minor=self.refunded_minor,
            linked_order_id=self.linked_order_id,
            outcome=self.outcome,
        )
