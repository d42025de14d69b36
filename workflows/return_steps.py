"""The steps of a return: register, approve, send the label, take back, give back, close."""

from temporalio import workflow

from workflows.options import ASK_CARRIER, PLAN
from workflows.return_base import Asked
from workflows.return_waiting import ReturnWaiting
from workflows.waiting import arrives_within, attempt, wait_patiently

with workflow.unsafe.imports_passed_through():
    from activities.return_labels import ReturnLabelActivities
    from activities.returns import ReturnActivities
    from fulfillment.domain.errors import FulfillmentError, NoCarrierAnswers
    from fulfillment.domain.lifecycle import Nudge, TaskKind
    from fulfillment.domain.notices import NoticeKind
    from fulfillment.domain.return_units import stage_of
    from fulfillment.domain.returns import ReturnOrigin, ReturnStage, Undecided
    from fulfillment.messages.returns import (
        DecideReturn,
        IssueReturnLabel,
        RecordReturn,
        ReturnLabeled,
    )


class ReturnSteps(ReturnWaiting):
    """From a request to closed books."""

    # --- 1. register ---------------------------------------------------------------------

    async def register(self) -> None:
        """Put the return on record, or find it there.

        Raises:
            ReturnRefused: its units may not come back.
            NotFound: no such order.

        """
        recorded = await attempt(
            workflow.execute_activity_method(
                ReturnActivities.record_return,
                RecordReturn(
                    key=self.keys.next("record_return"),
                    return_id=self.return_id,
                    request=self.request.request,
                    at=workflow.now(),
                ),
                summary="Check the terms and take the units",
                **PLAN,
            )
        )
        if isinstance(recorded, FulfillmentError):
            raise recorded
        self.recorded, self.lines = recorded, recorded.lines
        self.awaited_since = recorded.awaited_since or recorded.requested_at
        self.seen = {seen.tracking_number: seen for seen in recorded.seen}
        self.outcome = recorded.outcome
        self.due.extend(recorded.refunds)
        self.journal.decide(recorded.decision)
        self.enter(recorded.stage, "; ".join(recorded.approval) if self.needs_approval else "")

    @property
    def needs_approval(self) -> bool:
        """Whether a person is still to decide."""
        return self.recorded is not None and self.recorded.stage is ReturnStage.REQUESTED

    # --- 2. approve ----------------------------------------------------------------------

    async def approve(self) -> None:
        """Wait for a person where the terms ask for one; who does not decide lets the policy."""
        if self.stage is not ReturnStage.REQUESTED:
            return
        await self.notify(NoticeKind.RETURN_REQUESTED)
        while self.stage is ReturnStage.REQUESTED:
            await wait_patiently(
                lambda: bool(self.asked),
                self.policy.approval,
                self._press_for_approval,
                f"approval of {self.return_id}",
            )
            await self.answer_next()

    async def _press_for_approval(self, nudge: Nudge) -> None:
        if nudge is not Nudge.CANCELLATION:
            return await self.press(nudge, f"approve: {self.blocked_on}", TaskKind.APPROVE_RETURN)
        approve = self.policy.undecided is Undecided.APPROVE
        word = DecideReturn(approve=approve, reason="nobody decided in time", by="engine")
        self.asked.append(Asked(word))
        return None

    # --- 3. send the label ---------------------------------------------------------------

    async def send_label(self) -> None:
        """Buy and print the label, and send it to who asked for the return."""
        if self.stage is not ReturnStage.AWAITING_GOODS or not self._wants_label:
            return
        key, at = self.keys.next("issue_return_label"), workflow.now()
        request = IssueReturnLabel(key=key, return_id=self.return_id, order_id=self.order_id, at=at)
        labeled = await attempt(self._issue(request))
        while isinstance(labeled, FulfillmentError):
            await self._no_carrier(labeled)
            if self.stage is not ReturnStage.AWAITING_GOODS:
                return
            self.awaited_since = workflow.now()
            labeled = await attempt(self._issue(request))
        self.enter(self.stage)
        self.tracking_numbers = labeled.tracking_numbers
        if labeled.decision is not None:
            self.journal.decide(labeled.decision)
        if labeled.why_none:
            await self.press(Nudge.ESCALATION, f"no label: {labeled.why_none}")
        await self.notify(NoticeKind.RETURN_APPROVED, until=self.lapses_at())

    @property
    def _wants_label(self) -> bool:
        origin = self.request.request.origin
        return origin is ReturnOrigin.CUSTOMER and not any(line.received for line in self.lines)

    async def _no_carrier(self, error: FulfillmentError) -> None:
        if not self.blocked_on:
            await self.press(Nudge.ESCALATION, f"blocked: {error}")
        self.enter(self.stage, f"{error.code}: {error}")
        rest = self.policy.carrier_rest
        if isinstance(error, NoCarrierAnswers):
            self.journal.note(f"no carrier answers; asked again in {rest}")
        retries = self.retries
        await arrives_within(
            lambda: bool(self.asked) or self.retries != retries, rest, f"retry: {error.code}"
        )
        if self.asked:
            await self.answer_next()

    async def _issue(self, request: IssueReturnLabel) -> ReturnLabeled:
        return await workflow.execute_activity_method(
            ReturnLabelActivities.issue_return_label,
            request,
            summary="Buy and print the return label",
            **ASK_CARRIER,
        )

    # --- 4. and 5. take back and inspect -------------------------------------------------

    async def take_back(self) -> None:
        """Receive and inspect what comes, give back what is due, until nothing is left."""
        while self.is_open and not (self._all_done and not self.asked):
            await self.give_back()
            if self.asked:
                await self.answer_next()
            elif stage_of(self.lines) is ReturnStage.INSPECTING:
                await self._await_inspection()
            elif not self._all_done:
                await self.await_goods()

    @property
    def _all_done(self) -> bool:
        nothing_waits = stage_of(self.lines) is not ReturnStage.INSPECTING
        complete = stage_of(self.lines) is ReturnStage.RESOLVED
        return (complete or (self.cut_short and nothing_waits)) and not self.due

    async def _await_inspection(self) -> None:
        await wait_patiently(
            lambda: bool(self.asked),
            self.policy.inspection,
            lambda nudge: self.press(nudge, "goods wait for inspection", TaskKind.INSPECT),
            f"inspection of {self.return_id}",
        )
