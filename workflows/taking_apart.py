"""What a fulfillment does that is canceled: labels and goods go back to where they came from."""

from functools import partial
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, FailureError

from workflows.fulfillment_base import Withdrawn
from workflows.keys import moment
from workflows.options import RECORD
from workflows.tracking_steps import TrackingSteps
from workflows.waiting import wait_patiently

with workflow.unsafe.imports_passed_through():
    from activities.giving_back import GivingBackActivities
    from fulfillment.domain.confirmations import PutBackConfirmation
    from fulfillment.domain.errors import ConfirmationRefused
    from fulfillment.domain.lifecycle import Nudge, Stage, TaskKind
    from fulfillment.messages import (
        CancelAnswer,
        FulfillmentResult,
        PutAway,
        RecordPutBack,
        StoppedNews,
    )
    from fulfillment.temporal.errors import cause_of
    from fulfillment.temporal.identifiers import order_workflow_id


class TakingApart(TrackingSteps):
    """From a cancellation to goods that lie in their bins again."""

    async def take_apart(self, withdrawn: Withdrawn) -> FulfillmentResult:
        """Give back what the fulfillment held: its place in a batch, labels, pickup, goods."""
        left = withdrawn.stopped
        self.enter(Stage.CANCELED)
        if withdrawn.asked is not None:
            self.withdrawn_in_temporal = withdrawn.asked.in_temporal
            withdrawn.asked.answer = CancelAnswer(
                order_id=self.request.order_id, done=("released the claims",)
            )
        await self.leave_batch(left.batch_id)
        if self.capture_key:
            await self.find_out_capture()
        if left.labels_live or left.to_put_back or self.captured_minor:
            await self._tell_order(
                "fulfillment_stopped",
                StoppedNews(
                    fulfillment_id=self.request.fulfillment_id, captured_minor=self.captured_minor
                ),
            )
        if left.labels_live:
            await self.give_back_labels()
        if left.to_put_back:
            await self._put_back()
        else:
            self.journal.note("canceled; the goods stay in their bins")
        return self.result()

    async def weigh_cancellation(self) -> None:
        """Decide what was asked meanwhile; what is canceled already is not canceled again.

        Raises:
            Withdrawn: the fulfillment is canceled.

        """
        if self.stage is not Stage.CANCELED:
            return await super().weigh_cancellation()
        while self.asked:
            asked = self.asked.popleft()
            self.withdrawn_in_temporal |= asked.in_temporal
            asked.refuse(f"{self.request.fulfillment_id} is canceled already")
        return None

    async def _put_back(self) -> None:
        """Wait until a person has put the goods back; remind and escalate meanwhile."""
        self.journal.note("canceled; the goods are to be put back")
        self.opened(TaskKind.PUT_BACK, None)
        while (put_away := await self._put_away()) is None:
            await self.weigh_cancellation()
        self.put_away = True
        told = f"put back: {put_away.units} unit(s)"
        if put_away.not_back:
            told = f"{told}; not back, and written off: {put_away.not_back}"
        self.journal.note(told, self._confirmed_by())
        await self._tell_order("stock_arrived")

    async def _put_away(self) -> PutAway | None:
        """Wait until something is said of the goods; return what was put back, once that is done.

        Where all has arrived at the customer after all, nothing is left to be put back.
        """
        if not (self.look or self.is_confirmed(TaskKind.PUT_BACK)):
            await wait_patiently(
                lambda: bool(self.is_confirmed(TaskKind.PUT_BACK) or self.asked or self.look),
                self.request.policies.put_back,
                self._press_to_put_back,
                f"put-back of {self.request.fulfillment_id}",
            )
        confirmed = self.is_confirmed(TaskKind.PUT_BACK)
        if not (confirmed or self.look):
            return None
        self.look = False
        request = RecordPutBack(
            key=self.keys.next("record_put_back", "-" if confirmed else moment()),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=self.take(TaskKind.PUT_BACK, PutBackConfirmation) if confirmed else None,
        )
        put_away = await self.insist(partial(self._record_put_back, request))
        return None if put_away is None or put_away.left else put_away

    async def _record_put_back(self, request: RecordPutBack) -> PutAway | None:
        """Put on record what is back; what can't be is answered, and may be confirmed anew."""
        try:
            return await workflow.execute_activity_method(
                GivingBackActivities.record_put_back,
                request,
                summary=f"Put back by {self._confirmed_by()}",
                **RECORD,
            )
        except ActivityError as error:
            refused = cause_of(error)
            if not isinstance(refused, ConfirmationRefused):
                raise
            await self.refuse("put back", self._confirmed_by(), str(refused))
            self.refuse_confirmed(TaskKind.PUT_BACK, refused)
            return None

    def _confirmed_by(self) -> str:
        confirmation = self.confirmed.get(TaskKind.PUT_BACK)
        return confirmation.by if confirmation else "carrier"

    async def _press_to_put_back(self, nudge: Nudge) -> None:
        if nudge is not Nudge.CANCELLATION:
            await self.press(nudge, "the goods are not put back", TaskKind.PUT_BACK)

    async def _tell_order(self, signal: str, *news: Any) -> None:  # noqa: ANN401
        name = order_workflow_id(self.request.order_id)
        try:
            await workflow.get_external_workflow_handle(name).signal(signal, args=[*news])
        except FailureError:
            workflow.logger.info("%s has ended", name)
