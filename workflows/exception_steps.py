"""Parcels in trouble: asking a person, hearing the decision, and carrying it out."""

from datetime import datetime
from itertools import islice
from typing import Any

from temporalio import workflow

from workflows.keys import moment
from workflows.options import ASK_GATEWAY, RECORD
from workflows.replacing import send_replacement
from workflows.shipping_steps import ShippingSteps
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from activities.delivery_exceptions import DeliveryExceptionActivities
    from activities.payments import PaymentActivities
    from fulfillment.domain.addresses import Address
    from fulfillment.domain.confirmations import check_person, check_stage
    from fulfillment.domain.decisions import Alternative, Decision
    from fulfillment.domain.delivery_exceptions import (
        COMES_BACK,
        Resolution,
        Trouble,
        check_resolution,
        concerned,
        parse_resolution,
        reason_of,
    )
    from fulfillment.domain.delivery_rules import Choice
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.lifecycle import Nudge, Stage, TaskKind
    from fulfillment.domain.money import Money
    from fulfillment.domain.refunds import UnitNumber
    from fulfillment.domain.tracking import TrackingException
    from fulfillment.messages import (
        Accepted,
        FulfillmentRequest,
        NoticeKind,
        OrderReplacement,
        RefundPayment,
        Resolved,
        ResolveParcels,
        Reviewed,
        ReviewParcels,
    )
    from fulfillment.messages.continuing_fulfillments import ExceptionCarried

ENGINE = "engine"


class ExceptionSteps(ShippingSteps):
    """What becomes of parcels that do not arrive as they should, as a person decides it."""

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
        self._owed_once_captured: tuple[UnitNumber, ...] = ()
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
            owed_once_captured=self._owed_once_captured,
            pressed=self._pressed,
            next_nudge=self._next_nudge,
        )

    def restore_exceptions(self, carried: ExceptionCarried) -> None:
        """Go on with what an earlier run has seen and decided."""
        self.trouble, self.deciding_by = carried.trouble, carried.deciding_by
        self.patient_until, self.readdressed_to = carried.patient_until, carried.readdressed_to
        self.decisions, self.decided = carried.decisions, carried.decided
        self._owed_once_captured = carried.owed_once_captured
        self._pressed, self._next_nudge = carried.pressed, carried.next_nudge

    # --- seeing that something is wrong ----------------------------------------------------

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
            self._settled()

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
            await self.notify(NoticeKind.EXCEPTION, words, numbers)

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

    # --- hearing what is decided -----------------------------------------------------------

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
            ConfirmationRefused: as `check_decision`.

        """
        self.check_decision(resolution)
        self.resolving, made = resolution, self.decisions
        await workflow.wait_condition(lambda: self.decisions > made or self.ended)
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

    # --- carrying it out -------------------------------------------------------------------

    async def carry_out(self) -> None:
        """Do what was decided, tell the customer, and answer who decided."""
        resolution = self.resolving
        if resolution is None:
            return
        troubles = concerned(self.trouble.troubles, resolution)
        choice = _carried_out(resolution, troubles)
        resolved = await self._record(resolution, troubles, choice)
        self._settled()
        self.decided = await self._done(resolution, troubles, choice, resolved)
        self.journal.decide(_decision(resolution, troubles))
        self.journal.note(self.decided, resolution.by)
        numbers = tuple(trouble.tracking_number for trouble in troubles)
        await self.notify(NoticeKind.EXCEPTION_RESOLVED, resolution.choice.value, numbers)
        self.resolving, self.decisions = None, self.decisions + 1
        self.look = True
        # Parcels that it was not about are in trouble still.
        self.upset = self.upset or len(numbers) < len(self.tracking_numbers())

    async def _record(
        self, resolution: Resolution, troubles: tuple[Trouble, ...], choice: Choice
    ) -> Resolved:
        request = ResolveParcels(
            key=self.keys.next("resolve_parcels", moment()),
            fulfillment_id=self.request.fulfillment_id,
            task_id=self.trouble.task_id or "",
            choice=choice,
            troubles=troubles,
            by=resolution.by,
            reason=resolution.reason,
        )
        return await self.insist_beside(
            lambda: workflow.execute_activity_method(
                DeliveryExceptionActivities.resolve_parcels,
                request,
                summary=f"Decided by {resolution.by}: {resolution.choice.value}",
                **RECORD,
            )
        )

    async def _done(
        self,
        resolution: Resolution,
        troubles: tuple[Trouble, ...],
        choice: Choice,
        resolved: Resolved,
    ) -> str:
        """Do what was decided, and return it in words."""
        match choice:
            case Choice.RESHIP:
                return await self._send_again(resolution, troubles, resolved)
            case Choice.REFUND:
                return await self.refund(resolved.units)
            case Choice.NEW_ADDRESS:
                self.readdressed_to = resolution.ship_to
                span = self.request.policies.deliveries.return_within
                self.patient_until = resolution.until or workflow.now() + span
                return "goes to the new address once it is back"
            case Choice.WAIT:
                self.patient_until = resolution.until
                return f"waited for until {resolution.until:%Y-%m-%d %H:%M %Z}"

    async def _send_again(
        self, resolution: Resolution, troubles: tuple[Trouble, ...], resolved: Resolved
    ) -> str:
        request = OrderReplacement(
            key=self.keys.next("order_replacement", moment()),
            order_id=self.request.order_id,
            reason=reason_of(troubles),
            lines=resolved.lines,
            ship_to=resolution.ship_to,
            at=workflow.now(),
        )
        ordered = await attempt(send_replacement(request))
        if isinstance(ordered, FulfillmentError):
            reason = f"could not be sent again, refund it: {ordered}"
            await self.press(Nudge.ESCALATION, reason)
            return reason
        return f"sent again as order {ordered.replacement_id}"

    async def refund(self, units: tuple[UnitNumber, ...]) -> str:
        """Have units refunded by who took their money, and return it in words.

        What could not be captured yet is given back once it is.
        """
        if self.capture_declined:
            self._owed_once_captured += units
            return "nothing was captured; what is captured later is given back"
        request = RefundPayment(
            key=self.keys.next("refund_payment", moment()),
            order_id=self.request.order_id,
            units=units,
            reason="not delivered",
        )
        # Of a refund in parts one may be declined: asked for again, it keeps its key.
        refunded = await self.insist(
            lambda: workflow.execute_activity_method(
                PaymentActivities.refund_payment,
                request,
                summary="Refund what was not delivered",
                **ASK_GATEWAY,
            )
        )
        amount = Money(amount_minor=refunded.amount_minor, currency=refunded.currency)
        if refunded.declined is not None or not refunded.amount_minor:
            because = refunded.declined or "nothing was paid for these units here"
            reason = f"not refunded, see to it: {because}"
            await self.press(Nudge.ESCALATION, reason)
            return reason
        if refunded.owed:
            return f"{amount} are to be refunded where they were paid"
        await self.notify(NoticeKind.REFUNDED, str(amount))
        return f"{amount} refunded"

    async def refund_late(self) -> None:
        """Give back what was captured only after a person had decided to refund it."""
        if self._owed_once_captured and not self.capture_declined:
            self.journal.note(await self.refund(self._owed_once_captured))

    def _settled(self) -> None:
        self.deciding_by, self.assignee = None, None
        self.trouble = Reviewed()
        self.enter(self.stage)


def _carried_out(resolution: Resolution, troubles: tuple[Trouble, ...]) -> Choice:
    """Return what is done now: what shall go elsewhere is sent as soon as it is back."""
    is_back = all(trouble.is_back for trouble in troubles)
    readdressed = resolution.choice is Choice.NEW_ADDRESS and is_back
    return Choice.RESHIP if readdressed else resolution.choice


def _decision(resolution: Resolution, troubles: tuple[Trouble, ...]) -> Decision:
    causes = ", ".join(dict.fromkeys(trouble.cause for trouble in troubles))
    others = (other for other in Choice if other is not resolution.choice)
    return Decision(
        subject=f"delivery exception: {causes}",
        chosen=resolution.choice.value,
        because=resolution.reason or f"decided by {resolution.by}",
        alternatives=tuple(
            Alternative(choice=other.value, because="not chosen by who decided") for other in others
        ),
    )
