"""Many orders, two workers and a floor in a third process fight for the last units."""

import asyncio
from pathlib import Path

import pytest
from temporalio.client import Client

import plant as plants
from driving import Drive
from floor_robots import floor_at_work
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.orders import submit_orders
from fulfillment.temporal.dev_server import DevServer
from plant import Plant, eventually
from sites import site, whats_wrong

ORDERS, UNITS = 8, {"BER-A0-05": 3, "RTM-A2-05": 2}
SKU = "RARE30"


async def waiting(shop: Plant) -> list[str]:
    """Return the orders that wait for goods, if all others are settled."""
    records = await shop.read(lambda tx: tx.orders.page(limit=100))
    back = [r.order.order_id for r in records if r.stage is OrderStage.BACK_ORDERED]
    settled = [r for r in records if r.stage is OrderStage.SETTLED]
    return back if len(settled) == sum(UNITS.values()) else []


@pytest.mark.timeout(180)
async def test_no_unit_is_sold_twice(server: DevServer, client: Client, tmp_path: Path) -> None:
    """As many orders are served as there are units; the others wait, and are served later."""
    async with site(server, client, tmp_path) as (shop, stack):
        await shop.stock("last", [(bin_id, SKU, units) for bin_id, units in UNITS.items()])
        await asyncio.gather(stack.start_worker(), stack.start_worker())
        async with floor_at_work(shop.engine):
            wanted = [plants.order(f"last.{number}", (SKU, 1)) for number in range(ORDERS)]
            await submit_orders(shop.engine, wanted, at_once=ORDERS)
            left: list[str] = await eventually(lambda: waiting(shop))
            levels = await shop.read(lambda tx: tx.stock.levels([SKU]))
            assert len(left) == ORDERS - sum(UNITS.values())
            assert {(lv.on_hand, lv.claimed) for lv in levels} == {(0, 0)}
            await Drive(shop.engine, "last.more").receive("BER-A0-05", SKU, len(left))
            await asyncio.gather(*(Drive(shop.engine, name).ended() for name in left))
        assert await whats_wrong(shop) == []
