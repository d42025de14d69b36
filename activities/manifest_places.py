"""Where a label stands: on the open manifest of its warehouse, carrier and next cut-off."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.manifests import (
    ManifestRecord,
    ManifestState,
    cut_off_on,
    following_cut_off,
    manifest_id,
)
from fulfillment.stores import UnitOfWork


async def open_manifest(
    tx: UnitOfWork, warehouse: Warehouse, carrier_id: str, on: date
) -> ManifestRecord:
    """Return the first open manifest from a day on, made if there is none.

    Holds the lock that closing takes, so that a label that is put on it in the same transaction
    stands either on the one that is closed or on the next.
    """
    cut_off = cut_off_on(on, warehouse.timezone, warehouse.pickup_at)
    await tx.manifests.lock(warehouse.warehouse_id, carrier_id)
    while True:
        found = await tx.manifests.at_cut_off(manifest_at(warehouse, carrier_id, cut_off))
        if found.state is ManifestState.OPEN:
            return found
        cut_off = following_cut_off(cut_off, warehouse.timezone, warehouse.pickup_at)


def manifest_at(warehouse: Warehouse, carrier_id: str, cut_off: datetime) -> ManifestRecord:
    """Return a new manifest of a cut-off."""
    local = cut_off.astimezone(ZoneInfo(warehouse.timezone))
    return ManifestRecord(
        manifest_id=manifest_id(warehouse.warehouse_id, carrier_id, local),
        warehouse_id=warehouse.warehouse_id,
        carrier_id=carrier_id,
        cut_off=local,
        state=ManifestState.OPEN,
    )
