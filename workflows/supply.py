"""SupplyWorkflow: purchase or produce what orders miss, and bring it to those who wait."""

from datetime import timedelta
from itertools import islice

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.continuing import Continuing, is_long
from workflows.keys import moment
from workflows.options import RECORD
from workflows.supply_base import Reported
from workflows.supply_ordering import SupplyOrdering
from workflows.waiting import arrives_within, attempt, carry_through
from workflows.waking import wake

with workflow.unsafe.imports_passed_through():
    from activities.supply import SupplyActivities
    from fulfillment.domain.back_order_queue import Waiter, WaiterKind
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
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
        RecordSupplyReceipt,
        SupplyAnswer,
        SupplyNews,
        SupplyRequest,
    )
    from fulfillment.temporal.identifiers import effect_key, waiter_workflow_id

AT_ONCE = timedelta(milliseconds=1)


@workflow.defn(name="SupplyWorkflow")
class SupplyWorkflow(SupplyOrdering):
    """Carries one supply order: place it, raise it while it can be, receive it, or tell its end.

    One serves all orders that miss the article. How many units are missing, and what has come,
    stands in the database; here stands what is waited for, and until when.
    """

    @workflow.init
    def __init__(self, request: SupplyRequest) -> None:
        """Begin by looking at what is missing, with what the run before this one hands over."""
        super().__init__(request)
        carried = request.carried
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
                await self.look()
            while self.reports and self.under_way:
                await self._take_in(self.reports.popleft())
            if self.under_way and not self.news():
                if is_long(self.most_events):
                    raise Continuing
                await self._wait()
        if self.on_record().state is SupplyState.RECEIVED:
            await self._follow_up()
        return self.on_record()

    def _to_be_done(self) -> bool:
        return self.news() or is_long(self.most_events)

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
        await self.nudge(kind, reason)
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
        self.now_at(received.supply)
        await wake(received.woken)
        return f"received {received.quantity} x {received.supply.sku}"

    def _receipt_key(self, report: SupplyReport) -> str:
        """Return the key of a delivery: of its receipt's line of the article, whoever books it."""
        if report.receipt_id is None:
            return self.keys.next("record_supply_receipt", moment())
        sku = self.on_record().sku
        return effect_key(f"receipt/{report.receipt_id}", "receive_stock", sku)

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
        self.now_at(ended.supply)
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
        arranged = await attempt(
            workflow.execute_activity_method(
                SupplyActivities.follow_up_supply,
                FollowUpSupply(
                    key=self.keys.next("follow_up_supply", moment()),
                    supply_id=self.request.supply_id,
                ),
                summary="See whether more is missing",
                **RECORD,
            )
        )
        if isinstance(arranged, FulfillmentError):
            return await self.nudge(Nudge.ESCALATION, f"see whether more is missing: {arranged}")
        for name in arranged.supply_ids:
            self.journal.note(f"what is missing since, {name} brings")
        return None
