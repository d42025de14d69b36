"""The docks: manifests are closed when enough stands on them, and drivers fetch what was booked."""

import asyncio
from collections.abc import Sequence
from functools import partial

from fulfillment.domain.dock_scans import DockScan
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.manifests import ManifestParcel, ManifestRecord, ManifestState
from fulfillment.operations.end_of_day import ManifestView
from fulfillment.simulation.cyclists import CYCLISTS
from fulfillment.simulation.robots import Robot, Surroundings

GATHER_SECONDS = 4.0
"""So long more parcels may come on a manifest after its first one, before its day ends."""

MISSED = "missed pickup"


class Docks(Robot):
    """Who ends carriers' days, and the drivers who come then; the cyclists miss their first call.

    What comes late, when the day's manifest is closed, goes on the next one, which is closed too.
    """

    name = "docks"

    def __init__(self, surroundings: Surroundings) -> None:
        """Begin with all manifests still open."""
        super().__init__(surroundings)
        self._done: set[str] = set()

    async def look(self) -> None:
        """See which manifests are to be closed, and which pickups are booked."""
        for manifest in await self.around.way.list_manifests():
            if manifest.manifest_id in self._done:
                continue
            view = await self.around.way.show_manifest(manifest.manifest_id)
            self._see_to(view)

    def _see_to(self, view: ManifestView) -> None:
        manifest, name = view.manifest, view.manifest.manifest_id
        waiting = [parcel for parcel in view.parcels if parcel.is_waiting]
        if manifest.state is ManifestState.OPEN:
            if waiting:
                self.run_once(f"close {name}", partial(self._close, manifest))
        elif not waiting:
            self._done.add(name)
        elif manifest.pickup_reference:
            errand = f"fetch {name} by {manifest.pickup_reference}"
            self.run_once(errand, partial(self._fetch, manifest, waiting))

    async def _close(self, manifest: ManifestRecord) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        name = manifest.manifest_id
        await self.insist(partial(self.around.way.end_manifest, name))
        self.note("dock", "end of day", "-", name)

    async def _fetch(self, manifest: ManifestRecord, waiting: Sequence[ManifestParcel]) -> None:
        if manifest.carrier_id == CYCLISTS and not self.around.diary.has(MISSED, "-"):
            answer = f"nobody came for {manifest.manifest_id}"
            self.note(driver_of(CYCLISTS), MISSED, "-", answer)
            return
        await self.take_time(self.around.pace.work)
        for number, parcel in enumerate(waiting):
            await self.take_time(self.around.pace.scan)
            # As a scanner reads it: the label's SSCC, or its tracking number.
            by_sscc = number % 2 == 0 and parcel.sscc
            code = f"00{parcel.sscc}" if by_sscc else parcel.tracking_number
            await self._scan(manifest, parcel, code)

    async def _scan(self, manifest: ManifestRecord, parcel: ManifestParcel, code: str) -> None:
        driver = driver_of(manifest.carrier_id)
        scan = DockScan(code=code, manifest_id=manifest.manifest_id, by=driver)

        async def refused(refusal: FulfillmentError, last: bool) -> bool:  # noqa: FBT001 - as called
            self.note(driver, "hand-over scan", parcel.order_id, str(refusal), refused=last)
            return True

        async def scanning() -> None:
            done = await self.around.way.scan_parcel(scan)
            answer = f"{done.tracking_number}; {done.left_of_manifest} left"
            self.note(driver, "hand-over scan", parcel.order_id, answer)

        await self.ask_again(scanning, refused)


def driver_of(carrier_id: str) -> str:
    """Return who drives for a carrier."""
    return f"driver of {carrier_id}"
