"""A wake that was lost is found, and repaired."""

from datetime import timedelta

from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.back_order_checks import back_order_findings
from fulfillment.operations.order_access import get_order
from fulfillment.operations.orders import submit_order
from fulfillment.operations.stock import show_queue, wake_back_orders
from plant import Plant, eventually, new_id, order

SKU, OTHER = "RARE17", "RARE18"


async def waiting(shop: Plant, sku: str) -> str:
    """Have an order wait for an article; return its id."""
    placed = order(new_id("lost"), (sku, 2))
    await submit_order(shop.engine, placed)

    async def there() -> bool:
        return (await get_order(shop.engine, placed.order_id)).stage is OrderStage.BACK_ORDERED

    await eventually(there)
    return placed.order_id


async def found(shop: Plant, order_id: str) -> list[tuple[str, str]]:
    """Return what is found of an order, with its repair."""
    soon = shop.engine.clock.now() + timedelta(minutes=1)
    findings = await back_order_findings(shop.engine, soon)
    return [(f.rule, f.repair) for f in findings if order_id in f.message]


async def test_goods_that_nobody_was_told_of(shop: Plant) -> None:
    """They lie there, and the order waits: it is found, and the command it names repairs it."""
    order_id = await waiting(shop, SKU)
    assert [] == await found(shop, order_id)
    await shop.stock(new_id("silent"), [("BER-A0-06", SKU, 1)])
    [(rule, repair)] = await found(shop, order_id)
    assert "nobody waits for goods that are there" == rule
    assert f"fulfillment stock wake {SKU}" == repair
    assert (order_id,) == await wake_back_orders(shop.engine, [SKU])

    async def served() -> bool:
        line = await show_queue(shop.engine, skus=[SKU])
        return [(1, 0)] == [(entry.units, entry.set_aside) for entry in line]

    await eventually(served)
    assert [] == await found(shop, order_id)


async def test_an_order_that_stands_in_no_line(shop: Plant) -> None:
    """Its workflow is to look again, which puts it in line."""
    order_id = await waiting(shop, OTHER)
    [entry] = await show_queue(shop.engine, skus=[OTHER])
    async with shop.database.writing() as tx:
        await tx.back_orders.replace(entry.waiter, [])
    [(rule, repair)] = await found(shop, order_id)
    assert "every back-order stands in line" == rule
    assert f"temporal workflow signal -w order/{order_id} --name stock_arrived" == repair
