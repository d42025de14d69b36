"""What a supply order's workflow knows, and what others may ask of it."""

from collections import deque
from typing import Any, cast

from temporalio import workflow

from workflows.hearing import Hearing
from workflows.journal import Journal, TellsTimeline
from workflows.keys import Keys

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError
    from fulfillment.domain.lifecycle import Patience
    from fulfillment.domain.supply import (
        UNDER_WAY,
        SupplyEnd,
        SupplyReport,
        SupplyState,
        check_end,
        check_report,
    )
    from fulfillment.domain.supply_orders import SupplyRecord
    from fulfillment.messages.supply import SupplyAnswer, SupplyRequest


class Reported:
    """A delivery, a completion or an end that somebody reports, and in time the answer."""

    def __init__(self, said: SupplyReport | SupplyEnd, state: SupplyState | None = None) -> None:
        """Keep what was said; `state` is what an end comes to."""
        self.said = said
        self.state = state
        self.answer: SupplyAnswer | FulfillmentError | None = None

    async def decided(self) -> SupplyAnswer:
        """Wait for the answer; raise it if it is a refusal."""
        await workflow.wait_condition(lambda: self.answer is not None)
        if isinstance(self.answer, FulfillmentError):
            raise self.answer
        return cast("SupplyAnswer", self.answer)


class SupplyBase(TellsTimeline):
    """The state of a supply order's workflow, its updates, signals and queries."""

    def __init__(self, request: SupplyRequest) -> None:
        """Begin by looking at what is missing."""
        self.request = request
        self.supply: SupplyRecord | None = None
        self.patience: Patience | None = None
        self.needed = True
        self.ended = False
        self.reports: deque[Reported] = deque()
        self.working_on: Reported | None = None
        self.journal = Journal(f"Supply order {request.supply_id}")
        self.hearing = Hearing()
        self.keys = Keys()

    def on_record(self) -> SupplyRecord:
        """Return the supply order, which is known from the first step on."""
        if self.supply is None:
            raise AssertionError
        return self.supply

    @property
    def under_way(self) -> bool:
        """Whether it has not ended."""
        return self.supply is None or self.supply.state in UNDER_WAY

    # --- what was delivered or completed -------------------------------------------------

    @workflow.update(name="confirm_receipt")
    async def confirm_receipt(self, report: SupplyReport) -> SupplyAnswer:
        """Book what was delivered or completed, in whole or in part."""
        return await self._reported(Reported(report))

    @confirm_receipt.validator
    def _check_receipt(self, report: SupplyReport) -> None:
        self._check_first(report)

    @workflow.signal(name="received")
    async def received(self, *payload: Any) -> None:  # noqa: ANN401 - see DESIGN, human steps
        """Book what was delivered, from the Temporal UI or CLI; nothing said is all of it."""
        await self._hear(SupplyReport, payload, None)

    @workflow.signal(name="completed")
    async def completed(self, *payload: Any) -> None:  # noqa: ANN401
        """Book what was produced, from the Temporal UI or CLI; nothing said is all of it."""
        await self._hear(SupplyReport, payload, None)

    # --- what will not come --------------------------------------------------------------

    @workflow.update(name="report_failure")
    async def report_failure(self, end: SupplyEnd) -> SupplyAnswer:
        """End it as failed: the rest will not come."""
        return await self._reported(Reported(end, SupplyState.FAILED))

    @report_failure.validator
    def _check_failure(self, end: SupplyEnd) -> None:
        self._check_first(end)

    @workflow.update(name="cancel_supply")
    async def cancel_supply(self, end: SupplyEnd) -> SupplyAnswer:
        """Cancel what is outstanding."""
        return await self._reported(Reported(end, SupplyState.CANCELED))

    @cancel_supply.validator
    def _check_cancel(self, end: SupplyEnd) -> None:
        self._check_first(end)

    @workflow.signal(name="failed")
    async def failed(self, *payload: Any) -> None:  # noqa: ANN401
        """End it as failed, from the Temporal UI or CLI."""
        await self._hear(SupplyEnd, payload, SupplyState.FAILED)

    @workflow.signal(name="canceled")
    async def canceled(self, *payload: Any) -> None:  # noqa: ANN401
        """Cancel what is outstanding, from the Temporal UI or CLI."""
        await self._hear(SupplyEnd, payload, SupplyState.CANCELED)

    # --- what else is told ---------------------------------------------------------------

    @workflow.signal(name="needed")
    async def look_again(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Look at what is missing, and at what is on record."""
        self.needed = True

    @workflow.signal(name="stock_arrived")
    async def stock_arrived(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Look whether the components are there."""
        self.needed = True

    @workflow.query(name="status")
    def status(self) -> SupplyRecord | None:
        """Say where the supply order stands; nothing before its first step."""
        return self.supply

    # --- hearing -------------------------------------------------------------------------

    def _require_known(self) -> None:
        if self.supply is None:
            message = "the supply order has not been planned yet; ask again"
            raise ConfirmationRefused(message)

    def _check_first(self, said: SupplyReport | SupplyEnd) -> None:
        # A run that continues another one knows its record in a moment: nobody shall ask again.
        if self.supply is not None or self.request.carried is None:
            self._check(said)

    async def _reported(self, reported: Reported) -> SupplyAnswer:
        if self.supply is None:
            await self._check_once_known(reported.said)
        return await self._take(reported).decided()

    def _take(self, reported: Reported) -> Reported:
        self.reports.append(reported)
        return reported

    async def _hear(
        self,
        kind: type[SupplyReport] | type[SupplyEnd],
        payload: tuple[Any, ...],
        state: SupplyState | None,
    ) -> None:
        refusal = self.hearing.refusal(payload)
        said: SupplyReport | SupplyEnd = kind()
        try:
            said = kind.model_validate(payload[0] if payload and payload[0] else {})
        except ValueError:
            refusal = refusal or ConfirmationRefused("the signal's payload can't be read")
        if refusal is not None:
            return self.journal.note(f"by signal: {refusal}", said.by, refused=True)
        try:
            await self._check_once_known(said)
        except FulfillmentError as refused:
            return self.journal.note(f"by signal: {refused}", said.by, refused=True)
        self._take(Reported(said, state))
        return None

    async def _check_once_known(self, said: SupplyReport | SupplyEnd) -> None:
        await workflow.wait_condition(lambda: self.supply is not None or self.ended)
        self._check(said)

    def _check(self, said: SupplyReport | SupplyEnd) -> None:
        self._require_known()
        supply = self.on_record()
        if isinstance(said, SupplyReport):
            check_report(supply.state, supply.outstanding, said.quantity)
        else:
            check_end(supply.state)

    def answer_all(self) -> None:
        """Answer that it has ended to whoever still waits for an answer."""
        self.ended = True
        for reported in filter(None, (self.working_on, *self.reports)):
            refusal = ConfirmationRefused("the supply order has ended; nothing is outstanding")
            reported.answer = reported.answer or refusal
