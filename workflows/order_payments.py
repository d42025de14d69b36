"""What an order's workflow does with money that was taken: it gives back, each unit once."""

from collections.abc import Sequence

from temporalio import workflow

from workflows.options import ASK_GATEWAY
from workflows.order_insisting import OrderInsisting

with workflow.unsafe.imports_passed_through():
    from activities.payments import PaymentActivities
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.refunds import UnitNumber
    from fulfillment.messages import Refunded, RefundPayment


class OrderPayments(OrderInsisting):
    """Gives back what units cost."""

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
            key=self.keys.next("refund_payment"),
            order_id=self.order_id,
            units=tuple(units),
            extra_minor=extra_minor,
            fee_minor=fee_minor,
            reason=reason,
        )
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
        self.journal.note(f"refunded {refunded.amount_minor} {refunded.currency} (minor): {reason}")
        return refunded
