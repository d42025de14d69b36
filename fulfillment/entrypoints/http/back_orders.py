"""Back-orders over HTTP: what customers choose, and who waits for goods."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from fulfillment.domain.back_order_choices import LineChoice
from fulfillment.domain.back_order_queue import QueueEntry
from fulfillment.domain.base import StrictValue, Value
from fulfillment.entrypoints.http.orders import By, OrderId
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.messages.back_orders import BackOrderAnswer, ChooseBackOrder
from fulfillment.operations import back_orders, stock

router = APIRouter(prefix="/v1", tags=["back-orders"], route_class=GuardedRoute)

CHOICE = {"choices": [{"line_no": 2, "choice": "cancel", "units": 1}]}
WAKE = {"skus": ["MUG"]}


class Choices(StrictValue):
    """What the customer wants done about lines that are not in stock; each line once."""

    choices: Annotated[tuple[LineChoice, ...], Body(min_length=1, max_length=500)]
    by: By = None


class Wake(StrictValue):
    """Which articles' line is to be looked at."""

    skus: Annotated[tuple[str, ...], Body(min_length=1, max_length=100)]


class Woken(Value):
    """Who was told that goods are set aside, the first in line first."""

    woken: tuple[str, ...]


@router.post("/orders/{order_id}/back-order")
async def choose_back_order(
    asking: Asking,
    once: OnceOnly,
    order_id: OrderId,
    choices: Annotated[Choices, Body(examples=[CHOICE])],
) -> BackOrderAnswer:
    """Do what the customer chooses: wait, ship the rest, take a substitute, or cancel units."""
    update_id = await once.claim()
    request = ChooseBackOrder(choices=choices.choices, by=choices.by or asking.name)
    return await back_orders.choose_back_order(
        asking.engine, order_id, request, update_id=update_id
    )


@router.get("/stock/queue")
async def show_queue(
    asking: Asking,
    sku: Annotated[
        list[str] | None, Query(description="Only these articles; may come several times.")
    ] = None,
    skip: Annotated[int, Query(ge=0, description="Begin behind so many.")] = 0,
    limit: Annotated[int | None, Query(ge=1, description="At most so many.")] = None,
) -> list[QueueEntry]:
    """Show who waits for goods, the first in line first, and what is set aside for whom."""
    return await stock.show_queue(asking.engine, skus=sku, skip=skip, limit=limit)


@router.post("/stock/wake")
async def wake_back_orders(
    asking: Asking, once: OnceOnly, wake: Annotated[Wake, Body(examples=[WAKE])]
) -> Woken:
    """Share out what is free of these articles, and tell those who get it; safe to repeat."""
    await once.claim()
    return Woken(woken=await stock.wake_back_orders(asking.engine, wake.skus))
