"""Parcels in trouble: carrying out what a person has decided of them."""

from temporalio import workflow

from workflows.exception_base import ExceptionBase
from workflows.keys import moment
from workflows.options import ASK_GATEWAY, RECORD
from workflows.replacing import send_replacement
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from activities.delivery_exceptions import DeliveryExceptionActivities
    from activities.payments import PaymentActivities
    from fulfillment.domain.decisions import Alternative, Decision
    from fulfillment.domain.delivery_exceptions import Resolution, Trouble, concerned, reason_of
    from fulfillment.domain.delivery_rules import Choice
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.money import Money
    from fulfillment.domain.refunds import UnitNumber
    from fulfillment.messages import (
        NoticeKind,
        OrderReplacement,
        RefundPayment,
        Resolved,
        ResolveParcels,
    )


class ExceptionSteps(ExceptionBase):
    """What becomes of parcels that do not arrive as they should, as a person decides it."""

    async def carry_out(self) -> None:
        """Do what was decided, tell the customer, and answer who decided."""
        resolution = self.resolving
        if resolution is None:
            return
        troubles = concerned(self.trouble.troubles, resolution)
        choice = _carried_out(resolution, troubles)
        resolved = await self._record(resolution, troubles, choice)
        self.trouble_settled()
        self.decided = await self._done(resolution, troubles, choice, resolved)
        self.journal.decide(_decision(resolution, troubles))
        self.journal.note(self.decided, resolution.by)
        numbers = tuple(trouble.tracking_number for trouble in troubles)
        told = resolution.choice.value
        await self.notify(NoticeKind.EXCEPTION_RESOLVED, told, numbers, about=moment())
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
            self.owed_once_captured += units
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
        await self.notify(NoticeKind.REFUNDED, str(amount), about=moment())
        return f"{amount} refunded"

    async def refund_late(self) -> None:
        """Give back what was captured only after a person had decided to refund it."""
        if self.owed_once_captured and not self.capture_declined:
            self.journal.note(await self.refund(self.owed_once_captured))


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
