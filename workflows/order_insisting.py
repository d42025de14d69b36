"""How an order insists on a step that is blocked."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow

from workflows.order_base import OrderBase
from workflows.waiting import arrives_within, attempt

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge, OrderStage
    from fulfillment.domain.orders import shortage

ResultT = TypeVar("ResultT")


class OrderInsisting(OrderBase):
    """Insist, start fulfillments, show where it stands: what the steps of an order share."""

    async def weigh_cancellation(self) -> None:
        """Decide what was asked meanwhile, here, where no effect is under way."""
        raise NotImplementedError

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
