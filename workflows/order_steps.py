"""The later steps of an order: reserve, have it fulfilled, take back, settle."""

from collections.abc import Iterator
from datetime import timedelta

from temporalio import workflow

from workflows.options import PLAN, RECORD
from workflows.order_base import Stopped
from workflows.order_verification import OrderVerification
from workflows.waiting import arrives_within

with workflow.unsafe.imports_passed_through():
    from activities.inventory import InventoryActivities
    from activities.orders import OrderActivities
    from fulfillment.domain.lifecycle import Nudge, OrderStage, Outcome, Stage
    from fulfillment.domain.orders import PaymentMethod
    from fulfillment.messages import (
        CancelAnswer,
        FulfillmentRequest,
        NoticeKind,
        OrderResult,
        ReserveStock,
        SettleOrder,
    )

CAPTURED_BY_US = (PaymentMethod.TO_AUTHORIZE, PaymentMethod.AUTHORIZED)


class OrderSteps(OrderVerification):
    """From an order that may be fulfilled to closed books."""

    # --- 3. to 9. reserve, and fulfill from each warehouse -------------------------------

    async def fulfill(self) -> None:
        """Reserve what there is, have it fulfilled, and wait for the rest until all has ended."""
        await self.weigh_cancellation()
        await self._reserve()
        nudges = self.on_record().policies.back_order.nudges()
        while self.missing or self.short or not self.children.all_ended:
            await self._next_event(nudges)
            await self.weigh_cancellation()
            if self.resumed and self.children.broken:
                self.children.restart_broken()
                self._show_fulfilling()
            if self.wake or self.short:
                await self._reserve()
            self.resumed = False
        if not any(result.stage is Stage.DELIVERED for result in self.children.results()):
            await self.notify(NoticeKind.CANCELED)

    async def _next_event(self, nudges: Iterator[tuple[timedelta, Nudge]]) -> None:
        broken = self.children.broken

        def something() -> bool:
            news = self.asked or self.short or self.resumed or (self.missing and self.wake)
            return bool(news or self.children.broken != broken or self._nothing_left())

        if not (self.missing or broken):
            return await workflow.wait_condition(something)
        if broken:
            self.enter(OrderStage.FULFILLING, f"broken: {', '.join(broken)}")
        after, kind = next(nudges)
        if not await arrives_within(something, after, f"{kind.value}: {self.blocked_on}"):
            await self.nudge(kind)
            self.wake = bool(self.missing)
        return None

    def _nothing_left(self) -> bool:
        return not self.missing and self.children.all_ended

    async def _reserve(self) -> None:
        self.wake = self.short = False
        request = ReserveStock(
            key=self.keys.next("reserve_stock"), order_id=self.order_id, at=workflow.now()
        )
        reservation = await self.insist(
            lambda: workflow.execute_activity_method(
                InventoryActivities.reserve_stock,
                request,
                summary="Choose the warehouses and claim the stock",
                **PLAN,
            )
        )
        if reservation.fulfillments or reservation.missing:
            self.journal.decide(reservation.decision)
        self.short = self.short or reservation.repeated
        first_time = not self.missing
        self.missing = reservation.missing
        self.held_off += [
            FulfillmentRequest(
                order_id=self.order_id,
                fulfillment_id=share.fulfillment_id,
                warehouse_id=share.warehouse_id,
                policies=self.on_record().policies,
                sla_due=self.on_record().sla_due,
                to_capture=self.placed().payment.method in CAPTURED_BY_US,
            )
            for share in reservation.fulfillments
        ]
        if not (self.missing and self.placed().ship_complete):
            self._start_fulfillments()
        self._show_fulfilling()
        if self.missing and first_time:
            await self.notify(NoticeKind.BACK_ORDERED, self.blocked_on)

    def _start_fulfillments(self) -> None:
        while self.held_off:
            request = self.held_off.pop(0)
            self.children.start(request)
            self.journal.note(f"{request.warehouse_id} fulfills {request.fulfillment_id}")

    def _show_fulfilling(self) -> None:
        if self.missing:
            short = ", ".join(f"{line.quantity} x {line.sku}" for line in self.missing)
            return self.enter(OrderStage.BACK_ORDERED, f"stock: {short}")
        return self.enter(OrderStage.FULFILLING, "")

    # --- the end -------------------------------------------------------------------------

    async def take_back(self, stopped: Stopped) -> None:
        """Undo what was done, last in, first out; then tell the customer and who asked."""
        self.rejection, self.missing, self.held_off = stopped.rejection, (), []
        self.answering = True  # nobody is asked any more
        await self.children.cancel_all()
        done = [*self.given_back, *await self.undo.run()]
        self.journal.note("taken back: " + (", ".join(done) or "nothing was to be taken back"))
        kind = NoticeKind.REJECTED if stopped.rejection else NoticeKind.CANCELED
        await self.notify(kind, stopped.rejection or "")
        if stopped.asked is not None:
            self.stopped_in_temporal = stopped.asked.in_temporal
            stopped.asked.answer = CancelAnswer(order_id=self.order_id, done=tuple(done))

    async def settle(self) -> OrderResult:
        """Give back what was not captured, and close the books of the order."""
        results = self.children.results()
        captured = sum(result.captured_minor for result in results)
        declined = any(result.capture_declined for result in results)
        if captured < self.authorized_minor and not declined:
            await self.void()
        request = SettleOrder(
            key=self.keys.next("settle_order"), order_id=self.order_id, rejection=self.rejection
        )
        self.outcome = await self.insist(
            lambda: workflow.execute_activity_method(
                OrderActivities.settle_order,
                request,
                summary="Close the books of the order",
                **RECORD,
            ),
            cancelable=False,
        )
        self.enter(OrderStage.SETTLED, "")
        self.journal.note(self.outcome.summary)
        return self.result(self.outcome)

    def result(self, outcome: Outcome) -> OrderResult:
        """Return how the order ended."""
        return OrderResult(
            order_id=self.order_id, outcome=outcome, fulfillment_ids=self.children.ids
        )
