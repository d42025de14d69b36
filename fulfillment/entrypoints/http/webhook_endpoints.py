"""Outward webhooks over HTTP, for operators; and what storefronts delivered in vain."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import SecretStr

from fulfillment.domain.base import Instant, StrictValue, Value
from fulfillment.domain.webhooks import DeliveryState
from fulfillment.entrypoints.http import examples
from fulfillment.entrypoints.http.security import Asking, GuardedRoute, OnceOnly, service_of
from fulfillment.operations import storefront_inbox, webhook_endpoints, webhooks
from fulfillment.operations.webhook_endpoints import EndpointSecret, EndpointView, EndpointWish
from fulfillment.webhooks.stores import RefusedDelivery, Which

MAX_PAGE = 200
MOST_ROWS = 2**63 - 1
"""What databases number rows with."""

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], route_class=GuardedRoute)

EndpointId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", examples=["erp"])]
MessageId = Annotated[str, Path(pattern=r"^msg_[0-9a-f]{32}$")]


class NewSecret(StrictValue):
    """The secret that signs from now on; without one, one is made."""

    secret: SecretStr | None = None


class MessagePage(Value):
    """Messages, oldest first; `next` is what to give as `after` for those behind them."""

    messages: tuple[webhooks.MessageView, ...]
    next: str | None


@router.get("/endpoints")
async def list_endpoints(asking: Asking) -> list[EndpointView]:
    """List endpoints and how they are; never their secrets."""
    return await webhook_endpoints.list_endpoints(asking.engine)


@router.post("/endpoints", status_code=201)
async def add_endpoint(
    request: Request,
    asking: Asking,
    once: OnceOnly,
    endpoint: Annotated[EndpointWish, Body(examples=[examples.ENDPOINT])],
) -> EndpointSecret:
    """Tell a URL of each change of an order, from now on; answers with the secret, once."""
    key = await once.claim()
    rules = service_of(request).settings.webhook_rules()
    return await webhook_endpoints.add_endpoint(asking.engine, endpoint, rules, key)


@router.delete("/endpoints/{endpoint_id}", status_code=204)
async def remove_endpoint(asking: Asking, endpoint_id: EndpointId) -> None:
    """Remove an endpoint and what waits for it; the messages stay on record."""
    await webhook_endpoints.remove_endpoint(asking.engine, endpoint_id)


@router.post("/endpoints/{endpoint_id}/rotate-secret")
async def rotate_secret(
    request: Request,
    asking: Asking,
    once: OnceOnly,
    endpoint_id: EndpointId,
    new: Annotated[NewSecret, Body(examples=[{}])],
) -> EndpointSecret:
    """Give an endpoint a new secret; for a while the old one signs beside it."""
    key = await once.claim()
    rules = service_of(request).settings.webhook_rules()
    return await webhook_endpoints.rotate_secret(asking.engine, endpoint_id, rules, new.secret, key)


@router.post("/endpoints/{endpoint_id}/enable")
async def enable_endpoint(asking: Asking, endpoint_id: EndpointId) -> EndpointView:
    """Have an endpoint hear again; what it missed, a replay delivers."""
    return await webhook_endpoints.enable_endpoint(asking.engine, endpoint_id)


@router.post("/endpoints/{endpoint_id}/disable")
async def disable_endpoint(asking: Asking, endpoint_id: EndpointId) -> EndpointView:
    """Send an endpoint nothing any more; what is pending is given up, and can be replayed."""
    return await webhook_endpoints.disable_endpoint(asking.engine, endpoint_id, asking.name)


@router.post("/endpoints/{endpoint_id}/test", status_code=202)
async def send_test(asking: Asking, once: OnceOnly, endpoint_id: EndpointId) -> webhooks.Tested:
    """Send an endpoint a message of no order, the way all others go."""
    key = await once.claim()
    return await webhooks.send_test(asking.engine, endpoint_id, key)


@router.get("/messages")
async def list_messages(  # noqa: PLR0913 - each is a filter
    asking: Asking,
    *,
    order: Annotated[str | None, Query(description="Only those of this order.")] = None,
    endpoint: Annotated[str | None, Query(description="Only those queued for it.")] = None,
    state: Annotated[DeliveryState | None, Query(description="Only those so far.")] = None,
    since: Annotated[Instant | None, Query(description="Only those since then.")] = None,
    after: Annotated[str | None, Query(description="Begin behind this message.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> MessagePage:
    """List messages, oldest first, with what became of each, page by page."""
    which = Which(order_id=order, endpoint_id=endpoint, state=state, since=since)
    found = await webhooks.list_messages(asking.engine, which, after=after, limit=limit + 1)
    page = tuple(found[:limit])
    return MessagePage(
        messages=page, next=page[-1].message.message_id if len(found) > limit else None
    )


@router.get("/messages/{message_id}")
async def show_message(asking: Asking, message_id: MessageId) -> webhooks.MessageView:
    """Show a message and what became of it at each endpoint."""
    return await webhooks.show_message(asking.engine, message_id)


class Replay(StrictValue):
    """What is delivered again: one message, an order's, those since a time, or by state."""

    message_id: str | None = None
    order_id: str | None = None
    since: Instant | None = None
    state: DeliveryState | None = None
    endpoint_id: str | None = None


@router.post("/replay", status_code=202)
async def replay(
    asking: Asking, once: OnceOnly, wanted: Annotated[Replay, Body(examples=[examples.REPLAY])]
) -> webhooks.Replayed:
    """Deliver messages again, under the ids and with the bodies they had."""
    await once.claim()
    return await webhooks.replay(asking.engine, Which.model_validate(wanted.model_dump()))


@router.get("/refused")
async def list_refused(
    asking: Asking,
    before: Annotated[
        int | None, Query(ge=1, le=MOST_ROWS, description="Begin below this number.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> list[RefusedDelivery]:
    """List deliveries of storefronts to us that were refused, the newest first."""
    return await webhooks.list_refused(asking.engine, before=before, limit=limit)


@router.get("/inbox")
async def list_waiting(
    asking: Asking, limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50
) -> list[storefront_inbox.WaitingView]:
    """List deliveries of storefronts to us that are not carried out yet, the oldest first."""
    return await storefront_inbox.list_waiting(asking.engine, limit=limit)


@router.post("/inbox/retry")
async def retry_waiting(
    request: Request, asking: Asking, once: OnceOnly
) -> storefront_inbox.CarriedOut:
    """Carry out now what storefronts delivered and could not be carried out before."""
    await once.claim()
    return await storefront_inbox.retry_waiting(asking.engine, service_of(request).merchant)
