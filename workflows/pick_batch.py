"""PickBatchWorkflow: the walk and the put wall of several fulfillments at once."""

import asyncio
from collections import deque
from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows.batch_closings import BatchClosings
from workflows.keys import moment
from workflows.options import RECORD
from workflows.waiting import attempt, carry_through, wait_patiently

with workflow.unsafe.imports_passed_through():
    from activities.pick_batches import PickBatchActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge, Patience, TaskKind
    from fulfillment.domain.pick_batches import BatchStage
    from fulfillment.messages import (
        AssignTask,
        BatchAnswer,
        BatchCalledOff,
        BatchNews,
        BatchRecorded,
        BatchStatus,
        CallOffBatch,
        Closing,
        PickBatchRequest,
        RecordBatchPicking,
        RecordBatchSorting,
    )

REST = timedelta(minutes=5)
"""How long until a batch is called off again that nobody is left in, where that could not be."""


@workflow.defn(name="PickBatchWorkflow")
class PickBatchWorkflow(BatchClosings):
    """Owns a walk and its wall, and alone tells each fulfillment what became of it.

    Closing is an update, which answers, or a signal, which may carry nothing at all and means "done
    as planned".
    """

    @workflow.init
    def __init__(self, request: PickBatchRequest) -> None:
        """Begin with the goods in their bins."""
        super().__init__(request)
        self.called_off: deque[tuple[str, str]] = deque()
        self.canceled_in_temporal = False
        self.journal.decide(request.decision)

    @workflow.run
    async def run(self, request: PickBatchRequest) -> BatchStatus:  # noqa: ARG002
        """Have the batch walked and sorted, and say how it ended."""
        status = await carry_through(self._steps(), self._cancel_in_temporal, self._end)
        if self.canceled_in_temporal and self.stage is BatchStage.CANCELED:
            raise asyncio.CancelledError
        return status

    async def _steps(self) -> BatchStatus:
        self.show()
        if self.stage is BatchStage.PICKING:
            await self.tell("batched", self.live, self._news())
            await self.walk()
        elif self.stage is not BatchStage.CANCELED:  # started again, behind the walk
            await self.tell("picked", self.live, self._news())
        if self.stage is BatchStage.SORTING:
            await self.sort()
        elif self.stage is BatchStage.SORTED:
            await self.tell("sorted", self.live, self._news())
        return self.current()

    # --- the walk ------------------------------------------------------------------------

    async def walk(self) -> None:
        """Have the goods picked; this far, members can be withdrawn, and the batch called off."""
        # One that was refused has done nothing under its key: the next one is the first.
        key, recorded = self.keys.next("record_batch_picking"), None
        while recorded is None:
            await self._closing_of(TaskKind.PICK, self.request.pick)
            if self.stage is BatchStage.CANCELED:
                return
            confirmation = self.closings[TaskKind.PICK]
            step = self._record_picking(key, confirmation)
            recorded = await self.recorded(TaskKind.PICK, step)
        self.withdrawn = list(recorded.withdrawn)
        stage = BatchStage.SORTING if recorded.live else BatchStage.CANCELED
        self.answer(TaskKind.PICK, stage)
        await self.tell("picked", recorded.live, self._news(confirmation.by))
        await self._tell_gone(recorded, confirmation.by)

    async def _tell_gone(self, recorded: BatchRecorded | BatchCalledOff, by: str) -> None:
        """Have missing units looked for, then end who is not done: it may be its order's last."""
        await self.tell_short(recorded.picked_short)
        gone = self._news(by).model_copy(update={"nothing_found": True})
        await self.tell("picked", recorded.withdrawn, gone)

    async def _record_picking(self, key: str, confirmation: Closing) -> BatchRecorded:
        return await workflow.execute_activity_method(
            PickBatchActivities.record_batch_picking,
            RecordBatchPicking(
                key=key,
                batch_id=self.request.batch_id,
                confirmation=confirmation,
            ),
            summary=f"Picked by {confirmation.by}",
            **RECORD,
        )

    # --- the wall ------------------------------------------------------------------------

    async def sort(self) -> None:
        """Have the goods put into their slots, unless all members are canceled meanwhile."""
        key, recorded = self.keys.next("record_batch_sorting"), None
        while recorded is None:
            await self._closing_of(TaskKind.SORT, self.request.sort)
            if self.stage is BatchStage.CANCELED:
                return
            confirmation = self.closings[TaskKind.SORT]
            step = self._record_sorting(key, confirmation)
            recorded = await self.recorded(TaskKind.SORT, step)
        self.answer(TaskKind.SORT, BatchStage.SORTED)
        await self.tell("sorted", recorded.live, self._news(confirmation.by))

    async def _record_sorting(self, key: str, confirmation: Closing) -> BatchRecorded:
        return await workflow.execute_activity_method(
            PickBatchActivities.record_batch_sorting,
            RecordBatchSorting(
                key=key,
                batch_id=self.request.batch_id,
                confirmation=confirmation,
            ),
            summary=f"Sorted by {confirmation.by}",
            **RECORD,
        )

    # --- waiting -------------------------------------------------------------------------

    async def _closing_of(self, kind: TaskKind, patience: Patience) -> None:
        """Wait for a closing, or for the batch's end; remind, escalate and reassign meanwhile."""

        def news() -> bool:
            return bool(kind in self.closings or self.called_off or not self.live)

        async def press(nudge: Nudge) -> None:
            if nudge is Nudge.CANCELLATION:
                self.called_off.append(("engine", f"nobody confirmed the {kind.value}"))
            else:
                await self.press(nudge, kind)

        while kind not in self.closings and self.stage is not BatchStage.CANCELED:
            waiting_for = f"{kind.value} of {self.request.batch_id}"
            await wait_patiently(news, patience, press, waiting_for)
            if not self.live:
                self.called_off.append(("engine", "all its members were withdrawn"))
            while self.called_off:
                await self._call_off(*self.called_off.popleft())

    async def _call_off(self, by: str, reason: str) -> None:
        """Give the members back to planning, if nothing was picked yet."""
        occurrence = self.keys.next("call_off_batch", moment())
        answer = await attempt(
            workflow.execute_activity_method(
                PickBatchActivities.call_off_batch,
                CallOffBatch(key=occurrence, batch_id=self.request.batch_id, reason=reason, by=by),
                summary=f"Call the batch off: {reason}",
                **RECORD,
            )
        )
        if isinstance(answer, FulfillmentError):
            self.journal.note(f"not called off: {answer}", by, refused=True)
            await workflow.sleep(REST, summary="before it is called off again")
            return
        self.withdrawn = list(answer.withdrawn)  # on record, whatever was heard
        if answer.too_late is not None:
            self.journal.note(f"too late to call off: {answer.too_late}", by, refused=True)
            return
        self.journal.note(f"called off: {reason}", by)
        self.enter(BatchStage.CANCELED)
        await self.tell("given_back", answer.given_back, self._news(by))
        await self._tell_gone(answer, by)

    def _news(self, by: str = "unknown") -> BatchNews:
        return BatchNews(batch_id=self.request.batch_id, by=by)

    def _cancel_in_temporal(self) -> None:
        self.journal.note("cancellation asked in Temporal", "operator")
        self.canceled_in_temporal = True
        self.called_off.append(("operator", "canceled in Temporal"))

    def _end(self) -> None:
        self.ended = True

    # --- closings that answer ------------------------------------------------------------

    @workflow.update(name="close_picking")
    async def close_picking(self, closing: Closing) -> BatchAnswer:
        """Say that the walk is done; what no scan has moved was picked as planned."""
        return await self.accept(TaskKind.PICK, closing)

    @close_picking.validator
    def _check_picking(self, closing: Closing) -> None:
        self.check(TaskKind.PICK, closing)

    @workflow.update(name="close_sorting")
    async def close_sorting(self, closing: Closing) -> BatchAnswer:
        """Say that all goods are in their slots."""
        return await self.accept(TaskKind.SORT, closing)

    @close_sorting.validator
    def _check_sorting(self, closing: Closing) -> None:
        self.check(TaskKind.SORT, closing)

    @workflow.update(name="assign")
    async def assign(self, assignment: AssignTask) -> BatchAnswer:
        """Give the open task to a person, or back to the pool."""
        return await self.reassign(assignment)

    @assign.validator
    def _check_assign(self, assignment: AssignTask) -> None:  # noqa: ARG002
        self.check_open()

    # --- signals: from the Temporal UI or CLI, and from members and scanners -------------

    @workflow.signal(name="picking_done")
    async def picking_done(self, *payload: Any) -> None:  # noqa: ANN401 - see DESIGN, human steps
        """Close the walk; nothing means as planned."""
        await self.hear(TaskKind.PICK, payload)

    @workflow.signal(name="sorting_done")
    async def sorting_done(self, *payload: Any) -> None:  # noqa: ANN401
        """Close the wall; nothing means as planned."""
        await self.hear(TaskKind.SORT, payload)

    @workflow.signal(name="withdrawn")
    async def member_withdrawn(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear from a member that it is not to be done any more."""
        await self.hear_withdrawn(payload)

    @workflow.signal(name="short_picked")
    async def short_picked(self, *payload: Any) -> None:  # noqa: ANN401
        """Hear from a scan that units are missing; the order is told at once."""
        await self.hear_short(payload)

    # --- queries -------------------------------------------------------------------------

    @workflow.query(name="status")
    def status(self) -> BatchStatus:
        """Say where the batch stands."""
        return self.current()
