"""What operators ask of outward webhooks: messages, replays, a test; and refused deliveries."""

import uuid
from collections.abc import Sequence

from fulfillment.domain.base import Value
from fulfillment.domain.errors import FulfillmentError, Problem, Refused
from fulfillment.domain.webhook_events import TEST, Message
from fulfillment.domain.webhooks import Delivery, Endpoint
from fulfillment.operations.engine import Engine
from fulfillment.operations.webhook_endpoints import get_endpoint, require_enabled
from fulfillment.operations.webhook_waking import wake
from fulfillment.stores import UnitOfWork
from fulfillment.webhooks.stores import RefusedDelivery, Which

_PAGE = 500
_TESTS = uuid.UUID("5b1d3c2e-3f0c-4f0e-9d55-8f3a1c6a7e21")
"""Any that nobody else has: what is made of a key under it is the key's alone."""


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


async def send_test(engine: Engine, endpoint_id: str, key: str | None = None) -> Tested:
    """Send an endpoint a message of no order, the way all others go; under the same `key` once.

    Raises:
        NotFound: there is none of that id.
        Refused: it is disabled.

    """
    name = uuid.uuid5(_TESTS, key) if key else uuid.uuid4()
    message = Message(
        message_id=f"msg_{name.hex}",
        order_id=None,
        sequence=0,
        type=TEST,
        at=engine.clock.now(),
        data={"endpoint_id": endpoint_id},
    )
    async with engine.database.writing() as tx:
        require_enabled(await get_endpoint(tx, endpoint_id))
        if not await tx.webhooks.knows(message.message_id):
            await tx.webhooks.add_message(message)
            await tx.webhooks.queue(endpoint_id, [message.message_id], message.at)
    await wake(engine, [endpoint_id])
    return Tested(message_id=message.message_id, endpoint_id=endpoint_id)


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
            require_enabled(await get_endpoint(tx, endpoint.endpoint_id))
            page = await tx.webhooks.messages(mine, after=after, limit=_PAGE)
            wanted = [m.message_id for m in page if _is_for(endpoint, m)]
            await tx.webhooks.queue(endpoint.endpoint_id, wanted, engine.clock.now())
        queued += len(wanted)
        if len(page) < _PAGE:
            return queued
        after = page[-1].message_id


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
    endpoint = await get_endpoint(tx, endpoint_id)
    require_enabled(endpoint)
    return [endpoint]


def _is_for(endpoint: Endpoint, message: Message) -> bool:
    mine = message.type != TEST or message.data.get("endpoint_id") == endpoint.endpoint_id
    return mine and endpoint.wants(message.type)


def _nothing_chosen() -> FulfillmentError:
    return Refused.of(
        Problem(
            path="replay",
            expected="a message, an order, a time, or those that failed",
            came="none of these",
            remedy="say what shall be delivered again",
        )
    )
