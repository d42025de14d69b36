"""Orders over HTTP: submit, see, cancel, correct, release."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response

from fulfillment import bootstrap
from fulfillment.domain.addresses import Address
from fulfillment.domain.amendments import Wishes
from fulfillment.domain.base import FulfillmentId, Identifier, StrictValue, Value
from fulfillment.domain.cancellation import CancellationPlan
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.decisions import Decision
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.orders import Gift, Order, Urgency
from fulfillment.domain.unit_choice import LineUnits
from fulfillment.entrypoints.http.examples import ADDRESS, AMENDMENT, ORDER
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly, service_of
from fulfillment.messages import (
    Acknowledgment,
    AmendAnswer,
    AmendOrder,
    CancelAnswer,
    CancelRequest,
    OrderStatus,
    ReaddressAnswer,
)
from fulfillment.operations import disputes, erasure, money, order_changes, order_views, orders
from fulfillment.records import OrderRecord

MAX_PAGE = 200

router = APIRouter(prefix="/v1/orders", tags=["orders"], route_class=GuardedRoute)

OrderId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["A-1001"])]
Lines = Annotated[tuple[LineUnits, ...], Body(max_length=500)]
By = Annotated[Person | None, Body(description="Who does it; the key's name if not given.")]


class OrderPage(Value):
    """Orders by id; `next` is what to give as `after` for those behind them, if there are any."""

    orders: tuple[OrderRecord, ...]
    next: str | None


class Cancellation(StrictValue):
    """Why an order shall not be shipped; the customer may be told."""

    reason: Annotated[str, Body(min_length=1, max_length=200, examples=["changed my mind"])]
    by: By = None
    back_ordered_only: bool = False
    """Cancel what waits for stock, and ship the rest."""
    fulfillment_id: FulfillmentId | None = None
    """Cancel what this one has, and nothing else."""
    lines: Lines = ()
    """Cancel so many units of these lines, and nothing else."""


class Amendment(StrictValue):
    """What shall be otherwise; what is not given stays as it is."""

    less: Lines = ()
    """So many units of these lines are not wanted any more."""
    urgency: Urgency | None = None
    deliver_by: date | None = None
    gift: Gift | None = None
    by: By = None


class AddressCorrection(StrictValue):
    """The whole address that replaces the one on record."""

    address: Annotated[Address, Body(examples=[ADDRESS])]
    by: By = None


class Release(StrictValue):
    """Why an order on hold may go on in spite of what was found."""

    reason: Annotated[str, Body(max_length=200, examples=["called the customer"])] = ""
    by: By = None


class DisputeSaid(StrictValue):
    """What the payer's bank said, in minor units of the order's currency."""

    dispute_id: Identifier
    state: disputes.DisputeState = disputes.DisputeState.OPENED
    amount_minor: Annotated[int, Body(gt=0, examples=[1990])]
    reason: Remark = ""
    by: Person | None = None


class ErasureRequest(StrictValue):
    """Why a customer's data are erased; goes on record, so that it names nobody."""

    reason: Annotated[str, Body(min_length=1, max_length=200, examples=["request 2026-17"])]
    by: By = None


@router.post("", status_code=201)
async def submit_order(
    asking: Asking,
    once: OnceOnly,
    order: Annotated[Order, Body(examples=[ORDER])],
    response: Response,
) -> Acknowledgment:
    """Hand an order in; the same order again gets the same answer, other content a 409."""
    await once.claim()
    acknowledgment = await orders.submit_order(asking.engine, order)
    response.headers["Location"] = f"/v1/orders/{order.order_id}"
    return acknowledgment


@router.get("")
async def list_orders(
    asking: Asking,
    stage: Annotated[OrderStage | None, Query(description="Only those at this stage.")] = None,
    after: Annotated[str | None, Query(description="Begin behind this order's id.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> OrderPage:
    """List orders by id, page by page."""
    found = await order_views.list_orders(asking.engine, stage=stage, limit=limit + 1, after=after)
    page = tuple(found[:limit])
    return OrderPage(orders=page, next=page[-1].order.order_id if len(found) > limit else None)


@router.get("/{order_id}")
async def show_order(asking: Asking, order_id: OrderId) -> order_views.OrderView:
    """Show an order: its lines, fulfillments, parcels, labels and payment."""
    return await order_views.show_order(asking.engine, order_id)


@router.post("/{order_id}/cancel")
async def cancel_order(
    asking: Asking, once: OnceOnly, order_id: OrderId, cancellation: Cancellation
) -> CancelAnswer:
    """Cancel an order at any stage until it is delivered, or a part of it.

    What can't be brought back any more is refused with a 409 that says what to do instead.
    """
    update_id = await once.claim()
    said = {**cancellation.model_dump(), "by": cancellation.by or asking.name}
    request = CancelRequest.model_validate(said)
    return await order_changes.cancel(asking.engine, order_id, request, update_id=update_id)


@router.get("/{order_id}/cancellation")
async def preview_cancellation(
    asking: Asking,
    order_id: OrderId,
    *,
    fulfillment: Annotated[
        FulfillmentId | None, Query(description="Only what this one has.")
    ] = None,
    back_ordered_only: Annotated[bool, Query(description="Only what waits for stock.")] = False,
) -> CancellationPlan:
    """Tell what a cancellation would do and cost now; nothing is changed by asking."""
    request = CancelRequest(
        by=asking.name, fulfillment_id=fulfillment, back_ordered_only=back_ordered_only
    )
    return await order_changes.preview_cancellation(asking.engine, order_id, request)


@router.post("/{order_id}/amend")
async def amend_order(
    asking: Asking,
    once: OnceOnly,
    order_id: OrderId,
    amendment: Annotated[Amendment, Body(examples=[AMENDMENT])],
) -> AmendAnswer:
    """Take units off an order, or see to other wishes; what is too late is refused with a 409."""
    update_id = await once.claim()
    wish = AmendOrder(
        by=amendment.by or asking.name,
        less=amendment.less,
        wishes=Wishes(**amendment.model_dump(include={"urgency", "deliver_by", "gift"})),
    )
    return await order_changes.amend(asking.engine, order_id, wish, update_id=update_id)


@router.post("/{order_id}/readdress")
async def readdress(
    asking: Asking, once: OnceOnly, order_id: OrderId, correction: AddressCorrection
) -> ReaddressAnswer:
    """Send an order elsewhere until its parcels have left; labels are bought anew where needed."""
    by = correction.by or asking.name
    update_id = await once.claim()
    return await order_changes.change_address(
        asking.engine, order_id, correction.address, by, update_id=update_id
    )


@router.post("/{order_id}/correct-address")
async def correct_address(
    asking: Asking, once: OnceOnly, order_id: OrderId, correction: AddressCorrection
) -> OrderStatus:
    """Replace the address of an order on hold, and have it verified again."""
    by = correction.by or asking.name
    update_id = await once.claim()
    return await orders.correct_address(
        asking.engine, order_id, correction.address, by, update_id=update_id
    )


@router.post("/{order_id}/release")
async def release_hold(
    asking: Asking, once: OnceOnly, order_id: OrderId, release: Release
) -> OrderStatus:
    """Let an order on hold go on in spite of what was found."""
    by = release.by or asking.name
    update_id = await once.claim()
    return await orders.release_hold(
        asking.engine, order_id, by, release.reason, update_id=update_id
    )


@router.post("/{order_id}/erase")
async def erase_order(
    request: Request, asking: Asking, once: OnceOnly, order_id: OrderId, wish: ErasureRequest
) -> erasure.Erasure:
    """Erase the customer's data of an order that has ended; one under way is refused with a 409."""
    await once.claim()
    eraser = erasure.Eraser(wish.by or asking.name, wish.reason)
    mails = bootstrap.sent_mail(service_of(request).settings)
    return await erasure.erase_order(asking.engine, mails, order_id, eraser)


@router.get("/{order_id}/money")
async def show_money(asking: Asking, order_id: OrderId) -> money.OrderMoney:
    """Show an order's money: what was authorized, captured, voided and refunded, by postings."""
    return await money.order_money(asking.engine, order_id)


@router.post("/{order_id}/disputes")
async def record_dispute(
    request: Request, asking: Asking, once: OnceOnly, order_id: OrderId, said: DisputeSaid
) -> disputes.DisputeRecorded:
    """Put on record that the payer's bank disputes a payment, or how it decided."""
    await once.claim()
    settings = service_of(request).settings
    fields = {**said.model_dump(), "order_id": order_id, "by": said.by or asking.name}
    dispute = disputes.Dispute.model_validate(fields)
    mails = bootstrap.sent_mail(settings)
    return await disputes.record_dispute(asking.engine, mails, settings.supervisor_mail, dispute)


@router.get("/{order_id}/timeline")
async def timeline(asking: Asking, order_id: OrderId) -> list[order_views.OrderEvent]:
    """Tell what happened to an order and its fulfillments when, by whom, oldest first."""
    return await order_views.timeline(asking.engine, order_id)


@router.get("/{order_id}/why")
async def why(asking: Asking, order_id: OrderId) -> list[Decision]:
    """Tell which decisions the engine took, and why the alternatives lost."""
    return await order_views.why(asking.engine, order_id)
