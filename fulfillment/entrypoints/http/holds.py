"""Orders on hold over HTTP: which there are, and what staff and customers answer."""

from typing import Annotated

from fastapi import APIRouter, Body, Query

from fulfillment.domain.base import StrictValue, Value
from fulfillment.domain.confirmations import Remark
from fulfillment.domain.holds import HoldKind
from fulfillment.entrypoints.http.orders import MAX_PAGE, By, OrderId
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly
from fulfillment.messages import OrderStatus
from fulfillment.messages.holds import (
    AnswerQuestion,
    AskCustomer,
    PayOtherwise,
    Question,
    Reference,
    RejectOrder,
)
from fulfillment.operations import holds

router = APIRouter(prefix="/v1", tags=["orders"], route_class=GuardedRoute)

ASK = {"question": "which is the number of your house?"}
ANSWER = {"answer": "it is number 12"}
PAY = {"reference": "tok_visa"}
REJECT = {"reason": "we could not reach you"}


class HoldPage(Value):
    """Open holds by order id; `next` is what to give as `after` for those behind them."""

    holds: tuple[holds.HoldView, ...]
    next: str | None


class Asked(StrictValue):
    """What the customer is asked; by default, about the reason of the hold."""

    question: Question = ""
    by: By = None


class Answered(StrictValue):
    """What the customer answers."""

    answer: Question = ""
    by: By = None


class OtherPayment(StrictValue):
    """By what the order is paid instead, as the gateway knows it."""

    reference: Reference
    by: By = None


class Rejection(StrictValue):
    """Why the order is closed; the customer is told."""

    reason: Remark = ""
    by: By = None


@router.get("/holds")
async def list_holds(
    asking: Asking,
    kind: Annotated[HoldKind | None, Query(description="Only holds of this kind.")] = None,
    after: Annotated[str | None, Query(description="Begin behind this order's id.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> HoldPage:
    """List orders on hold: why, until when somebody must decide, and what can be done."""
    found = await holds.list_holds(asking.engine, kind=kind, limit=limit + 1, after=after)
    page = tuple(found[:limit])
    return HoldPage(holds=page, next=page[-1].order_id if len(found) > limit else None)


@router.get("/orders/{order_id}/holds")
async def holds_of(asking: Asking, order_id: OrderId) -> list[holds.HoldView]:
    """List an order's holds, oldest first, with how each was answered."""
    return await holds.holds_of(asking.engine, order_id)


@router.post("/orders/{order_id}/ask")
async def ask_customer(
    asking: Asking,
    once: OnceOnly,
    order_id: OrderId,
    asked: Annotated[Asked, Body(examples=[ASK])],
) -> OrderStatus:
    """Write to the customer of an order on hold, and have the order wait for the answer."""
    update_id = await once.claim()
    request = AskCustomer(question=asked.question, by=asked.by or asking.name)
    return await holds.ask_customer(asking.engine, order_id, request, update_id=update_id)


@router.post("/orders/{order_id}/answer")
async def answer_question(
    asking: Asking,
    once: OnceOnly,
    order_id: OrderId,
    answered: Annotated[Answered, Body(examples=[ANSWER])],
) -> OrderStatus:
    """Put on record what the customer answers who was asked; staff decides what follows."""
    update_id = await once.claim()
    reply = AnswerQuestion(answer=answered.answer, by=answered.by or asking.name)
    return await holds.answer_question(asking.engine, order_id, reply, update_id=update_id)


@router.post("/orders/{order_id}/pay")
async def pay_otherwise(
    asking: Asking,
    once: OnceOnly,
    order_id: OrderId,
    paid: Annotated[OtherPayment, Body(examples=[PAY])],
) -> OrderStatus:
    """Have an order whose payment was declined paid by other means; the bank is asked anew."""
    update_id = await once.claim()
    payment = PayOtherwise(reference=paid.reference, by=paid.by or asking.name)
    return await holds.pay_otherwise(asking.engine, order_id, payment, update_id=update_id)


@router.post("/orders/{order_id}/reject")
async def reject_order(
    asking: Asking,
    once: OnceOnly,
    order_id: OrderId,
    rejected: Annotated[Rejection, Body(examples=[REJECT])],
) -> OrderStatus:
    """Close an order on hold, give back what it has, and tell the customer why."""
    update_id = await once.claim()
    rejection = RejectOrder(reason=rejected.reason, by=rejected.by or asking.name)
    return await holds.reject_order(asking.engine, order_id, rejection, update_id=update_id)
