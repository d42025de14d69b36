"""What storefronts said of their orders is kept, on each database."""

from datetime import timedelta
from pathlib import Path

import pytest

from activities.orders import OrderActivities
from fulfillment import bootstrap
from fulfillment.domain.errors import EndedInStorefront
from fulfillment.domain.storefront_orders import Seen, SeenLine, StorefrontOrder
from fulfillment.messages import RecordOrder
from fulfillment.persistence.database import SqlDatabase
from fulfillment.settings import Settings
from fulfillment.stores.storefront_inbox import WaitingDelivery
from record_samples import NOW, order

LINE = SeenLine(line_id="101", line_no=1, sku="MUG", kept=2, to_ship=2)
HEARD = StorefrontOrder(
    order_id="shopify-1",
    storefront="shopify",
    updated_at=NOW,
    seen=Seen(lines=(LINE,), ship_to="0a"),
)


async def test_the_newest_is_kept_and_what_was_seen_is_erased(database: SqlDatabase) -> None:
    """How an order ended stays, also of one that never came."""
    ended = HEARD.model_copy(update={"ended": "cancelled", "updated_at": None})
    async with database.writing() as tx:
        assert await tx.storefronts.find("shopify-1") is None
        await tx.storefronts.put(HEARD)
        assert HEARD == await tx.storefronts.find("shopify-1")
        await tx.storefronts.put(ended)
    async with database.writing() as tx:
        assert ended == await tx.storefronts.find("shopify-1")
        await tx.storefronts.forget("shopify-1")
    async with database.reading() as tx:
        assert ended.model_copy(update={"seen": None}) == await tx.storefronts.find("shopify-1")


def waiting(number: int) -> WaitingDelivery:
    """Return a delivery that came so many minutes later."""
    at = NOW + timedelta(minutes=number)
    return WaitingDelivery(
        key=f"webhook/shopify/{number}",
        storefront="shopify",
        delivery_id=str(number),
        topic="orders/create",
        order_id=f"shopify-{number}",
        body=b'{"name": "Ada"}',
        received_at=at,
        next_attempt_at=at,
    )


async def test_a_delivery_waits_until_it_is_carried_out(database: SqlDatabase) -> None:
    """It is kept once, taken by one at a time, and forgotten with its order."""
    first, second = waiting(1), waiting(2)
    now, later = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)
    async with database.writing() as tx:
        for each in (second, first, first):
            await tx.inbox.keep(each)
        assert [first, second] == await tx.inbox.waiting(10)
        assert (False, True) == (await tx.inbox.any_due(NOW), await tx.inbox.any_due(now))
        assert [first] == await tx.inbox.take_due(now, later, 10)
        assert not await tx.inbox.any_due(now)
        assert [] == await tx.inbox.take_due(now, later, 10)
        await tx.inbox.postpone(first.key, "unavailable", later)
    async with database.writing() as tx:
        again = first.model_copy(
            update={"attempts": 1, "error": "unavailable", "next_attempt_at": later}
        )
        assert [again, second] == await tx.inbox.waiting(10)
        assert 2 == await tx.inbox.make_due(now)
        assert 2 == len(await tx.inbox.take_due(now, later, 10))
        await tx.inbox.drop(first.key)
        await tx.inbox.drop_of_order("shopify-2")
        assert [] == await tx.inbox.waiting(10)


async def test_what_has_ended_in_its_storefront_is_not_put_on_record(
    database_url: str, tmp_path: Path
) -> None:
    """Whoever hands it in: the news of its end came first, or while it was submitted."""
    ended = StorefrontOrder(order_id="O-1", storefront="shopify", ended="cancelled")
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with bootstrap.ports(settings) as ports:
        async with ports.database.writing() as tx:
            await tx.storefronts.put(ended)
        request = RecordOrder(key="order/O-1/record_order/-/1", order=order())
        with pytest.raises(EndedInStorefront, match="cancelled in shopify"):
            await OrderActivities(ports).record_order(request)
        async with ports.database.reading() as tx:
            assert await tx.orders.find("O-1") is None
