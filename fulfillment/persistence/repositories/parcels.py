"""Parcels, labels, documents and what carriers said, on SQL."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, RowMapping, bindparam, func, select, update

from fulfillment.persistence import dialects
from fulfillment.persistence.repositories.catalog import sized, sizes
from fulfillment.persistence.repositories.store import SqlStore, missing, select_by, update_by
from fulfillment.persistence.tables import (
    counters,
    documents,
    labels,
    parcels,
    return_parcels,
    tracking_events,
)
from fulfillment.records import DocumentRecord, LabelRecord, ParcelRecord, TrackingRecord


class SqlParcelStore(SqlStore):
    """Parcels, labels, documents and what carriers said."""

    async def add(self, parcels: Sequence[ParcelRecord]) -> None:
        """Put parcels on record."""
        for parcel in parcels:
            number = await self._number(_NEXT_NUMBER, fulfillment_id=parcel.fulfillment_id)
            await self._insert(_PARCELS, [{**_parcel_row(parcel), "number": number}])

    async def of_fulfillment(self, fulfillment_id: str) -> list[ParcelRecord]:
        """Return the fulfillment's parcels, in the order they were packed."""
        found = select_by(parcels, "fulfillment_id", order_by="number")
        return [_parcel(row) for row in await self._rows(found, fulfillment_id=fulfillment_id)]

    async def next_serial(self, name: str) -> int:
        """Return the next number of a series, from 1, without gaps among what is committed."""
        return await self._number(_next_serial(self._connection.dialect.name), series=name)

    async def set_sscc(self, parcel_id: str, sscc: str) -> None:
        """Record a parcel's SSCC.

        Raises:
            Inconsistent: another parcel has it.
            NotFound: no such parcel.

        """
        one = update_by(parcels, "parcel_id", "sscc")
        if not await self._change(one, of_parcel_id=parcel_id, to_sscc=sscc):
            raise missing(parcel=parcel_id)

    async def add_label(self, label: LabelRecord, document: DocumentRecord) -> None:
        """Record a label with its document.

        Raises:
            Inconsistent: the parcel has a live label, or its tracking number is in use.

        """
        await self.add_document(document)
        await self._insert(labels, [label.model_dump()])

    async def void_label(self, label_id: str) -> None:
        """Record that a label was given back; its parcel gets a new SSCC with the next one.

        Raises:
            NotFound: no such label.

        """
        one = labels.c.label_id == label_id
        if not await self._change(update(labels).where(one).values(voided=True)):
            raise missing(label=label_id)
        own = parcels.c.parcel_id.in_(select(labels.c.parcel_id).where(one))
        await self._change(update(parcels).where(own).values(sscc=None))

    async def labels(self, fulfillment_id: str) -> list[LabelRecord]:
        """Return the live labels of a fulfillment, in the order of its parcels."""
        rows = await self._rows(_LIVE_LABELS, fulfillment_id=fulfillment_id)
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

    async def documents(self, order_id: str) -> list[DocumentRecord]:
        """Return an order's documents without their content, by id."""
        of_order = documents.c.order_id == order_id
        kept = [column for column in documents.c if column.name not in {"content", "says"}]
        rows = await self._rows(select(*kept).where(of_order).order_by(documents.c.document_id))
        return [DocumentRecord.model_validate({**row, "content": b""}) for row in rows]

    async def is_void(self, document_id: str) -> bool:
        """Return whether a document is a label that was given back."""
        for kind in (labels, return_parcels):
            row = await self._row(select_by(kind, "document_id"), document_id=document_id)
            if row is not None:
                return bool(row["voided"])
        return False

    async def keep_document(self, document: DocumentRecord) -> DocumentRecord:
        """Keep a document unless one of its id is kept; return the one that is."""
        row = dialects.upsert(self._connection.dialect.name, documents).values(
            document.model_dump()
        )
        await self._change(row.on_conflict_do_nothing())
        return await self.document(document.document_id)

    async def document(self, document_id: str) -> DocumentRecord:
        """Return a document; raises NotFound."""
        row = await self._row(select_by(documents, "document_id"), document_id=document_id)
        if row is None:
            raise missing(document=document_id)
        return DocumentRecord.model_validate(dict(row))

    async def add_tracking(self, event: TrackingRecord) -> bool:
        """Append what a carrier said; False if that event is on record already."""
        insert = dialects.upsert(self._connection.dialect.name, tracking_events)
        new = insert.values(event.model_dump()).on_conflict_do_nothing()
        return await self._change(new) == 1

    async def tracking(self, tracking_number: str) -> list[TrackingRecord]:
        """Return what the carrier said of a parcel, by time."""
        rows = await self._rows(_SAID, tracking_number=tracking_number)
        return [TrackingRecord.model_validate(dict(row)) for row in rows]


_PARCELS = parcels
_NEXT_NUMBER = select(func.coalesce(func.max(parcels.c.number), 0) + 1).where(
    parcels.c.fulfillment_id == bindparam("fulfillment_id")
)
_LIVE_LABELS = (
    select(labels)
    .join(parcels)
    .where(~labels.c.voided, parcels.c.fulfillment_id == bindparam("fulfillment_id"))
    .order_by(parcels.c.number)
)
_SAID = (
    select(tracking_events)
    .where(tracking_events.c.tracking_number == bindparam("tracking_number"))
    .order_by(tracking_events.c.at, tracking_events.c.received_at, tracking_events.c.event_id)
)


@cache
def _next_serial(dialect: str) -> Executable:
    first = dialects.upsert(dialect, counters).values(name=bindparam("series"), value=1)
    following = first.on_conflict_do_update(
        index_elements=["name"], set_={"value": counters.c.value + 1}
    )
    return following.returning(counters.c.value)


def _parcel_row(parcel: ParcelRecord) -> dict[str, Any]:
    row = parcel.model_dump(mode="json", exclude={"outer"})
    return row | sizes(parcel.outer, "outer_")


def _parcel(row: RowMapping) -> ParcelRecord:
    fields = {name: row[name] for name in ParcelRecord.model_fields if name in row}
    return ParcelRecord.model_validate({**fields, "outer": sized(row, "outer_")})
