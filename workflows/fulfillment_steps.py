"""The steps of a fulfillment: each opens a task, waits for a person, and records what was done."""

from datetime import timedelta
from typing import Any

from temporalio import workflow

from workflows.fulfillment_base import Withdrawn
from workflows.insisting import Insisting
from workflows.options import ASK_CARRIER, ASK_GATEWAY, PLAN, RECORD
from workflows.waiting import arrives_within

with workflow.unsafe.imports_passed_through():
    from activities.labeling import LabelingActivities
    from activities.packing import PackingActivities
    from activities.payments import PaymentActivities
    from activities.picking import PickingActivities
    from activities.shipping import ShippingActivities
    from activities.sorting import SortingActivities
    from fulfillment.domain.confirmations import (
        HandoverConfirmation,
        PackConfirmation,
        PickConfirmation,
        SortConfirmation,
    )
    from fulfillment.domain.lifecycle import Nudge, Stage, TaskKind
    from fulfillment.domain.tracking import TrackingStatus
    from fulfillment.messages import (
        BuyLabels,
        CancelAnswer,
        CapturePayment,
        FulfillmentResult,
        NoticeKind,
        PlanPicking,
        RebookPickup,
        RecordDelivery,
        RecordHandover,
        RecordPacking,
        RecordPicking,
        RecordSorting,
        TrackingUpdate,
    )


class FulfillmentSteps(Insisting):
    """From the bins to the customer's door."""

    # --- 4. pick -------------------------------------------------------------------------

    async def pick_goods(self) -> None:
        """Have the goods picked; this far, the fulfillment can be withdrawn."""
        await self.weigh_cancellation()
        self.pick = await self.open(
            TaskKind.PICK,
            lambda: workflow.execute_activity_method(
                PickingActivities.plan_picking,
                PlanPicking(
                    key=self.keys.next("plan_picking"), fulfillment_id=self.request.fulfillment_id
                ),
                summary="Bind bins and plan the walk",
                **RECORD,
            ),
        )
        self.opened(TaskKind.PICK, self.pick.confirmed)
        await self.confirmation_of(TaskKind.PICK, self.request.policies.pick)
        confirmation = self.take(TaskKind.PICK, PickConfirmation)
        request = RecordPicking(
            key=self.keys.next("record_picking"),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=confirmation,
        )
        self.sort = await self.open(
            TaskKind.SORT,
            lambda: workflow.execute_activity_method(
                PickingActivities.record_picking,
                request,
                summary=f"Picked by {confirmation.by}",
                **RECORD,
            ),
        )
        self.journal.note("picked", confirmation.by)
        self.opened(TaskKind.SORT, self.sort.confirmed)

    def put_back(self, withdrawn: Withdrawn) -> FulfillmentResult:
        """Close the fulfillment whose goods still lie in their bins."""
        self.enter(Stage.CANCELED)
        self.journal.note("canceled; the goods stay in their bins")
        if withdrawn.asked is not None:
            self.withdrawn_in_temporal = withdrawn.asked.in_temporal
            withdrawn.asked.answer = CancelAnswer(
                order_id=self.request.order_id, done=("released the claims",)
            )
        return self.result()

    # --- 5. sort -------------------------------------------------------------------------

    async def sort_goods(self) -> None:
        """Have the goods put into their slot of the put wall."""
        await self.confirmation_of(TaskKind.SORT, self.request.policies.sort)
        confirmation = self.take(TaskKind.SORT, SortConfirmation)
        request = RecordSorting(
            key=self.keys.next("record_sorting"),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=confirmation,
        )
        self.pack = await self.open(
            TaskKind.PACK,
            lambda: workflow.execute_activity_method(
                SortingActivities.record_sorting,
                request,
                summary=f"Sorted by {confirmation.by}; plan the cartons",
                **PLAN,
            ),
        )
        self.journal.note(
            f"sorted; to be packed in {', '.join(self.pack.cartons)}", confirmation.by
        )
        self.opened(TaskKind.PACK, self.pack.confirmed)

    # --- 6. pack -------------------------------------------------------------------------

    async def pack_goods(self) -> None:
        """Have the goods packed as planned."""
        await self.confirmation_of(TaskKind.PACK, self.request.policies.pack)
        confirmation = self.take(TaskKind.PACK, PackConfirmation)
        request = RecordPacking(
            key=self.keys.next("record_packing"),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=confirmation,
        )
        packed = await self.insist(
            lambda: workflow.execute_activity_method(
                PackingActivities.record_packing,
                request,
                summary=f"Packed by {confirmation.by}",
                **RECORD,
            )
        )
        self.journal.note(f"packed: {len(packed.parcel_ids)} parcel(s)", confirmation.by)
        self.stage = Stage.LABELING

    # --- 7. label ------------------------------------------------------------------------

    async def label_parcels(self) -> None:
        """Choose the service, buy the labels, arrange the pickup."""
        request = BuyLabels(
            key=self.keys.next("buy_labels"),
            fulfillment_id=self.request.fulfillment_id,
            at=workflow.now(),
        )
        self.labeled = await self.open(
            TaskKind.HAND_OVER,
            lambda: workflow.execute_activity_method(
                LabelingActivities.buy_labels,
                request,
                summary="Choose the service, buy labels, book the pickup",
                **ASK_CARRIER,
            ),
        )
        self.journal.decide(self.labeled.decision)
        self.journal.note(f"labeled; pickup from {self.labeled.pickup_from:%Y-%m-%d %H:%M %Z}")
        self.opened(TaskKind.HAND_OVER, self.labeled.confirmed, self.labeled.carrier_id)

    # --- 8. ship -------------------------------------------------------------------------

    async def hand_over(self) -> None:
        """Wait for the carrier; a pickup that did not happen is booked again and escalated."""
        while not self.is_confirmed(TaskKind.HAND_OVER):
            missed_at = self.bought().pickup_until + self.request.policies.pickup_grace
            left = max(missed_at - workflow.now(), timedelta(0))
            here = await arrives_within(self.decidable(TaskKind.HAND_OVER), left, "missed pickup")
            await self.weigh_cancellation()
            if not here:
                await self._missed_pickup()
        confirmation = self.take(TaskKind.HAND_OVER, HandoverConfirmation)
        request = RecordHandover(
            key=self.keys.next("record_handover"),
            fulfillment_id=self.request.fulfillment_id,
            confirmation=confirmation,
        )
        await self.insist(
            lambda: workflow.execute_activity_method(
                ShippingActivities.record_handover,
                request,
                summary=f"Handed over by {confirmation.by}",
                **RECORD,
            )
        )
        self.journal.note(f"handed over to {self.bought().carrier_id}", confirmation.by)
        self.enter(Stage.IN_TRANSIT)

    async def _missed_pickup(self) -> None:
        request = RebookPickup(
            key=self.keys.next("rebook_pickup"),
            fulfillment_id=self.request.fulfillment_id,
            at=workflow.now(),
        )
        booked = await self.insist(
            lambda: workflow.execute_activity_method(
                ShippingActivities.rebook_pickup,
                request,
                summary="The carrier did not come; book the next pickup",
                **ASK_CARRIER,
            )
        )
        self.labeled = self.bought().model_copy(update=booked.model_dump())
        await self.press(Nudge.ESCALATION, "missed pickup", TaskKind.HAND_OVER)
        self.journal.note(f"pickup booked again, from {booked.pickup_from:%Y-%m-%d %H:%M %Z}")

    async def capture(self) -> None:
        """Take the money for what left, where it is still to be taken; then tell the customer."""
        if self.request.to_capture:
            captured = await workflow.execute_activity_method(
                PaymentActivities.capture_payment,
                CapturePayment(
                    key=self.keys.next("capture_payment"),
                    order_id=self.request.order_id,
                    fulfillment_id=self.request.fulfillment_id,
                ),
                summary="Capture what was handed over",
                **ASK_GATEWAY,
            )
            self.captured_minor = captured.amount_minor
            self.capture_declined = captured.declined is not None
            self.journal.note(f"captured {captured.amount_minor} {captured.currency} (minor)")
            if captured.declined is not None:
                await self.press(Nudge.ESCALATION, f"capture declined: {captured.declined}")
        await self.notify(NoticeKind.SHIPPED, ", ".join(self.tracking_numbers()))

    # --- 9. track ------------------------------------------------------------------------

    async def track(self) -> None:
        """Follow the parcels until all have arrived; silence is looked into."""
        request = RecordDelivery(
            key=self.keys.next("record_delivery"), fulfillment_id=self.request.fulfillment_id
        )
        for after, kind in self.request.policies.tracking.nudges():
            if await self._arrived_while_waiting(request, after, kind):
                break
            if not self.news:
                await self.press(kind, "no news from the carrier")
            self.news = False
        self.journal.note("delivered")
        self.enter(Stage.DELIVERED)
        await self.notify(NoticeKind.DELIVERED)

    async def _arrived_while_waiting(
        self, request: RecordDelivery, span: timedelta, kind: Nudge
    ) -> bool:
        until = workflow.now() + span
        while True:
            left = max(until - workflow.now(), timedelta(0))
            heard = await arrives_within(
                lambda: bool(self.look or self.asked), left, f"{kind.value}: tracking"
            )
            await self.weigh_cancellation()
            if (self.look or not heard) and await self._all_delivered(request):
                return True
            if not heard:
                return False

    async def _all_delivered(self, request: RecordDelivery) -> bool:
        self.look = False
        delivered = await workflow.execute_activity_method(
            ShippingActivities.record_delivery,
            request,
            summary="Close the fulfillment, if all parcels have arrived",
            **RECORD,
        )
        return delivered.at is not None

    def hear_carrier(self, payload: tuple[Any, ...]) -> None:
        """Note what the carrier said; look into the database when it may be the last delivery."""
        try:
            update = TrackingUpdate.model_validate(payload[0])
        except (IndexError, ValueError):
            self.look = True
            return self.journal.note("tracking: something was said; looking it up", "carrier")
        self.news = True
        if update.status == TrackingStatus.DELIVERED:
            self._arrived.add(update.tracking_number)
            self.look = set(self.tracking_numbers()) <= self._arrived
        return self.journal.note(f"{update.tracking_number}: {update.status}", "carrier")

    def result(self) -> FulfillmentResult:
        """Return how the fulfillment ended."""
        return FulfillmentResult(
            fulfillment_id=self.request.fulfillment_id,
            stage=self.stage,
            tracking_numbers=self.tracking_numbers(),
            captured_minor=self.captured_minor,
            capture_declined=self.capture_declined,
        )
