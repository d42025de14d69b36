"""Goods that expire: received with a day, never promised past it, taken out, traced by lot."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from fulfillment.domain.errors import InvalidReceipt
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.expiry import ExpirySweep, expire_stock
from fulfillment.operations.order_access import get_order
from fulfillment.operations.orders import submit_order
from fulfillment.operations.stock import Receipt, ShelfStock, receive_stock, show_stock
from fulfillment.operations.verify import verify
from fulfillment.stores import UnitOfWork
from plant import ARTICLES, BERLIN, Plant, eventually, new_id, order

SKU, KEEPS = "RARE44", "RARE45"
TODAY = datetime.now(UTC).date()


def receipt(lot: str, days: int | None, quantity: int = 5, sku: str = SKU) -> Receipt:
    """Return a delivery of a lot with so many days left."""
    return Receipt(
        receipt_id=new_id("R"),
        warehouse_id=BERLIN,
        bin_id="BER-A0-05",
        sku=sku,
        quantity=quantity,
        lot=lot,
        expires_on=None if days is None else TODAY + timedelta(days=days),
        by="ann",
    )


async def make_perishable(shop: Plant, min_shelf_life_days: int) -> None:
    """Let the article expire."""

    async def changed(tx: UnitOfWork) -> None:
        (article,) = (article for article in ARTICLES if article.sku == SKU)
        days = {"min_shelf_life_days": min_shelf_life_days}
        await tx.catalog.add_articles([article.model_copy(update=days)])

    async with shop.ports.database.writing() as tx:
        await changed(tx)


async def shelf(shop: Plant) -> ShelfStock:
    """Return what Berlin has of it."""
    (found,) = await show_stock(shop.engine, skus=[SKU], warehouse_id=BERLIN)
    return found


async def test_what_expires_is_received_promised_and_taken_out_by_its_day(shop: Plant) -> None:
    """Its lot has one day; too near a day, another day or none is refused with what to do."""
    await make_perishable(shop, 10)
    await receive_stock(shop.engine, receipt("L1", 30))
    await receive_stock(shop.engine, receipt("L1", None))
    await receive_stock(shop.engine, receipt("L2", 90, quantity=2))
    for wrong, message in (
        (receipt("L1", 31), "which lot L1 of RARE44 came in with before"),
        (receipt("L3", 5), "expected goods that may still ship"),
        (receipt("L3", None), "expected the lot's last day of use, since RARE44 expires"),
    ):
        with pytest.raises(InvalidReceipt, match=message):
            await receive_stock(shop.engine, wrong)
    assert 12 == (await shelf(shop)).level.available

    placed = order(new_id("fresh"), (SKU, 3))
    await submit_order(shop.engine, placed)

    async def bound() -> bool:
        return sum(place.quantity for place in (await shelf(shop)).bins) == 9

    await eventually(bound)
    (first,) = await shop.read(lambda tx: tx.tasks.page(fulfillment_id=f"{placed.order_id}-1"))
    assert [("L1", 3)] == [(item["lot"], item["quantity"]) for item in first.plan["items"]]

    # From now on lot L1 is too old to ship: 3 of it are on a pick list, 7 are not.
    await make_perishable(shop, 40)
    level = (await shelf(shop)).level
    assert (12, 3, 10, 0) == (level.on_hand, level.claimed, level.expired, level.available)
    waits = order(new_id("late"), (SKU, 2))
    await submit_order(shop.engine, waits)

    async def is_back_ordered() -> bool:
        return (await get_order(shop.engine, waits.order_id)).stage is OrderStage.BACK_ORDERED

    await eventually(is_back_ordered)

    sweep = ExpirySweep(sweep_id=new_id("E"), warehouse_id=BERLIN, by="ann")
    swept = await expire_stock(shop.engine, sweep)
    assert swept == await expire_stock(shop.engine, sweep)
    assert [("L1", 7)] == [(units.lot, units.quantity) for units in swept.quarantined]
    assert [("L1", 3)] == [(units.lot, units.quantity) for units in swept.promised]
    held = await shop.read(lambda tx: tx.stock.balance(f"quarantine:{BERLIN}", SKU, "L1"))
    assert 7 == held
    assert 5 == (await shelf(shop)).level.on_hand
    assert [] == [finding for finding in await verify(shop.engine) if SKU in str(finding)]


async def test_goods_that_keep_need_no_day(shop: Plant) -> None:
    """A lot without a day is only traced; a day without a lot says nothing of which goods."""
    await receive_stock(shop.engine, receipt("L9", None, sku=KEEPS))
    with pytest.raises(ValidationError, match="a lot with the expiry date"):
        receipt("", 30, sku=KEEPS)
    sweep = ExpirySweep(sweep_id=new_id("E"), warehouse_id="NOPE", by="ann")
    with pytest.raises(InvalidReceipt, match="NOPE"):
        await expire_stock(shop.engine, sweep)
