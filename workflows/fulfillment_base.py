"""What a fulfillment's workflow knows, and how it speaks to people and to the books."""

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NoReturn, TypeVar

from temporalio import workflow

from workflows.continuing import is_long
from workflows.hearing import Hearing
from workflows.journal import Journal, TellsWhy
from workflows.keys import Keys, moment
from workflows.options import RECORD
from workflows.renewing import Renewal
from workflows.telling import press_staff, tell_customer
from workflows.waiting import CancellationAsked, Watch, attempt
from workflows.waking import wake

with workflow.unsafe.imports_passed_through():
    from activities.cancellation import CancellationActivities
    from activities.notifications import NotificationActivities
    from fulfillment.domain.confirmations import Confirmation
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge, Picking, Stage, TaskKind, is_beyond
    from fulfillment.domain.reasons import public_reason
    from fulfillment.messages import (
        AssignTask,
        BatchNews,
        FulfillmentRequest,
        FulfillmentResult,
        FulfillmentStatus,
        Labeled,
        NoticeKind,
        NotifyCustomer,
        NudgeStaff,
        PackTask,
        PickTask,
        RecordAssignment,
        SortTask,
        StopWork,
        WorkStopped,
    )
    from fulfillment.messages.continuing_fulfillments import FulfillmentCarried
    from fulfillment.temporal import search_attributes as attributes


ResultT = TypeVar("ResultT")


class Withdrawn(Exception):
    """The fulfillment will not be done: canceled, or nothing is left to pick."""

    def __init__(
        self, asked: CancellationAsked | None = None, stopped: WorkStopped | None = None
    ) -> None:
        """Keep who asked, and what was decided in the books."""
        super().__init__("withdrawn")
        self.asked = asked
        self.stopped = stopped or WorkStopped()


def first_shown(request: FulfillmentRequest) -> Stage:
    """Return the stage that a fulfillment is started with, as operators find it."""
    return Stage.RELEASED if request.policies.picking is Picking.BATCH else Stage.PICKING


class FulfillmentBase(TellsWhy):
    """The state of a fulfillment's workflow, and the small steps that all its stages share."""

    def __init__(self, request: FulfillmentRequest) -> None:
        """Begin with the goods in their bins."""
        self.request = request
        self.stage = Stage.RELEASED
        self._shown = first_shown(request)  # came with the start, which costs no event
        self.blocked_on = ""
        self.journal = Journal(f"Fulfillment {request.fulfillment_id} ({request.warehouse_id})")
        self.hearing = Hearing()
        self.keys = Keys()
        self.asked: deque[CancellationAsked] = deque()
        self.deciding: CancellationAsked | None = None
        self.confirmed: dict[TaskKind, Confirmation] = {}
        self.untrue: dict[TaskKind, FulfillmentError] = {}
        self.opening: TaskKind | None = None
        self.assignee: str | None = None
        self.retries = self.tried = 0
        self.resumed: FulfillmentCarried | None = None
        self.watch = Watch()
        self.shortening = self.changing_cartons = self.put_away = self.ended = False
        self.on_floor = False
        self.batch: BatchNews | None = None
        self.picked: BatchNews | None = None
        self.sorted: BatchNews | None = None
        self.pick: PickTask | None = None
        self.sort: SortTask | None = None
        self.pack: PackTask | None = None
        self.labeled: Labeled | None = None
        self.captured_minor = 0
        self.capture_declined = False
        self.unpaid_because = ""
        self.look = self.news = self.gone_before = False
        self._arrived: set[str] = set()
        self.withdrawn_in_temporal = self.readdressed = False
        self.renewal = Renewal(self.keys, self._not_renewed, self.journal.note)
        self.renewal.begin(
            request.order_id,
            request.authorized_until,
            request.policies.renew_before,
            request.policies.hold.then_after,
        )

    def enter(self, stage: Stage, blocked_on: str = "", carrier: str | None = None) -> None:
        """Show the stage where operators look for it; a declined capture where nothing else is."""
        blocked_on = blocked_on or self.unpaid_because
        updates: list[Any] = []
        if stage is not self._shown:
            updates.append(attributes.ORDER_STAGE.value_set(stage.value))
        if stage is not self.stage:
            self.assignee = None
        if blocked_on != self.blocked_on:
            updates.append(attributes.BLOCKED_ON.value_set(public_reason(blocked_on)[:100]))
        if carrier:
            updates.append(attributes.CARRIER.value_set(carrier))
        if updates:
            workflow.upsert_search_attributes(updates)
        self.stage = self._shown = stage
        self.blocked_on = blocked_on
        waiting = f", blocked on {blocked_on}" if blocked_on else ""
        self.journal.state(f"**{stage.value}**{waiting}")

    def shown_from_before(self) -> None:
        """Know what an earlier run has shown; search attributes outlive it."""
        self._shown = self.stage

    def may_continue(self) -> bool:
        """Return whether a new run is due, and no handler would be lost by it."""
        return is_long(self.request.policies.continue_after_events)

    def passed(self, stage: Stage) -> bool:
        """Return whether an earlier run has passed a stage."""
        return self.resumed is not None and is_beyond(self.resumed.stage, stage)

    def waited_at(self, stage: Stage) -> bool:
        """Return whether an earlier run has waited at a stage, and this one goes on there."""
        return self.resumed is not None and self.resumed.stage is stage

    async def notify(
        self,
        kind: NoticeKind,
        detail: str = "",
        parcels: tuple[str, ...] = (),
        *,
        about: str = "",
    ) -> None:
        """Tell the customer what has happened, to all parcels unless some are named.

        `about` tells apart what may be told repeatedly, also once this was started again.

        What can't be told a person is to tell: no goods wait for a letter.
        """
        untold = await tell_customer(
            NotifyCustomer(
                key=self.keys.next(
                    "notify_customer", f"{kind.value}-{about}" if about else kind.value
                ),
                order_id=self.request.order_id,
                fulfillment_id=self.request.fulfillment_id,
                kind=kind,
                detail=detail,
                tracking_numbers=parcels,
            )
        )
        if untold is not None:
            return await self.press(
                Nudge.ESCALATION, f"not told the customer: {kind.value}: {untold}"
            )
        self.journal.note(f"customer told: {kind.value}")
        return None

    async def press(
        self,
        kind: Nudge,
        reason: str,
        task: TaskKind | None = None,
        task_id: str | None = None,
    ) -> None:
        """Remind the floor, tell the supervisor, or give the task back to the pool.

        Where they can't be reached, the timeline alone says so.
        """
        unheard = await press_staff(
            NudgeStaff(
                key=self.keys.next("nudge_staff", moment()),
                order_id=self.request.order_id,
                fulfillment_id=self.request.fulfillment_id,
                task=task,
                task_id=task_id,
                kind=kind,
                reason=reason,
            )
        )
        if kind is Nudge.REASSIGNMENT and unheard is None:
            self.assignee = None
        self.journal.note(f"{kind.value}: {reason}{f'; unheard: {unheard}' if unheard else ''}")

    async def _not_renewed(self, reason: str) -> None:
        self.journal.note(f"authorization not renewed: {reason}", refused=True)
        await self.press(Nudge.ESCALATION, f"the authorization lapses and is not renewed: {reason}")

    async def record_assignment(self, assignment: AssignTask) -> None:
        """Put on record to whom the open task is given."""
        await workflow.execute_activity_method(
            NotificationActivities.record_assignment,
            RecordAssignment(
                key=self.keys.next("record_assignment", moment()),
                fulfillment_id=self.request.fulfillment_id,
                assignment=assignment,
            ),
            summary=f"Given to {assignment.to or 'the pool'}",
            **RECORD,
        )
        self.assignee = assignment.to
        self.journal.note(f"given to {assignment.to or 'the pool'}", assignment.by)

    async def weigh_cancellation(self) -> None:
        """Decide what was asked meanwhile, here, where no effect is under way.

        Raises:
            Withdrawn: the fulfillment is canceled.

        """
        while self.asked:
            self.deciding = asked = self.asked.popleft()
            stopped = await attempt(self._stop(asked.request.reason, asked.request.by))
            if isinstance(stopped, FulfillmentError):
                stopped = WorkStopped(too_late=f"it can't be stopped now: {stopped}")
            await wake(stopped.woken)
            if stopped.too_late is None:
                raise Withdrawn(asked, stopped)
            asked.refuse(
                f"too late to cancel {self.request.fulfillment_id}, because {stopped.too_late}"
            )
            self.journal.note(str(asked.answer), asked.request.by, refused=True)

    async def withdraw(self) -> NoReturn:
        """End what is canceled in the books, asked or not.

        Raises:
            Withdrawn: always.

        """
        await self.weigh_cancellation()
        stop = partial(self._stop, "canceled in the books", "engine")
        raise Withdrawn(None, await self.insist(stop))

    async def insist(self, step: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do a step; where the world does not allow it, show so, and try again when told or later.

        Raises:
            Withdrawn: the fulfillment was canceled meanwhile.

        """
        raise NotImplementedError

    async def _stop(self, reason: str, by: str) -> WorkStopped:
        """Have it canceled while its goods lie in their bins; later its order decides.

        Temporal's Cancel reaches a fulfillment as well when its order's workflow is terminated or
        fails: that is no wish to take goods out of their cartons.
        """
        return await workflow.execute_activity_method(
            CancellationActivities.stop_work,
            StopWork(
                key=self.keys.next("stop_work", moment()),
                order_id=self.request.order_id,
                fulfillment_id=self.request.fulfillment_id,
                reason=reason,
                by=by,
                in_bins_only=True,
            ),
            summary=f"Stop the work: {reason}",
            **RECORD,
        )

    def bought(self) -> Labeled:
        """Return what was bought at labeling, which is known from then on."""
        if self.labeled is None:
            raise AssertionError
        return self.labeled

    def tracking_numbers(self) -> tuple[str, ...]:
        """Return the tracking numbers, once labels are bought."""
        return self.labeled.tracking_numbers if self.labeled else ()

    def current(self) -> FulfillmentStatus:
        """Return where the fulfillment stands."""
        return FulfillmentStatus(
            order_id=self.request.order_id,
            fulfillment_id=self.request.fulfillment_id,
            warehouse_id=self.request.warehouse_id,
            stage=self.stage,
            blocked_on=self.blocked_on,
            assignee=self.assignee,
            carrier_id=self.labeled.carrier_id if self.labeled else None,
            tracking_numbers=self.tracking_numbers(),
            projected_delivery=self.labeled.projected_delivery if self.labeled else None,
        )

    def result(self) -> FulfillmentResult:
        """Return how the fulfillment ended."""
        return FulfillmentResult(
            fulfillment_id=self.request.fulfillment_id,
            stage=self.stage,
            tracking_numbers=self.tracking_numbers(),
            captured_minor=self.captured_minor,
            capture_declined=self.capture_declined,
        )
