"""How an order insists on a step that is blocked, and weighs a cancellation between its steps."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow

from workflows.keys import moment
from workflows.options import RECORD
from workflows.order_base import OrderBase, Stopped
from workflows.waiting import CancellationAsked, arrives_within, attempt
from workflows.waking import wake

with workflow.unsafe.imports_passed_through():
    from activities.cancellation import CancellationActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge, OrderStage
    from fulfillment.domain.orders import shortage
    from fulfillment.messages import (
        CancelAnswer,
        NoticeKind,
        StopWork,
        WorkStopped,
    )

ResultT = TypeVar("ResultT")


class OrderInsisting(OrderBase):
    """Insist, stop, go on without what is missing: what the steps of an order share."""

    async def insist(
        self, step: Callable[[], Awaitable[ResultT]], *, cancelable: bool = True
    ) -> ResultT:
        """Do a step; where the world does not allow it, show so, and try again when told or later.

        Raises:
            Stopped: the order is canceled meanwhile, where it still can be.

        """
        while True:
            resumes = self.resumes
            result = await attempt(step())
            if not isinstance(result, FulfillmentError):
                return result
            await self._blocked(result, resumes, cancelable=cancelable)
            if cancelable:
                await self.weigh_cancellation()

    async def _blocked(self, error: FulfillmentError, resumes: int, *, cancelable: bool) -> None:
        self.enter(self.stage, f"{error.code}: {error}")
        await self.nudge(Nudge.ESCALATION)
        await arrives_within(
            lambda: self.resumes != resumes or bool(cancelable and self.asked),
            self.on_record().policies.hold.then_after,
            f"retry: {error.code}",
        )

    # --- stopping ------------------------------------------------------------------------

    async def stop(self, reason: str, by: str, *, back_ordered_only: bool = False) -> WorkStopped:
        """Stop the work and give its claims back, if the goods still lie in their bins."""
        stopped = await workflow.execute_activity_method(
            CancellationActivities.stop_work,
            StopWork(
                key=self.keys.next("stop_work", moment()),
                order_id=self.order_id,
                reason=reason,
                by=by,
                back_ordered_only=back_ordered_only,
            ),
            summary=f"Stop the work: {reason}",
            **RECORD,
        )
        if stopped.released_units:
            self.given_back.append(f"released {stopped.released_units} claimed unit(s)")
        await wake(stopped.woken)
        return stopped

    async def weigh_cancellation(self) -> None:
        """Decide what was asked meanwhile, here, where no effect is under way.

        Raises:
            Stopped: the order is canceled.

        """
        while self.asked:
            self.deciding = asked = self.asked.popleft()
            stopped = await self.stop(
                asked.request.reason,
                asked.request.by,
                back_ordered_only=asked.request.back_ordered_only,
            )
            if stopped.too_late is not None:
                asked.refuse(f"too late to cancel {self.order_id}, because {stopped.too_late}")
                self.journal.note(str(asked.answer), asked.request.by, refused=True)
            elif asked.request.back_ordered_only:
                await self._go_on_without(asked, stopped)
            else:
                raise Stopped(asked)

    async def _go_on_without(self, asked: CancellationAsked, stopped: WorkStopped) -> None:
        units = shortage(stopped.canceled)
        self.missing = ()
        self.journal.note(f"canceled what is missing: {units}", asked.request.by)
        asked.answer = CancelAnswer(order_id=self.order_id, done=(f"canceled {units}",))
        self.start_fulfillments()
        self.show_fulfilling()
        await self.notify(NoticeKind.PARTLY_CANCELED, units)

    # --- fulfilling ----------------------------------------------------------------------

    def start_fulfillments(self) -> None:
        """Start the fulfillments that were held off, if any."""
        while self.held_off:
            request = self.held_off.pop(0)
            self.children.start(request)
            self.journal.note(f"{request.warehouse_id} fulfills {request.fulfillment_id}")

    def show_fulfilling(self) -> None:
        """Show whether the order waits for stock."""
        if self.missing:
            return self.enter(OrderStage.BACK_ORDERED, f"stock: {shortage(self.missing)}")
        return self.enter(OrderStage.FULFILLING, "")
