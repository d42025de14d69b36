"""The pickup of a manifest, as a fulfillment whose parcels stand on it hears of it."""

from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows.floor_steps import FloorSteps
from workflows.waiting import arrives_kept, wait_patiently

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.errors import ConfirmationRefused, FulfillmentError, Problem
    from fulfillment.domain.lifecycle import Nudge, TaskKind
    from fulfillment.domain.pickups import Pickups
    from fulfillment.messages import FulfillmentRequest, PickupBooked

_OWN_PICKUP = Problem(
    path="pickup",
    expected="no word of a manifest's, since this fulfillment has its own pickup",
    came="one",
    remedy="nothing is to be done",
)


class PickupNews(FloorSteps):
    """Waits for a pickup that is booked for a whole manifest."""

    def __init__(self, request: FulfillmentRequest) -> None:
        """Begin without any news."""
        super().__init__(request)
        self._pickup: PickupBooked | None = None

    @property
    def fetched_by_manifest(self) -> bool:
        """Whether the manifest's workflow books, presses and books again."""
        return self.request.policies.pickups is Pickups.MANIFEST

    async def taken_with_manifest(self) -> None:
        """Wait for the manifest's pickup; press people only if nobody books it again."""
        until = self.bought().pickup_until
        decidable = self.decidable(TaskKind.HAND_OVER)

        def news() -> bool:
            return decidable() or self.bought().pickup_until != until

        missed_at = until + self.request.policies.pickup_grace
        left = max(missed_at - workflow.now(), timedelta(0))
        if not await arrives_kept(news, left, "pickup of the manifest", self.renewal):
            subject = f"hand-over of {self.request.fulfillment_id}"
            patience = self.request.policies.hand_over
            await wait_patiently(news, patience, self._press_dock, subject, self.renewal)
        await self.weigh_cancellation()

    async def _press_dock(self, nudge: Nudge) -> None:
        await self.press(nudge, "no pickup is booked for the manifest", TaskKind.HAND_OVER)

    async def hear_pickup(self, payload: tuple[Any, ...]) -> None:
        """Take in when its manifest is fetched; what is refused is audited, not raised."""
        try:
            if refusal := self.hearing.refusal(payload):
                raise refusal
            if not self.fetched_by_manifest:
                raise ConfirmationRefused.of(_OWN_PICKUP)
            self._pickup = PickupBooked.model_validate(payload[0] if payload else {})
        except (FulfillmentError, ValueError) as refusal:
            return await self.refuse("pickup by signal", "unknown", str(refusal))
        return self.apply_pickup()

    def apply_pickup(self) -> None:
        """Wait for the pickup that was heard of last, once there are labels."""
        if self.labeled is not None and self._pickup is not None:
            self.labeled = self.labeled.model_copy(update=self._pickup.model_dump())
            self.journal.note(f"pickup from {self._pickup.pickup_from:%Y-%m-%d %H:%M %Z}")
            self._pickup = None
