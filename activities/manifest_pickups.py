"""When the carrier comes for the parcels of a manifest, as the fulfillments have it on record."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.manifests import ManifestParcel, ManifestRecord
from fulfillment.domain.pickups import PICKUP_WINDOW
from fulfillment.domain.shipping import LabelReference
from fulfillment.messages import PickupBooked
from fulfillment.ports import Database
from fulfillment.stores import UnitOfWork


def window_on(warehouse: Warehouse, day: date, reference: str = "") -> PickupBooked:
    """Return the window from the cut-off of a day on, before anything is booked for it."""
    start = datetime.combine(day, warehouse.pickup_at, ZoneInfo(warehouse.timezone))
    return PickupBooked(
        pickup_reference=reference,
        pickup_from=start,
        pickup_until=start.astimezone(UTC) + PICKUP_WINDOW,
    )


async def save_pickup(
    tx: UnitOfWork, parcels: Iterable[ManifestParcel], pickup: PickupBooked
) -> tuple[str, ...]:
    """Record when parcels are fetched; return the fulfillments that had another time.

    To be called with their orders' locks held.
    """
    changed = []
    for name in dict.fromkeys(parcel.fulfillment_id for parcel in parcels):
        share = await tx.fulfillments.get(name)
        if share.stage is not Stage.AWAITING_PICKUP:
            continue
        before = (share.pickup_from, share.pickup_until)
        if before != (pickup.pickup_from, pickup.pickup_until):
            changed.append(name)
        await tx.fulfillments.save(share.model_copy(update=pickup.model_dump()))
    return tuple(changed)


def waiting_for(
    manifest: ManifestRecord, parcels: Iterable[ManifestParcel]
) -> list[ManifestParcel]:
    """Return the parcels that go by a pickup of the manifest, not by one of their own."""
    return [parcel for parcel in parcels if parcel.goes_with(manifest)]


async def read_manifest(
    database: Database, manifest_id: str
) -> tuple[ManifestRecord, list[ManifestParcel], Warehouse]:
    """Return a manifest, what stands on it, and its warehouse."""
    async with database.reading() as tx:
        manifest = await tx.manifests.get(manifest_id)
        on_it = await tx.manifests.parcels(manifest_id)
        return manifest, on_it, await tx.catalog.warehouse(manifest.warehouse_id)


def reference_of(parcel: ManifestParcel) -> LabelReference:
    """Return what the carrier knows a parcel by."""
    return LabelReference(
        carrier_id=parcel.carrier_id,
        tracking_number=parcel.tracking_number,
        carrier_reference=parcel.carrier_reference,
    )
