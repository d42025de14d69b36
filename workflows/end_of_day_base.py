"""What a day's end knows, and how it speaks to people and to the fulfillments on its manifest."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import FailureError

from workflows.journal import Journal, TellsTimeline
from workflows.keys import Keys, moment
from workflows.options import SEND
from workflows.waiting import arrives_within, attempt

with workflow.unsafe.imports_passed_through():
    from activities.end_of_day import EndOfDayActivities
    from fulfillment.domain.errors import FulfillmentError
    from fulfillment.domain.lifecycle import Nudge
    from fulfillment.domain.manifests import HandOver
    from fulfillment.domain.reasons import public_reason
    from fulfillment.messages import (
        EndOfDayRequest,
        EndOfDayStatus,
        ManifestClosed,
        NudgeDock,
        PickupBooked,
    )
    from fulfillment.temporal import search_attributes as attributes
    from fulfillment.temporal.identifiers import fulfillment_workflow_id

ResultT = TypeVar("ResultT")


class EndOfDayBase(TellsTimeline):
    """The state of a day's end, and the small steps that all its stages share."""

    def __init__(self, request: EndOfDayRequest) -> None:
        """Begin with the manifest still open."""
        self.request = request
        self.journal = Journal(f"End of day: {request.carrier_id} at {request.warehouse_id}")
        self.keys = Keys()
        self.manifest: ManifestClosed | None = None
        self.pickup: PickupBooked | None = None
        self.outcome: HandOver | None = None
        self.blocked_on = ""
        self.retries = self.missed_pickups = 0
        self.all_scanned = False

    @property
    def closed(self) -> ManifestClosed:
        """The closed manifest, which is known from then on."""
        if self.manifest is None:
            raise AssertionError
        return self.manifest

    def window(self) -> PickupBooked:
        """Return when the parcels are fetched: by the manifest's pickup, or by their own."""
        return self.pickup or PickupBooked(
            pickup_reference="",
            pickup_from=self.closed.pickup_from,
            pickup_until=self.closed.pickup_until,
        )

    async def insist(self, step: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do a step; what the carrier refuses is shown, escalated, and asked again later."""
        while True:
            retries = self.retries
            result = await attempt(step())
            if not isinstance(result, FulfillmentError):
                self.block("")
                return result
            if not self.blocked_on:
                await self.press(Nudge.ESCALATION, f"blocked: {result}")
            self.block(f"{result.code}: {result}")
            told = f"retry: {result.code}"
            await arrives_within(lambda: self.retries != retries, self.closed.rest, told)  # noqa: B023 - awaited here

    def block(self, reason: str) -> None:
        """Show what the day's end waits for, where operators look for it."""
        if reason != self.blocked_on:
            shown = public_reason(reason)[:100]
            workflow.upsert_search_attributes([attributes.BLOCKED_ON.value_set(shown)])
        self.blocked_on = reason
        if reason:
            self.journal.state(f"blocked on {reason}")

    async def press(self, kind: Nudge, reason: str) -> None:
        """Remind the dock, or tell the supervisor."""
        await workflow.execute_activity_method(
            EndOfDayActivities.nudge_dock,
            NudgeDock(
                key=self.keys.next("nudge_dock", moment()),
                manifest_id=self.closed.manifest_id,
                kind=kind,
                reason=reason,
            ),
            summary=f"{kind.value}: {reason}",
            **SEND,
        )
        self.journal.note(f"{kind.value}: {reason}")

    async def tell(self, fulfillment_ids: Sequence[str], pickup: PickupBooked) -> None:
        """Tell fulfillments when their parcels are fetched; one that has ended hears nothing."""
        await asyncio.gather(*(_tell(name, pickup) for name in fulfillment_ids))

    def current(self) -> EndOfDayStatus:
        """Return where the day's end stands."""
        return EndOfDayStatus(
            **self.request.model_dump(),
            manifest_id=self.manifest.manifest_id if self.manifest else None,
            blocked_on=self.blocked_on,
            pickup_until=self.window().pickup_until if self.manifest else None,
            outcome=self.outcome,
            missed_pickups=self.missed_pickups,
        )


async def _tell(fulfillment_id: str, pickup: PickupBooked) -> None:
    handle = workflow.get_external_workflow_handle(fulfillment_workflow_id(fulfillment_id))
    try:
        await handle.signal("pickup_changed", pickup)
    except FailureError:
        workflow.logger.info("%s has ended, and is not told of a pickup", fulfillment_id)
