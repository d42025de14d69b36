"""SupplyWorkflow: purchase or produce what orders miss, and bring it to those who wait."""

from datetime import timedelta
from itertools import islice

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.continuing import Continuing, is_long
from workflows.keys import moment
from workflows.options import RECORD, SEND
from workflows.supply_base import Reported, SupplyBase
from workflows.waiting import Watch, arrives_within, attempt, carry_through
from workflows.waking import wake

with workflow.unsafe.imports_passed_through():
    from activities.supply import SupplyActivities
    from fulfillment.domain.back_order_queue import Waiter, WaiterKind
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.orders import shortage
    from fulfillment.domain.supply import (
        SupplyEnd,
        SupplyReport,
        SupplyState,
    )
    from fulfillment.domain.supply_orders import SupplyRecord
    from fulfillment.messages.continuing import SupplyCarried
    from fulfillment.messages.supply import (
        EndSupply,
        FollowUpSupply,
        IssueComponents,
        NudgeSupplyStaff,
        PlanSupply,
        RecordSupplyReceipt,
        SendPurchaseOrder,
        SupplyAnswer,
        SupplyNews,
        SupplyPlanned,
        SupplyRequest,
    )
    from fulfillment.temporal.identifiers import effect_key, waiter_workflow_id

AT_ONCE = timedelta(milliseconds=1)


@workflow.defn(name="SupplyWorkflow")
class SupplyWorkflow(SupplyBase):
    """Carries one supply order: place it, raise it while it can be, receive it, or tell its end.

    One serves all orders that miss the article. How many units are missing, and what has come,
    stands in the database; here stands what is waited for, and until when.
    """

    @workflow.init
    def __init__(self, request: SupplyRequest) -> None:
        """Begin by looking at what is missing, with what the run before this one hands over."""
        super().__init__(request)
        carried = request.carried
        self.overdue = Watch(carried.watched if carried else None)
        self.most_events: int | None = None
        self.blocked = ""
        if carried is not None:
            self.journal.restore(carried.journal)
            self.reports.extend(Reported(end, SupplyState.CANCELED) for end in carried.canceled)

    @workflow.run
    async def run(self, request: SupplyRequest) -> SupplyRecord:
        """Carry the supply order to its end."""
        try:
            return await carry_through(self._steps(), self._cancel_in_temporal, self.answer_all)
        except Continuing:
            workflow.continue_as_new(request.model_copy(update={"carried": self._carried()}))

    def _carried(self) -> SupplyCarried:
        ends = (each.said for each in self.reports if isinstance(each.said, SupplyEnd))
        return SupplyCarried(
            journal=self.journal.carried(), watched=self.overdue.watched, canceled=tuple(ends)
        )

    async def _steps(self) -> SupplyRecord:
        while self.under_way:
            if self.needed:
                await self._look()
            while self.reports and self.under_way:
                await self._take_in(self.reports.popleft())
            if self.under_way and not self._news():
                if is_long(self.most_events):
                    raise Continuing
                await self._wait()
        if self.on_record().state is SupplyState.RECEIVED:
            await self._follow_up()
        return self.on_record()

    def _news(self) -> bool:
        return self.needed or bool(self.reports)

    def _to_be_done(self) -> bool:
        return self._news() or is_long(self.most_events)

    # --- ordering ------------------------------------------------------------------------

    async def _look(self) -> None:
        """Order what is missing, and begin the production once all its components are there."""
        self.needed = False
        planned = await workflow.execute_activity_method(
            SupplyActivities.plan_supply,
            PlanSupply(
                key=self.keys.next("plan_supply", moment()),
                supply_id=self.request.supply_id,
                at=workflow.now(),
            ),
            summary="Order what is missing",
            **RECORD,
        )
        self.patience = self.patience or planned.patience
        self.most_events = planned.continue_after_events
        self._now_at(planned.supply)
        await wake(planned.woken)
        if planned.more:
            self.journal.note(f"ordered {planned.more} more of {planned.supply.sku}")
        if planned.unsent:
            await self._send(planned)
        self.blocked = f"components: {shortage(planned.missing)}" if planned.missing else ""
        if planned.ready:
            await self._issue()

    async def _send(self, planned: SupplyPlanned) -> None:
        supply = planned.supply
        await workflow.execute_activity_method(
            SupplyActivities.send_purchase_order,
            SendPurchaseOrder(
                key=self.keys.next("send_purchase_order", f"{supply.ordered}"),
                supply_id=supply.supply_id,
                quantity=supply.ordered,
                # Said once too often, it is harmless; not said, it would be delivered twice.
                again=planned.more < supply.ordered,
            ),
            summary=f"Purchase {supply.ordered} x {supply.sku} from {supply.supplier_id}",
            **SEND,
        )
        self.journal.note(f"purchase order of {supply.ordered} sent to {supply.supplier_id}")

    async def _issue(self) -> None:
        issued = await workflow.execute_activity_method(
            SupplyActivities.issue_components,
            IssueComponents(
                key=self.keys.next("issue_components", moment()),
                supply_id=self.request.supply_id,
                at=workflow.now(),
            ),
            summary="Take the components into production",
            **RECORD,
        )
        self.blocked = issued.because
        self.journal.note(issued.because or "components issued; production has begun")
        self._now_at(issued.supply)

    def _now_at(self, supply: SupplyRecord) -> None:
        before, self.supply = self.supply, supply
        if before is not None and before.state is not supply.state:
            self.overdue = Watch()
        due = f", expected {supply.expected_at:%Y-%m-%d}" if supply.expected_at else ""
        self.journal.state(
            f"**{supply.state.value}**: {supply.received} of {supply.ordered} x {supply.sku}{due}"
        )

    # --- waiting -------------------------------------------------------------------------

    async def _wait(self) -> None:
        """Wait for news; when the goods are overdue, remind, escalate, and apply the policy."""
        due = self.on_record().expected_at
        early = due - workflow.now() if due else timedelta(0)
        if early > AT_ONCE:
            await arrives_within(self._to_be_done, early, "until the goods are expected")
            return
        span, kind = self._next_nudge()
        left, what = self.overdue.left(span), f"{kind.value}: {self._waits_for()}"
        if not await arrives_within(self._to_be_done, left, what):
            self.overdue.nudged()
            await self._press(kind)

    def _next_nudge(self) -> tuple[timedelta, Nudge]:
        if self.patience is None:
            raise AssertionError
        return next(islice(self.patience.nudges(), self.overdue.watched.given, None))

    def _waits_for(self) -> str:
        supply = self.on_record()
        return self.blocked or f"{supply.outstanding} x {supply.sku} overdue"

    async def _press(self, kind: Nudge) -> None:
        reason = self._waits_for()
        if kind is Nudge.CANCELLATION:
            end = SupplyEnd(reason=reason, by="engine")
            self.reports.append(Reported(end, SupplyState.CANCELED))
            return
        await workflow.execute_activity_method(
            SupplyActivities.nudge_supply_staff,
            NudgeSupplyStaff(
                key=self.keys.next("nudge_supply_staff", moment()),
                supply_id=self.request.supply_id,
                kind=kind,
                reason=reason,
            ),
            summary=f"{kind.value}: {reason}",
            **SEND,
        )
        self.journal.note(f"{kind.value}: {reason}")
        self.needed = bool(self.blocked)

    # --- what people report --------------------------------------------------------------

    async def _take_in(self, reported: Reported) -> None:
        self.working_on = reported
        said = reported.said
        step = self._book(said) if isinstance(said, SupplyReport) else self._end(said, reported)
        done = await attempt(step)
        if isinstance(done, FulfillmentError):
            reported.answer = done
            self.journal.note(f"refused: {done}", said.by, refused=True)
            return
        self.journal.note(done, said.by)
        supply = self.on_record()
        reported.answer = SupplyAnswer(
            supply_id=supply.supply_id,
            state=supply.state,
            ordered=supply.ordered,
            received=supply.received,
            message=done,
        )

    async def _book(self, report: SupplyReport) -> str:
        received = await workflow.execute_activity_method(
            SupplyActivities.record_supply_receipt,
            RecordSupplyReceipt(
                key=self._receipt_key(report),
                supply_id=self.request.supply_id,
                report=report,
            ),
            summary=f"Received, says {report.by}",
            **RECORD,
        )
        self._now_at(received.supply)
        await wake(received.woken)
        return f"received {received.quantity} x {received.supply.sku}"

    def _receipt_key(self, report: SupplyReport) -> str:
        """Return the key of a delivery: its receipt's, which is the same whoever books it."""
        if report.receipt_id is None:
            return self.keys.next("record_supply_receipt", moment())
        return effect_key(f"receipt/{report.receipt_id}", "receive_stock")

    async def _end(self, end: SupplyEnd, reported: Reported) -> str:
        ended = await workflow.execute_activity_method(
            SupplyActivities.end_supply,
            EndSupply(
                key=self.keys.next("end_supply"),
                supply_id=self.request.supply_id,
                state=reported.state or SupplyState.FAILED,
                end=end,
            ),
            summary=f"Ended by {end.by}",
            **RECORD,
        )
        self._now_at(ended.supply)
        await wake(ended.woken)
        for waiter in ended.waiting:
            await self._tell_end(waiter, end.reason)
        return f"{ended.supply.state.value}: {end.reason}"

    async def _tell_end(self, waiter: Waiter, reason: str) -> None:
        supply, name = self.on_record(), waiter_workflow_id(waiter)
        news = SupplyNews(supply_id=supply.supply_id, sku=supply.sku, reason=reason)
        # A production looks again what it misses, and has that arranged anew.
        told = "supply_ended" if waiter.kind is WaiterKind.ORDER else "needed"
        try:
            await workflow.get_external_workflow_handle(name).signal(told, news)
        except FailureError:
            workflow.logger.info("%s has ended, and is not told of %s", name, supply.supply_id)

    def _cancel_in_temporal(self) -> None:
        end = SupplyEnd(reason="canceled in Temporal", by="operator")
        self.reports.append(Reported(end, SupplyState.CANCELED))

    async def _follow_up(self) -> None:
        arranged = await workflow.execute_activity_method(
            SupplyActivities.follow_up_supply,
            FollowUpSupply(
                key=self.keys.next("follow_up_supply", moment()),
                supply_id=self.request.supply_id,
            ),
            summary="See whether more is missing",
            **RECORD,
        )
        for name in arranged.supply_ids:
            self.journal.note(f"what is missing since, {name} brings")
