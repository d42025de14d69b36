"""Waits with patience, steps that insist, and cancellation as a request."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from itertools import islice
from typing import Any, Protocol, TypeVar, cast

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import FulfillmentError, TooLate
    from fulfillment.domain.lifecycle import Nudge, Patience
    from fulfillment.messages import CancelAnswer, CancelRequest
    from fulfillment.messages.continuing import CancellationCarried, Watched
    from fulfillment.temporal.errors import cause_of

ResultT = TypeVar("ResultT")


class CancellationAsked:
    """A request to cancel, and in time its answer."""

    def __init__(self, request: CancelRequest, *, in_temporal: bool = False) -> None:
        """Keep what was asked, and whether it came as Temporal's own Cancel."""
        self.request = request
        self.in_temporal = in_temporal
        self.answer: CancelAnswer | FulfillmentError | None = None

    @classmethod
    def before(cls, carried: CancellationCarried) -> "CancellationAsked":
        """Return a request that the run before this one has not decided."""
        return cls(carried.request, in_temporal=carried.in_temporal)

    def carried(self) -> CancellationCarried:
        """Return what the next run has to decide."""
        return CancellationCarried(request=self.request, in_temporal=self.in_temporal)

    def refuse(self, reason: str) -> None:
        """Answer that it is too late, unless it was answered."""
        self.answer = self.answer or TooLate(reason)

    async def decided(self) -> CancelAnswer:
        """Wait for the answer; raise it if it is a refusal."""
        await workflow.wait_condition(lambda: self.answer is not None)
        if isinstance(self.answer, FulfillmentError):
            raise self.answer
        return cast("CancelAnswer", self.answer)


async def carry_through(
    steps: Coroutine[Any, Any, ResultT],
    on_cancel: Callable[[], object],
    on_end: Callable[[], object],
) -> ResultT:
    """Run the steps to their own end, then let every handler finish.

    Temporal's Cancel does not interrupt them: it becomes a request that they weigh where it is
    safe. So no effect is ever left half known, and compensation needs no shield. `on_end` answers
    who still waits. A bug in the steps fails the workflow task at once, and is retried when mended.
    """
    work = asyncio.create_task(steps)
    while not work.done():
        try:
            await workflow.wait_condition(work.done)
        except asyncio.CancelledError:
            on_cancel()
    if isinstance(work.exception(), FulfillmentError | FailureError | None):
        on_end()
        while not workflow.all_handlers_finished():
            try:
                await workflow.wait_condition(workflow.all_handlers_finished)
            except asyncio.CancelledError:
                on_cancel()
    return work.result()


class Upkeep(Protocol):
    """Something that must be done from time to time while a workflow waits."""

    def due_in(self) -> timedelta | None:
        """Return how long it has time, or None if there is nothing to do."""

    async def keep(self) -> None:
        """Do it."""


class Watch:
    """How far a patient wait has got, so that the next run of the workflow can go on with it."""

    def __init__(self, watched: Watched | None = None) -> None:
        """Begin anew, or where an earlier run has got."""
        self.watched = watched or Watched()

    def left(self, after: timedelta) -> timedelta:
        """Return how long it is until the next nudge, which is due so long after the last one."""
        due = self.watched.due or workflow.now() + after
        self.watched = Watched(given=self.watched.given, due=due)
        return max(due - workflow.now(), timedelta(0))

    def nudged(self) -> None:
        """Count a nudge; the next one is due from now on."""
        self.watched = Watched(given=self.watched.given + 1)


async def wait_patiently(  # noqa: PLR0913, PLR0917 - what is awaited, and all that is done meanwhile
    arrived: Callable[[], bool],
    patience: Patience,
    nudge: Callable[[Nudge], Awaitable[None]],
    waiting_for: str,
    upkeep: Upkeep | None = None,
    watch: Watch | None = None,
) -> None:
    """Wait until it has arrived; meanwhile remind, escalate, and apply the policy, each in time."""
    watch = watch or Watch()
    for after, kind in islice(patience.nudges(), watch.watched.given, None):
        left = watch.left(after)
        if await arrives_kept(arrived, left, f"{kind.value}: {waiting_for}", upkeep):
            return
        watch.nudged()
        await nudge(kind)
        if arrived():
            return


async def arrives_kept(
    arrived: Callable[[], bool], span: timedelta, summary: str, upkeep: Upkeep | None
) -> bool:
    """Wait at most so long, as `arrives_within`; do what is due meanwhile.

    A wait in which nothing gets due has the one timer that it has anyway.
    """
    until = workflow.now() + span
    while True:
        left = max(until - workflow.now(), timedelta(0))
        due = upkeep.due_in() if upkeep else None
        if upkeep is None or due is None or due >= left:
            return await arrives_within(arrived, left, summary)
        if await arrives_within(arrived, due, "upkeep is due"):
            return True
        await upkeep.keep()
        if arrived():
            return True


async def arrives_within(arrived: Callable[[], bool], span: timedelta, summary: str) -> bool:
    """Wait at most so long; say whether it has arrived."""
    try:
        await workflow.wait_condition(arrived, timeout=span, timeout_summary=summary)
    except TimeoutError:
        return arrived()
    return True


async def attempt(step: Awaitable[ResultT]) -> ResultT | FulfillmentError:
    """Return a step's result, or why it gave up, as the domain's error."""
    try:
        return await step
    except ActivityError as error:
        return cause_of(error)
