"""Holds that a release without rows for them has placed, on each database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from activities.holds import HoldActivities
from fulfillment import bootstrap
from fulfillment.domain.base import content_hash
from fulfillment.domain.holds import HoldKind
from fulfillment.messages import CorrectAddress, Held, HoldOrder, RecordAddress
from fulfillment.messages.holds import (
    PayOtherwise,
    RecordPaymentMeans,
    RecordRejection,
    RejectOrder,
)
from fulfillment.persistence.database import SqlDatabase
from fulfillment.records import EffectRecord
from fulfillment.settings import Settings
from record_samples import NOW, order, put_on_record

FIELDS = {"at", "until", "confirmation", "notice_key", "pickups", "kinds"}
"""What was not in the hash of a hold's request when it was placed; it had no kinds at all."""


@pytest_asyncio.fixture
async def holds(
    database: SqlDatabase, database_url: str, tmp_path: Path
) -> AsyncIterator[HoldActivities]:
    """Return the activities on a database with an order."""
    await put_on_record(database, order())
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with AsyncExitStack() as stack:
        yield HoldActivities(await stack.enter_async_context(bootstrap.ports(settings)))


def placing(number: int) -> HoldOrder:
    """Return the request that places an order's hold of that number."""
    return HoldOrder(
        key=f"order/O-1/hold_order/-/{number}",
        order_id="O-1",
        reason="payment: declined",
        kinds=(HoldKind.PAYMENT,),
        until=NOW + timedelta(days=7),
    )


async def on_record(database: SqlDatabase, *requests: HoldOrder) -> None:
    """Put effects on record as the release before wrote them: no row, no kinds."""
    async with database.writing() as tx:
        for request in requests:
            effect = EffectRecord(
                key=request.key,
                step="hold_order",
                order_id=request.order_id,
                request_hash=content_hash(request, exclude=FIELDS),
                result=Held().model_dump_json(),
                at=NOW,
            )
            await tx.effects.add(effect)


async def test_what_was_answered_stays_answered(
    database: SqlDatabase, holds: HoldActivities
) -> None:
    """Each hold has its own answer, in the order of the answers; the next one waits."""
    requests = [placing(number) for number in range(1, 5)]
    await on_record(database, *requests)
    correction = CorrectAddress(address=order().ship_to)
    await holds.record_address(
        RecordAddress(key="order/O-1/record_address/a/1", order_id="O-1", correction=correction)
    )
    payment = PayOtherwise(reference="tok_visa")
    await holds.record_payment_means(
        RecordPaymentMeans(
            key="order/O-1/record_payment_means/b/1", order_id="O-1", payment=payment
        )
    )
    await holds.record_rejection(
        RecordRejection(
            key="order/O-1/record_rejection/c/1", order_id="O-1", rejection=RejectOrder()
        )
    )
    answers = [await holds.hold_order(request) for request in requests]
    assert answers == [Held(released=False), Held(released=True), Held(rejected=""), Held()]


async def test_what_waits_is_among_the_open_holds_again(
    database: SqlDatabase, holds: HoldActivities
) -> None:
    """Resumed, it gets its row, so that it is listed, asked about and closed as any other."""
    await on_record(database, placing(1))
    assert await holds.hold_order(placing(1)) == Held()
    async with database.reading() as tx:
        [hold] = await tx.holds.open()
    assert (hold.hold_id, hold.kinds) == (placing(1).key, (HoldKind.PAYMENT,))
    assert await holds.hold_order(placing(1)) == Held()
