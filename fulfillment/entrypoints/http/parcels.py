"""Parcels over HTTP: what carriers say of them, and what was printed for them."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import Field

from fulfillment.domain.base import StrictValue, Value
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.documents import DocumentFormat
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.entrypoints.http import examples
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.operations import documents, tracking
from fulfillment.records import DocumentRecord

router = APIRouter(prefix="/v1", tags=["parcels"], route_class=GuardedRoute)

PRINTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {wanted.media_type: {} for wanted in DocumentFormat},
        "description": "The document",
    }
}
ENDINGS = {wanted.media_type: f".{wanted}" for wanted in DocumentFormat}
OrderId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
PageNumber = Annotated[int, Query(ge=1, description="Which page, as a picture.")]
DocumentId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


class TrackingBody(TrackingEvent, extra="forbid"):
    """One message of a carrier about a parcel."""

    event_id: Annotated[str, Field(min_length=1, max_length=200)]
    place: Annotated[str, Field(max_length=200)] = ""
    reason: Annotated[str, Field(max_length=500)] = ""


class DocumentEntry(Value):
    """A document that was printed."""

    document_id: str
    kind: str
    media_type: str
    parcel_id: str | None


class ReprintBody(StrictValue):
    """Who prints a document again, and why."""

    by: Person | None = None
    reason: Remark = ""
    format: DocumentFormat = DocumentFormat.PDF
    page: Annotated[int, Field(ge=1)] = 1


@router.post("/tracking")
async def record_tracking(
    asking: Asking,
    once: OnceOnly,
    event: Annotated[TrackingBody, Body(examples=[examples.TRACKING])],
) -> tracking.TrackingTaken:
    """Put what a carrier said of a parcel on record, once by its `event_id`."""
    await once.claim()
    return await tracking.record_tracking(asking.engine, event)


@router.get("/orders/{order_id}/documents")
async def list_documents(asking: Asking, order_id: OrderId) -> list[DocumentEntry]:
    """List what was printed for an order: labels, packing slips, commercial invoices."""
    found = await documents.list_documents(asking.engine, order_id)
    return [DocumentEntry.model_validate(document.model_dump()) for document in found]


@router.get("/documents/{document_id}", response_class=Response, responses=PRINTED)
async def show_document(
    asking: Asking,
    document_id: DocumentId,
    made_for: Annotated[DocumentFormat | None, Query(alias="format")] = None,
    page: PageNumber = 1,
) -> Response:
    """Return a document, as it is kept or in another format: PNG of 203 dpi, ZPL of a label."""
    return _sent(await documents.show_document(asking.engine, document_id, made_for, page))


@router.post("/documents/{document_id}/reprint", response_class=Response, responses=PRINTED)
async def reprint_document(
    asking: Asking,
    once: OnceOnly,
    document_id: DocumentId,
    body: Annotated[ReprintBody, Body(examples=[examples.REPRINT])],
) -> Response:
    """Return a document to be printed again: the same bytes; who asked goes on record."""
    await once.claim()
    wish = documents.Reprint(
        document_id=document_id,
        by=body.by or asking.name,
        reason=body.reason,
        format=body.format,
        page=body.page,
    )
    return _sent(await documents.reprint_document(asking.engine, wish))


def _sent(document: DocumentRecord) -> Response:
    name = document.document_id.removesuffix(".pdf")
    ending = ENDINGS.get(document.media_type, "")
    return Response(
        document.content,
        media_type=document.media_type,
        headers={"Content-Disposition": f'inline; filename="{name.removesuffix(ending)}{ending}"'},
    )
