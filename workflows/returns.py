"""ReturnWorkflow: register, approve, label, receive, inspect, give back, close."""

import asyncio
from typing import Any

from temporalio import workflow

from workflows.return_base import Asked
from workflows.return_steps import ReturnSteps
from workflows.waiting import carry_through

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import FulfillmentError, Unavailable
    from fulfillment.domain.return_receipts import ReturnInspection, ReturnReceipt
    from fulfillment.domain.returns import ReturnStage
    from fulfillment.messages.returns import (
        CancelReturn,
        DecideReturn,
        ReturnAcknowledged,
        ReturnAnswer,
        ReturnStatus,
        StartReturn,
    )


@workflow.defn(name="ReturnWorkflow")
class ReturnWorkflow(ReturnSteps):
    """Carries one return from its request until its books are closed.

    An order that is settled stays settled: what comes back has its own record, and its own end.
    """

    @workflow.init
    def __init__(self, request: StartReturn) -> None:
        """Begin with nothing on record."""
        super().__init__(request)

    @workflow.run
    async def run(self, request: StartReturn) -> ReturnStatus:  # noqa: ARG002 - as in __init__
        """Carry the return to its end and say how it ended.

        Raises:
            ReturnRefused: its units may not come back.
            NotFound: no such order.
            EffectConflict: a return of this id with another request is on record.

        """
        status = await carry_through(self._steps(), self._cancel_in_temporal, self.refuse_rest)
        if self.canceled_in_temporal and self.stage is ReturnStage.CANCELED:
            raise asyncio.CancelledError
        return status

    async def _steps(self) -> ReturnStatus:
        try:
            await self.register()
        except FulfillmentError as refusal:
            self.refusal = refusal
            raise
        await self.approve()
        await self.send_label()
        await self.take_back()
        if self.is_open:
            await self.settle_in_kind()
            await self.take_back()
            await self.close(ReturnStage.RESOLVED)
        return self.current()

    # --- what others may ask -------------------------------------------------------------

    @workflow.update(name="registered")
    async def registered(self) -> ReturnAcknowledged:
        """Answer once the return is on record, or raise why it can't be."""
        await workflow.wait_condition(lambda: bool(self.recorded or self.refusal or self.ended))
        if self.recorded is None:
            raise self.refusal or Unavailable("the return's workflow failed; ask again")
        return ReturnAcknowledged(
            return_id=self.return_id,
            order_id=self.order_id,
            stage=self.stage,
            lines=self.lines,
        )

    @workflow.update(name="decide")
    async def decide(self, decision: DecideReturn) -> ReturnAnswer:
        """Approve a return, or refuse it with a reason that the customer is told."""
        return await self.say(decision)

    @decide.validator
    def _check_decide(self, decision: DecideReturn) -> None:
        self.check(decision)

    @workflow.update(name="receive")
    async def receive(self, receipt: ReturnReceipt) -> ReturnAnswer:
        """Say what was in a parcel; the same receipt again gets the same answer."""
        return await self.say(receipt)

    @receive.validator
    def _check_receive(self, receipt: ReturnReceipt) -> None:
        self.check(receipt)

    @workflow.update(name="inspect")
    async def inspect(self, inspection: ReturnInspection) -> ReturnAnswer:
        """Say how goods were found, and where they go."""
        return await self.say(inspection)

    @inspect.validator
    def _check_inspect(self, inspection: ReturnInspection) -> None:
        self.check(inspection)

    @workflow.update(name="cancel")
    async def cancel(self, request: CancelReturn) -> ReturnAnswer:
        """Say that nothing comes, or nothing more."""
        return await self.say(request)

    @cancel.validator
    def _check_cancel(self, request: CancelReturn) -> None:
        self.check(request)

    # --- signals: from the Temporal UI or CLI --------------------------------------------

    @workflow.signal(name="return_decided")
    async def return_decided(self, *payload: Any) -> None:  # noqa: ANN401 - see DESIGN, human steps
        """Approve the return; `{"approve": false}` refuses it."""
        await self.hear(DecideReturn, payload)

    @workflow.signal(name="goods_received")
    async def goods_received(self, *payload: Any) -> None:  # noqa: ANN401
        """Take in a parcel; nothing means all that was announced."""
        await self.hear(ReturnReceipt, payload)

    @workflow.signal(name="goods_inspected")
    async def goods_inspected(self, *payload: Any) -> None:  # noqa: ANN401
        """Note what was found; nothing means as new, and quarantined until it has a bin."""
        await self.hear(ReturnInspection, payload)

    @workflow.signal(name="cancel_return")
    async def cancel_return(self, *payload: Any) -> None:  # noqa: ANN401
        """End the return; a refusal shows in the timeline."""
        await self.hear(CancelReturn, payload)

    @workflow.signal(name="tracking_updated")
    async def tracking_updated(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear what its carrier says of a parcel; it is on record already."""
        self.hear_carrier(payload)

    @workflow.signal(name="retry_step")
    async def retry_step(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Try again now what is blocked."""
        self.retries += 1

    # --- queries -------------------------------------------------------------------------

    @workflow.query(name="status")
    def status(self) -> ReturnStatus:
        """Say where the return stands."""
        return self.current()

    def _cancel_in_temporal(self) -> None:
        self.canceled_in_temporal = True
        self.asked.append(Asked(CancelReturn(reason="canceled in Temporal", by="operator")))
