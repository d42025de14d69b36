"""Pick batches over HTTP: form them, see the walk, close the walk and the wall."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query

from fulfillment.domain.base import StrictValue
from fulfillment.domain.confirmations import Person
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.entrypoints.http import examples
from fulfillment.entrypoints.http.floor import Assignment, Name
from fulfillment.entrypoints.http.security import Asking, Caller, GuardedRoute, OnceOnly
from fulfillment.messages import BatchAnswer, Closing, FloorPlanned
from fulfillment.operations import pick_batches
from fulfillment.operations.pick_batches import BatchView
from fulfillment.records import BatchRecord, PutBackRecord

MAX_BATCHES = 1_000

router = APIRouter(prefix="/v1", tags=["floor"], route_class=GuardedRoute)

BatchId = Annotated[str, Path(pattern=Name, examples=["BER-261125-093000123456-1"])]


class Planning(StrictValue):
    """Which warehouse's floor is to be planned."""

    warehouse_id: str


class ClosingBody(Closing, extra="forbid"):
    """The walk or the wall is done; the same `session_id` again gets the first answer."""


class PutBackBody(StrictValue):
    """The goods are back in their bin."""

    by: Person | None = None


@router.post("/batches/plan")
async def plan_floor(
    asking: Asking, once: OnceOnly, body: Annotated[Planning, Body(examples=[examples.PLANNING])]
) -> FloorPlanned:
    """Form pick batches of what is released, now; where nothing is, none."""
    await once.claim()
    return await pick_batches.plan_floor(asking.engine, body.warehouse_id)


@router.get("/batches")
async def list_batches(
    asking: Asking,
    *,
    warehouse: Annotated[str | None, Query(description="Only of this warehouse.")] = None,
    stage: Annotated[
        tuple[BatchStage, ...], Query(description="Where they stand; under way by default.")
    ] = (BatchStage.PICKING, BatchStage.SORTING),
    limit: Annotated[int, Query(ge=1, le=MAX_BATCHES)] = 100,
    after: Annotated[str | None, Query(description="Begin behind this batch's id.")] = None,
) -> list[BatchRecord]:
    """List pick batches, the newest first; those under way unless other stages are asked for."""
    return await pick_batches.list_batches(
        asking.engine, warehouse_id=warehouse, stages=stage, limit=limit, after=after
    )


@router.get("/batches/{batch_id}")
async def show_batch(asking: Asking, batch_id: BatchId) -> BatchView:
    """Show a batch with its walk, and what goes back to its bin."""
    return await pick_batches.show_batch(asking.engine, batch_id)


@router.post("/batches/{batch_id}/close-picking")
async def close_picking(
    asking: Asking,
    once: OnceOnly,
    batch_id: BatchId,
    body: Annotated[ClosingBody, Body(examples=[examples.CLOSING])],
) -> BatchAnswer:
    """Confirm that the walk is done: all that was not scanned was picked as planned."""
    closing = _read(body, asking)
    update_id = await once.claim()
    return await pick_batches.close_picking(asking.engine, batch_id, closing, update_id=update_id)


@router.post("/batches/{batch_id}/close-sorting")
async def close_sorting(
    asking: Asking,
    once: OnceOnly,
    batch_id: BatchId,
    body: Annotated[ClosingBody, Body(examples=[examples.CLOSING])],
) -> BatchAnswer:
    """Confirm that all goods of the batch are in their slots."""
    closing = _read(body, asking)
    update_id = await once.claim()
    return await pick_batches.close_sorting(asking.engine, batch_id, closing, update_id=update_id)


@router.post("/batches/{batch_id}/assign")
async def assign_batch(
    asking: Asking,
    once: OnceOnly,
    batch_id: BatchId,
    body: Annotated[Assignment, Body(examples=[examples.ASSIGNMENT])],
) -> BatchAnswer:
    """Give the walk or the wall of a batch to a person, or back to the pool."""
    by = body.by or asking.name
    update_id = await once.claim()
    return await pick_batches.assign_batch(
        asking.engine, batch_id, body.to, by, update_id=update_id
    )


@router.post("/put-backs/{put_back_id}/confirm")
async def confirm_put_back(
    asking: Asking,
    once: OnceOnly,
    put_back_id: Annotated[str, Path(pattern=Name)],
    body: Annotated[PutBackBody, Body(examples=[examples.PUT_BACK])],
) -> PutBackRecord:
    """Confirm that goods of a canceled order are back in their bin."""
    by = body.by or asking.name
    await once.claim()
    return await pick_batches.confirm_put_back(asking.engine, put_back_id, by)


def _read(body: Closing, asking: Caller) -> Closing:
    return Closing.model_validate(asking.sign(body).model_dump())
