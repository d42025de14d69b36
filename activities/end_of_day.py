"""The end of a day at the dock: the pickup of a manifest, and what was handed over."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from temporalio import activity

from activities.beating import beating
from activities.effects import Effects
from activities.labeling import pickup_request
from activities.manifest_pickups import (
    read_manifest,
    reference_of,
    save_pickup,
    waiting_for,
    window_on,
)
from activities.manifest_places import open_manifest
from activities.manifests import SHOWN_PARCELS
from activities.pickup_days import manifest_pickup_on, next_pickup_on
from activities.pressing import press_staff
from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.manifests import (
    HandOver,
    ManifestParcel,
    ManifestRecord,
    outcome_of,
    why_left,
)
from fulfillment.messages import (
    BookManifestPickup,
    ManifestPickup,
    ManifestSettled,
    NudgeDock,
    PickupBooked,
    Recorded,
    SettleManifest,
)
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork


class EndOfDayActivities:
    """Effects between the printed list and the driver's signature."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    # --- the carrier comes -------------------------------------------------------------------

    @activity.defn(name="book_manifest_pickup")
    @beating()
    async def book_manifest_pickup(self, request: BookManifestPickup) -> ManifestPickup:
        """Have all parcels of a manifest fetched, or dropped off, that have no pickup of their own.

        Raises:
            CarrierRefused: the carrier does not come.
            CarrierUnavailable: the carrier did not answer.

        """
        earlier = await self._effects.earlier(request, ManifestPickup)
        if earlier is not None:
            return earlier
        manifest, on_it, warehouse = await read_manifest(self._ports.database, request.manifest_id)
        waiting = waiting_for(manifest, on_it)
        if not waiting:
            return ManifestPickup(pickup=None)
        pickup = await self._book(request, manifest, warehouse, waiting)

        async def record(tx: UnitOfWork) -> ManifestPickup:
            changed = await save_pickup(tx, waiting, pickup)
            now = await tx.manifests.get(manifest.manifest_id)
            await tx.manifests.save(now.model_copy(update=pickup.model_dump()))
            return ManifestPickup(pickup=pickup, changed=changed)

        return await self._effects.once_for(request, _orders(waiting), ManifestPickup, record)

    async def _book(
        self,
        request: BookManifestPickup,
        manifest: ManifestRecord,
        warehouse: Warehouse,
        waiting: Sequence[ManifestParcel],
    ) -> PickupBooked:
        day = await manifest_pickup_on(self._ports, warehouse, manifest, request.at)
        if manifest.carrier_id in self._ports.drop_off_carriers:
            return window_on(warehouse, day)
        labels = [reference_of(each) for each in waiting]
        wish = pickup_request(warehouse, manifest.carrier_id, day, labels)
        # Asked again on a later day it is another pickup: that of the first day may be on record.
        booked = await self._ports.carrier.book_pickup(f"{request.key}/{day}", wish)
        return PickupBooked(
            pickup_reference=booked.reference,
            pickup_from=booked.window_start,
            pickup_until=booked.window_end,
        )

    # --- the carrier has been ----------------------------------------------------------------

    @activity.defn(name="settle_manifest")
    async def settle_manifest(self, request: SettleManifest) -> ManifestSettled:
        """See what was handed over; what was not goes with the next manifest.

        Where nothing was, and the manifest has a pickup of its own, all stays: it is booked again.
        """
        manifest, on_it, warehouse = await read_manifest(self._ports.database, request.manifest_id)

        async def settle(tx: UnitOfWork) -> ManifestSettled:
            await tx.manifests.lock(manifest.warehouse_id, manifest.carrier_id)
            now_on_it = await tx.manifests.parcels(manifest.manifest_id)
            left = [each for each in now_on_it if each.is_waiting]
            settled = ManifestSettled(
                outcome=outcome_of(now_on_it),
                handed_over=len(now_on_it) - len(left),
                parcels=len(now_on_it),
                left_behind=tuple(each.tracking_number for each in left)[:SHOWN_PARCELS],
            )
            if not left or not request.is_over:
                return settled
            if settled.outcome is HandOver.MISSED:
                await tx.journal.add_action(_missed(manifest, len(left), self._ports.clock.now()))
            if settled.outcome is HandOver.MISSED and manifest.has_pickup:
                return settled
            reason = why_left(now_on_it, request.until)
            return await self._carry_over(tx, request, warehouse, settled, left, reason)

        return await self._effects.once_for(request, _orders(on_it), ManifestSettled, settle)

    async def _carry_over(  # noqa: PLR0913, PLR0917 - what is moved, from where, and why
        self,
        tx: UnitOfWork,
        request: SettleManifest,
        warehouse: Warehouse,
        settled: ManifestSettled,
        left: Sequence[ManifestParcel],
        reason: str,
    ) -> ManifestSettled:
        manifest = await tx.manifests.get(request.manifest_id)
        now = self._ports.clock.now()
        day = await next_pickup_on(self._ports, warehouse, request.at)
        following = await open_manifest(tx, warehouse, manifest.carrier_id, day)
        to = following.manifest_id
        names = [each.label_id for each in left]
        await tx.manifests.carry_over(manifest.manifest_id, to, names, reason, now)
        for each in left:
            detail = f"{each.tracking_number} goes with {to}: {reason}"
            await tx.journal.add_action(_left_behind(each, detail, now))
        mine = waiting_for(manifest, left)
        window = window_on(
            warehouse, following.cut_off.astimezone(ZoneInfo(warehouse.timezone)).date()
        )
        changed = await save_pickup(tx, mine, window)
        pickup = window if mine else None
        update = {"next_manifest_id": to, "pickup": pickup, "changed": changed}
        return settled.model_copy(update=update)

    @activity.defn(name="nudge_dock")
    async def nudge_dock(self, request: NudgeDock) -> Recorded:
        """Remind the dock of a manifest's parcels, or tell the supervisor."""
        earlier = await self._effects.earlier(request, Recorded)
        if earlier is not None:
            return earlier
        await press_staff(
            self._ports, request.key, request.kind, request.manifest_id, request.reason
        )

        async def record(tx: UnitOfWork) -> Recorded:
            detail = f"{request.manifest_id}: {request.reason}"
            now, action = self._ports.clock.now(), request.kind.value
            await tx.journal.add_action(
                ActionRecord(at=now, by="engine", action=action, detail=detail)
            )
            return Recorded(key=request.key)

        return await self._effects.once_for(request, [], Recorded, record)


def _orders(parcels: Sequence[ManifestParcel]) -> set[str]:
    return {parcel.order_id for parcel in parcels}


def _missed(manifest: ManifestRecord, parcels: int, at: datetime) -> ActionRecord:
    detail = f"{manifest.manifest_id}: none of {parcels} parcels was handed over"
    return ActionRecord(at=at, by="engine", action="pickup_missed", detail=detail)


def _left_behind(parcel: ManifestParcel, detail: str, at: datetime) -> ActionRecord:
    return ActionRecord(
        at=at,
        by="engine",
        action="left_behind",
        order_id=parcel.order_id,
        fulfillment_id=parcel.fulfillment_id,
        detail=detail,
    )
