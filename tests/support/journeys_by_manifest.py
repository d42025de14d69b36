"""Journeys whose parcels are fetched by the manifest of a day."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes

import plant as plants
from driving import Drive
from fulfillment.domain.dock_scans import DockScan
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.manifests import HandOver, ManifestParcel, ManifestRecord
from fulfillment.domain.shipping import LabelReference, Pickup, PickupRequest
from fulfillment.messages import CutOffRequest, EndOfDayStatus
from fulfillment.operations.hand_over import scan_parcel
from fulfillment.ports import Ports
from fulfillment.temporal.identifiers import end_of_day_workflow_id
from journey import by_manifest, in_transit
from plant import Plant, eventually
from workflows.cut_off import NOMINAL_TIME, CutOffWorkflow
from workflows.end_of_day import EndOfDayWorkflow

SOON = timedelta(seconds=0.5)
BY_MANIFEST: dict[str, Any] = {"pickups": "manifest", "pickup_grace": SOON}
_minutes = count(1)
Ending = WorkflowHandle[EndOfDayWorkflow, EndOfDayStatus]


@by_manifest
async def end_of_day(shop: Plant, drive: Drive) -> None:
    """Have the carrier not come for a manifest, and come for it later; see `MissedOnce`."""
    await _cut_off_of_ones_own(shop)
    await drive.submit()
    await drive.up_to(Stage.AWAITING_PICKUP)
    parcels = await shop.read(lambda tx: tx.manifests.of_fulfillment(drive.share()))
    ending = await _cut_off(shop, drive, await _manifest(shop, parcels))
    await _booked_again(ending)
    for parcel in parcels:
        scan = DockScan(code=parcel.tracking_number, by=drive.by, manifest_id=parcel.manifest_id)
        await scan_parcel(shop.engine, scan)
    status = await ending.result()
    assert status.outcome is HandOver.COMPLETE
    await in_transit(drive)
    await drive.deliver()
    await drive.ended()


async def _cut_off_of_ones_own(shop: Plant) -> None:
    """Shops that share a server must not share the workflow that ends a day."""
    berlin = plants.WAREHOUSES[0].model_copy(update={"pickup_at": time(17, next(_minutes) % 60)})
    async with shop.database.writing() as tx:
        await tx.catalog.add_warehouse(berlin, [])


async def _manifest(shop: Plant, parcels: list[ManifestParcel]) -> ManifestRecord:
    [name] = {parcel.manifest_id for parcel in parcels}
    assert name is not None
    return await shop.read(lambda tx: tx.manifests.get(name))


async def _cut_off(shop: Plant, drive: Drive, manifest: ManifestRecord) -> Ending:
    """Let the cut-off come as its Schedule does, on whatever day this is."""
    way = (manifest.warehouse_id, manifest.carrier_id)
    nominal = [SearchAttributePair(NOMINAL_TIME, manifest.cut_off.astimezone(UTC))]
    await shop.client.execute_workflow(
        CutOffWorkflow.run,
        CutOffRequest(warehouse_id=way[0], carrier_id=way[1]),
        id=cut_off_id(drive.order_id),
        task_queue=shop.settings.task_queue,
        search_attributes=TypedSearchAttributes(nominal),
    )
    name = end_of_day_workflow_id(*way, manifest.cut_off)
    return shop.client.get_workflow_handle_for(EndOfDayWorkflow.run, name)


def cut_off_id(order_id: str) -> str:
    """Return the id of the workflow that a journey's cut-off starts."""
    return f"cut-off/{order_id}"


async def _booked_again(ending: Ending) -> None:
    async def look() -> bool:
        told = await ending.query(EndOfDayWorkflow.timeline)
        return any("pickup booked again" in entry.event for entry in told)

    await eventually(look)


@dataclass(frozen=True)
class MissedOnce:
    """A carrier whose first pickup of parcels is over at once."""

    inner: Any
    first: dict[tuple[LabelReference, ...], str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        """Do everything else as the carrier within does."""
        return getattr(self.inner, name)

    async def book_pickup(self, key: str, request: PickupRequest) -> Pickup:
        """Have parcels fetched: at once, or later if that was missed."""
        booked: Pickup = await self.inner.book_pickup(key, request)
        if self.first.setdefault(request.labels, key) != key:
            return booked
        now = datetime.now(UTC)
        return booked.model_copy(update={"window_start": now, "window_end": now + SOON})


def missed_once(ports: Ports) -> Ports:
    """Return the ports with the carrier that misses the first pickup of parcels."""
    return replace(ports, carrier=MissedOnce(ports.carrier))
