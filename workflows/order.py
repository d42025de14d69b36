"""OrderWorkflow: acknowledge, verify, authorize, reserve, fulfill, settle."""

import asyncio
from typing import Any

from temporalio import workflow

from workflows.continuing import Continuing
from workflows.order_base import Stopped
from workflows.order_steps import OrderSteps
from workflows.waiting import CancellationAsked, carry_through

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import FulfillmentError, TooLate
    from fulfillment.messages import (
        Acknowledgment,
        AmendAnswer,
        AmendOrder,
        CancelAnswer,
        CancelRequest,
        ChangeAddress,
        OrderResult,
        ReaddressAnswer,
    )
    from fulfillment.messages.cancellation import parse_cancellation


@workflow.defn(name="OrderWorkflow")
class OrderWorkflow(OrderSteps):
    """Carries one order from receipt until its books are closed.

    The input is the order's JSON as documented in the README; it is taken loosely and parsed
    inside, so that a wrong one fails visibly with each field named, instead of blocking the worker.
    """

    @workflow.init
    def __init__(self, order: Any = None, carried: Any = None) -> None:  # noqa: ANN401 - whatever comes
        """Begin with nothing known, so that handlers may come before the first step.

        Args:
            order: what a storefront sends.
            carried: what the run before this one hands over, where the order continues as new.

        """
        super().__init__(order, carried)

    @workflow.run
    async def run(self, order: Any = None, carried: Any = None) -> OrderResult:  # noqa: ANN401, ARG002 - as in __init__
        """Carry the order to its end and say how it ended.

        Raises:
            InvalidOrder: naming each wrong field.
            OrderConflict: an order of this id with other content is on record.

        """
        try:
            result = await carry_through(self._steps(), self._cancel_in_temporal, self._answer_all)
        except Continuing as continuing:
            workflow.continue_as_new(args=[self.data, self.carried(continuing.held)])
        if self.stopped_in_temporal:
            raise asyncio.CancelledError
        return result

    async def _steps(self) -> OrderResult:
        if self.resumed is None:
            try:
                earlier = await self.receive()
            except FulfillmentError as refusal:
                self.refusal = refusal
                raise
            if earlier:
                return self.result(earlier)
        try:
            await self.acknowledge()
            await self.verify()
            await self.authorize()
            await self.fulfill()
        except Stopped as stopped:
            await self.take_back(stopped)
        return await self.settle()

    # --- what others may ask -------------------------------------------------------------

    @workflow.update(name="acknowledged")
    async def acknowledged(self) -> Acknowledgment:
        """Answer once the order is on record, or raise why it can't be."""
        await workflow.wait_condition(lambda: bool(self.recorded or self.refusal or self.ended))
        if self.recorded is None:
            raise self.refusal or TooLate("the order's workflow failed before it was on record")
        return Acknowledgment(
            order_id=self.recorded.order_id,
            content_hash=self.recorded.content_hash,
            workflow_id=workflow.info().workflow_id,
        )

    @workflow.update(name="cancel")
    async def cancel(self, request: CancelRequest) -> CancelAnswer:
        """Cancel the order, or a part of it; answer what is given back, and what it costs."""
        return await self.answers.once(
            CancelAnswer, lambda: self._ask_to_cancel(CancellationAsked(request)).decided()
        )

    @cancel.validator
    def _check_cancel(self, request: CancelRequest) -> None:  # noqa: ARG002 - the SDK's signature
        self.require_open()

    @workflow.signal(name="cancel_order")
    async def cancel_order(self, *payload: Any) -> None:  # noqa: ANN401 - see DESIGN, human steps
        """Cancel the order, from the Temporal UI or CLI; a refusal shows in the timeline."""
        by = "unknown"
        try:
            if refusal := self.hearing.refusal(payload):
                raise refusal
            request = parse_cancellation(payload[0] if payload else None)
            by = request.by
            self.require_open()
        except FulfillmentError as refused:
            await self.refuse("cancel by signal", by, str(refused))
        else:
            self._ask_to_cancel(CancellationAsked(request))

    @workflow.update(name="change_address")
    async def change_address(self, change: ChangeAddress) -> ReaddressAnswer:
        """Send the order elsewhere, at whatever stage it is; answer what that means."""
        return await self.answers.once(ReaddressAnswer, lambda: self.send_elsewhere(change))

    @change_address.validator
    def _check_change_address(self, change: ChangeAddress) -> None:  # noqa: ARG002
        self.require_open()

    @workflow.update(name="amend")
    async def amend(self, wish: AmendOrder) -> AmendAnswer:
        """Take units off the order, or see to other wishes; answer what was done."""
        return await self.answers.once(AmendAnswer, lambda: self.amend_order(wish))

    @amend.validator
    def _check_amend(self, wish: AmendOrder) -> None:  # noqa: ARG002
        self.require_open()

    @workflow.signal(name="stock_arrived")
    async def stock_arrived(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Look again for what is missing."""
        self.wake = True

    @workflow.signal(name="picked_short")
    async def picked_short(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Look elsewhere for what a fulfillment did not find."""
        self.short = True

    @workflow.signal(name="fulfillment_stopped")
    async def fulfillment_stopped(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear that a canceled fulfillment does nothing any more that costs money."""
        self.hear_halted(payload)

    @workflow.signal(name="resume")
    async def resume(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Start fulfillments again whose workflow failed or was terminated."""
        self.resumes += 1

    # --- cancellation as a request -------------------------------------------------------

    def _cancel_in_temporal(self) -> None:
        request = CancelRequest(reason="canceled in Temporal", by="operator")
        self._ask_to_cancel(CancellationAsked(request, in_temporal=True))

    def _ask_to_cancel(self, asked: CancellationAsked) -> CancellationAsked:
        self.journal.note(f"cancellation asked: {asked.request.reason}", asked.request.by)
        self.asked.append(asked)
        return asked

    def _answer_all(self) -> None:
        self.ended = True
        self.answer_choices()
        for asked in filter(None, (self.deciding, *self.asked)):
            asked.refuse("the order has ended; nothing is left to cancel")
