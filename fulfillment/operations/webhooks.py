"""What operators ask of outward webhooks: endpoints, messages, replays, a test."""

import base64
import logging
import secrets
import uuid
from collections.abc import Collection, Sequence

from pydantic import SecretStr

from fulfillment.domain.base import Identifier, Instant, StrictValue, Value
from fulfillment.domain.errors import FulfillmentError, NotFound, Problem, Refused, Unavailable
from fulfillment.domain.webhook_events import TEST, Message
from fulfillment.domain.webhooks import (
    MOST_ENDPOINTS,
    PREFIX,
    Delivery,
    Endpoint,
    WebhookRules,
    check_event_types,
    check_secret,
    check_url,
)
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import webhook_workflow_id
from fulfillment.temporal.waker import TemporalWaker
from fulfillment.webhooks.stores import RefusedDelivery, Which

SECRET_BYTES = 32
_PAGE = 500
_log = logging.getLogger(__name__)


class EndpointWish(StrictValue):
    """Where a merchant listens, and for what."""

    endpoint_id: Identifier
    url: str
    event_types: tuple[str, ...] = ()
    """None means all; `order.*` is all of that kind."""
    secret: SecretStr | None = None
    """`whsec_…`; without one, one is made."""


class EndpointView(Value):
    """An endpoint, without its secrets."""

    endpoint_id: str
    url: str
    event_types: tuple[str, ...]
    enabled: bool
    disabled_because: str
    failing_since: Instant | None
    paused_until: Instant | None
    previous_until: Instant | None
    """Until when the secret before the last rotation signs too."""
    created_at: Instant


class EndpointSecret(Value):
    """An endpoint's new secret; it is shown this once."""

    endpoint: EndpointView
    secret: str


class MessageView(Value):
    """A message, and what became of it at each endpoint."""

    message: Message
    deliveries: tuple[Delivery, ...]


class Replayed(Value):
    """How many deliveries were queued again."""

    queued: int
    endpoints: tuple[str, ...]


class Tested(Value):
    """The test message that was queued."""

    message_id: str
    endpoint_id: str


# --- endpoints -------------------------------------------------------------------------------


async def add_endpoint(engine: Engine, wish: EndpointWish, rules: WebhookRules) -> EndpointSecret:
    """Put an endpoint on record; it hears of what happens from now on.

    Raises:
        Refused: the id is taken, or a URL, type or secret that can't be.

    """
    secret = check_secret(wish.secret.get_secret_value()) if wish.secret else _new_secret()
    endpoint = Endpoint(
        endpoint_id=wish.endpoint_id,
        url=check_url(wish.url, rules),
        event_types=check_event_types(wish.event_types),
        secret=secret,
        created_at=engine.clock.now(),
    )
    async with engine.database.writing() as tx:
        if await tx.webhooks.endpoint(wish.endpoint_id):
            raise _taken(wish.endpoint_id)
        if len(await tx.webhooks.endpoints()) >= MOST_ENDPOINTS:
            raise _too_many()
        await tx.webhooks.add_endpoint(endpoint)
    await wake(engine, [wish.endpoint_id])
    return _with_secret(endpoint)


async def list_endpoints(engine: Engine) -> list[EndpointView]:
    """Return all endpoints, by id."""
    async with engine.database.reading() as tx:
        return [_view(endpoint) for endpoint in await tx.webhooks.endpoints()]


async def remove_endpoint(engine: Engine, endpoint_id: str) -> None:
    """Remove an endpoint with its deliveries; the messages stay on record.

    Raises:
        NotFound: there is none of that id.

    """
    async with engine.database.writing() as tx:
        if not await tx.webhooks.remove_endpoint(endpoint_id):
            raise _unknown(endpoint_id)
    await wake(engine, [endpoint_id])


async def rotate_secret(
    engine: Engine, endpoint_id: str, rules: WebhookRules, secret: SecretStr | None = None
) -> EndpointSecret:
    """Give an endpoint a new secret; for a while the old one signs too.

    Raises:
        NotFound: there is none of that id.
        Refused: the secret is none.

    """
    new = check_secret(secret.get_secret_value()) if secret else _new_secret()
    until = engine.clock.now() + rules.rotation
    async with engine.database.writing() as tx:
        rotated = (await _get(tx, endpoint_id)).rotated(new, until)
        await tx.webhooks.save_endpoint(rotated)
    return _with_secret(rotated)


async def enable_endpoint(engine: Engine, endpoint_id: str) -> EndpointView:
    """Have an endpoint hear again of what happens from now on; waking it twice does no harm.

    Raises:
        NotFound: there is none of that id.

    """
    async with engine.database.writing() as tx:
        enabled = (await _get(tx, endpoint_id)).enabled_again()
        await tx.webhooks.save_endpoint(enabled)
    await wake(engine, [endpoint_id])
    return _view(enabled)


async def disable_endpoint(engine: Engine, endpoint_id: str, by: str) -> EndpointView:
    """Send nothing to an endpoint any more; what is pending is given up, and can be replayed.

    Raises:
        NotFound: there is none of that id.

    """
    async with engine.database.writing() as tx:
        disabled = (await _get(tx, endpoint_id)).disabled(f"disabled by {by}")
        await tx.webhooks.save_endpoint(disabled)
        await tx.webhooks.give_up(endpoint_id, disabled.disabled_because)
    return _view(disabled)


async def send_test(engine: Engine, endpoint_id: str) -> Tested:
    """Send an endpoint a message of no order, the way all others go.

    Raises:
        NotFound: there is none of that id.
        Refused: it is disabled.

    """
    message = Message(
        message_id=f"msg_{uuid.uuid4().hex}",
        order_id=None,
        sequence=0,
        type=TEST,
        at=engine.clock.now(),
        data={"endpoint_id": endpoint_id},
    )
    async with engine.database.writing() as tx:
        _require_enabled(await _get(tx, endpoint_id))
        await tx.webhooks.add_message(message)
        await tx.webhooks.queue(endpoint_id, [message.message_id], message.at)
    await wake(engine, [endpoint_id])
    return Tested(message_id=message.message_id, endpoint_id=endpoint_id)


# --- messages --------------------------------------------------------------------------------


async def list_messages(
    engine: Engine, which: Which, *, after: str | None = None, limit: int = 50
) -> list[MessageView]:
    """Return messages, oldest first, with what became of each; beginning behind `after`."""
    async with engine.database.reading() as tx:
        return await _views(tx, await tx.webhooks.messages(which, after=after, limit=limit))


async def show_message(engine: Engine, message_id: str) -> MessageView:
    """Return a message with what became of it.

    Raises:
        NotFound: there is none of that id.

    """
    async with engine.database.reading() as tx:
        return (await _views(tx, [await tx.webhooks.message(message_id)]))[0]


async def replay(engine: Engine, which: Which) -> Replayed:
    """Have messages delivered again, under the ids and with the bodies they had.

    Args:
        engine: the running engine.
        which: what is delivered again, to its `endpoint_id`; without one, to all that are enabled
            and want to hear of it. A `state` means: what has come so far there.

    Raises:
        Refused: no message, order, time or state was given, or the endpoint is disabled.
        NotFound: no such message or endpoint.

    """
    if not (which.message_id or which.order_id or which.since or which.state):
        raise _nothing_chosen()
    async with engine.database.reading() as tx:
        listening = await _listening(tx, which.endpoint_id)
        if which.message_id:
            await tx.webhooks.message(which.message_id)
    queued = {each.endpoint_id: await _requeue(engine, which, each) for each in listening}
    await wake(engine, queued)
    return Replayed(queued=sum(queued.values()), endpoints=tuple(queued))


async def _requeue(engine: Engine, which: Which, endpoint: Endpoint) -> int:
    """Queue messages at an endpoint, some in each transaction; return how many."""
    # What an endpoint never got because it was not there, or disabled, is meant too.
    own = endpoint.endpoint_id if which.state else None
    mine = which.model_copy(update={"endpoint_id": own})
    queued, after = 0, None
    while True:
        async with engine.database.writing() as tx:
            # The endpoint to ourselves: an attempt may be just going on record.
            _require_enabled(await _get(tx, endpoint.endpoint_id))
            page = await tx.webhooks.messages(mine, after=after, limit=_PAGE)
            wanted = [m.message_id for m in page if _is_for(endpoint, m)]
            await tx.webhooks.queue(endpoint.endpoint_id, wanted, engine.clock.now())
        queued += len(wanted)
        if len(page) < _PAGE:
            return queued
        after = page[-1].message_id


async def wake(engine: Engine, endpoint_ids: Collection[str]) -> None:
    """Have what is due at endpoints delivered soon; if nobody answers, the sweep does it later."""
    waker = TemporalWaker(engine.client, engine.task_queue)
    for endpoint_id in endpoint_ids:
        try:
            async with answered(webhook_workflow_id(endpoint_id)):
                await waker.wake_now(endpoint_id)
        except (Unavailable, NotRunning) as error:
            _log.warning("webhooks of %s wait for the next sweep: %s", endpoint_id, error)


async def list_refused(
    engine: Engine, *, before: int | None = None, limit: int = 50
) -> list[RefusedDelivery]:
    """Return deliveries of storefronts to us that were refused, the newest first."""
    async with engine.database.reading() as tx:
        return await tx.webhooks.refused(before=before, limit=limit)


async def _views(tx: UnitOfWork, messages: Sequence[Message]) -> list[MessageView]:
    names = [message.message_id for message in messages]
    deliveries = await tx.webhooks.deliveries(names)
    return [
        MessageView(
            message=message,
            deliveries=tuple(d for d in deliveries if d.message_id == message.message_id),
        )
        for message in messages
    ]


async def _listening(tx: UnitOfWork, endpoint_id: str | None) -> list[Endpoint]:
    if endpoint_id is None:
        return [endpoint for endpoint in await tx.webhooks.endpoints() if endpoint.enabled]
    endpoint = await _get(tx, endpoint_id)
    _require_enabled(endpoint)
    return [endpoint]


def _is_for(endpoint: Endpoint, message: Message) -> bool:
    mine = message.type != TEST or message.data.get("endpoint_id") == endpoint.endpoint_id
    return mine and endpoint.wants(message.type)


async def _get(tx: UnitOfWork, endpoint_id: str) -> Endpoint:
    endpoint = await tx.webhooks.endpoint(endpoint_id)
    if endpoint is None:
        raise _unknown(endpoint_id)
    return endpoint


def _new_secret() -> SecretStr:
    random = base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")
    return SecretStr(f"{PREFIX}{random}")


def _view(endpoint: Endpoint) -> EndpointView:
    return EndpointView.model_validate(endpoint.model_dump())


def _with_secret(endpoint: Endpoint) -> EndpointSecret:
    return EndpointSecret(endpoint=_view(endpoint), secret=endpoint.secret.get_secret_value())


def _require_enabled(endpoint: Endpoint) -> None:
    if not endpoint.enabled:
        name = endpoint.endpoint_id
        raise Refused.of(
            Problem(
                path=f"endpoint {name}",
                expected="one that is enabled",
                came=endpoint.disabled_because,
                remedy=f"`fulfillment webhooks endpoints enable {name}` first",
            )
        )


def _unknown(endpoint_id: str) -> FulfillmentError:
    remedy = "`fulfillment webhooks endpoints list` shows those there are"
    return NotFound.of(
        Problem(path="endpoint", expected="one on record", came=endpoint_id, remedy=remedy)
    )


def _taken(endpoint_id: str) -> FulfillmentError:
    remedy = "remove it first, or take another id; `rotate-secret` changes its secret"
    return Refused.of(
        Problem(path="endpoint_id", expected="a new id", came=endpoint_id, remedy=remedy)
    )


def _too_many() -> FulfillmentError:
    return Refused.of(
        Problem(
            path="endpoint_id",
            expected=f"at most {MOST_ENDPOINTS} endpoints",
            came="one more",
            remedy="remove one that is not used, or spread the messages behind one of them",
        )
    )


def _nothing_chosen() -> FulfillmentError:
    return Refused.of(
        Problem(
            path="replay",
            expected="a message, an order, a time, or those that failed",
            came="none of these",
            remedy="say what shall be delivered again",
        )
    )
