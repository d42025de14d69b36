"""The later steps of an order: reserve, have it fulfilled, take back, settle."""

from datetime import datetime, timedelta
from itertools import islice

from temporalio import workflow

from workflows.options import PLAN, RECORD
from workflows.order_continuing import OrderContinuing
from workflows.waiting import CancellationAsked, arrives_kept
from workflows.waking import wake

with workflow.unsafe.imports_passed_through():
    from activities.inventory import InventoryActivities
    from activities.orders import OrderActivities
    from fulfillment.domain.lifecycle import Nudge, OrderStage, Outcome, Stage, SubstitutionPolicy
    from fulfillment.domain.orders import CAPTURED_BY_US
    from fulfillment.messages import (
        CancelRequest,
        FulfillmentRequest,
        NoticeKind,
        OrderResult,
        ReserveStock,
        SettleOrder,
    )


class OrderSteps(OrderContinuing):
    """From an order that may be fulfilled to closed books."""

    # --- 3. to 9. reserve, and fulfill from each warehouse -------------------------------

    async def fulfill(self) -> None:
        """Reserve what there is, have it fulfilled, and wait for the rest until all has ended."""
        if self.resumed is None:
            await self.weigh_cancellation()
            await self._reserve()
        else:
            self.ask_on()
        resumes = self.resumes
        while self.missing or self.short or not self.children.all_ended:
            if not self._news(resumes, self.children.broken):
                self.continue_where_idle()
            await self._next_event(resumes)
            await self.weigh_cancellation()
            await self.weigh_choices()
            if self.resumes != resumes and self.children.broken:
                self.children.restart_broken()
                self.short = True  # one may have broken between a short pick and its signal
                self.show_fulfilling()
            resumes = self.resumes
            if self.wake or self.short:
                await self._reserve()
        if not any(result.stage is not Stage.CANCELED for result in self.children.results()):
            await self.notify(NoticeKind.CANCELED)

    def _news(self, resumes: int, broken: tuple[str, ...]) -> bool:
        news = self.asked or self.choices_due() or self.short or (self.missing and self.wake)
        changed = self.resumes != resumes or self.children.broken != broken
        return bool(news or changed or self._nothing_left())

    async def _next_event(self, resumes: int) -> None:
        broken = self.children.broken

        def something() -> bool:
            return self._news(resumes, broken) or self.may_continue()

        if not (self.missing or broken):
            self.nudge_due = None
            return await workflow.wait_condition(something)
        if broken:
            self.enter(OrderStage.FULFILLING, f"broken: {', '.join(broken)}")
        if self.nudge_due is None:
            self.nudge_due = self._next_nudge()
        due, kind = self.nudge_due
        left = max(due - workflow.now(), timedelta(0))
        what = f"{kind.value}: {self.blocked_on}"
        arrived = await arrives_kept(something, left, what, self.renewal)
        if not arrived or (self._news(resumes, broken) and not self.choices_due()):
            # What the customer says does not put off what the floor is to be reminded of.
            self.nudge_due = None
        if not arrived:
            await self._press_for_missing(kind)
        return None

    def _next_nudge(self) -> tuple[datetime, Nudge]:
        nudges = self.on_record().policies.back_order.nudges()
        after, kind = next(islice(nudges, self.nudges_given, None))
        self.nudges_given += 1
        return workflow.now() + after, kind

    async def _press_for_missing(self, kind: Nudge) -> None:
        if kind is not Nudge.CANCELLATION:
            await self.nudge(kind)
            self.wake = bool(self.missing)
        elif self.missing:
            request = CancelRequest(
                reason="what is missing did not come in time",
                by="engine",
                back_ordered_only=self.children.any_alive(self.halted),
            )
            self.asked.append(CancellationAsked(request))

    def _nothing_left(self) -> bool:
        return not self.missing and self.children.all_ended

    async def _reserve(self) -> None:
        self.wake = self.short = False
        request = ReserveStock(
            key=self.keys.next("reserve_stock"),
            order_id=self.order_id,
            at=workflow.now(),
            substitute=self.on_record().policies.substitution is SubstitutionPolicy.ALLOWED,
        )
        reservation = await self.insist(
            lambda: workflow.execute_activity_method(
                InventoryActivities.reserve_stock,
                request,
                summary="Choose the warehouses and claim the stock",
                **PLAN,
            )
        )
        await wake(reservation.woken)
        if reservation.fulfillments or reservation.missing:
            self.journal.decide(reservation.decision)
        if reservation.substituting:
            self.journal.decide(reservation.substituting)
        self.short = self.short or reservation.repeated
        self.now_missing(reservation.missing)
        self.held_off += [
            FulfillmentRequest(
                order_id=self.order_id,
                fulfillment_id=share.fulfillment_id,
                warehouse_id=share.warehouse_id,
                policies=self.on_record().policies,
                sla_due=self.on_record().sla_due,
                to_capture=self.placed().payment.method in CAPTURED_BY_US,
                authorized_until=self.renewal.expires_at,
            )
            for share in reservation.fulfillments
        ]
        if not self.held_for_missing():
            self.start_fulfillments()
        self.show_fulfilling()
        if reservation.substitutions:
            instead = ", ".join(one.shown for one in reservation.substitutions)
            await self.notify(NoticeKind.SUBSTITUTED, instead)
        if self.missing:
            await self.arrange_supply()
        await self.tell_missing()

    # --- the end -------------------------------------------------------------------------

    async def settle(self) -> OrderResult:
        """Give back what was not captured, and close the books of the order."""
        results = self.children.results()
        captured = sum(result.captured_minor for result in results)
        if captured < self.authorized_minor or self.may_be_held:
            await self.void()
        await self.refund_canceled("canceled")
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
