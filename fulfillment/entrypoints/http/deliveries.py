"""Parcels after the hand-over, over HTTP: where they are, and what becomes of those in trouble."""

from typing import Annotated

from fastapi import APIRouter, Body, Path
from pydantic import Field

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Identifier, Instant, StrictValue
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.delivery_rules import Choice
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.messages import Accepted
from fulfillment.operations import delivery_exceptions, parcel_tracking
from fulfillment.records import TaskRecord
from fulfillment.stores.given_up import GivenUpParcel

router = APIRouter(prefix="/v1", tags=["deliveries"], route_class=GuardedRoute)

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
RESOLUTION = {"choice": "reship", "reason": "called the carrier"}


class ResolutionBody(StrictValue):
    """What is decided of the parcels in trouble: of all, or of those that are named."""

    choice: Choice
    by: Person | None = None
    tracking_numbers: tuple[Identifier, ...] = ()
    until: Instant | None = None
    """Until when to wait."""
    ship_to: Address | None = None
    """The new address."""
    reason: Remark = ""


class ReceiptBody(StrictValue):
    """Who took a parcel in that has come back."""

    by: Annotated[Person | None, Field(examples=["eva"])] = None


class AgreementBody(StrictValue):
    """What was agreed with a customer whose parcel arrived after it was given up."""

    by: Person | None = None
    remark: Annotated[
        str, Field(min_length=1, max_length=500, examples=["keeps both, and pays for one"])
    ]


@router.get("/orders/{order_id}/tracking")
async def track_order(asking: Asking, order_id: Id) -> parcel_tracking.OrderTracking:
    """Tell where an order's parcels are, and when they should arrive."""
    return await parcel_tracking.track_order(asking.engine, order_id)


@router.post("/fulfillments/{fulfillment_id}/resolve-exception")
async def resolve_exception(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: Id,
    body: Annotated[ResolutionBody, Body(examples=[RESOLUTION])],
) -> Accepted:
    """Decide what becomes of parcels that do not arrive as they should."""
    fields = body.model_dump() | {"by": body.by or asking.name}
    update_id = await once.claim()
    return await delivery_exceptions.resolve_exception(
        asking.engine, fulfillment_id, Resolution.model_validate(fields), update_id=update_id
    )


@router.post("/tracking/{tracking_number}/receive-back")
async def receive_undelivered(
    asking: Asking, once: OnceOnly, tracking_number: Id, body: ReceiptBody
) -> GivenUpParcel:
    """Take in a parcel that was given up and has come back; its goods go to quarantine."""
    await once.claim()
    by = body.by or asking.name
    return await delivery_exceptions.receive_undelivered(asking.engine, tracking_number, by)


@router.post("/tasks/{task_id}/close-late-arrival")
async def close_late_arrival(
    asking: Asking, once: OnceOnly, task_id: Id, body: AgreementBody
) -> TaskRecord:
    """Close the task of a parcel that arrived after it was given up."""
    await once.claim()
    by = body.by or asking.name
    return await delivery_exceptions.close_late_arrival(asking.engine, task_id, by, body.remark)
