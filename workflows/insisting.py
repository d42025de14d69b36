"""How a fulfillment opens a step, waits for its people, and does not give up when it is blocked."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import TypeVar

from temporalio import workflow

from workflows.continuing import Continuing
from workflows.floor_confirmations import FloorConfirmations
from workflows.fulfillment_base import Withdrawn
from workflows.waiting import CancellationAsked, Watch, arrives_kept, attempt, wait_patiently

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.confirmations import Confirmation
    from fulfillment.domain.errors import (
        ConfirmationRefused,
        FulfillmentCanceled,
        FulfillmentError,
        NoCarrierAnswers,
        Problem,
    )
    from fulfillment.domain.lifecycle import NOT_LEFT, STAGE_OF_ANY_TASK, Nudge, Patience, TaskKind
    from fulfillment.messages import CancelRequest

ResultT = TypeVar("ResultT")
TASK_AT = {stage: kind for kind, stage in STAGE_OF_ANY_TASK.items()}


LONGEST_REST = 12
"""How many times as long as at first an order rests at most, while carriers are down."""


def _rests(first: timedelta) -> Iterator[timedelta]:
    rest = first
    while True:
        yield rest
        rest = min(2 * rest, LONGEST_REST * first)


class Insisting(FloorConfirmations):
    """Open, wait, insist: what each step of a fulfillment does around its effect."""

    async def open(self, kind: TaskKind, step: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do the step that opens a task; who confirms it meanwhile waits until it is open."""
        self.opening = kind
        try:
            return await self.insist(step)
        except BaseException:
            self.opening = None
            raise

    def opened(
        self,
        kind: TaskKind,
        earlier: Confirmation | None,
        carrier: str | None = None,
    ) -> None:
        """Show that a task is open; one that was confirmed before a reset stays confirmed."""
        if earlier is not None:
            self.confirmed[kind] = earlier
        self.enter(STAGE_OF_ANY_TASK[kind], carrier=carrier)
        self.opening = None

    async def confirmation_of(self, kind: TaskKind, patience: Patience) -> None:
        """Wait until a task is confirmed; remind, escalate and reassign meanwhile.

        Raises:
            Withdrawn: the fulfillment was canceled, or nothing is left to do.

        """
        news = self.decidable(kind)
        here = self.waited_at(STAGE_OF_ANY_TASK[kind])
        self.watch = Watch(self.resumed.watched if self.resumed and here else None)
        while not self.is_confirmed(kind):
            await wait_patiently(
                lambda: news() or self.may_continue(),
                patience,
                lambda nudge: self._press_for(kind, nudge),
                f"{kind.value} of {self.request.fulfillment_id}",
                self.renewal,
                self.watch,
            )
            if self.may_continue() and not news():
                raise Continuing
            await self.weigh_cancellation()
            if kind is TaskKind.PICK and self.pick is not None and not self.pick.items:
                raise Withdrawn

    def is_confirmed(self, kind: TaskKind) -> bool:
        """Return whether a task was confirmed."""
        return kind in self.confirmed

    def decidable(self, kind: TaskKind) -> Callable[[], bool]:
        """Return the condition under which there is something to decide about a task."""

        def news() -> bool:
            nothing_left = self.pick is not None and not self.pick.items
            elsewhere = kind is TaskKind.HAND_OVER and self.readdressed
            return bool(kind in self.confirmed or self.asked or nothing_left or elsewhere)

        return news

    async def _press_for(self, kind: TaskKind, nudge: Nudge) -> None:
        if nudge is Nudge.CANCELLATION:
            request = CancelRequest(reason=f"nobody confirmed the {kind.value}", by="engine")
            self.asked.append(CancellationAsked(request))
            return
        await self.press(nudge, f"{kind.value} is not confirmed", kind)

    async def insist(self, step: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do a step; where the world does not allow it, show so, and try again when told or later.

        Raises:
            Withdrawn: the fulfillment was canceled meanwhile.

        """
        rests = _rests(self.request.policies.carrier_rest)
        while True:
            retries = self.retries
            result = await attempt(step())
            if isinstance(result, FulfillmentCanceled):
                await self.withdraw()
            if not isinstance(result, FulfillmentError):
                if self.blocked_on:
                    self.enter(self.stage)
                return result
            soon = next(rests) if isinstance(result, NoCarrierAnswers) else None
            await self._blocked(result, retries, soon)

    async def insist_beside(self, step: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do a step as `insist` does; where it works at once, what is shown stays shown."""
        result = await attempt(step())
        return await self.insist(step) if isinstance(result, FulfillmentError) else result

    async def _blocked(self, error: FulfillmentError, retries: int, soon: timedelta | None) -> None:
        """Show what blocks, tell the supervisor once of what passes by itself, and wait."""
        told = soon is not None and self.blocked_on.startswith(f"{error.code}: ")
        self.enter(self.stage, f"{error.code}: {error}")
        if not told:
            self.journal.note(f"blocked: {error}")
            await self.press(Nudge.ESCALATION, f"blocked: {error}")
        span = self.request.policies.hold.then_after if soon is None else soon
        upkeep = self.renewal if self.stage in NOT_LEFT else None
        retried = partial(self._retried, retries)
        await arrives_kept(retried, span, f"retry: {error.code}", upkeep)
        await self.weigh_cancellation()

    def _retried(self, retries: int) -> bool:
        return self.retries != retries or bool(self.asked)

    def require_task(self) -> None:
        """Refuse to assign what is not there.

        Raises:
            ConfirmationRefused: no task is open.

        """
        if self.opening is None and self.stage not in TASK_AT:
            expected = ", ".join(stage.value for stage in TASK_AT)
            remedy = "wait until a task is open"
            raise ConfirmationRefused.of(
                Problem(path="stage", expected=expected, came=self.stage.value, remedy=remedy)
            )
