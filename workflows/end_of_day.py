"""EndOfDayWorkflow: a carrier's manifest is closed, its parcels fetched, and what is left named."""

from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow

from workflows.end_of_day_base import EndOfDayBase
from workflows.keys import moment
from workflows.options import ASK_CARRIER, RECORD
from workflows.waiting import arrives_within, attempt, carry_through

with workflow.unsafe.imports_passed_through():
    from activities.end_of_day import EndOfDayActivities
    from activities.manifests import ManifestActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.manifests import HandOver
    from fulfillment.messages import (
        AnnounceManifest,
        BookManifestPickup,
        CloseManifest,
        EndOfDayRequest,
        EndOfDayStatus,
        ManifestAnnounced,
        ManifestSettled,
        SettleManifest,
    )


@workflow.defn(name="EndOfDayWorkflow")
class EndOfDayWorkflow(EndOfDayBase):
    """Ends the day of a warehouse and carrier at a cut-off: from the manifest to the hand-over.

    One for each cut-off, started by CutOffWorkflow. What was not handed over goes with the next
    manifest; where the carrier did not come at all, it is asked to come again.
    """

    @workflow.init
    def __init__(self, request: EndOfDayRequest) -> None:
        """Begin with the manifest still open."""
        super().__init__(request)

    @workflow.run
    async def run(self, request: EndOfDayRequest) -> EndOfDayStatus:  # noqa: ARG002 - as in __init__
        """End the day, and say how the hand-over went."""
        return await carry_through(self._steps(), self._cancel_in_temporal, lambda: None)

    async def _steps(self) -> EndOfDayStatus:
        await self._close(self.request)
        if not self.closed.parcels:
            self.journal.state("nothing goes with this carrier today")
            return self._ended(HandOver.COMPLETE)
        await self._announce()
        await self._book_pickup()
        while True:
            settled = await self._hand_over()
            if settled.outcome is not HandOver.MISSED:
                return self._ended(settled.outcome)
            await self._missed(settled)
            if settled.next_manifest_id:
                return self._ended(HandOver.MISSED)

    # --- close, print, book --------------------------------------------------------------

    async def _close(self, request: EndOfDayRequest) -> None:
        self.manifest = await workflow.execute_activity_method(
            ManifestActivities.close_manifest,
            CloseManifest(key=self.keys.next("close_manifest"), **request.model_dump()),
            summary="Close the manifest",
            **RECORD,
        )
        self.journal.note(f"{self.closed.manifest_id} closed: {self.closed.parcels} parcels")

    async def _announce(self) -> None:
        told = await attempt(self._tell_carrier())
        if isinstance(told, FulfillmentError):
            await self.press(Nudge.ESCALATION, f"the carrier takes no list: {told}")
            told = await attempt(self._tell_carrier(ask_carrier=False))
        if isinstance(told, FulfillmentError):
            await self.press(Nudge.ESCALATION, f"the list is not printed: {told}")
            return
        must_be_there = ", ".join(told.parcels)
        more = self.closed.parcels - len(told.parcels)
        also = f", and {more} more" if more > 0 else ""
        self.journal.note(f"printed {', '.join(told.document_ids)}")
        self.journal.note(f"must be there: {must_be_there or 'none, all are handed over'}{also}")

    async def _tell_carrier(self, *, ask_carrier: bool = True) -> ManifestAnnounced:
        return await workflow.execute_activity_method(
            ManifestActivities.announce_manifest,
            AnnounceManifest(
                key=self.keys.next("announce_manifest"),
                manifest_id=self.closed.manifest_id,
                ask_carrier=ask_carrier,
            ),
            summary="Tell the carrier of the manifest, and print it",
            **ASK_CARRIER,
        )

    async def _book_pickup(self) -> None:
        key = self.keys.next("book_manifest_pickup")
        booked = await self.insist(
            lambda: workflow.execute_activity_method(
                EndOfDayActivities.book_manifest_pickup,
                BookManifestPickup(key=key, manifest_id=self.closed.manifest_id, at=workflow.now()),
                summary="Book the pickup of the manifest",
                **ASK_CARRIER,
            )
        )
        self.pickup = booked.pickup
        if booked.pickup is not None:
            await self.tell(booked.changed, booked.pickup)
        window = self.window()
        by = window.pickup_reference or ("drop-off" if self.pickup else "no pickup of its own")
        self.journal.state(
            f"{self.closed.manifest_id}: waiting for the hand-over from "
            f"{window.pickup_from:%Y-%m-%d %H:%M %Z} on ({by})"
        )

    # --- hand over -----------------------------------------------------------------------

    async def _hand_over(self) -> ManifestSettled:
        until = self.window().pickup_until + self.closed.grace
        while True:
            told = await self._scanned_by(until)
            self.all_scanned = False
            settled = await self._settle(until, is_over=not told)
            if settled.outcome is HandOver.COMPLETE or not told:
                break
        self.journal.note(f"{settled.handed_over} of {settled.parcels} parcels handed over")
        if settled.next_manifest_id:
            left = ", ".join(settled.left_behind)
            self.journal.note(f"left for {settled.next_manifest_id}: {left}")
        if settled.pickup is not None:
            await self.tell(settled.changed, settled.pickup)
        if settled.outcome is HandOver.PARTLY:
            left_count = settled.parcels - settled.handed_over
            await self.press(Nudge.ESCALATION, f"{left_count} parcels were left behind")
        return settled

    async def _settle(self, until: datetime, *, is_over: bool) -> ManifestSettled:
        key = self.keys.next("settle_manifest", moment())
        return await self.insist(
            lambda: workflow.execute_activity_method(
                EndOfDayActivities.settle_manifest,
                SettleManifest(
                    key=key,
                    manifest_id=self.closed.manifest_id,
                    until=until,
                    at=workflow.now(),
                    is_over=is_over,
                ),
                summary="See what was handed over",
                **RECORD,
            )
        )

    async def _scanned_by(self, until: datetime) -> bool:
        """Wait until all is scanned, with reminders while it is not; say whether it may be.

        A hand-over that is confirmed without scans tells nobody here: it is seen when the dock
        would be reminded.
        """
        nudge_at = self.window().pickup_from
        for after, kind in self.closed.hand_over.nudges():
            nudge_at = min(nudge_at + after, until)
            if nudge_at < min(workflow.now(), until):
                continue
            left = max(nudge_at - workflow.now(), timedelta(0))
            if await arrives_within(lambda: self.all_scanned, left, f"{kind.value}: hand-over"):
                return True
            if nudge_at == until:
                return False
            if (await self._settle(until, is_over=False)).outcome is HandOver.COMPLETE:
                return True
            await self.press(kind, "the parcels wait for the carrier")
        raise AssertionError

    async def _missed(self, settled: ManifestSettled) -> None:
        self.missed_pickups += 1
        await self.press(Nudge.ESCALATION, f"missed pickup of {settled.parcels} parcels")
        if settled.next_manifest_id is None:
            await self._book_pickup()
            again = f"{self.window().pickup_from:%Y-%m-%d %H:%M %Z}"
            self.journal.note(f"pickup booked again, from {again}")

    def _ended(self, outcome: HandOver) -> EndOfDayStatus:
        self.outcome = outcome
        self.journal.state(f"**{outcome.value}**")
        return self.current()

    # --- what it hears, and says ---------------------------------------------------------

    def _cancel_in_temporal(self) -> None:
        """Go on all the same: nobody else has the parcels of a closed manifest fetched."""
        self.journal.note("cancellation asked in Temporal: not while parcels wait", "operator")

    @workflow.signal(name="scanned")
    def scanned(self, *payload: Any) -> None:  # noqa: ANN401, ARG002 - whatever is sent
        """Look now whether all parcels were handed over."""
        self.all_scanned = True

    @workflow.signal(name="retry_step")
    def retry_step(self, *payload: Any) -> None:  # noqa: ANN401, ARG002
        """Ask the carrier again, now."""
        self.retries += 1

    @workflow.query(name="status")
    def status(self) -> EndOfDayStatus:
        """Say where the day's end stands."""
        return self.current()
