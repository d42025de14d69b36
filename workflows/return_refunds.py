"""Giving back: money for what was accepted, or goods in its place."""

from temporalio import workflow

from workflows.keys import moment
from workflows.options import ASK_GATEWAY, RECORD
from workflows.replacing import send_replacement
from workflows.return_words import ReturnWords
from workflows.waiting import arrives_within, attempt

with workflow.unsafe.imports_passed_through():
    from activities.payments import PaymentActivities
    from activities.return_settling import ReturnSettlingActivities
    from activities.returns import ReturnActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.money import Money
    from fulfillment.domain.notices import NoticeKind
    from fulfillment.domain.returns import ReturnWish
    from fulfillment.messages import OrderReplacement, Refunded, RefundPayment
    from fulfillment.messages.returns import (
        InKind,
        RecordReturnRefund,
        RefundToMake,
        SettleInKind,
    )

IN_KIND = (ReturnWish.EXCHANGE, ReturnWish.REPLACEMENT)


class ReturnRefunds(ReturnWords):
    """What the customer gets for what came back."""

    # --- 6. give back --------------------------------------------------------------------

    async def give_back(self) -> None:
        """Make the refunds that are due; one that is declined is tried again when told or later."""
        while self.due:
            refund, retries = self.due[0], self.retries
            refunded = await attempt(self._refund(refund))
            declined = (
                str(refunded) if isinstance(refunded, FulfillmentError) else refunded.declined
            )
            await self._record(refund, declined)
            if isinstance(refunded, FulfillmentError) or declined is not None:
                return await self._declined(f"{declined}", retries)
            self.due.popleft()
            self.made.append(refund.refund_no)
            if self.blocked_on:
                self.enter(self.stage)
            self.refunded_minor += refund.amount_minor
            given = Money(amount_minor=refund.amount_minor, currency=refunded.currency)
            self.journal.note(f"refund {refund.refund_no}: {given}")
            if refund.amount_minor:
                await self.notify(
                    NoticeKind.RETURN_REFUNDED,
                    amount_minor=refund.amount_minor,
                    subject=f"{refund.refund_no}",
                )
            if refund.elsewhere_minor:
                there = Money(amount_minor=refund.elsewhere_minor, currency=refunded.currency)
                await self.press(
                    Nudge.ESCALATION, f"{there} were paid in the shop for it: give them back there"
                )
        return None

    async def _refund(self, refund: RefundToMake) -> Refunded:
        """Have it given back; until it is closed, it is asked for by the same key.

        Of a refund in several parts, the gateway may have given back the first ones.
        """
        if self.refund_key is None:
            self.refund_key = self.keys.next("refund_payment", f"{refund.refund_no}")
        refunded = await workflow.execute_activity_method(
            PaymentActivities.refund_payment,
            RefundPayment(
                key=self.refund_key,
                order_id=self.order_id,
                units=refund.units,
                extra_minor=refund.extra_minor,
                fee_minor=refund.fee_minor,
                reason=f"return {self.return_id}",
            ),
            summary=f"Give back {refund.amount_minor} (minor units)",
            **ASK_GATEWAY,
        )
        self.refund_key = None
        return refunded

    async def _record(self, refund: RefundToMake, declined: str | None) -> None:
        # Started again it may be made at once, and be declined as often, for whatever reason.
        about = moment() if declined else f"{refund.refund_no}-made"
        request = RecordReturnRefund(
            key=self.keys.next("record_return_refund", about),
            return_id=self.return_id,
            order_id=self.order_id,
            refund_no=refund.refund_no,
            amount_minor=refund.amount_minor,
            declined=declined,
        )
        await self.insist(
            lambda: workflow.execute_activity_method(
                ReturnActivities.record_return_refund,
                request,
                summary="Refund declined" if declined else "Refund made",
                **RECORD,
            )
        )

    async def _declined(self, why: str, retries: int) -> None:
        if not self.blocked_on:
            await self.press(Nudge.ESCALATION, f"refund declined: {why}")
        self.enter(self.stage, f"payment: {why}")
        await arrives_within(
            lambda: bool(self.asked) or self.retries != retries,
            self.policy.inspection.span,
            "retry: refund",
        )

    # --- 7. goods in its place -----------------------------------------------------------

    async def settle_in_kind(self) -> None:
        """Send what the customer wants in the place of what was accepted, and see what is due."""
        if self.request.request.wish not in IN_KIND:
            return None
        request = SettleInKind(
            key=self.keys.next("settle_in_kind"),
            return_id=self.return_id,
            order_id=self.order_id,
        )
        kind = await self.insist(
            lambda: workflow.execute_activity_method(
                ReturnSettlingActivities.settle_in_kind,
                request,
                summary="Find what is sent in its place",
                **RECORD,
            )
        )
        # One that was due before this was started again may have been made by now.
        if kind.refund is not None and kind.refund.refund_no not in self.made:
            self.due.append(kind.refund)
        if kind.why_not:
            return await self.press(Nudge.ESCALATION, f"nothing goes in its place: {kind.why_not}")
        return await self._send(kind)

    async def _send(self, kind: InKind) -> None:
        request = OrderReplacement(
            key=self.keys.next("order_replacement"),
            order_id=self.order_id,
            reason=kind.reason,
            units=kind.units,
            lines=kind.lines,
            at=workflow.now(),
        )
        ordered = await attempt(send_replacement(request))
        if isinstance(ordered, FulfillmentError):
            return await self.press(Nudge.ESCALATION, f"nothing goes in its place: {ordered}")
        self.linked_order_id = ordered.replacement_id
        self.journal.note(f"order {ordered.replacement_id} ships in its place")
        return await self.notify(NoticeKind.RETURN_REPLACED, ordered.replacement_id)
