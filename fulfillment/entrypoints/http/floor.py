"""The warehouse floor over HTTP: what there is to do, and that it was done."""

import asyncio
from typing import Annotated, TypeVar

from fastapi import APIRouter, Body, Path, Query, Response
from pydantic import Field

from fulfillment.domain.base import StrictValue
from fulfillment.domain.confirmations import (
    CartonChange,
    Confirmation,
    HandoverConfirmation,
    PackConfirmation,
    Person,
    PickConfirmation,
    PutBackConfirmation,
    ShortPick,
    SortConfirmation,
    WeightOverride,
)
from fulfillment.domain.drawing import to_svg
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.domain.picking import Picked
from fulfillment.entrypoints.http import examples
from fulfillment.entrypoints.http.security import Asking, Caller, GuardedRoute, OnceOnly
from fulfillment.labels.pictures import to_png
from fulfillment.messages import Accepted, FulfillmentStatus
from fulfillment.operations import floor, pictures
from fulfillment.records import TaskRecord, TaskState

MAX_TASKS = 1_000

ConfirmationT = TypeVar("ConfirmationT", bound=Confirmation)

router = APIRouter(prefix="/v1", tags=["floor"], route_class=GuardedRoute)

Name = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
FulfillmentId = Annotated[str, Path(pattern=Name, examples=["A-1001-1"])]
TaskId = Annotated[str, Path(pattern=Name, examples=["A-1001-1-pack"])]
CartonNumber = Annotated[int, Path(ge=1, le=10_000, examples=[1])]

PICTURE = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""A picture changes with its plan; and it may do nothing but be looked at."""


# As signals these are read leniently; over HTTP a field that is not known is most likely a typo,
# and "as planned" would be a wrong answer to it.


class PickedItem(Picked, extra="forbid"):
    """What was taken of an article, and of which bin."""


class PickBody(PickConfirmation, extra="forbid"):
    """Picking is done; without `picked`, as planned."""

    picked: tuple[PickedItem, ...] = ()


class SortBody(SortConfirmation, extra="forbid"):
    """Sorting is done; `slot` is the put wall slot that was scanned."""


class OverrideBody(WeightOverride, extra="forbid"):
    """A supervisor lets a parcel go whose weight is not the expected one, and says why."""


class PackBody(PackConfirmation, extra="forbid"):
    """Packing is done; `cartons` are those that were taken, none means as planned.

    `weights_g` is what the scales said of each. One that is off is refused, unless a supervisor
    overrides it.
    """

    override: OverrideBody | None = None


class CartonsBody(CartonChange, extra="forbid"):
    """Other cartons are wanted than planned: these and no others, one entry for each."""


class HandoverBody(HandoverConfirmation, extra="forbid"):
    """The carrier took the parcels; `tracking_numbers` are the labels scanned, none means all."""


class PutBackBody(PutBackConfirmation, extra="forbid"):
    """All goods of a canceled fulfillment are back in their bins, as its task says."""


class ShortBody(ShortPick, extra="forbid"):
    """A bin held less than planned: `found` is how many are really there."""


class Assignment(StrictValue):
    """Who shall do the open task; null gives it back to the pool."""

    to: Person | None = Field(description="A person, or null for anyone.")
    by: Person | None = None


class Told(StrictValue):
    """The fulfillment was told."""

    fulfillment_id: str


@router.get("/tasks")
async def list_tasks(  # noqa: PLR0913 - each is a filter
    asking: Asking,
    *,
    warehouse: Annotated[str | None, Query(description="Only of this warehouse.")] = None,
    kind: Annotated[TaskKind | None, Query(description="Only of this kind.")] = None,
    state: Annotated[TaskState, Query(description="Whether it is still to be done.")] = (
        TaskState.OPEN
    ),
    fulfillment: Annotated[str | None, Query(description="Only of this fulfillment.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_TASKS)] = 200,
    after: Annotated[str | None, Query(description="Begin behind this task's id.")] = None,
) -> list[TaskRecord]:
    """List tasks, oldest first; the open ones unless another state is asked for."""
    return await floor.list_tasks(
        asking.engine,
        warehouse_id=warehouse,
        kind=kind,
        state=state,
        fulfillment_id=fulfillment,
        limit=limit,
        after=after,
    )


@router.get("/tasks/{task_id}")
async def show_task(asking: Asking, task_id: TaskId) -> TaskRecord:
    """Show a task with its plan."""
    return await floor.show_task(asking.engine, task_id)


@router.get(
    "/tasks/{task_id}/pictures/{carton_number}.svg",
    response_class=Response,
    responses={200: {"content": {"image/svg+xml": {}}, "description": "The picture"}},
)
async def draw_svg(asking: Asking, task_id: TaskId, carton_number: CartonNumber) -> Response:
    """Draw a carton of a pack task: what lies where, numbered as in its steps."""
    drawing = await pictures.draw_carton(asking.engine, task_id, carton_number)
    return Response(to_svg(drawing), media_type="image/svg+xml", headers=PICTURE)


@router.get(
    "/tasks/{task_id}/pictures/{carton_number}.png",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "The picture"}},
)
async def draw_png(asking: Asking, task_id: TaskId, carton_number: CartonNumber) -> Response:
    """Draw the same picture as PNG, for what shows no SVG."""
    drawing = await pictures.draw_carton(asking.engine, task_id, carton_number)
    image = await asyncio.to_thread(to_png, drawing)
    return Response(image, media_type="image/png", headers=PICTURE)


@router.post("/fulfillments/{fulfillment_id}/confirm-pick")
async def confirm_pick(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: FulfillmentId,
    body: Annotated[PickBody, Body(examples=[examples.PICK])],
) -> Accepted:
    """Confirm that the goods are in the cart; the same again gets the same answer."""
    return await floor.confirm_pick(
        asking.engine,
        fulfillment_id,
        _read(PickConfirmation, body, asking),
        update_id=await once.claim(),
    )


@router.post("/fulfillments/{fulfillment_id}/confirm-sort")
async def confirm_sort(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: FulfillmentId,
    body: Annotated[SortBody, Body(examples=[examples.SORT])],
) -> Accepted:
    """Confirm that the goods are in their slot of the put wall."""
    return await floor.confirm_sort(
        asking.engine,
        fulfillment_id,
        _read(SortConfirmation, body, asking),
        update_id=await once.claim(),
    )


@router.post("/fulfillments/{fulfillment_id}/confirm-pack")
async def confirm_pack(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: FulfillmentId,
    body: Annotated[PackBody, Body(examples=[examples.PACK])],
) -> Accepted:
    """Confirm that the goods are in their cartons."""
    return await floor.confirm_pack(
        asking.engine,
        fulfillment_id,
        _read(PackConfirmation, body, asking),
        update_id=await once.claim(),
    )


@router.post("/fulfillments/{fulfillment_id}/change-cartons")
async def change_cartons(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: FulfillmentId,
    body: Annotated[CartonsBody, Body(examples=[examples.CARTONS])],
) -> Accepted:
    """Have the goods planned into other cartons, before they are packed."""
    return await floor.change_cartons(
        asking.engine,
        fulfillment_id,
        _read(CartonChange, body, asking),
        update_id=await once.claim(),
    )


@router.post("/fulfillments/{fulfillment_id}/confirm-handover")
async def confirm_handover(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: FulfillmentId,
    body: Annotated[HandoverBody, Body(examples=[examples.HANDOVER])],
) -> Accepted:
    """Confirm that the carrier has the parcels."""
    return await floor.confirm_handover(
        asking.engine,
        fulfillment_id,
        _read(HandoverConfirmation, body, asking),
        update_id=await once.claim(),
    )


@router.post("/fulfillments/{fulfillment_id}/confirm-put-back")
async def confirm_put_back(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: FulfillmentId,
    body: Annotated[PutBackBody, Body(examples=[examples.PUT_BACK])],
) -> Accepted:
    """Confirm that the goods of a canceled fulfillment are back in their bins."""
    return await floor.confirm_put_back(
        asking.engine,
        fulfillment_id,
        _read(PutBackConfirmation, body, asking),
        update_id=await once.claim(),
    )


@router.post("/fulfillments/{fulfillment_id}/short-pick")
async def report_short_pick(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: FulfillmentId,
    body: Annotated[ShortBody, Body(examples=[examples.SHORT])],
) -> Accepted:
    """Report that a bin held less than planned; what is missing is looked for elsewhere."""
    return await floor.report_short_pick(
        asking.engine,
        fulfillment_id,
        _read(ShortPick, body, asking),
        update_id=await once.claim(),
    )


@router.post("/fulfillments/{fulfillment_id}/assign")
async def assign_task(
    asking: Asking,
    once: OnceOnly,
    fulfillment_id: FulfillmentId,
    body: Annotated[Assignment, Body(examples=[examples.ASSIGNMENT])],
) -> FulfillmentStatus:
    """Give the open task of a fulfillment to a person, or back to the pool."""
    by = body.by or asking.name
    update_id = await once.claim()
    return await floor.assign_task(asking.engine, fulfillment_id, body.to, by, update_id=update_id)


@router.post("/fulfillments/{fulfillment_id}/retry", status_code=202)
async def retry_step(asking: Asking, fulfillment_id: FulfillmentId) -> Told:
    """Have a blocked step tried again, now; telling it twice does no harm."""
    await floor.retry_step(asking.engine, fulfillment_id)
    return Told(fulfillment_id=fulfillment_id)


def _read(kind: type[ConfirmationT], body: Confirmation, asking: Caller) -> ConfirmationT:
    return kind.model_validate(asking.sign(body).model_dump())
