"""Articles, cartons, warehouses and their bins, on SQL."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import RowMapping, bindparam, select

from fulfillment.domain.catalog import Article, Bin, CartonType, Warehouse
from fulfillment.domain.errors import InvalidReceipt, Problem
from fulfillment.domain.units import Dimensions
from fulfillment.persistence.repositories.store import SqlStore, missing, select_by
from fulfillment.persistence.tables import articles, bins, carton_types, warehouses


class SqlCatalogStore(SqlStore):
    """Articles, cartons, warehouses and their bins."""

    async def add_articles(self, articles: Sequence[Article]) -> None:
        """Add or replace articles by SKU."""
        await self._put(_ARTICLES, [_article_row(article) for article in articles])

    async def add_cartons(self, cartons: Sequence[CartonType]) -> None:
        """Add or replace carton types by id."""
        await self._put(carton_types, [_carton_row(carton) for carton in cartons])

    async def add_warehouse(self, warehouse: Warehouse, bins: Sequence[Bin]) -> None:
        """Add or replace a warehouse and add its bins.

        Raises:
            InvalidReceipt: a bin belongs to another warehouse.

        """
        await self._hold("catalog", ["bins"])
        elsewhere = await self._bins_elsewhere(warehouse.warehouse_id)
        for place in bins:
            owner = elsewhere.get(place.bin_id, place.warehouse_id)
            if owner != warehouse.warehouse_id:
                raise _wrong_warehouse(place, warehouse.warehouse_id, owner)
        row = warehouse.model_dump(mode="json") | {"pickup_at": warehouse.pickup_at}
        await self._put(warehouses, [row])
        await self._put(_BINS, [place.model_dump() for place in bins])

    async def _bins_elsewhere(self, warehouse_id: str) -> dict[str, str]:
        columns = select(bins.c.bin_id, bins.c.warehouse_id)
        rows = await self._rows(columns.where(bins.c.warehouse_id != warehouse_id))
        return {row["bin_id"]: row["warehouse_id"] for row in rows}

    async def articles(self, skus: Collection[str]) -> dict[str, Article]:
        """Return the articles that exist, by SKU."""
        rows = await self._rows(_OF_SKUS, skus=sorted(set(skus)))
        return {row["sku"]: _article(row) for row in rows}

    async def skus(self) -> list[str]:
        """Return the SKUs of all articles, in their order."""
        return await self._names(select(articles.c.sku).order_by(articles.c.sku))

    async def cartons(self) -> list[CartonType]:
        """Return all carton types, by id."""
        rows = await self._rows(select_by(carton_types, order_by="carton_id"))
        return [_carton(row) for row in rows]

    async def warehouses(self) -> list[Warehouse]:
        """Return all warehouses, by id."""
        rows = await self._rows(select_by(warehouses, order_by="warehouse_id"))
        return [Warehouse.model_validate(dict(row)) for row in rows]

    async def warehouse(self, warehouse_id: str) -> Warehouse:
        """Return a warehouse; raises NotFound."""
        row = await self._row(select_by(warehouses, "warehouse_id"), warehouse_id=warehouse_id)
        if row is None:
            raise missing(warehouse=warehouse_id)
        return Warehouse.model_validate(dict(row))

    async def bin(self, bin_id: str) -> Bin:
        """Return a bin; raises NotFound."""
        row = await self._row(select_by(bins, "bin_id"), bin_id=bin_id)
        if row is None:
            raise missing(bin=bin_id)
        return Bin.model_validate(dict(row))


_ARTICLES = articles
_BINS = bins
_OF_SKUS = (
    select(articles)
    .where(articles.c.sku.in_(bindparam("skus", expanding=True)))
    .order_by(articles.c.sku)
)


def _wrong_warehouse(place: Bin, warehouse_id: str, owner: str) -> InvalidReceipt:
    problem = Problem(
        path=f"bin {place.bin_id}",
        expected=f"a bin of warehouse {warehouse_id}",
        came=f"a bin of warehouse {owner}",
        remedy="give each bin an id of its own",
    )
    return InvalidReceipt(str(problem), [problem])


def _article_row(article: Article) -> dict[str, Any]:
    return article.model_dump(exclude={"dimensions"}) | article.dimensions.model_dump()


def _article(row: RowMapping) -> Article:
    fields = {name: value for name, value in row.items() if name not in Dimensions.model_fields}
    return Article.model_validate({**fields, "dimensions": sized(row)})


def _carton_row(carton: CartonType) -> dict[str, Any]:
    row = carton.model_dump(exclude={"inner", "outer"})
    return row | sizes(carton.inner, "inner_") | sizes(carton.outer, "outer_")


def _carton(row: RowMapping) -> CartonType:
    fields = {name: row[name] for name in CartonType.model_fields if name in row}
    sides = {"inner": sized(row, "inner_"), "outer": sized(row, "outer_")}
    return CartonType.model_validate(fields | sides)


def sizes(dimensions: Dimensions, prefix: str = "") -> dict[str, int]:
    """Return the columns of a box's size."""
    return {f"{prefix}{side}": size for side, size in dimensions.model_dump().items()}


def sized(row: RowMapping, prefix: str = "") -> Dimensions:
    """Return a box's size from its columns."""
    return Dimensions.model_validate({s: row[f"{prefix}{s}"] for s in Dimensions.model_fields})
