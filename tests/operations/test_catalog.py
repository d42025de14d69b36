"""Loading catalogs, and the sample that comes with the product."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from fulfillment.domain.errors import InvalidReceipt
from fulfillment.entrypoints.sample_orders import sample_orders
from fulfillment.operations.catalog import CatalogLoaded, load_catalog, parse_catalog
from fulfillment.operations.order_file import read_orders
from fulfillment.operations.stock import show_stock
from plant import Plant, plant

SAMPLES = Path(__file__).parents[2] / "samples"


def sample_catalog() -> dict[str, Any]:
    """Return the sample catalog's JSON."""
    data: dict[str, Any] = json.loads((SAMPLES / "catalog.json").read_text(encoding="utf-8"))
    return data


@pytest.fixture
async def own(client: Client, tmp_path: Path) -> AsyncIterator[Plant]:
    """Give a shop of its own, without a worker."""
    async with plant(client, tmp_path, work=False) as shop:
        yield shop


async def test_the_sample_catalog_loads_and_loads_again(own: Plant) -> None:
    """Twice is as good as once."""
    catalog = parse_catalog(sample_catalog())
    expected = CatalogLoaded(articles=12, cartons=4, warehouses=2, bins=30, receipts=14)
    assert await load_catalog(own.engine, catalog) == expected
    assert await load_catalog(own.engine, catalog) == expected
    [pens] = await show_stock(own.engine, skus=["PEN-BRASS"])
    assert (pens.level.on_hand, pens.level.claimed) == (80, 0)


def test_the_sample_orders_are_of_the_sample_catalog() -> None:
    """Each is good, and its articles and prices are the catalog's."""
    prices = {row["sku"]: row["unit_value_minor"] for row in sample_catalog()["articles"]}
    content = read_orders((SAMPLES / "orders.json").read_bytes())
    assert len(content.orders) == 3
    assert content.refused == ()
    for filed in content.orders:
        for line in filed.order.lines:
            assert line.unit_price_minor == prices[line.sku]


async def test_made_orders_are_of_the_catalog_on_record(own: Plant) -> None:
    """Each has an id of its own and one to three lines of what is sold."""
    orders = await sample_orders(own.engine, 20)
    assert len({placed.order_id for placed in orders}) == 20
    assert {len(placed.lines) for placed in orders} <= {1, 2, 3}
    assert "OLD" not in {line.sku for placed in orders for line in placed.lines}


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"articles": [{"sku": "X"}]}, ["articles[0].name", "articles[0].dimensions"]),
        ({"artikles": []}, ["artikles"]),
        ([], [""]),
    ],
)
def test_a_wrong_field_is_named(change: Any, paths: list[str]) -> None:
    """By its path in the file."""
    with pytest.raises(InvalidReceipt) as refusal:
        parse_catalog(change)
    assert [problem.path for problem in refusal.value.problems][: len(paths)] == paths


def test_an_id_stands_once() -> None:
    """A SKU that stands twice is named."""
    catalog = sample_catalog()
    catalog["articles"].append(catalog["articles"][0])
    with pytest.raises(InvalidReceipt, match="more than once came MUG-ENAMEL"):
        parse_catalog(catalog)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ({"warehouse_id": "NOPE"}, r"bins\[30\].warehouse_id: expected a warehouse"),
        ({"aisle": 3}, r"bins\[30\].aisle: expected an aisle from 0 to 2 of BER, came 3"),
        ({"cell": 6}, r"bins\[30\].cell: expected a cell from 0 to 5 of BER, came 6"),
    ],
)
async def test_a_bin_stands_in_its_warehouse(
    own: Plant, place: dict[str, Any], message: str
) -> None:
    """Outside of the aisles there is no bin, and nothing of the catalog is on record."""
    catalog = sample_catalog()
    catalog["bins"].append(
        {"bin_id": "B", "warehouse_id": "BER", "aisle": 0, "cell": 0, "side": "L", **place}
    )
    with pytest.raises(InvalidReceipt, match=message):
        await load_catalog(own.engine, parse_catalog(catalog))
    async with own.database.reading() as tx:
        assert await tx.catalog.articles(["PEN-BRASS"]) == {}


def made_of(sku: str, part: str) -> dict[str, Any]:
    """Return how a thing is produced of another one."""
    place = {"warehouse_id": "BER", "bin_id": "BER-A0-01", "lead_time_days": 1}
    parts = [{"sku": part, "quantity": 1}]
    return {"sku": sku, "method": "production", "components": parts, **place}


async def test_articles_are_not_made_of_each_other(own: Plant) -> None:
    """Nor together with what is on record; what was on record stays."""
    await load_catalog(own.engine, parse_catalog({"supply_sources": [made_of("MUG", "BOOK")]}))
    more = [made_of("BOOK", "LAMP"), made_of("LAMP", "MUG")]
    with pytest.raises(
        InvalidReceipt, match="not made of each other, came LAMP of MUG of BOOK"
    ) as refusal:
        await load_catalog(own.engine, parse_catalog({"supply_sources": more}))
    assert ["supply_sources"] == [problem.path for problem in refusal.value.problems]
    async with own.database.reading() as tx:
        assert await tx.supply.source("BOOK") is None
        assert await tx.supply.source("MUG") is not None
