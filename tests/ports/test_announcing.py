"""A change and its announcement are one transaction, on each database."""

from collections.abc import Collection
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from activities.effects import Effects
from fulfillment.domain.errors import Refused
from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import Delivery, Endpoint
from fulfillment.messages import Recorded, RecordRelease, ReleaseHold
from fulfillment.persistence.database import SqlDatabase
from fulfillment.stores import UnitOfWork
from fulfillment.webhooks.stores import Which
from record_samples import NOW, order, put_on_record


class Clock:
    """Stands still."""

    def now(self) -> datetime:
        """Return the same time."""
        return NOW.astimezone(UTC)


class Waker:
    """Keeps who was waked."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.woken: list[str] = []

    async def wake(self, endpoint_ids: Collection[str]) -> None:
        """Remember them."""
        self.woken += endpoint_ids


@pytest.fixture(autouse=True)
async def recorded(database: SqlDatabase) -> None:
    """Put an order on record."""
    await put_on_record(database, order())


async def listen(database: SqlDatabase, name: str, *kinds: str, enabled: bool = True) -> None:
    """Put an endpoint on record."""
    endpoint = Endpoint(
        endpoint_id=name,
        url="https://erp.example.com/",
        event_types=kinds,
        secret=SecretStr("whsec_a"),
        enabled=enabled,
        created_at=NOW,
    )
    async with database.writing() as tx:
        await tx.webhooks.add_endpoint(endpoint)


async def release(database: SqlDatabase, waker: Waker, number: int, *, fails: bool = False) -> None:
    """Let the order go on, once more."""

    async def effect(tx: UnitOfWork) -> Recorded:
        if fails and await tx.orders.find("O-1"):
            message = "not now"
            raise Refused(message)
        await tx.orders.set_ship_to("O-1", order().ship_to)
        return Recorded(key="k")

    key = f"order/O-1/record_release/-/{number}"
    request = RecordRelease(key=key, order_id="O-1", release=ReleaseHold(by="eva"))
    await Effects(database, Clock(), waker).once(request, "O-1", Recorded, effect)


async def told(database: SqlDatabase) -> tuple[list[Message], list[Delivery]]:
    """Return all messages and deliveries."""
    async with database.reading() as tx:
        messages = await tx.webhooks.messages(Which())
        return messages, await tx.webhooks.deliveries([each.message_id for each in messages])


async def test_a_change_is_announced_once_to_who_wants_it(database: SqlDatabase) -> None:
    """One that is disabled or wants other events gets no delivery; a repeat tells nothing."""
    waker = Waker()
    await listen(database, "erp")
    await listen(database, "mail", "fulfillment.*")
    await listen(database, "off", enabled=False)
    for _ in range(2):
        await release(database, waker, 1)
    [message], [delivery] = await told(database)
    assert (message.type, message.order_id, message.sequence) == ("order.released", "O-1", 1)
    assert (delivery.endpoint_id, delivery.next_attempt_at) == ("erp", NOW)
    assert waker.woken == ["erp"]


async def test_what_does_not_commit_is_not_announced(database: SqlDatabase) -> None:
    """Neither on record nor by waking anybody."""
    waker = Waker()
    await listen(database, "erp")
    with pytest.raises(Refused):
        await release(database, waker, 1, fails=True)
    assert (await told(database), waker.woken) == (([], []), [])


async def test_nothing_is_kept_where_nobody_ever_listened(database: SqlDatabase) -> None:
    """Orders pay nothing then."""
    waker = Waker()
    await release(database, waker, 1)
    assert (await told(database), waker.woken) == (([], []), [])


async def test_what_says_nothing_new_is_not_told_again(database: SqlDatabase) -> None:
    """Two effects that leave the order as it was are one change for the merchant."""
    waker = Waker()
    await listen(database, "erp")
    for number in (1, 2):
        await release(database, waker, number)
    messages, _ = await told(database)
    assert [message.sequence for message in messages] == [1]
