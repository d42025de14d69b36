"""What a carrier network's webhook delivers: a parcel's way, recorded once."""

from collections.abc import Callable, Sequence
from enum import StrEnum

from fulfillment.domain.base import Value
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.tracking import TrackingEvent
from fulfillment.operations.deliveries import Delivery
from fulfillment.operations.engine import Engine
from fulfillment.operations.tracking import record_way
from fulfillment.records import ActionRecord, EffectRecord
from fulfillment.stores import UnitOfWork
from fulfillment.webhooks.stores import RefusedDelivery


class NewsOutcome(StrEnum):
    """What became of a delivery; each is an answer after which it need not come again."""

    RECORDED = "recorded"
    """What it tells is on record, now or already."""
    REFUSED = "refused"
    """It is of no parcel of ours, or can't be read; nothing was changed, and the audit says so."""
    IGNORED = "ignored"
    """It tells nothing of a parcel's way."""


class NewsTaken(Value):
    """The answer to a delivery; the same delivery again gets the same."""

    outcome: NewsOutcome
    order_id: str | None = None
    code: str | None = None
    """Why it was refused, as the error's code."""
    fields: tuple[str, ...] = ()
    """What is wrong, by its path in the payload."""


async def take_news(
    engine: Engine, delivery: Delivery, read: Callable[[], Sequence[TrackingEvent]]
) -> NewsTaken:
    """Put on record what a delivery tells, once; what can't be is audited, and is an answer too.

    Args:
        engine: the running engine.
        delivery: whose signature holds.
        read: reads the events out of it, by time.

    Raises:
        Unavailable: let it come again.

    """
    async with engine.database.reading() as tx:
        earlier = await tx.effects.find(delivery.key)
    if earlier is not None:
        return NewsTaken.model_validate_json(earlier.result)
    refusal: FulfillmentError | None = None
    try:
        events = read()
        if not events:
            return NewsTaken(outcome=NewsOutcome.IGNORED)
        taken = await record_way(engine, events)
        answer = NewsTaken(outcome=NewsOutcome.RECORDED, order_id=taken.order_id)
    except FulfillmentError as error:
        if error.retryable:
            raise
        refusal = error
        fields = tuple(problem.path for problem in error.problems)
        answer = NewsTaken(outcome=NewsOutcome.REFUSED, code=error.code, fields=fields)
    async with engine.database.writing() as tx:
        if await tx.effects.find(delivery.key) is None:
            await tx.effects.add(_effect(engine, delivery, answer))
            if refusal is not None:
                await _audit(tx, engine, delivery, refusal, answer)
    return answer


def _effect(engine: Engine, delivery: Delivery, answer: NewsTaken) -> EffectRecord:
    return EffectRecord(
        key=delivery.key,
        step="take_news",
        order_id=answer.order_id,
        request_hash=delivery.key.rpartition("/")[2],
        result=answer.model_dump_json(),
        at=engine.clock.now(),
    )


async def _audit(
    tx: UnitOfWork,
    engine: Engine,
    delivery: Delivery,
    refusal: FulfillmentError,
    answer: NewsTaken,
) -> None:
    action = ActionRecord(
        at=engine.clock.now(),
        by=delivery.storefront,
        action=f"webhook {delivery.topic}".strip(),
        detail=f"{refusal.code}: {refusal}",
        refused=True,
    )
    kept = RefusedDelivery(
        at=engine.clock.now(),
        storefront=delivery.storefront,
        topic=delivery.topic,
        delivery_id=delivery.delivery_id,
        code=refusal.code,
        fields=answer.fields,
    )
    await tx.journal.add_action(action)
    await tx.webhooks.add_refused(kept)
