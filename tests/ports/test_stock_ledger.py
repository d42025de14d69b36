"""Goods are conserved: whatever is booked, no unit appears, vanishes or is in two places."""

import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.catalog import Bin
from fulfillment.domain.errors import EffectConflict, Inconsistent, NotFound, StockViolation
from fulfillment.domain.inventory import SOURCES, BinStock, Movement, StockLevel
from fulfillment.persistence.database import SqlDatabase
from order_journey import Journey
from record_samples import BERLIN, BINS, NOW, SKUS, moved, stock_up, warehouse

PLACES = ("supplier:BER", "adjustment:BER", *(f"bin:{b}" for b in BINS), "quarantine:q", "scrap:")
LOTS = ("", "2026-01")
Levels = Counter[tuple[str, str, str]]

MOVEMENTS = st.tuples(
    st.sampled_from(SKUS), st.integers(1, 6), st.permutations(PLACES), st.sampled_from(LOTS)
).map(lambda drawn: moved(drawn[0], drawn[1], drawn[2][0], drawn[2][1], drawn[3]))


def applied(levels: Levels, booking: list[Movement]) -> Levels | None:
    """Return the levels after a booking, or None if a physical account would go negative."""
    after = levels.copy()
    for movement in booking:
        after[str(movement.source), movement.sku, movement.lot] -= movement.quantity
        after[str(movement.target), movement.sku, movement.lot] += movement.quantity
    virtual = {kind.value for kind in SOURCES}
    physical = (n for (name, _, _), n in after.items() if name.split(":")[0] not in virtual)
    return None if any(quantity < 0 for quantity in physical) else after


async def book(database: SqlDatabase, key: str, booking: list[Movement]) -> bool:
    """Book movements; return whether that was possible."""
    try:
        async with database.writing() as record:
            await record.stock.move(key, booking, by="Rita", reason="test", at=NOW)
    except StockViolation:
        return False
    return True


@settings(max_examples=25, deadline=None)
@given(bookings=st.lists(st.lists(MOVEMENTS, min_size=1, max_size=4), max_size=12))
async def test_the_ledger_conserves(template: Path, bookings: list[list[Movement]]) -> None:
    """Any bookings leave the levels that plain arithmetic gives, and books without findings."""
    with TemporaryDirectory() as folder:
        shutil.copy(template, f"{folder}/record.db")
        database = SqlDatabase(f"sqlite:///{folder}/record.db")
        await stock_up(database, quantity=0)
        levels: Levels = Counter()
        for number, booking in enumerate(bookings):
            after = applied(levels, booking)
            assert await book(database, f"k/{number}", booking) == (after is not None)
            levels = levels if after is None else after
        await check(database, levels)
        await database.dispose()


async def check(database: SqlDatabase, levels: Levels) -> None:
    """Check that the database has these levels, and what follows from them."""
    async with database.reading() as record:
        for (name, sku, lot), quantity in levels.items():
            assert await record.stock.balance(name, sku, lot) == quantity
        on_hand = Counter[str]()
        for (name, sku, _), quantity in levels.items():
            on_hand[sku] += quantity if name.startswith("bin:") else 0
        shelves = {level.sku: level.on_hand for level in await record.stock.levels(SKUS)}
        assert {s: n for s, n in shelves.items() if n} == {s: n for s, n in on_hand.items() if n}
        assert await record.books.findings() == []


async def test_receipt_is_on_hand(database: SqlDatabase) -> None:
    """What came into a bin is on its warehouse's shelves, and in the bin's contents."""
    await stock_up(database)
    async with database.reading() as record:
        assert await record.stock.levels([*SKUS, "NONE"]) == [
            StockLevel(warehouse_id=BERLIN, sku=sku, on_hand=10, claimed=0) for sku in SKUS
        ]
        assert await record.stock.contents(f"bin:{BINS[0]}") == [("MUG", "", 10), ("TEE", "", 10)]
        assert await record.stock.contents(f"bin:{BINS[1]}") == []
        assert await record.stock.balance("supplier:BER", "MUG") == -10
        assert await record.stock.bin_stock(BERLIN, ["MUG"]) == [
            BinStock(bin_id=BINS[0], aisle=0, cell=3, sku="MUG", quantity=10)
        ]


async def test_between_warehouses_both_shelves_change(database: SqlDatabase) -> None:
    """A movement from one warehouse's bin to another's takes from one shelf, adds to the other."""
    await stock_up(database)
    async with database.writing() as record:
        bins = [Bin(bin_id="HAM-A01", warehouse_id="HAM", aisle=0, cell=0)]
        await record.catalog.add_warehouse(warehouse("HAM"), bins)
        transfer = [moved("MUG", 4, f"bin:{BINS[0]}", "bin:HAM-A01")]
        await record.stock.move("k", transfer, by="Rita", reason="transfer", at=NOW)
        levels = await record.stock.levels(["MUG"])
    assert [(level.warehouse_id, level.on_hand) for level in levels] == [("BER", 6), ("HAM", 4)]


async def test_a_key_books_once(database: SqlDatabase) -> None:
    """The same key again is refused, whatever it would book."""
    await stock_up(database)
    with pytest.raises(EffectConflict, match=r"movements\.key"):
        await book(database, "receipt/1", [moved("MUG", 1, "supplier:BER", f"bin:{BINS[1]}")])


async def test_what_is_not_on_record_is_not_moved(database: SqlDatabase) -> None:
    """Neither into an unknown bin, nor goods of an unknown SKU; nothing at all is no booking."""
    await stock_up(database)
    with pytest.raises(NotFound, match="bin: expected one that is on record, came X"):
        await book(database, "k", [moved("MUG", 1, "supplier:BER", "bin:X")])
    with pytest.raises(Inconsistent, match="FOREIGN KEY"):
        await book(database, "k", [moved("NONE", 1, "supplier:BER", f"bin:{BINS[0]}")])
    assert await book(database, "k", [])


async def test_too_much_is_refused_with_what_to_do(database: SqlDatabase) -> None:
    """The message names the goods, the account, what is there, and the remedy."""
    await stock_up(database, quantity=3)
    gone = [moved("MUG", 4, f"bin:{BINS[0]}", "scrap:")]
    with pytest.raises(StockViolation) as refused:
        async with database.writing() as record:
            await record.stock.move("k", gone, by="Rita", reason="broken", at=NOW)
    assert str(refused.value) == (
        "MUG on the shelves of BER: expected at least 4 units that no order has claimed, came 3; "
        "release the claims first, or cancel the orders that have them"
    )
    gone = [moved("MUG", 1, f"bin:{BINS[1]}", "scrap:")]
    with pytest.raises(StockViolation, match="MUG in bin:BER-A02: expected at least 1 units"):
        async with database.writing() as record:
            await record.stock.move("k", gone, by="Rita", reason="broken", at=NOW)


async def test_claimed_goods_stay(database: SqlDatabase) -> None:
    """An adjustment takes neither what is claimed, nor what is bound in that very bin."""
    await stock_up(database, quantity=3)
    await Journey(database).to("plan")
    loss = [moved("MUG", 2, f"bin:{BINS[0]}", "adjustment:BER")]
    with pytest.raises(StockViolation, match="no order has claimed, came 1"):
        async with database.writing() as record:
            await record.stock.move("k", loss, by="Rita", reason="count", at=NOW)
    aside = [
        moved("MUG", 5, "supplier:BER", f"bin:{BINS[1]}"),
        moved("MUG", 2, f"bin:{BINS[0]}", f"bin:{BINS[1]}"),
    ]
    with pytest.raises(StockViolation, match="at least the 2 units that pick lists have bound"):
        async with database.writing() as record:
            await record.stock.move("k", aside, by="Rita", reason="relocation", at=NOW)
    assert await book(database, "k", [moved("MUG", 1, f"bin:{BINS[0]}", "adjustment:BER")])
