"""Parcels over HTTP: what carriers say of them, and what was printed for them."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Response
from pydantic import Field

from fulfillment.domain.tracking import TrackingEvent
from fulfillment.entrypoints.http import examples
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.operations import documents, tracking

router = APIRouter(prefix="/v1", tags=["parcels"], route_class=GuardedRoute)

SUFFIXES = {"application/pdf": "pdf", "image/png": "png", "application/zpl": "zpl"}

DocumentId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]


class TrackingBody(TrackingEvent, extra="forbid"):
    """One message of a carrier about a parcel."""

    event_id: Annotated[str, Field(min_length=1, max_length=200)]
    place: Annotated[str, Field(max_length=200)] = ""
    reason: Annotated[str, Field(max_length=500)] = ""


@router.post("/tracking")
async def record_tracking(
    asking: Asking,
    once: OnceOnly,
    event: Annotated[TrackingBody, Body(examples=[examples.TRACKING])],
) -> tracking.TrackingTaken:
    """Put what a carrier said of a parcel on record, once by its `event_id`."""
    await once.claim()
    return await tracking.record_tracking(asking.engine, event)


@router.get(
    "/documents/{document_id}",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "The document"}},
)
async def show_document(asking: Asking, document_id: DocumentId) -> Response:
    """Return a label or a packing slip, by the `document_id` that the order's labels name."""
    document = await documents.show_document(asking.engine, document_id)
    suffix = SUFFIXES.get(document.media_type, "bin")
    name = f'inline; filename="{document_id}.{suffix}"'
    return Response(
        document.content,
        media_type=document.media_type,
        headers={"Content-Disposition": name},
    )
