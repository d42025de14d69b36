"""The end of a day over HTTP: manifests, and scans of what the driver gets."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from pydantic import Field

from fulfillment.domain.base import StrictValue
from fulfillment.domain.confirmations import Person
from fulfillment.domain.dock_scans import DockScan
from fulfillment.domain.manifests import ManifestRecord, ManifestState
from fulfillment.entrypoints.http import examples
from fulfillment.entrypoints.http.floor import Name
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.entrypoints.validation import validated
from fulfillment.operations import end_of_day as days
from fulfillment.operations.end_of_day import DayEnded, ManifestView
from fulfillment.operations.hand_over import ParcelScanned, scan_parcel

MAX_MANIFESTS = 1_000

router = APIRouter(prefix="/v1", tags=["floor"], route_class=GuardedRoute)


class EndOfDay(StrictValue):
    """Whose day is to end."""

    warehouse_id: str
    carrier_id: str


class DockScanBody(StrictValue):
    """A parcel is given to the driver, who came with a manifest or for a carrier."""

    code: Annotated[str, Field(description="The tracking number or SSCC, as it was scanned.")]
    manifest_id: str | None = None
    carrier_id: str | None = None
    warehouse_id: str | None = None
    by: Person | None = None


@router.post("/end-of-day")
async def end_day(
    asking: Asking, once: OnceOnly, body: Annotated[EndOfDay, Body(examples=[examples.END_OF_DAY])]
) -> DayEnded:
    """Close a carrier's manifest now, print it and have it fetched; a day's is closed once."""
    await once.claim()
    return await days.end_day(asking.engine, body.warehouse_id, body.carrier_id)


@router.get("/manifests")
async def list_manifests(  # noqa: PLR0913 - each is a filter
    asking: Asking,
    *,
    warehouse: Annotated[str | None, Query(description="Only of this warehouse.")] = None,
    carrier: Annotated[str | None, Query(description="Only of this carrier.")] = None,
    state: Annotated[ManifestState | None, Query(description="Open or closed.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_MANIFESTS)] = 100,
    after: Annotated[str | None, Query(description="Begin behind this manifest's id.")] = None,
) -> list[ManifestRecord]:
    """List manifests, the latest cut-off first."""
    return await days.list_manifests(
        asking.engine,
        warehouse_id=warehouse,
        carrier_id=carrier,
        state=state,
        limit=limit,
        after=after,
    )


@router.get("/manifests/{manifest_id}")
async def show_manifest(
    asking: Asking,
    manifest_id: Annotated[str, Path(pattern=Name, examples=["MF-BER-overland-20261125-1700"])],
) -> ManifestView:
    """Show a manifest's parcels, handed over or not, and what it left behind and why."""
    return await days.show_manifest(asking.engine, manifest_id)


@router.post("/manifests/{manifest_id}/close")
async def end_manifest(
    asking: Asking,
    once: OnceOnly,
    manifest_id: Annotated[str, Path(pattern=Name, examples=["MF-BER-overland-20261125-1700"])],
) -> DayEnded:
    """Close a manifest before its cut-off, print it and have it fetched; it is done once."""
    await once.claim()
    return await days.end_manifest(asking.engine, manifest_id)


@router.post("/hand-over/scans")
async def scan(
    asking: Asking, once: OnceOnly, body: Annotated[DockScanBody, Body(examples=[examples.DOCK])]
) -> ParcelScanned:
    """Give a parcel to the driver; with its last one, a fulfillment's hand-over is confirmed."""
    said = body.model_dump() | {"by": body.by or asking.name}
    wish = validated(DockScan, said)
    await once.claim()
    return await scan_parcel(asking.engine, wish)
