"""What people report is booked once: the key, the request and the result are one transaction."""

from collections.abc import Awaitable, Callable, Collection
from typing import TypeVar

from fulfillment.domain.base import StrictValue, Value, content_hash
from fulfillment.domain.errors import FulfillmentError, InvalidReceipt, Problem
from fulfillment.operations.engine import Engine
from fulfillment.records import EffectRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import effect_key

ResultT = TypeVar("ResultT", bound=Value)


async def book_once(  # noqa: PLR0913 - one more than five, each with a name
    engine: Engine,
    key: str,
    request: StrictValue,
    result: type[ResultT],
    book: Callable[[UnitOfWork, str], Awaitable[ResultT]],
    *,
    younger: Collection[str] = (),
) -> ResultT:
    """Book what a person reported under its key; the same again returns the first result.

    Args:
        engine: the database and the clock.
        key: as `receipt/<id>/receive_stock/-/1`.
        request: what was reported.
        result: the kind of its result.
        book: books it, in the transaction that the key is put on record in.
        younger: fields that requests on record may not have had; None says as little as that.

    Raises:
        InvalidReceipt: the key is on record with another request.

    """
    unsaid = {name for name in younger if getattr(request, name) is None}
    asked = content_hash(request, exclude=unsaid)
    async with engine.database.writing() as tx:
        earlier = await tx.effects.find(key)
        if earlier is None:
            booked = await book(tx, key)
            effect = EffectRecord(
                key=key,
                step=key.split("/")[-3],
                order_id=None,
                request_hash=asked,
                result=booked.model_dump_json(),
                at=engine.clock.now(),
            )
            await tx.effects.add(effect)
            return booked
    if earlier.request_hash != asked:
        raise _conflict(key)
    return result.model_validate_json(earlier.result)


async def require_unbooked(tx: UnitOfWork, receipt_id: str, sku: str) -> None:
    """Refuse a receipt that came as a supply order's delivery of the article; the SKU is held.

    Raises:
        InvalidReceipt: it is booked already.

    """
    key = effect_key(f"receipt/{receipt_id}", "receive_stock", sku)
    if await tx.effects.find(key) is not None:
        raise _conflict(key)


def _conflict(key: str) -> FulfillmentError:
    subject, name = key.split("/")[:2]
    return InvalidReceipt.of(
        Problem(
            path=f"{subject}_id",
            expected=f"the content that {subject} {name} was booked with",
            came="other content",
            remedy=f"give another {subject} an id of its own",
        )
    )
