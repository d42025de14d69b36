"""Orders go their whole way with PostgreSQL as the record of things."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from driving import Drive
from fulfillment.domain.lifecycle import OrderStage, OutcomeKind
from fulfillment.operations.verify import verify
from postgres_server import Server


@pytest.fixture
async def shop(client: Client, postgres: Server, tmp_path: Path) -> AsyncIterator[plants.Plant]:
    """Give a running shop on an empty PostgreSQL database."""
    with postgres.database() as url:
        async with plants.plant(client, tmp_path, database_url=url) as running:
            yield running


async def test_orders_go_through_side_by_side(shop: plants.Plant) -> None:
    """Several of the same articles, one of them canceled: all end, and all books agree."""
    drives = [Drive(shop.engine, plants.new_id("PG")) for _ in range(4)]
    canceled, *carried = drives
    lines = [("MUG", 2), ("BOOK", 1)]
    await asyncio.gather(
        *(drive.submit(*lines[:: 1 if n % 2 else -1]) for n, drive in enumerate(drives))
    )
    await canceled.at(OrderStage.FULFILLING)
    await canceled.cancel()
    await asyncio.gather(*(drive.carry() for drive in carried))

    await asyncio.gather(*(drive.handle.result() for drive in drives), return_exceptions=True)
    kinds = [(await drive.ended()).outcome.kind for drive in carried]
    assert [OutcomeKind.COMPLETED] * 3 == kinds
    notices = await shop.read(lambda tx: tx.journal.notices(carried[0].order_id))
    told = [notice.kind for notice in notices]
    assert ["acknowledged", "shipped", "delivered"] == told
    mugs = await shop.read(lambda tx: tx.stock.levels(["MUG"]))
    assert (8_000 - 3 * 2, 0) == (sum(m.on_hand for m in mugs), sum(m.claimed for m in mugs))
    assert [] == await verify(shop.engine, settled=True)
