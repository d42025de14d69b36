"""What a batch's workflow knows, and how it speaks to its members, to people and to the books."""

import asyncio
from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.hearing import Hearing
from workflows.journal import Journal, TellsWhy
from workflows.keys import Keys, moment
from workflows.options import RECORD, SEND
from workflows.waiting import attempt

with workflow.unsafe.imports_passed_through():
    from activities.pick_batches import PickBatchActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge, TaskKind
    from fulfillment.domain.pick_batches import BatchStage
    from fulfillment.messages import (
        AssignTask,
        BatchNews,
        BatchStatus,
        NudgeBatchStaff,
        PickBatchRequest,
        RecordBatchAssignment,
    )
    from fulfillment.temporal import search_attributes as attributes
    from fulfillment.temporal.identifiers import fulfillment_workflow_id, order_workflow_id

TASK_OF = {BatchStage.PICKING: TaskKind.PICK, BatchStage.SORTING: TaskKind.SORT}


class PickBatchBase(TellsWhy):
    """The state of a batch's workflow, and the small steps that walk and wall share."""

    def __init__(self, request: PickBatchRequest) -> None:
        """Begin with the goods in their bins, or where the record stands."""
        self.request = request
        self.stage = self._shown = request.stage
        self.journal = Journal(f"Pick batch {request.batch_id} ({request.warehouse_id})")
        self.hearing = Hearing()
        self.keys = Keys()
        self.slots = dict(zip((name for name, _ in request.members), request.slots, strict=True))
        self.orders = dict(request.members)
        self.withdrawn: list[str] = []
        self.told: dict[str, list[str]] = {}
        self.assignee: str | None = None
        self.ended = False

    @property
    def live(self) -> list[str]:
        """The members that are to be done, as far as this workflow has heard."""
        return [name for name in self.slots if name not in self.withdrawn]

    def enter(self, stage: BatchStage) -> None:
        """Show the stage where operators look for it."""
        if stage is not self._shown:
            workflow.upsert_search_attributes([attributes.ORDER_STAGE.value_set(stage.value)])
        if stage is not self.stage:
            self.assignee = None
        self.stage = self._shown = stage
        self.show()

    def show(self) -> None:
        """Show in a line where the batch stands, and who is in it."""
        given = f", given to {self.assignee}" if self.assignee else ""
        members = ", ".join(f"{name} ({self.slots[name]})" for name in self.live)
        self.journal.state(f"**{self.stage.value}**{given}: {members or 'nobody is left'}")

    # --- members and their orders --------------------------------------------------------

    async def tell(self, signal: str, names: Sequence[str], news: BatchNews) -> None:
        """Tell members, each once; one that has ended needs to hear nothing any more.

        Who was told is part of this workflow's history, so a crash in between loses nobody.
        """
        told = self.told.setdefault(signal, [])
        left = [name for name in names if name not in told]

        async def one(name: str) -> None:
            # One that was withdrawn before this was started again has no slot here.
            own = news.model_copy(update={"slot": self.slots.get(name, "")})
            await _send(fulfillment_workflow_id(name), signal, own)
            told.append(name)

        await asyncio.gather(*(one(name) for name in left))

    async def tell_short(self, order_ids: Sequence[str]) -> None:
        """Tell orders that units are missing, so that they are looked for elsewhere."""
        await asyncio.gather(
            *(_send(order_workflow_id(order_id), "picked_short") for order_id in order_ids)
        )

    # --- people --------------------------------------------------------------------------

    async def press(self, kind: Nudge, task: TaskKind, because: str = "is not confirmed") -> None:
        """Remind the floor, tell the supervisor, or give the task back to the pool.

        Where they can't be reached, the timeline alone says so.
        """
        reason = f"{task.value} of {len(self.live)} orders {because}"
        nudge = NudgeBatchStaff(
            key=self.keys.next("nudge_batch_staff", moment()),
            batch_id=self.request.batch_id,
            task=task,
            kind=kind,
            reason=reason,
        )
        pressed = await attempt(
            workflow.execute_activity_method(
                PickBatchActivities.nudge_batch_staff,
                nudge,
                summary=f"{kind.value}: {reason}",
                **SEND,
            )
        )
        unheard = f"; unheard: {pressed}" if isinstance(pressed, FulfillmentError) else ""
        if kind is Nudge.REASSIGNMENT and not unheard:
            self.assignee = None
        self.journal.note(f"{kind.value}: {reason}{unheard}")
        self.show()

    async def record_assignment(self, assignment: AssignTask) -> None:
        """Put on record to whom the open task is given."""
        to = assignment.to or "the pool"
        await workflow.execute_activity_method(
            PickBatchActivities.record_batch_assignment,
            RecordBatchAssignment(
                key=self.keys.next("record_batch_assignment", moment()),
                batch_id=self.request.batch_id,
                assignment=assignment,
            ),
            summary=f"Given to {to}",
            **RECORD,
        )
        self.assignee = assignment.to
        self.journal.note(f"given to {to}", assignment.by)
        self.show()

    def current(self) -> BatchStatus:
        """Return where the batch stands."""
        signal = {BatchStage.SORTING: "picked", BatchStage.SORTED: "sorted"}.get(self.stage)
        return BatchStatus(
            batch_id=self.request.batch_id,
            warehouse_id=self.request.warehouse_id,
            stage=self.stage,
            assignee=self.assignee,
            members=tuple(self.live),
            withdrawn=tuple(self.withdrawn),
            told=tuple(self.told.get(signal or "batched", ())),
        )


async def _send(workflow_id: str, signal: str, news: BatchNews | None = None) -> None:
    handle = workflow.get_external_workflow_handle(workflow_id)
    try:
        await (handle.signal(signal) if news is None else handle.signal(signal, news))
    except FailureError:
        workflow.logger.info("%s has ended, and is not told %s", workflow_id, signal)
