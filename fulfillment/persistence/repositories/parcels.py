"""Parcels, labels, documents and what carriers said, on SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from fulfillment.persistence import dialects
from fulfillment.persistence.repositories.catalog import sized, sizes
from fulfillment.persistence.repositories.store import SqlStore, missing
from fulfillment.persistence.tables import counters, documents, labels, parcels, tracking_events
from fulfillment.records import DocumentRecord, LabelRecord, ParcelRecord, TrackingRecord


class SqlParcelStore(SqlStore):
    """Parcels, labels, documents and what carriers said."""

    async def add(self, parcels: Sequence[ParcelRecord]) -> None:
        """Put parcels on record."""
        for parcel in parcels:
            last = func.coalesce(func.max(_PARCELS.c.number), 0)
            same = _PARCELS.c.fulfillment_id == parcel.fulfillment_id
            number = await self._number(select(last + 1).where(same))
            await self._insert(_PARCELS, [{**_parcel_row(parcel), "number": number}])

    async def of_fulfillment(self, fulfillment_id: str) -> list[ParcelRecord]:
        """Return the fulfillment's parcels, in the order they were packed."""
        found = select(parcels).where(parcels.c.fulfillment_id == fulfillment_id)
        return [_parcel(row) for row in await self._rows(found.order_by(parcels.c.number))]

    async def next_serial(self, name: str) -> int:
        """Return the next number of a series, from 1, without gaps among what is committed."""
        first = dialects.upsert(self._connection, counters).values(name=name, value=1)
        following = first.on_conflict_do_update(
            index_elements=["name"], set_={"value": counters.c.value + 1}
        )
        return await self._number(following.returning(counters.c.value))

    async def set_sscc(self, parcel_id: str, sscc: str) -> None:
        """Record a parcel's SSCC.

        Raises:
            Inconsistent: another parcel has it.
            NotFound: no such parcel.

        """
        one = update(parcels).where(parcels.c.parcel_id == parcel_id)
        if not await self._change(one.values(sscc=sscc)):
            raise missing(parcel=parcel_id)

    async def add_label(self, label: LabelRecord, document: DocumentRecord) -> None:
        """Record a label with its document.

        Raises:
            Inconsistent: the parcel has a live label, or its tracking number is in use.

        """
        await self.add_document(document)
        await self._insert(labels, [label.model_dump()])

    async def labels(self, fulfillment_id: str) -> list[LabelRecord]:
        """Return the live labels of a fulfillment, in the order of its parcels."""
        live = select(labels).join(parcels).where(~labels.c.voided)
        found = live.where(parcels.c.fulfillment_id == fulfillment_id)
        rows = await self._rows(found.order_by(parcels.c.number))
        return [LabelRecord.model_validate(dict(row)) for row in rows]

    async def find_label(self, tracking_number: str) -> tuple[LabelRecord, ParcelRecord] | None:
        """Return the live label of that tracking number with its parcel, or None."""
        live = select(labels).where(~labels.c.voided, labels.c.tracking_number == tracking_number)
        row = await self._row(live)
        if row is None:
            return None
        label = LabelRecord.model_validate(dict(row))
        parcel = await self._row(select(parcels).where(parcels.c.parcel_id == label.parcel_id))
        return None if parcel is None else (label, _parcel(parcel))

    async def add_document(self, document: DocumentRecord) -> None:
        """Keep a document."""
        await self._insert(documents, [document.model_dump()])

    async def document(self, document_id: str) -> DocumentRecord:
        """Return a document; raises NotFound."""
        row = await self._row(select(documents).where(documents.c.document_id == document_id))
        if row is None:
            raise missing(document=document_id)
        return DocumentRecord.model_validate(dict(row))

    async def add_tracking(self, event: TrackingRecord) -> bool:
        """Append what a carrier said; False if that event is on record already."""
        insert = dialects.upsert(self._connection, tracking_events).values(event.model_dump())
        return await self._change(insert.on_conflict_do_nothing()) == 1

    async def tracking(self, tracking_number: str) -> list[TrackingRecord]:
        """Return what the carrier said of a parcel, by time."""
        said = tracking_events.c
        found = select(tracking_events).where(said.tracking_number == tracking_number)
        rows = await self._rows(found.order_by(said.at, said.received_at, said.event_id))
        return [TrackingRecord.model_validate(dict(row)) for row in rows]


_PARCELS = parcels


def _parcel_row(parcel: ParcelRecord) -> dict[str, Any]:
    row = parcel.model_dump(mode="json", exclude={"outer"})
    return row | sizes(parcel.outer, "outer_")


def _parcel(row: RowMapping) -> ParcelRecord:
    fields = {name: row[name] for name in ParcelRecord.model_fields if name in row}
    return ParcelRecord.model_validate({**fields, "outer": sized(row, "outer_")})
