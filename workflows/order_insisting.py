"""How an order insists on a step that is blocked."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow

from workflows.order_base import OrderBase
from workflows.waiting import arrives_within, attempt

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.back_order_choices import still_told
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge, OrderStage
    from fulfillment.domain.orders import LineQuantity, shortage

ResultT = TypeVar("ResultT")


class OrderInsisting(OrderBase):
    """Insist, start fulfillments, show where it stands: what the steps of an order share."""

    async def weigh_cancellation(self) -> None:
        """Decide what was asked meanwhile, here, where no effect is under way."""
        raise NotImplementedError

    def choices_due(self) -> bool:
        """Return whether a choice about what is missing is to be weighed."""
        raise NotImplementedError

    async def weigh_choices(self) -> None:
        """Do what was chosen for what is missing, here, where no effect is under way."""
        raise NotImplementedError

    async def insist(
        self, step: Callable[[], Awaitable[ResultT]], *, cancelable: bool = True
    ) -> ResultT:
        """Do a step; where the world does not allow it, show so, and try again when told or later.

        Raises:
            Stopped: the order is canceled meanwhile, where it still can be.

        """
        shown, error = self.blocked_on, ""
        while True:
            resumes = self.resumes
            result = await attempt(step())
            if not isinstance(result, FulfillmentError):
                if error and self.blocked_on == error:
                    self.enter(self.stage, shown)
                return result
            error = f"{result.code}: {result}"
            await self._blocked(result, resumes, cancelable=cancelable)
            if cancelable:
                await self.weigh_cancellation()
                await self.weigh_choices()

    async def _blocked(self, error: FulfillmentError, resumes: int, *, cancelable: bool) -> None:
        self.enter(self.stage, f"{error.code}: {error}")
        await self.nudge(Nudge.ESCALATION)
        await arrives_within(
            lambda: self.resumes != resumes or (cancelable and self._asked()),
            self.on_record().policies.hold.then_after,
            f"retry: {error.code}",
        )

    def _asked(self) -> bool:
        return bool(self.asked) or self.choices_due()

    # --- fulfilling ----------------------------------------------------------------------

    def now_missing(self, missing: tuple[LineQuantity, ...]) -> None:
        """Keep what is missing now, and what of it the customer was told, by line."""
        self.missing, self.told = missing, still_told(missing, self.told)

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
