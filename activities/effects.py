"""Effects happen once: the key, the hash of the request and the result stand in one transaction."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import Protocol, TypeVar

from pydantic import BaseModel

from activities.announced_changes import step_of
from activities.announcing import announce_effect
from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import EffectConflict, Problem
from fulfillment.ports import Clock, Database
from fulfillment.records import EffectRecord
from fulfillment.stores import UnitOfWork
from fulfillment.webhooks.ports import NO_WAKER, Waker

ResultT = TypeVar("ResultT", bound=BaseModel)

PART_OF_IT_BEFORE = frozenset({"substitute", "weighing"})
"""Settings that earlier releases have hashed: what was done by them is known by either hash."""

NOT_PART_OF_THE_REQUEST = PART_OF_IT_BEFORE | {
    "at",
    "until",
    "confirmation",
    "notice_key",
    "pickups",
    "kinds",
}
"""Fields that a reset or restarted workflow may rightly fill otherwise for the same effect.

An order that is started again goes by the settings of the day. The kinds of a hold, which its
reason tells too, are no part of those placed by earlier releases.
"""


class Keyed(Protocol):
    """A request with the key of its effect."""

    @property
    def key(self) -> str:
        """Workflow id, step, subject, occurrence."""

    def model_copy(self) -> BaseModel:
        """Any pydantic model."""


class KeyedOfShare(Keyed, Protocol):
    """A request that changes one fulfillment."""

    @property
    def fulfillment_id(self) -> str:
        """Whose order is found on record."""


class Effects:
    """Does effects once, announces them, and answers a repeat with the first result."""

    def __init__(self, database: Database, clock: Clock, waker: Waker = NO_WAKER) -> None:
        """Keep the database, the clock that dates the effects, and who tells the merchant."""
        self._database = database
        self._clock = clock
        self._waker = waker

    async def once(
        self,
        request: Keyed,
        order_id: str,
        result: type[ResultT],
        effect: Callable[[UnitOfWork], Awaitable[ResultT]],
        again: Callable[[UnitOfWork, ResultT], Awaitable[ResultT]] | None = None,
    ) -> ResultT:
        """Do an effect in one transaction with its key, unless it was done before.

        What it has changed is announced to the merchant in the same transaction.

        Of two at once the second waits for the first, and returns its result. What the effect reads
        of its order, nobody else changes meanwhile.

        Args:
            request: with the key.
            order_id: whose order it changes.
            result: the kind of result.
            effect: what is done.
            again: makes of the first result what a repeat returns; the same, unless told otherwise.

        Raises:
            EffectConflict: the key was used for another request.

        """
        return await self._once(request, partial(_known, [order_id]), result, effect, again)

    async def once_of_share(
        self,
        request: KeyedOfShare,
        result: type[ResultT],
        effect: Callable[[UnitOfWork], Awaitable[ResultT]],
        again: Callable[[UnitOfWork, ResultT], Awaitable[ResultT]] | None = None,
    ) -> ResultT:
        """Do an effect as `once` does, on the order of the request's fulfillment."""
        find_order = partial(_order_of, request.fulfillment_id)
        return await self._once(request, find_order, result, effect, again)

    async def once_for(
        self,
        request: Keyed,
        order_ids: Collection[str],
        result: type[ResultT],
        effect: Callable[[UnitOfWork], Awaitable[ResultT]],
    ) -> ResultT:
        """Do an effect as `once` does, on several orders, or on none.

        Raises:
            EffectConflict: the key was used for another request.

        """
        orders = sorted(set(order_ids))
        return await self._once(request, partial(_known, orders), result, effect, None)

    async def _once(
        self,
        request: Keyed,
        find_orders: Callable[[UnitOfWork], Awaitable[Sequence[str]]],
        result: type[ResultT],
        effect: Callable[[UnitOfWork], Awaitable[ResultT]],
        again: Callable[[UnitOfWork, ResultT], Awaitable[ResultT]] | None,
    ) -> ResultT:
        told: list[str] = []
        async with self._database.writing() as tx:
            orders = await find_orders(tx)
            for order_id in orders:
                await tx.orders.lock(order_id)
            earlier = await first_result(tx, request, result)
            if earlier is not None:
                return await again(tx, earlier) if again else earlier
            done = await effect(tx)
            await tx.effects.add(self._record(request, orders, done))
            now = self._clock.now()
            for order_id in orders:
                told += await announce_effect(tx, order_id, request, done, now)
        await self._waker.wake(told)
        return done

    async def earlier(self, request: Keyed, result: type[ResultT]) -> ResultT | None:
        """Return the first result of an effect that was done before, or None."""
        async with self._database.reading() as tx:
            return await first_result(tx, request, result)

    def _record(self, request: Keyed, order_ids: Sequence[str], result: BaseModel) -> EffectRecord:
        return EffectRecord(
            key=request.key,
            step=step_of(request.key),
            order_id=order_ids[0] if len(order_ids) == 1 else None,
            request_hash=_hash(request),
            result=result.model_dump_json(),
            at=self._clock.now(),
        )


async def first_result(tx: UnitOfWork, request: Keyed, result: type[ResultT]) -> ResultT | None:
    """Return the first result of an effect that was done before, or None.

    Raises:
        EffectConflict: the key was used for another request.

    """
    earlier = await tx.effects.find(request.key)
    if earlier is None:
        return None
    if earlier.request_hash not in (_hash(request), _hash_before(request)):
        remedy = "give a step that is done again on purpose the next occurrence"
        raise EffectConflict.of(
            Problem(
                path=f"effect {request.key}",
                expected="the same request as the first time",
                came="another one",
                remedy=remedy,
            )
        )
    return result.model_validate_json(earlier.result)


async def _order_of(fulfillment_id: str, tx: UnitOfWork) -> Sequence[str]:
    return [await tx.fulfillments.order_of(fulfillment_id)]


async def _known(order_ids: Sequence[str], tx: UnitOfWork) -> Sequence[str]:  # noqa: ARG001 - as _order_of
    return order_ids


def _hash(request: Keyed) -> str:
    return content_hash(request.model_copy(), exclude=NOT_PART_OF_THE_REQUEST)


def _hash_before(request: Keyed) -> str:
    return content_hash(request.model_copy(), exclude=NOT_PART_OF_THE_REQUEST - PART_OF_IT_BEFORE)
