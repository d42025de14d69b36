"""Orders on hold: stopped, asked about, released, corrected, paid otherwise, rejected."""

from collections.abc import Awaitable, Callable

from temporalio import activity

from activities.effects import Effects
from activities.renewing import is_renewal
from activities.unrecorded_holds import answered_before
from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
from fulfillment.domain.holds import HoldChoice, HoldRecord
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import Order, PaymentMethod
from fulfillment.messages import Held, HoldOrder, RecordAddress, Recorded, RecordRelease
from fulfillment.messages.holds import (
    RecordLapse,
    RecordOtherMeans,
    RecordPaymentMeans,
    RecordQuestion,
    RecordRejection,
    RecordReply,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork

Answer = RecordAddress | RecordRelease | RecordRejection | RecordPaymentMeans
"""What ends a hold."""

Waiting = RecordQuestion | RecordReply | RecordLapse
"""What changes whom a hold waits for."""

GOES_ON = {
    HoldChoice.RELEASE: True,
    HoldChoice.PAY: True,
    HoldChoice.CORRECT_ADDRESS: False,
}
"""The answers after which an order goes on: as it is, or to be verified again."""


class HoldActivities:
    """Effects on an order that waits for a decision."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="hold_order")
    async def hold_order(self, request: HoldOrder) -> Held:
        """Put the order on hold, with the reason; one that was answered before stays answered."""

        async def hold(tx: UnitOfWork) -> Held:
            now = self._ports.clock.now()
            await tx.orders.set_stage(request.order_id, OrderStage.ON_HOLD, request.reason, now)
            await self._place(tx, request)
            return Held()

        async def again(tx: UnitOfWork, _: Held) -> Held:
            return await self._as_it_stands(tx, request)

        return await self._effects.once(request, request.order_id, Held, hold, again)

    async def _place(self, tx: UnitOfWork, request: HoldOrder) -> None:
        await tx.holds.place(
            HoldRecord(
                hold_id=request.key,
                order_id=request.order_id,
                kinds=request.kinds,
                reason=request.reason,
                placed_at=self._ports.clock.now(),
                until=request.until,
            )
        )

    async def _as_it_stands(self, tx: UnitOfWork, request: HoldOrder) -> Held:
        hold = await tx.holds.find(request.key)
        if hold is None:
            answered = await answered_before(tx, request)
            if answered is None:
                await self._place(tx, request)
            return answered or Held()
        if hold.answer is HoldChoice.REJECT:
            return Held(rejected=hold.remark)
        if hold.answer is not None:
            return Held(released=GOES_ON[hold.answer])
        if hold.asked_at is not None:
            return Held(question=hold.question, until=hold.until)
        return Held(lapsed=bool(hold.question and not hold.reply))

    @activity.defn(name="record_address")
    async def record_address(self, request: RecordAddress) -> Recorded:
        """Put a corrected address on record, and who corrected it."""

        async def correct(tx: UnitOfWork) -> None:
            await tx.orders.set_ship_to(request.order_id, request.correction.address)
            by = request.correction.by
            await self._close(tx, request, HoldChoice.CORRECT_ADDRESS, "correct_address", by)

        return await self._once(request, correct)

    @activity.defn(name="record_release")
    async def record_release(self, request: RecordRelease) -> Recorded:
        """Put on record who let the order go on, and why."""

        async def release(tx: UnitOfWork) -> None:
            by, why = request.release.by, request.release.reason
            await self._close(tx, request, HoldChoice.RELEASE, "release_hold", by, why)

        return await self._once(request, release)

    @activity.defn(name="record_rejection")
    async def record_rejection(self, request: RecordRejection) -> Recorded:
        """Put on record who rejected the order, and why."""

        async def reject(tx: UnitOfWork) -> None:
            by, why = request.rejection.by, request.rejection.reason
            await self._close(tx, request, HoldChoice.REJECT, "reject_order", by, why)

        return await self._once(request, reject)

    @activity.defn(name="record_payment_means")
    async def record_payment_means(self, request: RecordPaymentMeans) -> Recorded:
        """Put on record by what the order is paid from now on, and who said so."""

        async def pay(tx: UnitOfWork) -> None:
            order = (await tx.orders.get(request.order_id)).order
            reference = request.payment.reference
            await tx.orders.set_content(_paid_by(order, reference))
            handed_in = await tx.payments.find(request.order_id)
            if handed_in is not None and handed_in.method is PaymentMethod.AUTHORIZED:
                await tx.payments.save(handed_in.model_copy(update={"reference": reference}))
            await self._close(tx, request, HoldChoice.PAY, "pay_otherwise", request.payment.by)

        return await self._once(request, pay)

    @activity.defn(name="record_other_means")
    async def record_other_means(self, request: RecordOtherMeans) -> Recorded:
        """Put on record by what an order under way is paid that is held anew or captured later.

        Raises:
            ConfirmationRefused: it is just being held anew, by what was on record before.

        """

        async def record(tx: UnitOfWork) -> Recorded:
            if any(map(is_renewal, await tx.payments.asked(request.order_id))):
                raise _being_renewed(request.order_id)
            order, by = (await tx.orders.get(request.order_id)).order, request.payment.by
            await tx.orders.set_content(_paid_by(order, request.payment.reference))
            await tx.journal.add_action(self._action("pay_otherwise", by, request.order_id))
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, record)

    @activity.defn(name="record_question")
    async def record_question(self, request: RecordQuestion) -> Recorded:
        """Put on record what the customer is asked, and that the order waits for the answer."""

        async def ask(tx: UnitOfWork) -> None:
            now, question = self._ports.clock.now(), request.question
            await self._keep(tx, request, "ask_customer", request.by, question)
            await tx.holds.ask(request.order_id, question, now, request.until)

        return await self._once(request, ask)

    @activity.defn(name="record_reply")
    async def record_reply(self, request: RecordReply) -> Recorded:
        """Put on record what the customer answered; staff decides what follows."""

        async def answer(tx: UnitOfWork) -> None:
            said = request.reply
            await self._keep(tx, request, "answer_question", said.by, said.answer)
            await tx.holds.reply(request.order_id, said.answer, request.until)

        return await self._once(request, answer)

    @activity.defn(name="record_lapse")
    async def record_lapse(self, request: RecordLapse) -> Recorded:
        """Put on record that the customer has not answered in time, and that staff decides."""

        async def lapse(tx: UnitOfWork) -> None:
            await self._keep(tx, request, "question_lapsed", "engine")
            await tx.holds.lapse(request.order_id, request.until)

        return await self._once(request, lapse)

    async def _once(
        self, request: Answer | Waiting, change: Callable[[UnitOfWork], Awaitable[None]]
    ) -> Recorded:
        async def record(tx: UnitOfWork) -> Recorded:
            await change(tx)
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, record)

    async def _close(  # noqa: PLR0913, PLR0917 - all is on record
        self,
        tx: UnitOfWork,
        request: Answer,
        answer: HoldChoice,
        action: str,
        by: str,
        remark: str = "",
    ) -> None:
        """End the hold by an answer, and note who gave it."""
        order_id = request.order_id
        await tx.holds.close(order_id, answer, by, self._ports.clock.now(), remark)
        await tx.journal.add_action(self._action(action, by, order_id, remark))

    async def _keep(
        self, tx: UnitOfWork, request: Waiting, action: str, by: str, detail: str = ""
    ) -> None:
        """Show what the order on hold waits for now, and note who changed that."""
        now, order_id = self._ports.clock.now(), request.order_id
        await tx.orders.set_stage(order_id, OrderStage.ON_HOLD, request.shown, now)
        await tx.journal.add_action(self._action(action, by, order_id, detail))

    def _action(self, action: str, by: str, order_id: str, detail: str = "") -> ActionRecord:
        now = self._ports.clock.now()
        return ActionRecord(at=now, by=by, action=action, order_id=order_id, detail=detail)


def _being_renewed(order_id: str) -> FulfillmentError:
    return ConfirmationRefused.of(
        Problem(
            path="payment",
            expected="a payment that the gateway is not just being asked about",
            came=f"order {order_id}, whose amount is just being held anew",
            remedy="try again in a minute",
        )
    )


def _paid_by(order: Order, reference: str) -> Order:
    payment = order.payment.model_copy(update={"reference": reference})
    return order.model_copy(update={"payment": payment})
