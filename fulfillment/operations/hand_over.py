"""Scans at the dock: each parcel that the driver gets is scanned, and its hand-over confirmed."""

from contextlib import suppress

from fulfillment.domain.base import Value
from fulfillment.domain.confirmations import HandoverConfirmation
from fulfillment.domain.dock_scans import DockScan, check_dock_scan
from fulfillment.domain.errors import ConfirmationRefused, Unavailable
from fulfillment.domain.gs1 import scanned_sscc
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.manifests import ManifestParcel, ManifestRecord
from fulfillment.domain.tracking_numbers import number_in
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.floor import confirm_handover
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import end_of_day_workflow_id

SSCC_LENGTH = 18


class ParcelScanned(Value):
    """A parcel that the driver has, and what is still to be scanned."""

    parcel_id: str
    tracking_number: str
    fulfillment_id: str
    manifest_id: str | None
    left_of_fulfillment: int
    """Parcels; at 0 the hand-over of the fulfillment is confirmed."""
    left_of_manifest: int


async def scan_parcel(engine: Engine, scan: DockScan) -> ParcelScanned:
    """Give a parcel to the driver; with its last one, a fulfillment's hand-over is confirmed.

    Scanned again after a crash between the two, the parcel confirms what was left unconfirmed.

    Raises:
        ConfirmationRefused: the driver does not get this parcel; nothing was changed.
        NotFound: no such manifest.
        Unavailable: the fulfillment's workflow does not answer; the same scan again is safe.

    """
    try:
        parcel, own, on_it = await _record(engine, scan)
    except ConfirmationRefused as refusal:
        await _audit(engine, scan, refusal)
        raise
    left = [each for each in own if each.is_waiting]
    if not left:
        await confirm_handover(engine, parcel.fulfillment_id, _confirmation(scan, parcel, own))
    waiting = [each for each in on_it if each.is_waiting]
    if not waiting and parcel.manifest_id is not None:
        await _tell_end_of_day(engine, parcel.manifest_id)
    return ParcelScanned(
        parcel_id=parcel.parcel_id,
        tracking_number=parcel.tracking_number,
        fulfillment_id=parcel.fulfillment_id,
        manifest_id=parcel.manifest_id,
        left_of_fulfillment=len(left),
        left_of_manifest=len(waiting),
    )


async def _record(
    engine: Engine, scan: DockScan
) -> tuple[ManifestParcel, list[ManifestParcel], list[ManifestParcel]]:
    """Record who handed a parcel over; return it, its fulfillment's and its manifest's parcels."""
    async with engine.database.writing() as tx:
        manifest = await tx.manifests.get(scan.manifest_id) if scan.manifest_id else None
        first = await _find(tx, scan.code)
        if first is not None:
            await tx.orders.lock(first.order_id)
            await tx.manifests.lock(first.warehouse_id, first.carrier_id)
        found = await _find(tx, scan.code) if first else None
        if found is not None and await _is_unconfirmed(tx, found, manifest, scan):
            parcel = found
        else:
            parcel = check_dock_scan(scan, manifest, found)
            now = engine.clock.now()
            await tx.manifests.hand_over([parcel.label_id], scan.by, now)
            await tx.journal.add_action(
                ActionRecord(
                    at=now,
                    by=scan.by,
                    action="hand_over_scan",
                    order_id=parcel.order_id,
                    fulfillment_id=parcel.fulfillment_id,
                    detail=f"{parcel.tracking_number} on {parcel.manifest_id or 'no manifest'}",
                )
            )
        own = await tx.manifests.of_fulfillment(parcel.fulfillment_id)
        on_it = await tx.manifests.parcels(parcel.manifest_id) if parcel.manifest_id else []
        return parcel, own, on_it


async def _is_unconfirmed(
    tx: UnitOfWork, parcel: ManifestParcel, manifest: ManifestRecord | None, scan: DockScan
) -> bool:
    """Return whether all of a fulfillment was scanned, and a crash has kept it unconfirmed."""
    if parcel.handed_over_at is None or parcel.stage is not Stage.AWAITING_PICKUP:
        return False
    check_dock_scan(scan, manifest, parcel.model_copy(update={"handed_over_at": None}))
    own = await tx.manifests.of_fulfillment(parcel.fulfillment_id)
    return not any(each.is_waiting for each in own)


async def _find(tx: UnitOfWork, code: str) -> ManifestParcel | None:
    bare = scanned_sscc(code)
    if len(bare) == SSCC_LENGTH and bare.isdigit():
        by_sscc = await tx.manifests.find(sscc=bare)
        if by_sscc is not None:
            return by_sscc
    return await tx.manifests.find(tracking_number=number_in(code))


def _confirmation(
    scan: DockScan, parcel: ManifestParcel, own: list[ManifestParcel]
) -> HandoverConfirmation:
    return HandoverConfirmation(
        by=scan.by,
        carrier=parcel.carrier_id,
        tracking_numbers=tuple(each.tracking_number for each in own),
    )


async def _tell_end_of_day(engine: Engine, manifest_id: str) -> None:
    """Tell the day's end that all is scanned; where it does not run, its timer finds out."""
    async with engine.database.reading() as tx:
        one = await tx.manifests.get(manifest_id)
    name = end_of_day_workflow_id(one.warehouse_id, one.carrier_id, one.cut_off)
    with suppress(NotRunning, Unavailable):
        async with answered(name):
            await engine.client.get_workflow_handle(name).signal("scanned")


async def _audit(engine: Engine, scan: DockScan, refusal: ConfirmationRefused) -> None:
    """Put a refusal on record, unless the database is busy: the refusal itself matters more."""
    with suppress(Unavailable):
        async with engine.database.writing() as tx:
            found = await _find(tx, scan.code)
            await tx.journal.add_action(
                ActionRecord(
                    at=engine.clock.now(),
                    by=scan.by,
                    action="hand_over_scan",
                    order_id=found.order_id if found else None,
                    fulfillment_id=found.fulfillment_id if found else None,
                    detail=str(refusal),
                    refused=True,
                )
            )
