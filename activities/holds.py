"""Orders on hold: stopped, asked about, released, corrected, paid otherwise, rejected."""

from temporalio import activity

from activities.effects import Effects
from activities.unrecorded_holds import answered_before
from fulfillment.domain.holds import HoldChoice, HoldRecord
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import Order
from fulfillment.messages import Held, HoldOrder, RecordAddress, Recorded, RecordRelease
from fulfillment.messages.holds import (
    RecordPaymentMeans,
    RecordQuestion,
    RecordRejection,
    RecordReply,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork

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
        return Held()

    @activity.defn(name="record_address")
    async def record_address(self, request: RecordAddress) -> Recorded:
        """Put a corrected address on record, and who corrected it."""

        async def correct(tx: UnitOfWork) -> Recorded:
            await tx.orders.set_ship_to(request.order_id, request.correction.address)
            by = request.correction.by
            await self._answered(tx, request.order_id, HoldChoice.CORRECT_ADDRESS, by)
            await tx.journal.add_action(self._action("correct_address", by, request.order_id))
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, correct)

    @activity.defn(name="record_release")
    async def record_release(self, request: RecordRelease) -> Recorded:
        """Put on record who let the order go on, and why."""

        async def release(tx: UnitOfWork) -> Recorded:
            by, why = request.release.by, request.release.reason
            await self._answered(tx, request.order_id, HoldChoice.RELEASE, by, why)
            await tx.journal.add_action(self._action("release_hold", by, request.order_id, why))
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, release)

    @activity.defn(name="record_rejection")
    async def record_rejection(self, request: RecordRejection) -> Recorded:
        """Put on record who rejected the order, and why."""

        async def reject(tx: UnitOfWork) -> Recorded:
            by, why = request.rejection.by, request.rejection.reason
            await self._answered(tx, request.order_id, HoldChoice.REJECT, by, why)
            await tx.journal.add_action(self._action("reject_order", by, request.order_id, why))
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, reject)

    @activity.defn(name="record_payment_means")
    async def record_payment_means(self, request: RecordPaymentMeans) -> Recorded:
        """Put on record by what the order is paid from now on, and who said so."""

        async def pay(tx: UnitOfWork) -> Recorded:
            order, by = (await tx.orders.get(request.order_id)).order, request.payment.by
            await tx.orders.set_content(_paid_by(order, request.payment.reference))
            await self._answered(tx, request.order_id, HoldChoice.PAY, by)
            await tx.journal.add_action(self._action("pay_otherwise", by, request.order_id))
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, pay)

    @activity.defn(name="record_question")
    async def record_question(self, request: RecordQuestion) -> Recorded:
        """Put on record what the customer is asked, and that the order waits for the answer."""

        async def ask(tx: UnitOfWork) -> Recorded:
            now, order_id = self._ports.clock.now(), request.order_id
            await tx.orders.set_stage(order_id, OrderStage.ON_HOLD, request.shown, now)
            await tx.holds.ask(order_id, request.question, now, request.until)
            asked = self._action("ask_customer", request.by, order_id, request.question)
            await tx.journal.add_action(asked)
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, ask)

    @activity.defn(name="record_reply")
    async def record_reply(self, request: RecordReply) -> Recorded:
        """Put on record what the customer answered; staff decides what follows."""

        async def answer(tx: UnitOfWork) -> Recorded:
            now, order_id, said = self._ports.clock.now(), request.order_id, request.reply
            await tx.orders.set_stage(order_id, OrderStage.ON_HOLD, request.shown, now)
            await tx.holds.reply(order_id, said.answer, request.until)
            told = self._action("answer_question", said.by, order_id, said.answer)
            await tx.journal.add_action(told)
            return Recorded(key=request.key)

        return await self._effects.once(request, request.order_id, Recorded, answer)

    async def _answered(
        self, tx: UnitOfWork, order_id: str, answer: HoldChoice, by: str, remark: str = ""
    ) -> None:
        await tx.holds.close(order_id, answer, by, self._ports.clock.now(), remark)

    def _action(self, action: str, by: str, order_id: str, detail: str = "") -> ActionRecord:
        now = self._ports.clock.now()
        return ActionRecord(at=now, by=by, action=action, order_id=order_id, detail=detail)


def _paid_by(order: Order, reference: str) -> Order:
    payment = order.payment.model_copy(update={"reference": reference})
    return order.model_copy(update={"payment": payment})
