"""Parcels in trouble: seeing it, asking a person, and hearing the decision."""

from datetime import datetime
from itertools import islice
from typing import Any

from temporalio import workflow

from workflows.keys import moment
from workflows.options import RECORD
from workflows.shipping_steps import ShippingSteps

with workflow.unsafe.imports_passed_through():
    from activities.delivery_exceptions import DeliveryExceptionActivities
    from fulfillment.domain.addresses import Address
    from fulfillment.domain.confirmations import check_person, check_stage
    from fulfillment.domain.delivery_exceptions import (
        COMES_BACK,
        Resolution,
        check_resolution,
        parse_resolution,
    )
    from fulfillment.domain.delivery_rules import Choice
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.lifecycle import Nudge, Stage, TaskKind
    from fulfillment.domain.refunds import UnitNumber
    from fulfillment.domain.tracking import TrackingException
    from fulfillment.messages import (
        Accepted,
        FulfillmentRequest,
        NoticeKind,
        Reviewed,
        ReviewParcels,
    )
    from fulfillment.messages.continuing_fulfillments import ExceptionCarried

ENGINE = "engine"


class ExceptionBase(ShippingSteps):
    """Which parcels do not arrive as they should, and who is asked what becomes of them."""

    def __init__(self, request: FulfillmentRequest) -> None:
        """Begin without any trouble."""
        super().__init__(request)
        self.upset = False
        self.trouble = Reviewed()
        self.deciding_by: datetime | None = None
        self.patient_until: datetime | None = None
        self.readdressed_to: Address | None = None
        self.resolving: Resolution | None = None
        self.decisions = 0
        self.decided = ""
        self.owed_once_captured: tuple[UnitNumber, ...] = ()
        self._pressed = 0
        self._next_nudge = Nudge.REMINDER

    def exceptions_carried(self) -> ExceptionCarried:
        """Return what the next run goes on with."""
        return ExceptionCarried(
            trouble=self.trouble,
            deciding_by=self.deciding_by,
            patient_until=self.patient_until,
            readdressed_to=self.readdressed_to,
            decisions=self.decisions,
            decided=self.decided,
            owed_once_captured=self.owed_once_captured,
            pressed=self._pressed,
            next_nudge=self._next_nudge,
        )

    def restore_exceptions(self, carried: ExceptionCarried) -> None:
        """Go on with what an earlier run has seen and decided."""
        self.trouble, self.deciding_by = carried.trouble, carried.deciding_by
        self.patient_until, self.readdressed_to = carried.patient_until, carried.readdressed_to
        self.decisions, self.decided = carried.decisions, carried.decided
        self.owed_once_captured = carried.owed_once_captured
        self._pressed, self._next_nudge = carried.pressed, carried.next_nudge

    # --- seeing that something is wrong --------------------------------------------------

    async def review(self, *, silent: bool = False) -> None:
        """Look which parcels are in trouble, and have a person decide; or see that none is."""
        self.upset = False
        before = self.trouble
        request = ReviewParcels(
            key=self.keys.next("review_parcels", moment()),
            fulfillment_id=self.request.fulfillment_id,
            worked=self._worked(),
            silent=silent,
        )
        self.trouble = await self.insist_beside(
            lambda: workflow.execute_activity_method(
                DeliveryExceptionActivities.review_parcels,
                request,
                summary="See which parcels are in trouble",
                **RECORD,
            )
        )
        if self.trouble.troubles:
            await self._ask_person()
        elif before.troubles:
            self.journal.note("moves on by itself; nothing is to be decided", "carrier")
            self.trouble_settled()

    def _worked(self) -> tuple[TrackingException, ...]:
        """Return which exceptions are to be decided; not its coming back, if that is awaited."""
        worked = self.request.policies.deliveries.worked
        awaited = self.readdressed_to is not None and self.patient_until is not None
        return tuple(one for one in worked if not (awaited and one in COMES_BACK))

    async def _ask_person(self) -> None:
        troubles = self.trouble.troubles
        if self.readdressed_to is not None and all(one.is_back for one in troubles):
            choice = Choice.NEW_ADDRESS
            self.resolving = Resolution(choice=choice, by=ENGINE, ship_to=self.readdressed_to)
            return
        words = ", ".join(dict.fromkeys(trouble.cause for trouble in troubles))
        self.enter(self.stage, f"delivery: {words}")
        if self.trouble.opened:
            self.assignee, self.patient_until = None, None
            self._pressed = 0
            self._expect_decision()
            numbers = tuple(trouble.tracking_number for trouble in troubles)
            self.journal.note(f"delivery exception, to be decided: {words}; {', '.join(numbers)}")
            await self.notify(NoticeKind.EXCEPTION, words, numbers, about=moment())

    def _expect_decision(self) -> None:
        nudges = self.request.policies.delivery_exception.nudges()
        after, self._next_nudge = next(islice(nudges, self._pressed, None))
        self._pressed += 1
        self.deciding_by = workflow.now() + after

    async def press_for_decision(self) -> None:
        """Press who is to decide; when the time is up, do what the policy says."""
        default = self.request.policies.deliveries.default
        if self._next_nudge is Nudge.CANCELLATION and default is not None:
            reason = "nobody decided in time"
            self.resolving = Resolution(choice=default, by=ENGINE, reason=reason)
            return
        pressed = self._next_nudge
        if pressed is not Nudge.REMINDER:
            pressed = Nudge.ESCALATION
        reason = "a delivery exception is not decided"
        await self.press(pressed, reason, TaskKind.DELIVERY_EXCEPTION, self.trouble.task_id)
        self._expect_decision()

    def trouble_settled(self) -> None:
        """End what was to be decided: nobody is asked any more."""
        self.deciding_by, self.assignee = None, None
        self.trouble = Reviewed()
        self.enter(self.stage)

    # --- hearing what is decided ---------------------------------------------------------

    def require_task(self) -> None:
        """Refuse to assign what is not there; a decision can be assigned, too.

        Raises:
            ConfirmationRefused: no task is open.

        """
        if not self.trouble.troubles:
            super().require_task()

    def check_decision(self, resolution: Resolution) -> None:
        """Check a decision.

        Raises:
            ConfirmationRefused: nothing is in transit or in trouble, it is somebody else's to
                decide, another decision is being carried out, or it can't be carried out.

        """
        check_stage(self.stage, Stage.IN_TRANSIT)
        if self.resolving == resolution:
            return
        if self.resolving is not None:
            remedy = "wait for its outcome, then look again"
            came, expected = "another one", f"the decision by {self.resolving.by}"
            problem = Problem(path="decision", expected=expected, came=came, remedy=remedy)
            raise ConfirmationRefused.of(problem)
        check_person(self.assignee, resolution.by)
        check_resolution(self.trouble.troubles, resolution, workflow.now())

    async def accept_decision(self, resolution: Resolution) -> Accepted:
        """Have a decision carried out, and answer once it is.

        Raises:
            ConfirmationRefused: as `check_decision`, or it was canceled before that was done.

        """
        self.check_decision(resolution)
        self.resolving, made = resolution, self.decisions
        await workflow.wait_condition(
            lambda: self.decisions > made or self.ended or self.stage is Stage.CANCELED
        )
        if self.decisions == made and self.stage is Stage.CANCELED:
            check_stage(self.stage, Stage.IN_TRANSIT)
        return Accepted(
            fulfillment_id=self.request.fulfillment_id, stage=self.stage, message=self.decided
        )

    async def hear_decision(self, payload: tuple[Any, ...]) -> None:
        """Take a signal as a decision; what is refused is noted and audited, never raised."""
        by = "unknown"
        try:
            if refusal := self.hearing.refusal(payload):
                raise refusal
            resolution = parse_resolution(payload[0] if payload else None)
            by = resolution.by
            self.check_decision(resolution)
            self.resolving = resolution
        except FulfillmentError as refusal:
            await self.refuse("resolve by signal", by, str(refusal))
