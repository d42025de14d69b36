"""Returns over HTTP: request, see, approve, receive, inspect, cancel."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from fulfillment.domain.base import StrictValue
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.decisions import Decision
from fulfillment.domain.return_receipts import ReturnInspection, ReturnReceipt
from fulfillment.domain.returns import ReturnRequest, ReturnStage
from fulfillment.entrypoints.http import examples
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.messages import TimelineEntry
from fulfillment.messages.returns import (
    CancelReturn,
    DecideReturn,
    ReturnAcknowledged,
    ReturnAnswer,
)
from fulfillment.operations import return_dock, return_views, returns
from fulfillment.stores.returns import ReturnRecord

MAX_RETURNS = 1_000
Name = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"

router = APIRouter(prefix="/v1", tags=["returns"], route_class=GuardedRoute)

ReturnId = Annotated[str, Path(pattern=Name, examples=["RMA-5F2B7A522F0E"])]
Reference = Annotated[
    str, Path(pattern=Name, description="The RMA number, or the label's tracking number.")
]


class DecisionBody(StrictValue):
    """Whether a return is approved; a refusal needs its reason, which the customer is told."""

    approve: bool
    reason: Remark = ""
    by: Person | None = None


class CancellationBody(StrictValue):
    """Why nothing comes, or nothing more."""

    reason: Annotated[str, Body(min_length=1, max_length=200)]
    by: Person | None = None


class UnannouncedBody(StrictValue):
    """A parcel of an order that came without an RMA number."""

    order_id: str
    warehouse_id: str
    receipt: ReturnReceipt


@router.post("/returns", status_code=201)
async def request_return(
    asking: Asking,
    once: OnceOnly,
    wish: Annotated[ReturnRequest, Body(examples=[examples.RETURN])],
) -> ReturnAcknowledged:
    """Ask that units of an order come back; the same `Idempotency-Key` is the same return."""
    key = await once.claim()
    return await returns.request_return(asking.engine, asking.sign(wish), key=key)


@router.get("/returns")
async def list_returns(  # noqa: PLR0913 - each is a filter
    asking: Asking,
    *,
    stage: Annotated[
        tuple[ReturnStage, ...], Query(description="Where they stand; all by default.")
    ] = (),
    order: Annotated[str | None, Query(description="Only of this order.")] = None,
    warehouse: Annotated[str | None, Query(description="Only into this warehouse.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_RETURNS)] = 100,
    after: Annotated[str | None, Query(description="Begin behind this return's id.")] = None,
) -> list[ReturnRecord]:
    """List returns, the newest first."""
    return await return_views.list_returns(
        asking.engine,
        stages=stage,
        order_id=order,
        warehouse_id=warehouse,
        limit=limit,
        after=after,
    )


@router.get("/returns/{return_id}")
async def show_return(asking: Asking, return_id: ReturnId) -> return_views.ReturnView:
    """Show a return: its units, parcels, receipts and refunds."""
    return await return_views.show_return(asking.engine, return_id)


@router.post("/returns/{return_id}/decide")
async def decide_return(
    asking: Asking,
    once: OnceOnly,
    return_id: ReturnId,
    body: Annotated[DecisionBody, Body(examples=[{"approve": True}])],
) -> ReturnAnswer:
    """Approve a return that needs it, or refuse it."""
    decision = DecideReturn(approve=body.approve, reason=body.reason, by=body.by or asking.name)
    update_id = await once.claim()
    return await returns.decide_return(asking.engine, return_id, decision, update_id=update_id)


@router.post("/returns/{reference}/receive")
async def receive_return(
    asking: Asking,
    once: OnceOnly,
    reference: Reference,
    receipt: Annotated[ReturnReceipt, Body(examples=[examples.RETURN_RECEIPT])],
) -> ReturnAnswer:
    """Say what was in a parcel that came back; the same receipt again gets the same answer."""
    signed = asking.sign(receipt)
    update_id = await once.claim()
    return await returns.receive_return(asking.engine, reference, signed, update_id=update_id)


@router.post("/returns/{return_id}/inspect")
async def inspect_return(
    asking: Asking,
    once: OnceOnly,
    return_id: ReturnId,
    inspection: Annotated[ReturnInspection, Body(examples=[examples.INSPECTION])],
) -> ReturnAnswer:
    """Say how goods were found, and where they go."""
    signed = asking.sign(inspection)
    update_id = await once.claim()
    return await returns.inspect_return(asking.engine, return_id, signed, update_id=update_id)


@router.post("/returns/{return_id}/cancel")
async def cancel_return(
    asking: Asking,
    once: OnceOnly,
    return_id: ReturnId,
    body: Annotated[CancellationBody, Body(examples=[{"reason": "keeps it"}])],
) -> ReturnAnswer:
    """End a return of which nothing comes, or nothing more."""
    request = CancelReturn(reason=body.reason, by=body.by or asking.name)
    update_id = await once.claim()
    return await returns.cancel_return(asking.engine, return_id, request, update_id=update_id)


@router.get("/returns/{return_id}/timeline")
async def return_timeline(asking: Asking, return_id: ReturnId) -> list[TimelineEntry]:
    """Tell what happened to a return when, by whom, oldest first."""
    return await return_views.return_timeline(asking.engine, return_id)


@router.get("/returns/{return_id}/why")
async def return_why(asking: Asking, return_id: ReturnId) -> list[Decision]:
    """Tell which decisions the engine took of a return, and why the alternatives lost."""
    return await return_views.return_why(asking.engine, return_id)


@router.post("/unannounced-returns")
async def receive_unannounced(
    asking: Asking,
    once: OnceOnly,
    body: Annotated[UnannouncedBody, Body(examples=[examples.UNANNOUNCED])],
) -> ReturnAnswer:
    """Take in a parcel of an order that came without an RMA number."""
    signed = asking.sign(body.receipt)
    await once.claim()
    return await return_dock.receive_unannounced(
        asking.engine, body.order_id, body.warehouse_id, signed
    )


@router.post("/stray-parcels")
async def receive_stray(
    asking: Asking,
    once: OnceOnly,
    parcel: Annotated[return_dock.StrayParcel, Body(examples=[examples.STRAY])],
) -> return_dock.Quarantined:
    """Quarantine a parcel of which nobody knows whose it is."""
    signed = asking.sign(parcel)
    await once.claim()
    return await return_dock.receive_stray(asking.engine, signed)


@router.post("/stray-parcels/sort-out")
async def sort_out(
    asking: Asking,
    once: OnceOnly,
    placement: Annotated[return_dock.Placement, Body(examples=[examples.PLACEMENT])],
) -> return_dock.Placed:
    """Say where goods go that nobody could place."""
    signed = asking.sign(placement)
    await once.claim()
    return await return_dock.sort_out(asking.engine, signed)
