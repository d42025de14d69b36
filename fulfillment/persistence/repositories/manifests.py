"""Manifests on SQL: which parcels a carrier takes at a cut-off, and which were left behind."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, Select, and_, delete, select, update

from fulfillment.domain.errors import Inconsistent, Problem
from fulfillment.domain.manifests import (
    LeftBehind,
    ManifestParcel,
    ManifestRecord,
    ManifestState,
)
from fulfillment.persistence import dialects
from fulfillment.persistence.repositories.store import (
    SqlStore,
    behind,
    missing,
    select_by,
    update_by,
)
from fulfillment.persistence.tables import (
    fulfillments,
    labels,
    manifest_parcels,
    manifests,
    parcels,
)
from fulfillment.persistence.tables import left_behind as left_rows

_KEPT = ("reference", "document_id", "pickup_reference", "pickup_from", "pickup_until")
_WAY = ("warehouse_id", "carrier_id", "cut_off")

_place = manifest_parcels.c
_PLACED: Select[tuple[object, ...]] = (
    select(
        labels.c.label_id,
        labels.c.carrier_id,
        labels.c.service_id,
        labels.c.tracking_number,
        labels.c.carrier_reference,
        labels.c.voided,
        parcels.c.parcel_id,
        parcels.c.fulfillment_id,
        parcels.c.order_id,
        parcels.c.sscc,
        parcels.c.gross_weight_g,
        fulfillments.c.warehouse_id,
        fulfillments.c.stage,
        fulfillments.c.pickup_reference,
        fulfillments.c.pickup_until,
        _place.manifest_id,
        _place.told_on,
        _place.handed_over_at,
        _place.handed_over_by,
    )
    .join(parcels, parcels.c.parcel_id == labels.c.parcel_id)
    .join(fulfillments, fulfillments.c.fulfillment_id == parcels.c.fulfillment_id)
    .outerjoin(manifest_parcels, _place.label_id == labels.c.label_id)
)


class SqlManifestStore(SqlStore):
    """Manifests and their parcels; a label stands on at most one manifest."""

    async def lock(self, warehouse_id: str, carrier_id: str) -> None:
        """Have the manifests of a warehouse and carrier to this transaction until it ends."""
        await self._hold("manifests", [f"{warehouse_id}/{carrier_id}"])

    async def at_cut_off(self, manifest: ManifestRecord) -> ManifestRecord:
        """Return the manifest of that warehouse, carrier and cut-off; this one if there is none."""
        insert = dialects.upsert(self._connection.dialect.name, manifests)
        row = manifest.model_dump()
        await self._change(insert.values(row).on_conflict_do_nothing())
        same = [manifests.c[name] == row[name] for name in _WAY]
        found = await self._row(select(manifests).where(*same))
        return _manifest(found) if found else await self.get(manifest.manifest_id)

    async def get(self, manifest_id: str) -> ManifestRecord:
        """Return a manifest; raises NotFound."""
        row = await self._row(select_by(manifests, "manifest_id"), manifest_id=manifest_id)
        if row is None:
            raise missing(manifest=manifest_id)
        return _manifest(row)

    async def page(  # noqa: PLR0913 - each is a filter
        self,
        *,
        warehouse_id: str | None = None,
        carrier_id: str | None = None,
        state: ManifestState | None = None,
        until: datetime | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[ManifestRecord]:
        """Return manifests with a cut-off up to then, the latest first, from behind `after`."""
        wanted: list[ColumnElement[bool]] = []
        if until is not None:
            wanted.append(manifests.c.cut_off <= until)
        given = {"warehouse_id": warehouse_id, "carrier_id": carrier_id, "state": state}
        wanted += [manifests.c[name] == value for name, value in given.items() if value is not None]
        if after is not None:
            wanted.append(
                behind(after, manifests.c.manifest_id, manifests.c.cut_off, newest_first=True)
            )
        latest = manifests.c.cut_off.desc(), manifests.c.manifest_id
        rows = await self._rows(select(manifests).where(*wanted).order_by(*latest).limit(limit))
        return [_manifest(row) for row in rows]

    async def unfinished(
        self, *, warehouse_id: str | None = None, carrier_id: str | None = None
    ) -> list[ManifestRecord]:
        """Return closed manifests with parcels that are still to be handed over, latest first."""
        waiting = (
            select(_place.manifest_id)
            .join(labels, labels.c.label_id == _place.label_id)
            .where(_place.handed_over_at.is_(None), ~labels.c.voided)
        )
        given = {"warehouse_id": warehouse_id, "carrier_id": carrier_id}
        wanted = [manifests.c[name] == value for name, value in given.items() if value is not None]
        left = select(manifests).where(
            manifests.c.state == ManifestState.CLOSED, manifests.c.manifest_id.in_(waiting), *wanted
        )
        latest = manifests.c.cut_off.desc(), manifests.c.manifest_id
        return [_manifest(row) for row in await self._rows(left.order_by(*latest))]

    async def ways(self) -> list[tuple[str, str]]:
        """Return each warehouse and carrier that have had a manifest."""
        way = manifests.c.warehouse_id, manifests.c.carrier_id
        rows = await self._rows(select(*way).distinct().order_by(*way))
        return [(row["warehouse_id"], row["carrier_id"]) for row in rows]

    async def put(self, manifest_id: str, label_ids: Collection[str], at: datetime) -> None:
        """Put labels on an open manifest.

        Raises:
            Inconsistent: it is closed, or a label stands on a manifest already.

        """
        state = (await self.get(manifest_id)).state
        if state is not ManifestState.OPEN:
            problem = Problem(path=f"manifest {manifest_id}", expected="open", came=state.value)
            raise Inconsistent.of(problem)
        rows = [
            {"label_id": label_id, "manifest_id": manifest_id, "put_at": at}
            for label_id in label_ids
        ]
        await self._insert(manifest_parcels, rows)

    async def take_off(self, label_ids: Collection[str], reason: str, at: datetime) -> list[str]:
        """Take labels off their manifests, since they are void; return whose they were."""
        names = list(label_ids)
        stand = (
            select(_place.label_id, manifests)
            .join(manifests, manifests.c.manifest_id == _place.manifest_id)
            .where(_place.label_id.in_(names))
        )
        for way in sorted({(r["warehouse_id"], r["carrier_id"]) for r in await self._rows(stand)}):
            await self.lock(*way)
        rows = await self._rows(stand.order_by(_place.label_id))
        closed = [
            _left(row["manifest_id"], row["label_id"], reason, None, at)
            for row in rows
            if row["state"] == ManifestState.CLOSED
        ]
        await self._put(left_rows, closed)
        await self._change(delete(manifest_parcels).where(_place.label_id.in_(names)))
        return sorted({str(row["manifest_id"]) for row in rows})

    async def close(self, manifest_id: str, at: datetime) -> bool:
        """Close an open manifest by one conditional update; say whether it was open."""
        one = update(manifests).where(
            manifests.c.manifest_id == manifest_id, manifests.c.state == ManifestState.OPEN
        )
        return await self._change(one.values(state=ManifestState.CLOSED, closed_at=at)) == 1

    async def save(self, manifest: ManifestRecord) -> None:
        """Record the carrier's reference, the document and the pickup; never the state."""
        kept = {f"to_{name}": getattr(manifest, name) for name in _KEPT}
        one = update_by(manifests, "manifest_id", *_KEPT)
        if not await self._change(one, of_manifest_id=manifest.manifest_id, **kept):
            raise missing(manifest=manifest.manifest_id)

    async def tell(self, manifest_id: str, label_ids: Collection[str]) -> None:
        """Record that the carrier was told of these labels by this manifest."""
        told = update(manifest_parcels).where(_place.label_id.in_(list(label_ids)))
        await self._change(told.values(told_on=manifest_id))

    async def parcels(self, manifest_id: str) -> list[ManifestParcel]:
        """Return the parcels that stand on a manifest, by when they came on it."""
        on_it = _PLACED.where(_place.manifest_id == manifest_id)
        rows = await self._rows(on_it.order_by(_place.put_at, labels.c.label_id))
        return [_parcel(row) for row in rows]

    async def find(
        self, *, tracking_number: str | None = None, sscc: str | None = None
    ) -> ManifestParcel | None:
        """Return the parcel of a tracking number or SSCC with its place; a live label's first."""
        by_number = labels.c.tracking_number == tracking_number
        wanted = by_number if tracking_number is not None else parcels.c.sscc == sscc
        row = await self._row(_PLACED.where(wanted).order_by(labels.c.voided, labels.c.label_id))
        return _parcel(row) if row else None

    async def of_fulfillment(self, fulfillment_id: str) -> list[ManifestParcel]:
        """Return a fulfillment's parcels with live labels, in their order, with their places."""
        own = and_(parcels.c.fulfillment_id == fulfillment_id, ~labels.c.voided)
        rows = await self._rows(_PLACED.where(own).order_by(parcels.c.number))
        return [_parcel(row) for row in rows]

    async def hand_over(self, label_ids: Collection[str], by: str, at: datetime) -> int:
        """Record who handed these over, where nobody has before; return how many those were."""
        waiting = _place.label_id.in_(list(label_ids)), _place.handed_over_at.is_(None)
        handed = update(manifest_parcels).where(*waiting)
        return await self._change(handed.values(handed_over_at=at, handed_over_by=by))

    async def carry_over(
        self, manifest_id: str, to: str, label_ids: Collection[str], reason: str, at: datetime
    ) -> None:
        """Move labels to another manifest, and remember why they were left behind."""
        names = list(label_ids)
        await self._insert(left_rows, [_left(manifest_id, n, reason, to, at) for n in names])
        moved = update(manifest_parcels).where(
            _place.label_id.in_(names), _place.manifest_id == manifest_id
        )
        await self._change(moved.values(manifest_id=to, put_at=at))

    async def left_behind(self, manifest_id: str) -> list[LeftBehind]:
        """Return what stood on a closed manifest and did not leave with it."""
        left = (
            select(left_rows, labels.c.parcel_id, labels.c.tracking_number)
            .join(labels, labels.c.label_id == left_rows.c.label_id)
            .where(left_rows.c.manifest_id == manifest_id)
            .order_by(left_rows.c.at, left_rows.c.label_id)
        )
        return [LeftBehind.model_validate(dict(row)) for row in await self._rows(left)]


def _left(
    manifest_id: str, label_id: str, reason: str, to: str | None, at: datetime
) -> dict[str, object]:
    return {
        "manifest_id": manifest_id,
        "label_id": label_id,
        "reason": reason,
        "next_manifest_id": to,
        "at": at,
    }


def _manifest(row: RowMapping) -> ManifestRecord:
    return ManifestRecord.model_validate(dict(row))


def _parcel(row: RowMapping) -> ManifestParcel:
    return ManifestParcel.model_validate(dict(row))
