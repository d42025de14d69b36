"""FulfillmentWorkflow: pick, sort, pack, label, hand over, track; one warehouse's share."""

import asyncio
from typing import Any

from temporalio import workflow

from workflows.batch_steps import BatchEvent
from workflows.continuing import Continuing
from workflows.fulfillment_base import Withdrawn
from workflows.fulfillment_continuing import FulfillmentContinuing
from workflows.insisting import TASK_AT
from workflows.waiting import CancellationAsked, carry_through

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.confirmations import (
        CartonChange,
        HandoverConfirmation,
        PackConfirmation,
        PickConfirmation,
        PutBackConfirmation,
        ShortPick,
        SortConfirmation,
    )
    from fulfillment.domain.delivery_exceptions import Resolution
    from fulfillment.domain.lifecycle import TaskKind
    from fulfillment.messages import (
        Accepted,
        AssignTask,
        CancelRequest,
        FulfillmentRequest,
        FulfillmentResult,
        FulfillmentStatus,
    )


@workflow.defn(name="FulfillmentWorkflow")
class FulfillmentWorkflow(FulfillmentContinuing):
    """Carries one warehouse's share of an order from its bins to the customer's door.

    Each physical step is confirmed by an update, which answers, or by a signal, which may carry
    nothing at all and means "done as planned".
    """

    @workflow.init
    def __init__(self, request: FulfillmentRequest) -> None:
        """Begin with the goods in their bins."""
        super().__init__(request)

    @workflow.run
    async def run(self, request: FulfillmentRequest) -> FulfillmentResult:  # noqa: ARG002
        """Carry the share to its end and say how it ended."""
        try:
            result = await carry_through(self._steps(), self._cancel_in_temporal, self._answer_all)
        except Continuing:
            workflow.continue_as_new(self.continued())
        if self.withdrawn_in_temporal:
            raise asyncio.CancelledError
        return result

    async def _steps(self) -> FulfillmentResult:
        try:
            await self.pick_goods()
            await self.sort_goods()
            await self.pack_goods()
            await self.label_parcels()
            await self.hand_over()
            await self.capture()
            await self.track()
        except Withdrawn as withdrawn:
            return await self.take_apart(withdrawn)
        return self.result()

    # --- confirmations that answer -------------------------------------------------------

    @workflow.update(name="confirm_pick")
    async def confirm_pick(self, confirmation: PickConfirmation) -> Accepted:
        """Confirm that the goods are in the cart."""
        return await self.accept(TaskKind.PICK, confirmation)

    @confirm_pick.validator
    def _check_pick(self, confirmation: PickConfirmation) -> None:
        self.check(TaskKind.PICK, confirmation)

    @workflow.update(name="report_short_pick")
    async def report_short_pick(self, short: ShortPick) -> Accepted:
        """Report that a bin held less than planned."""
        return await self.record_short(short)

    @report_short_pick.validator
    def _check_short_pick(self, short: ShortPick) -> None:
        self.check_short(short)

    @workflow.update(name="confirm_sort")
    async def confirm_sort(self, confirmation: SortConfirmation) -> Accepted:
        """Confirm that the goods are in their slot of the put wall."""
        return await self.accept(TaskKind.SORT, confirmation)

    @confirm_sort.validator
    def _check_sort(self, confirmation: SortConfirmation) -> None:
        self.check(TaskKind.SORT, confirmation)

    @workflow.update(name="confirm_pack")
    async def confirm_pack(self, confirmation: PackConfirmation) -> Accepted:
        """Confirm that the goods are in their cartons."""
        return await self.accept(TaskKind.PACK, confirmation)

    @confirm_pack.validator
    def _check_pack(self, confirmation: PackConfirmation) -> None:
        self.check(TaskKind.PACK, confirmation)

    @workflow.update(name="change_cartons")
    async def change_cartons(self, change: CartonChange) -> Accepted:
        """Plan with other cartons: those that the packer wants."""
        return await self.change_planned_cartons(change)

    @change_cartons.validator
    def _check_change(self, change: CartonChange) -> None:
        self.check_change(change)

    @workflow.update(name="confirm_handover")
    async def confirm_handover(self, confirmation: HandoverConfirmation) -> Accepted:
        """Confirm that the carrier has the parcels."""
        return await self.accept(TaskKind.HAND_OVER, confirmation)

    @confirm_handover.validator
    def _check_handover(self, confirmation: HandoverConfirmation) -> None:
        self.check(TaskKind.HAND_OVER, confirmation)

    @workflow.update(name="confirm_put_back")
    async def confirm_put_back(self, confirmation: PutBackConfirmation) -> Accepted:
        """Confirm that the goods of the canceled fulfillment are back in their bins."""
        return await self.accept(TaskKind.PUT_BACK, confirmation)

    @confirm_put_back.validator
    def _check_put_back(self, confirmation: PutBackConfirmation) -> None:
        self.check(TaskKind.PUT_BACK, confirmation)

    @workflow.update(name="resolve_exception")
    async def resolve_exception(self, resolution: Resolution) -> Accepted:
        """Decide what becomes of parcels that do not arrive as they should."""
        return await self.accept_decision(resolution)

    @resolve_exception.validator
    def _check_resolution(self, resolution: Resolution) -> None:
        self.check_decision(resolution)

    @workflow.update(name="assign")
    async def assign(self, assignment: AssignTask) -> FulfillmentStatus:
        """Give the open task to a person, or back to the pool."""
        await workflow.wait_condition(lambda: self.stage in TASK_AT or self.opening is None)
        self.require_task()
        await self.record_assignment(assignment)
        return self.current()

    @assign.validator
    def _check_assign(self, assignment: AssignTask) -> None:  # noqa: ARG002
        self.require_task()

    # --- the same by signal: from the Temporal UI or CLI ---------------------------------

    @workflow.signal(name="picking_done")
    async def picking_done(self, *payload: Any) -> None:  # noqa: ANN401 - see DESIGN, human steps
        """Confirm the pick; nothing means as planned."""
        await self.hear(TaskKind.PICK, payload)

    @workflow.signal(name="sorting_done")
    async def sorting_done(self, *payload: Any) -> None:  # noqa: ANN401
        """Confirm the sort; nothing means as planned."""
        await self.hear(TaskKind.SORT, payload)

    @workflow.signal(name="packing_done")
    async def packing_done(self, *payload: Any) -> None:  # noqa: ANN401
        """Confirm the packing; nothing means as planned."""
        await self.hear(TaskKind.PACK, payload)

    @workflow.signal(name="handed_over")
    async def handed_over(self, *payload: Any) -> None:  # noqa: ANN401
        """Confirm the hand-over; nothing means all parcels."""
        await self.hear(TaskKind.HAND_OVER, payload)

    @workflow.signal(name="put_back_done")
    async def put_back_done(self, *payload: Any) -> None:  # noqa: ANN401
        """Confirm the put-back; nothing means as planned."""
        await self.hear(TaskKind.PUT_BACK, payload)

    @workflow.signal(name="readdressed")
    async def sent_elsewhere(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Hear that the order's address has changed, and the labels name the old one."""
        self.readdressed = True

    @workflow.signal(name="tracking_updated")
    async def tracking_updated(self, *payload: Any) -> None:  # noqa: ANN401
        """Look at what the carrier said; the events themselves are in the database."""
        self.hear_carrier(payload)

    @workflow.signal(name="exception_resolved")
    async def exception_resolved(self, *payload: Any) -> None:  # noqa: ANN401
        """Decide about parcels in trouble; a word alone is the choice."""
        await self.hear_decision(payload)

    @workflow.signal(name="pickup_changed")
    async def pickup_changed(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear when the parcels are fetched together with those of their manifest."""
        await self.hear_pickup(payload)

    # --- what its batch tells it ---------------------------------------------------------

    @workflow.signal(name="batched")
    async def taken_into_batch(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear that it is in a pick batch."""
        await self.hear_batch(BatchEvent.BATCHED, payload)

    @workflow.signal(name="given_back")
    async def given_back(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear that its batch was called off."""
        await self.hear_batch(BatchEvent.GIVEN_BACK, payload)

    @workflow.signal(name="picked")
    async def picked_in_batch(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear that its goods are in the cart."""
        await self.hear_batch(BatchEvent.PICKED, payload)

    @workflow.signal(name="sorted")
    async def sorted_in_batch(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear that its goods are in their slot."""
        await self.hear_batch(BatchEvent.SORTED, payload)

    @workflow.signal(name="retry_step")
    async def retry_step(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Try a blocked step again, now."""
        self.retries += 1

    # --- queries -------------------------------------------------------------------------

    @workflow.query(name="status")
    def status(self) -> FulfillmentStatus:
        """Say where the fulfillment stands."""
        return self.current()

    # --- cancellation as a request -------------------------------------------------------

    def _cancel_in_temporal(self) -> None:
        request = CancelRequest(reason="canceled in Temporal", by="operator")
        self.journal.note("cancellation asked, by its order or in Temporal", "engine")
        self.asked.append(CancellationAsked(request, in_temporal=True))

    def _answer_all(self) -> None:
        self.ended = True
        for asked in filter(None, (self.deciding, *self.asked)):
            asked.refuse(f"{self.request.fulfillment_id} has ended; nothing is left to cancel")
