"""Articles, cartons, warehouses and bins come back as they were put in."""

import pytest

from fulfillment.domain.catalog import Bin
from fulfillment.domain.errors import InvalidReceipt, NotFound
from fulfillment.persistence.database import SqlDatabase
from record_samples import BERLIN, BINS, SKUS, article, carton, stock_up, warehouse


async def test_the_catalog_comes_back(database: SqlDatabase) -> None:
    """What was put in is what is there, all of it."""
    await stock_up(database, quantity=0)
    async with database.reading() as record:
        assert await record.catalog.articles([*SKUS, "NONE"]) == {s: article(s) for s in SKUS}
        assert await record.catalog.cartons() == [carton()]
        assert await record.catalog.warehouses() == [warehouse()]
        assert await record.catalog.warehouse(BERLIN) == warehouse()
        assert (await record.catalog.bin(BINS[1])).aisle == 1


async def test_what_is_there_is_replaced(database: SqlDatabase) -> None:
    """The same SKU, carton, warehouse or bin again replaces what it says."""
    await stock_up(database, quantity=0)
    heavier = article("MUG").model_copy(update={"weight_g": 999})
    dearer = carton().model_copy(update={"cost_minor": 99})
    renamed = warehouse().model_copy(update={"name": "North"})
    moved = Bin(bin_id=BINS[0], warehouse_id=BERLIN, aisle=1, cell=9, side="R")
    async with database.writing() as record:
        await record.catalog.add_articles([heavier])
        await record.catalog.add_cartons([dearer])
        await record.catalog.add_warehouse(renamed, [moved])
        assert (await record.catalog.articles(["MUG"]))["MUG"] == heavier
        assert await record.catalog.cartons() == [dearer]
        assert await record.catalog.warehouse(BERLIN) == renamed
        assert await record.catalog.bin(BINS[0]) == moved


async def test_a_bin_of_another_warehouse_is_refused(database: SqlDatabase) -> None:
    """A bin has one warehouse for good, or its stock would change hands unseen."""
    await stock_up(database, quantity=0)
    stolen = Bin(bin_id=BINS[0], warehouse_id="HAM", aisle=0, cell=0)
    foreign = Bin(bin_id="NEW", warehouse_id=BERLIN, aisle=0, cell=0)
    for place in (stolen, foreign):
        with pytest.raises(InvalidReceipt, match="a bin of warehouse HAM"):
            async with database.writing() as record:
                await record.catalog.add_warehouse(warehouse("HAM"), [place])


async def test_what_is_not_there_is_not_found(database: SqlDatabase) -> None:
    """The error names what was looked for."""
    async with database.reading() as record:
        with pytest.raises(NotFound, match="warehouse: expected one that is on record, came BER"):
            await record.catalog.warehouse(BERLIN)
        with pytest.raises(NotFound, match="bin: expected one that is on record, came X"):
            await record.catalog.bin("X")
