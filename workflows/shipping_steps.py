"""Label, hand over, capture: from the cartons to the carrier."""

from datetime import timedelta
from functools import partial

from temporalio import workflow

from workflows.collecting import Collecting
from workflows.options import ASK_CARRIER, RECORD
from workflows.waiting import arrives_kept

with workflow.unsafe.imports_passed_through():
    from activities.giving_back import GivingBackActivities
    from activities.labeling import LabelingActivities
    from activities.shipping import ShippingActivities
    from fulfillment.domain.confirmations import (
        HandoverConfirmation,
    )
    from fulfillment.domain.lifecycle import Nudge, Stage, TaskKind
    from fulfillment.messages import (
        BuyLabels,
        GiveBackLabels,
        Labeled,
        NoticeKind,
        RebookPickup,
        RecordHandover,
    )


class ShippingSteps(Collecting):
    """From the cartons to the carrier."""

    # --- 7. label ------------------------------------------------------------------------

    async def label_parcels(self) -> None:
        """Choose the service, buy the labels, arrange the pickup."""
        if self.passed(Stage.LABELING):
            return
        self.labeled = await self._usable_labels()
        # Started again after the hand-over: what the carrier said meanwhile told nobody.
        self.look = self.gone_before = self.labeled.confirmed is not None
        self.journal.decide(self.labeled.decision)
        self.journal.note(f"labeled; pickup from {self.labeled.pickup_from:%Y-%m-%d %H:%M %Z}")
        self.apply_pickup()
        self.opened(TaskKind.HAND_OVER, self.labeled.confirmed, self.labeled.carrier_id)

    async def _usable_labels(self) -> Labeled:
        """Buy labels; what was canceled or sent elsewhere meanwhile can't use them.

        Raises:
            Withdrawn: the fulfillment was canceled.

        """
        while True:
            key = self.keys.next("buy_labels")
            labeled = await self.open(TaskKind.HAND_OVER, partial(self._buy_labels, key))
            if labeled.canceled:
                self.opening = None
                await self.withdraw()
            if not labeled.stale:
                return labeled
            await self.give_back_labels()

    async def _buy_labels(self, key: str) -> Labeled:
        return await workflow.execute_activity_method(
            LabelingActivities.buy_labels,
            BuyLabels(
                key=key,
                fulfillment_id=self.request.fulfillment_id,
                at=workflow.now(),
                pickups=self.request.policies.pickups,
            ),
            summary="Choose the service, buy labels, arrange the pickup",
            **ASK_CARRIER,
        )

    async def give_back_labels(self) -> bool:
        """Void the labels at the carrier, and call the pickup off; return whether that was due.

        What the carrier does not take back is escalated.
        """
        key = self.keys.next("give_back_labels")
        given_back = await self.insist(
            lambda: workflow.execute_activity_method(
                GivingBackActivities.give_back_labels,
                GiveBackLabels(key=key, fulfillment_id=self.request.fulfillment_id),
                summary="Void the labels, cancel the pickup",
                **ASK_CARRIER,
            )
        )
        self.journal.note(f"labels given back: {', '.join(given_back.tracking_numbers) or 'none'}")
        if given_back.refused:
            reason = f"the carrier did not take back {'; '.join(given_back.refused)}"
            await self.press(Nudge.ESCALATION, reason)
        return not given_back.needless

    # --- 8. ship -------------------------------------------------------------------------

    async def hand_over(self) -> None:
        """Wait for the carrier; a pickup that did not happen is booked again and escalated."""
        if self.passed(Stage.AWAITING_PICKUP):
            return
        while not await self._handed_over():
            self.readdressed = False
            if await self.give_back_labels():
                self.confirmed.pop(TaskKind.HAND_OVER, None)
                self.enter(Stage.LABELING)
                await self.label_parcels()
        self.enter(Stage.IN_TRANSIT)

    async def _handed_over(self) -> bool:
        """Wait for the hand-over; say whether it came before another address did."""
        while not (self.readdressed or self.is_confirmed(TaskKind.HAND_OVER)):
            if self.fetched_by_manifest:
                await self.taken_with_manifest()
            elif not await self._fetched():
                await self._missed_pickup()
        if self.readdressed:
            return False
        confirmation = self.take(TaskKind.HAND_OVER, HandoverConfirmation)
        request = RecordHandover(
            key=self.keys.next("record_handover"),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=confirmation,
        )
        handed_over = await self.insist(
            lambda: workflow.execute_activity_method(
                ShippingActivities.record_handover,
                request,
                summary=f"Handed over by {confirmation.by}",
                **RECORD,
            )
        )
        if handed_over.readdressed:
            return False
        self.journal.note(f"handed over to {self.bought().carrier_id}", confirmation.by)
        return True

    async def _fetched(self) -> bool:
        """Wait for one pickup, from its window on with reminders; say whether there is news."""
        missed_at = self.bought().pickup_until + self.request.policies.pickup_grace
        nudge_at = self.bought().pickup_from
        for after, kind in self.request.policies.hand_over.nudges():
            nudge_at = min(nudge_at + after, missed_at)
            left = max(nudge_at - workflow.now(), timedelta(0))
            news = self.decidable(TaskKind.HAND_OVER)
            if await arrives_kept(news, left, f"{kind.value}: hand-over", self.renewal):
                await self.weigh_cancellation()
                return True
            if nudge_at == missed_at:
                break
            await self.press(kind, "the parcels wait for the carrier", TaskKind.HAND_OVER)
        return False

    async def _missed_pickup(self) -> None:
        key = self.keys.next("rebook_pickup")
        booked = await self.insist(
            lambda: workflow.execute_activity_method(
                ShippingActivities.rebook_pickup,
                RebookPickup(
                    key=key, fulfillment_id=self.request.fulfillment_id, at=workflow.now()
                ),
                summary="The carrier did not come; book the next pickup",
                **ASK_CARRIER,
            )
        )
        self.labeled = self.bought().model_copy(update=booked.model_dump())
        await self.press(Nudge.ESCALATION, "missed pickup", TaskKind.HAND_OVER)
        self.journal.note(f"pickup booked again, from {booked.pickup_from:%Y-%m-%d %H:%M %Z}")

    async def capture(self) -> None:
        """Take the money for what left, where it is still to be taken; then tell the customer."""
        if self.waited_at(Stage.IN_TRANSIT):
            return
        if self.request.to_capture:
            await self.take_money()
        await self.notify(NoticeKind.SHIPPED, ", ".join(self.tracking_numbers()))
