"""Lots that expire: first expired first out, never past their day, on both databases."""

from datetime import date, timedelta

from fulfillment.domain.inventory import BinStock
from fulfillment.domain.shelf_life import DatedStock, less_expired
from fulfillment.persistence.database import SqlDatabase
from record_samples import BERLIN, BINS, NOW, article, moved, stock_up

FIRST, LATER = date(2026, 3, 20), date(2026, 4, 20)
WEEK = timedelta(days=7)


async def stock_up_lots(database: SqlDatabase) -> None:
    """Put 3 mugs that expire first, 4 that expire later and 5 that keep on the shelves."""
    await stock_up(database, quantity=0)
    dated = article("MUG").model_copy(update={"min_shelf_life_days": 7})
    async with database.writing() as record:
        await record.catalog.add_articles([dated])
        assert dated == (await record.catalog.articles(["MUG"]))["MUG"]
        assert FIRST == await record.stock.record_lot("MUG", "L1", FIRST, NOW)
        assert LATER == await record.stock.record_lot("MUG", "L2", LATER, NOW)
        received = [
            moved("MUG", 3, "supplier:BER", f"bin:{BINS[1]}", "L1"),
            moved("MUG", 4, "supplier:BER", f"bin:{BINS[0]}", "L2"),
            moved("MUG", 5, "supplier:BER", f"bin:{BINS[0]}"),
            moved("TEE", 9, "supplier:BER", f"bin:{BINS[0]}"),
        ]
        await record.stock.move("lots", received, by="Rita", reason="receipt", at=NOW)


def _bin(bin_id: str, quantity: int, lot: str = "", until: date | None = None) -> BinStock:
    place = BinStock(bin_id=bin_id, aisle=0, cell=0, sku="MUG", quantity=quantity)
    days = {"expires_on": until, "ships_until": until and until - WEEK}
    return place.model_copy(update={"lot": lot, **days})


async def test_a_lot_has_one_day_and_its_goods_ship_until_a_week_before(
    database: SqlDatabase,
) -> None:
    """The day by the first receipt stands; what is past it is neither offered nor promised."""
    await stock_up_lots(database)
    async with database.writing() as record:
        assert FIRST == await record.stock.record_lot("MUG", "L1", LATER, NOW)
        assert await record.stock.lot_expiry("MUG", "L3") is None
        first, later, keeps = [
            _bin(BINS[1], 3, "L1", FIRST),
            _bin(BINS[0], 4, "L2", LATER),
            _bin(BINS[0], 5),
        ]
        found = await record.stock.bin_stock(BERLIN, ["MUG"])
        assert [keeps, later, first] == [
            place.model_copy(update={"aisle": 0, "cell": 0}) for place in found
        ]
        last_day = await record.stock.bin_stock(BERLIN, ["MUG"], ships_on=FIRST - WEEK)
        too_late = await record.stock.bin_stock(
            BERLIN, ["MUG"], ships_on=FIRST - WEEK + timedelta(days=1)
        )
        assert ["", "L2", "L1"] == [place.lot for place in last_day]
        assert ["", "L2"] == [place.lot for place in too_late]
        dated = await record.stock.dated(["MUG", "TEE"])
        assert dated == await record.stock.dated(None)
        levels = await record.stock.levels(["MUG"])
    assert ["L1", "L2"] == [stock.lot for stock in dated]
    assert dated[0] == DatedStock(
        warehouse_id=BERLIN,
        bin_id=BINS[1],
        sku="MUG",
        lot="L1",
        quantity=3,
        ships_until=FIRST - WEEK,
    )
    (level,) = less_expired(levels, dated, {BERLIN: FIRST})
    assert (12, 3, 9) == (level.on_hand, level.expired, level.available)
