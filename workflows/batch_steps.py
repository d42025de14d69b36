"""Pick and sort of a fulfillment that is picked in company: its batch tells it how far it is."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.fulfillment_base import Withdrawn
from workflows.insisting import Insisting
from workflows.options import RECORD
from workflows.waiting import CancellationAsked, arrives_within, wait_patiently

with workflow.unsafe.imports_passed_through():
    from activities.floor_planning import FloorPlanningActivities
    from fulfillment.domain.confirmations import SortConfirmation
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.lifecycle import Nudge, Picking, Stage, TaskKind
    from fulfillment.messages import (
        BatchNews,
        CancelRequest,
        OnTheFloor,
        ReleaseToFloor,
        WithdrawnNews,
    )
    from fulfillment.temporal.identifiers import pick_batch_workflow_id


class BatchEvent(StrEnum):
    """What a batch tells its members, by the signal's name."""

    BATCHED = "batched"
    GIVEN_BACK = "given_back"
    PICKED = "picked"
    SORTED = "sorted"


class BatchSteps(Insisting):
    """From the bins to the put wall, in the company of others."""

    @property
    def _batched(self) -> bool:
        return self.request.policies.picking is Picking.BATCH

    async def pick_in_batch(self) -> None:
        """Be released to the floor, and wait until a batch has picked the goods.

        Raises:
            Withdrawn: canceled meanwhile, or nothing of it was found.

        """
        floor = await self.open(
            TaskKind.PICK,
            lambda: workflow.execute_activity_method(
                FloorPlanningActivities.release_to_floor,
                ReleaseToFloor(
                    key=self.keys.next("release_to_floor"),
                    fulfillment_id=self.request.fulfillment_id,
                ),
                summary="Release to the floor, for the next pick batch",
                **RECORD,
            ),
        )
        self._released(floor)
        while self.picked is None:
            if self.batch is None:
                await self._wait_for_batch()
            else:
                await self._wait_for_pick(self.batch)
            await self.weigh_cancellation()
        if self.picked.nothing_found:
            raise Withdrawn
        self.enter(Stage.SORTING)
        self.journal.note(f"picked in batch {self.picked.batch_id}", self.picked.by)

    def _released(self, floor: OnTheFloor) -> None:
        """Show that it waits for a batch; what its batch had told before a reset is known."""
        self.batch = self.batch or floor.batched
        self.picked = self.picked or floor.picked
        self.sorted = self.sorted or floor.sorted
        self.on_floor = True
        self.journal.note("released to the floor")
        self.enter(Stage.RELEASED)
        self.opening = None

    async def _wait_for_batch(self) -> None:
        self.enter(Stage.RELEASED)

        async def press(nudge: Nudge) -> None:
            if nudge is Nudge.CANCELLATION:
                request = CancelRequest(reason="no batch has taken it in", by="engine")
                self.asked.append(CancellationAsked(request))
            else:
                await self.press(nudge, "it is in no pick batch yet")

        await wait_patiently(
            lambda: bool(self.batch or self.picked or self.asked),
            self.request.policies.pick,
            press,
            f"a batch for {self.request.fulfillment_id}",
            self.renewal,
        )

    async def _wait_for_pick(self, batch: BatchNews) -> None:
        """Wait for the batch, which reminds and escalates by itself."""
        self.enter(Stage.PICKING)
        self.journal.note(f"in batch {batch.batch_id}, slot {batch.slot}")
        await self._kept_until(lambda: bool(self.picked or self.asked or self.batch is not batch))

    async def _kept_until(self, told: Callable[[], bool]) -> None:
        """Wait for the batch for as long as it takes, and keep what is authorized meanwhile."""
        while (due := self.renewal.due_in()) is not None:
            if await arrives_within(told, due, "upkeep is due"):
                return
            await self.renewal.keep()
        await workflow.wait_condition(told)

    async def sort_in_batch(self) -> SortConfirmation:
        """Wait until the batch has put the goods into their slot; return who did."""
        while self.sorted is None:
            await self._kept_until(lambda: bool(self.sorted or self.asked))
            await self.weigh_cancellation()
        return SortConfirmation(by=self.sorted.by, slot=self.sorted.slot or None)

    async def leave_batch(self, batch_id: str | None) -> None:
        """Tell the batch that this fulfillment was canceled in mid-walk.

        Not why: what the customer wrote stays in the histories of the order's own workflows.

        Args:
            batch_id: the batch that the books took it out of, heard of or not.

        """
        if batch_id is None and self.batch is not None:
            batch_id = self.batch.batch_id
        if batch_id is None or self.sorted is not None:
            return
        news = WithdrawnNews(fulfillment_id=self.request.fulfillment_id)
        name = pick_batch_workflow_id(batch_id)
        try:
            await workflow.get_external_workflow_handle(name).signal("withdrawn", news)
        except FailureError:
            workflow.logger.info("%s has ended", name)

    async def hear_batch(self, event: BatchEvent, payload: tuple[Any, ...]) -> None:
        """Take in what the batch tells; what is not from the own batch is refused, never raised."""
        try:
            if refusal := self.hearing.refusal(payload):
                raise refusal
            news = BatchNews.model_validate(payload[0] if payload else {})
            # Started again, it first has to learn from the record which batch is its own.
            await workflow.wait_condition(lambda: self.on_floor or self.ended or not self._batched)
            self._check_news(event, news)
        except (FulfillmentError, ValueError) as refusal:
            return await self.refuse(f"{event.value} by signal", "unknown", str(refusal))
        match event:
            case BatchEvent.BATCHED:
                self.batch = news
            case BatchEvent.GIVEN_BACK:
                self.batch = None
            case BatchEvent.PICKED:
                self.picked = self.picked or news
            case BatchEvent.SORTED:
                self.sorted = self.sorted or news
        return None

    def _check_news(self, event: BatchEvent, news: BatchNews) -> None:
        mine = self.batch.batch_id if self.batch else "none"
        fits = event is BatchEvent.BATCHED or news.batch_id == mine
        if not (self._batched and fits):
            raise ConfirmationRefused.of(
                Problem(
                    path="pick batch",
                    expected=f"news from the batch that this fulfillment is in, {mine}",
                    came=news.batch_id,
                    remedy="only a batch tells its members; close the batch instead",
                )
            )
