"""What an order's workflow does with money that was taken: it gives back, each unit once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio import workflow

from workflows.keys import moment
from workflows.options import ASK_GATEWAY
from workflows.order_insisting import OrderInsisting
from workflows.renewing import Renewal

with workflow.unsafe.imports_passed_through():
    from activities.payments import PaymentActivities
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.money import Money
    from fulfillment.domain.orders import PaymentMethod
    from fulfillment.domain.refunds import UnitNumber
    from fulfillment.messages import Refunded, RefundPayment, VoidPayment
    from fulfillment.messages.continuing import RenewalCarried

NOT_RENEWED = "payment: the authorization lapses and is not renewed"


class OrderPayments(OrderInsisting):
    """Keeps what is held alive, and gives back what units cost."""

    def __init__(self, data: Any) -> None:  # noqa: ANN401 - whatever a storefront sent
        """Begin with nothing held."""
        super().__init__(data)
        self.renewal = Renewal(self.keys, self._not_renewed, self.journal.note, self._held)
        self.blocked_before = ""
        self.bank_asked = False

    def keep_authorized(self, until: datetime | None) -> None:
        """Renew from now on what the bank holds until then."""
        policies = self.on_record().policies
        again = policies.hold.then_after
        self.renewal.begin(self.order_id, until, policies.renew_before, again)

    def take_up_payment(self, authorized_minor: int, renewal: RenewalCarried) -> None:
        """Go on with what an earlier run has had authorized and held anew."""
        self.keep_authorized(renewal.expires_at)
        self.renewal.restore(renewal)
        if authorized_minor:
            self.now_held(authorized_minor)

    def now_held(self, amount_minor: int) -> None:
        """Remember what is held at the payer's bank, and that it can be given back."""
        self.authorized_minor = amount_minor
        self.undo.add("voided the authorization", self.void)

    @property
    def may_be_held(self) -> bool:
        """Whether an earlier run may have had money held, which this one has not come to ask."""
        to_authorize = self.placed().payment.method is PaymentMethod.TO_AUTHORIZE
        return to_authorize and not self.authorized_minor and not self.bank_asked

    async def void(self) -> str | None:
        """Give back what was authorized and not captured; say so, where that was not to be done."""
        request = VoidPayment(key=self.keys.next("void_payment"), order_id=self.order_id)
        voided = await self.insist(
            lambda: workflow.execute_activity_method(
                PaymentActivities.void_payment,
                request,
                summary="Give back what was authorized and not captured",
                **ASK_GATEWAY,
            ),
            cancelable=False,
        )
        self.authorized_minor = 0
        if voided.declined is None:
            return None
        nothing = f"nothing was to be voided: {voided.declined}"
        self.journal.note(nothing)
        return nothing

    async def _not_renewed(self, reason: str) -> None:
        """Put it to a person: get another card and hand the order in again, cancel, or wait."""
        self.journal.note(f"authorization not renewed: {reason}", refused=True)
        if not self._shows_lapse():
            self.blocked_before = self.blocked_on
        self.enter(self.stage, f"{NOT_RENEWED}: {reason}")
        await self.nudge(
            Nudge.ESCALATION, f"{NOT_RENEWED}: {reason}; cancel it, or it is asked again"
        )

    def _held(self) -> None:
        """Show again what the order waits for, where it showed that its money is not held."""
        if self._shows_lapse():
            self.enter(self.stage, self.blocked_before)

    def _shows_lapse(self) -> bool:
        return self.blocked_on.startswith(NOT_RENEWED)

    async def refund(
        self,
        units: Sequence[UnitNumber],
        reason: str,
        *,
        extra_minor: int = 0,
        fee_minor: int = 0,
    ) -> Refunded:
        """Have units refunded by who took their money; the supervisor sees to a declined one."""
        request = RefundPayment(
            key=self.keys.next("refund_payment", moment()),
            order_id=self.order_id,
            units=tuple(units),
            extra_minor=extra_minor,
            fee_minor=fee_minor,
            reason=reason,
        )
        return await self._refunded(request)

    async def refund_canceled(self, reason: str, *, fee_minor: int = 0) -> None:
        """Have refunded what was paid at once and is canceled by now, less a fee.

        Who cancels a fulfillment tells its order nothing: so this looks into the books, and is
        asked whenever something was canceled, and at last when the order is settled.
        """
        if self.placed().payment.method is not PaymentMethod.PAID:
            return
        request = RefundPayment(
            key=self.keys.next("refund_payment", moment()),
            order_id=self.order_id,
            canceled=True,
            fee_minor=fee_minor,
            reason=reason,
        )
        refunded = await self._refunded(request)
        if refunded.free_units:
            await self._tell_of_replaced()

    async def _tell_of_replaced(self) -> None:
        """Put it to a person, once, that goods of another order are not replaced now."""
        replaces = self.placed().replaces
        if replaces is not None and not self.replaced_told:
            self.replaced_told = True
            owed = f"nothing goes in the place of {replaces.order_id} now: refund its goods"
            await self.nudge(Nudge.ESCALATION, owed)

    async def _refunded(self, request: RefundPayment) -> Refunded:
        reason = request.reason
        refunded = await self.insist(
            lambda: workflow.execute_activity_method(
                PaymentActivities.refund_payment,
                request,
                summary=f"Refund: {reason}",
                **ASK_GATEWAY,
            ),
            cancelable=False,
        )
        if refunded.declined is not None:
            await self.nudge(Nudge.ESCALATION, f"refund declined: {refunded.declined}")
        if refunded.amount_minor or not request.canceled:
            amount = Money(amount_minor=refunded.amount_minor, currency=refunded.currency)
            self.journal.note(f"refunded {amount}: {reason}")
        return refunded
