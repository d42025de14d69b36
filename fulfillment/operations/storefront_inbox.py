"""Storefronts' deliveries, kept until they are carried out: they may not be sent again."""

import asyncio
import logging
from datetime import timedelta

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.errors import FulfillmentError
from fulfillment.operations.deliveries import Delivery, order_of_delivery, take_delivery
from fulfillment.operations.engine import Engine
from fulfillment.storefronts.mapping import Merchant
from fulfillment.stores.storefront_inbox import WaitingDelivery

LOOK_EVERY = timedelta(seconds=15)
"""How often is looked for what is due."""

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
AT_ONCE = 20

_log = logging.getLogger(__name__)


class WaitingView(Value):
    """A delivery that is not carried out yet, without what stands in it."""

    received_at: Instant
    storefront: str
    topic: str
    delivery_id: str
    order_id: str | None
    attempts: int
    next_attempt_at: Instant
    error: str
    """Why the last attempt did not end, as the error's code."""


async def keep_delivery(engine: Engine, delivery: Delivery, merchant: Merchant) -> None:
    """Put a delivery on record, so that it is carried out whatever happens to who took it.

    Raises:
        Unavailable: it is not on record; let it come again.

    """
    now = engine.clock.now()
    waiting = WaitingDelivery(
        key=delivery.key,
        storefront=delivery.storefront,
        delivery_id=delivery.delivery_id,
        topic=delivery.topic,
        order_id=order_of_delivery(delivery, merchant),
        body=delivery.body,
        received_at=now,
        next_attempt_at=now + FIRST_WAIT,
    )
    async with engine.database.writing() as tx:
        if await tx.effects.find(delivery.key) is None:
            await tx.inbox.keep(waiting)


class CarriedOut(Value):
    """How many deliveries were due, and how many of them were carried out."""

    due: int = 0
    done: int = 0


async def carry_out_due(engine: Engine, merchant: Merchant) -> CarriedOut:
    """Carry out what is due: several orders' at once, those of one order the oldest first.

    What can't be done yet is tried again later, each time after twice as long.
    """
    now = engine.clock.now()
    async with engine.database.reading() as tx:
        if not await tx.inbox.any_due(now):
            return CarriedOut()
    async with engine.database.writing() as tx:
        due = await tx.inbox.take_due(now, now + FIRST_WAIT * 5, AT_ONCE)
    of_order: dict[str, list[WaitingDelivery]] = {}
    for waiting in due:
        of_order.setdefault(waiting.order_id or waiting.key, []).append(waiting)
    done = await asyncio.gather(*(_in_turn(engine, each, merchant) for each in of_order.values()))
    return CarriedOut(due=len(due), done=sum(done))


async def _in_turn(engine: Engine, due: list[WaitingDelivery], merchant: Merchant) -> int:
    done = 0
    for waiting in due:
        fields = waiting.model_dump(include={"storefront", "delivery_id", "topic", "body"})
        try:
            await take_delivery(engine, Delivery.model_validate(fields), merchant)
        except Exception as error:  # noqa: BLE001 - one delivery must not keep the others waiting
            await _postpone(engine, waiting, error)
        else:
            done += 1
    return done


async def _postpone(engine: Engine, waiting: WaitingDelivery, error: Exception) -> None:
    known = isinstance(error, FulfillmentError)
    code = error.code if isinstance(error, FulfillmentError) else type(error).__name__
    # Without the message: what came there may be somebody's name.
    level = logging.WARNING if known else logging.ERROR
    extra = {"storefront": waiting.storefront, "order_id": waiting.order_id, "code": code}
    _log.log(level, "%s waits: %s %s", waiting.storefront, waiting.order_id, code, extra=extra)
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(waiting.attempts, 10))
    async with engine.database.writing() as tx:
        await tx.inbox.postpone(waiting.key, code, engine.clock.now() + wait)


async def keep_carrying_out(engine: Engine, merchant: Merchant) -> None:
    """Carry out what is due, at once and then again and again, until canceled."""
    while True:
        try:
            while (await carry_out_due(engine, merchant)).due == AT_ONCE:
                pass
        except FulfillmentError as error:
            _log.warning("storefronts' deliveries wait: %s", error.code)
        await asyncio.sleep(LOOK_EVERY.total_seconds())


async def list_waiting(engine: Engine, *, limit: int = 50) -> list[WaitingView]:
    """Return what is not carried out yet, the oldest first."""
    async with engine.database.reading() as tx:
        found = await tx.inbox.waiting(limit)
    return [WaitingView.model_validate(each.model_dump()) for each in found]


async def retry_waiting(engine: Engine, merchant: Merchant) -> CarriedOut:
    """Carry out all that waits now; what can't be done yet waits on."""
    async with engine.database.writing() as tx:
        await tx.inbox.make_due(engine.clock.now())
    total = CarriedOut()
    while (some := await carry_out_due(engine, merchant)).due:
        total = CarriedOut(due=total.due + some.due, done=total.done + some.done)
    return total
