"""A caller's own key for a request: it stands for that one request, whoever repeats it."""

from fulfillment.domain.errors import EffectConflict, FulfillmentError, Problem
from fulfillment.operations.engine import Engine
from fulfillment.records import EffectRecord


async def claim_key(engine: Engine, key: str, request_hash: str) -> None:
    """Put on record that a key stands for a request; the same again changes nothing.

    What the request asks for is done afterwards, by an operation that is itself safe to repeat: so
    a crash between the two costs nothing.

    Args:
        engine: the database and the clock.
        key: as `http/<API key's name>/<Idempotency-Key>`.
        request_hash: SHA-256 of what was asked, where, in hexadecimal.

    Raises:
        EffectConflict: the key stands for another request.

    """
    async with engine.database.writing() as tx:
        known = await tx.effects.find(key)
        if known is None:
            await tx.effects.add(_claim(engine, key, request_hash))
    if known is not None and known.request_hash != request_hash:
        raise _reused(key)


def _claim(engine: Engine, key: str, request_hash: str) -> EffectRecord:
    return EffectRecord(
        key=key,
        step="claim_key",
        order_id=None,
        request_hash=request_hash,
        result="",
        at=engine.clock.now(),
    )


def _reused(key: str) -> FulfillmentError:
    return EffectConflict.of(
        Problem(
            path="Idempotency-Key",
            expected="the request that this key was first sent with",
            came=f"another request under {key.rpartition('/')[2]!r}",
            remedy="give each new request a key of its own",
        )
    )
