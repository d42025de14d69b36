"""Taking the money for what left: at once, or insisting on what the bank declined."""

from temporalio import workflow

from workflows.keys import moment
from workflows.options import ASK_GATEWAY, RECORD
from workflows.pickup_news import PickupNews
from workflows.waiting import arrives_within, attempt

with workflow.unsafe.imports_passed_through():
    from activities.payments import PaymentActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.money import Money
    from fulfillment.messages import (
        CapturePayment,
        FulfillmentRequest,
        PaymentResult,
        RenewAuthorization,
        WriteOffPayment,
        WrittenOff,
    )

DECLINED = "payment_declined"


class Collecting(PickupNews):
    """Captures what was handed over; the goods are gone, so a declined capture is insisted on."""

    def __init__(self, request: FulfillmentRequest) -> None:
        """Begin with nothing captured."""
        super().__init__(request)
        self.capture_key = ""

    async def take_money(self) -> None:
        """Capture what was handed over; a declined capture blocks, and the supervisor is told.

        So does one that fails for good: the goods are on their way, and go on. Whether it took the
        money nobody knows then, so that it is tried again under its key.
        """
        self.capture_key = self.capture_key or self.keys.next("capture_payment")
        captured = await attempt(self._capture(self.capture_key))
        if isinstance(captured, FulfillmentError):
            return await self._not_captured(f"{captured}", captured.code)
        self.capture_key = ""
        if captured.declined is not None:
            return await self._not_captured(captured.declined)
        self.captured_minor, self.capture_declined = captured.amount_minor, False
        self.journal.note(f"captured {_money(captured)}")
        return self._show_unpaid("")

    async def find_out_capture(self) -> None:
        """Ask until it is known whether a capture that failed for good took the money.

        Of a fulfillment that is canceled, its order gives back what was taken.
        """
        key = self.capture_key
        captured = await self.insist(lambda: self._capture(key))
        self.capture_key = ""
        self.captured_minor, self.capture_declined = captured.amount_minor, False
        self.journal.note(
            f"captured {_money(captured)}"
            if captured.declined is None
            else f"not captured: {captured.declined}"
        )
        self._show_unpaid("")

    async def _capture(self, key: str) -> PaymentResult:
        return await workflow.execute_activity_method(
            PaymentActivities.capture_payment,
            CapturePayment(
                key=key,
                order_id=self.request.order_id,
                fulfillment_id=self.request.fulfillment_id,
            ),
            summary="Capture what was handed over",
            **ASK_GATEWAY,
        )

    async def _not_captured(self, because: str, code: str = DECLINED) -> None:
        """Go on with the parcels, show that they are not paid, and tell the supervisor."""
        self.captured_minor, self.capture_declined = 0, True
        self.journal.note(f"not captured: {because}")
        self._show_unpaid(f"{code}: {because}")
        ended = "declined" if code == DECLINED else "failed"
        await self.press(Nudge.ESCALATION, f"capture {ended}: {because}")

    def _show_unpaid(self, because: str) -> None:
        """Show why nothing is captured, or that it is; what else blocks stays shown."""
        other = "" if self.blocked_on == self.unpaid_because else self.blocked_on
        self.unpaid_because = because
        if self.blocked_on != (other or because):
            self.enter(self.stage, other)

    async def retry_capture(self) -> None:
        """Have the amount held anew, where that can be done, and capture it then."""
        self.tried = self.retries
        renewed = await attempt(
            workflow.execute_activity_method(
                PaymentActivities.renew_authorization,
                RenewAuthorization(
                    key=self.keys.next("renew_authorization", moment()),
                    order_id=self.request.order_id,
                    until=workflow.now(),
                    lapsed=True,
                ),
                summary="Hold anew what could not be captured",
                **ASK_GATEWAY,
            )
        )
        refusal = str(renewed) if isinstance(renewed, FulfillmentError) else renewed.declined
        if refusal is not None:
            self.journal.note(f"not held anew: {refusal}")
        await self.take_money()

    def retry_asked(self) -> bool:
        """Return whether a person wants a declined capture tried again."""
        return self.capture_declined and self.retries != self.tried

    async def insist_on_money(self, *, forgiven: bool) -> None:
        """Try a declined capture again when told, or in time; in the end it is written off.

        What was given up to be refunded is written off at once: nobody is to pay for it.
        """
        if forgiven and self.capture_declined:
            return await self._write_off()
        for after, kind in self.request.policies.hold.nudges():
            if not self.capture_declined:
                break
            what = f"{kind.value}: {self.blocked_on}"
            told = await arrives_within(self.retry_asked, after, what)
            if kind is Nudge.CANCELLATION and not told:
                await self._write_off()
                break
            await self.retry_capture()
        return None

    async def _write_off(self) -> None:
        request = WriteOffPayment(
            key=self.keys.next("write_off_payment"),
            order_id=self.request.order_id,
            fulfillment_id=self.request.fulfillment_id,
        )
        written_off = await self.insist(
            lambda: workflow.execute_activity_method(
                PaymentActivities.write_off_payment,
                request,
                summary="Give up what was shipped and could not be captured",
                **RECORD,
            )
        )
        lost = _money(written_off)
        self.journal.note(f"written off: {lost}")
        self._show_unpaid("")
        await self.press(Nudge.ESCALATION, f"written off, as no capture was accepted: {lost}")


def _money(taken: PaymentResult | WrittenOff) -> str:
    return str(Money(amount_minor=taken.amount_minor, currency=taken.currency))
