"""The manifest of a cut-off: closed, told to the carrier, and printed."""

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from temporalio import activity

from activities.beating import beating
from activities.effects import Effects
from activities.manifest_pickups import read_manifest, reference_of, window_on
from activities.manifest_places import manifest_at
from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.documents import DocumentFormat, ManifestContent, ManifestRow
from fulfillment.domain.manifests import (
    ManifestParcel,
    ManifestRecord,
    ManifestState,
    cut_off_of_the_day,
)
from fulfillment.domain.shipping import Manifest, ManifestRequest
from fulfillment.messages import (
    AnnounceManifest,
    CloseManifest,
    CutOffs,
    FindCutOffs,
    ManifestAnnounced,
    ManifestClosed,
)
from fulfillment.ports import Ports
from fulfillment.records import DocumentRecord
from fulfillment.stores import UnitOfWork

SHOWN_PARCELS = 50
"""As many tracking numbers travel to the workflow's page; all stand on the manifest."""


class ManifestActivities:
    """Effects between the last label of a day and the printed list."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="find_cut_offs")
    async def find_cut_offs(self, request: FindCutOffs) -> CutOffs:
        """Return the cut-off of the local day, and earlier ones that nobody has carried through.

        Their manifests are still open, or closed with parcels that wait: whose end of day runs, is
        not disturbed by being started again.
        """
        async with self._ports.database.reading() as tx:
            warehouse = await tx.catalog.warehouse(request.warehouse_id)
            today = cut_off_of_the_day(request.at, warehouse.timezone, warehouse.pickup_at)
            late = await tx.manifests.page(
                warehouse_id=request.warehouse_id,
                carrier_id=request.carrier_id,
                state=ManifestState.OPEN,
                until=today or request.at,
            )
            late += await tx.manifests.unfinished(
                warehouse_id=request.warehouse_id, carrier_id=request.carrier_id
            )
        due = {manifest.cut_off for manifest in late} | ({today} if today else set())
        return CutOffs(cut_offs=tuple(sorted(due)))

    @activity.defn(name="close_manifest")
    async def close_manifest(self, request: CloseManifest) -> ManifestClosed:
        """Let nothing more come on the manifest of a cut-off; what comes later is on the next."""
        async with self._ports.database.reading() as tx:
            warehouse = await tx.catalog.warehouse(request.warehouse_id)

        async def close(tx: UnitOfWork) -> ManifestClosed:
            await tx.manifests.lock(request.warehouse_id, request.carrier_id)
            new = manifest_at(warehouse, request.carrier_id, request.cut_off)
            manifest = await tx.manifests.at_cut_off(new)
            await tx.manifests.close(manifest.manifest_id, self._ports.clock.now())
            on_it = await tx.manifests.parcels(manifest.manifest_id)
            return self._closed(warehouse, manifest, on_it)

        return await self._effects.once_for(request, [], ManifestClosed, close)

    def _closed(
        self, warehouse: Warehouse, manifest: ManifestRecord, on_it: Sequence[ManifestParcel]
    ) -> ManifestClosed:
        policies = self._ports.policies
        window = window_on(warehouse, manifest.cut_off.astimezone(_zone(warehouse)).date())
        ends = [each.pickup_until for each in on_it if each.pickup_until and each.is_waiting]
        return ManifestClosed(
            manifest_id=manifest.manifest_id,
            parcels=len(on_it),
            pickup_from=window.pickup_from,
            pickup_until=max(ends, default=window.pickup_until),
            grace=policies.pickup_grace,
            hand_over=policies.hand_over,
            rest=policies.carrier_rest,
        )

    # --- the carrier is told -----------------------------------------------------------------

    @activity.defn(name="announce_manifest")
    @beating()
    async def announce_manifest(self, request: AnnounceManifest) -> ManifestAnnounced:
        """Tell the carrier of the manifest, and print it.

        A parcel that was left behind is announced already, and only stands on the new list.

        Raises:
            CarrierRefused: the carrier does not take the list.
            CarrierUnavailable: the carrier did not answer.

        """
        earlier = await self._effects.earlier(request, ManifestAnnounced)
        if earlier is not None:
            return earlier
        manifest, on_it, warehouse = await read_manifest(self._ports.database, request.manifest_id)
        new = [each for each in on_it if each.told_on is None] if request.ask_carrier else []
        told = await self._tell(request.key, manifest, warehouse, new) if new else None
        papers = await self._papers(warehouse, manifest, on_it, told)
        announced = ManifestAnnounced(
            reference=told.reference if told else None,
            document_ids=tuple(paper.document_id for paper in papers),
            parcels=tuple(each.tracking_number for each in on_it if each.is_waiting)[
                :SHOWN_PARCELS
            ],
        )

        async def record(tx: UnitOfWork) -> ManifestAnnounced:
            for paper in papers:
                await tx.parcels.keep_document(paper)
            if told:
                await tx.manifests.tell(manifest.manifest_id, [each.label_id for each in new])
            printed = {"reference": announced.reference, "document_id": manifest.manifest_id}
            now = await tx.manifests.get(manifest.manifest_id)
            await tx.manifests.save(now.model_copy(update=printed))
            return announced

        return await self._effects.once_for(request, [], ManifestAnnounced, record)

    async def _tell(
        self,
        key: str,
        manifest: ManifestRecord,
        warehouse: Warehouse,
        new: Sequence[ManifestParcel],
    ) -> Manifest:
        wish = ManifestRequest(
            carrier_id=manifest.carrier_id,
            warehouse_id=manifest.warehouse_id,
            on=manifest.cut_off.astimezone(_zone(warehouse)).date(),
            labels=tuple(reference_of(each) for each in new),
        )
        return await self._ports.carrier.close_manifest(key, wish)

    async def _papers(
        self,
        warehouse: Warehouse,
        manifest: ManifestRecord,
        on_it: Sequence[ManifestParcel],
        told: Manifest | None,
    ) -> list[DocumentRecord]:
        content = _content(warehouse, manifest, on_it)
        ours = await asyncio.to_thread(self._ports.documents.manifest, content)
        papers = [_paper(manifest.manifest_id, ours)]
        if told and told.document is not None:
            papers.append(_paper(f"{manifest.manifest_id}-carrier", told.document))
        return papers


def _zone(warehouse: Warehouse) -> ZoneInfo:
    return ZoneInfo(warehouse.timezone)


def _content(
    warehouse: Warehouse, manifest: ManifestRecord, on_it: Sequence[ManifestParcel]
) -> ManifestContent:
    return ManifestContent(
        manifest_id=manifest.manifest_id,
        warehouse_name=warehouse.name,
        sender=warehouse.address,
        carrier_name=manifest.carrier_id,
        cut_off=manifest.cut_off.astimezone(_zone(warehouse)),
        rows=tuple(
            ManifestRow(
                parcel_id=each.parcel_id,
                sscc=each.sscc or "",
                tracking_number=each.tracking_number,
                service_name=each.service_id,
                weight_g=each.gross_weight_g,
            )
            for each in on_it
        ),
    )


def _paper(document_id: str, content: bytes) -> DocumentRecord:
    media_type = DocumentFormat.PDF.media_type
    return DocumentRecord(
        document_id=document_id, kind="manifest", media_type=media_type, content=content
    )
