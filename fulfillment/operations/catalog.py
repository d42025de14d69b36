"""Loading a catalog: articles, cartons, warehouses with their bins, and opening stock."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

from pydantic import ValidationError, model_validator

from fulfillment.domain.base import StrictValue, Value
from fulfillment.domain.catalog import Article, Bin, CartonType, Warehouse
from fulfillment.domain.errors import InvalidReceipt, NotFound, Problem
from fulfillment.domain.orders import problems_of
from fulfillment.domain.supply import Supplier, SupplySource, cycle_in
from fulfillment.operations.engine import Engine
from fulfillment.operations.stock import Receipt, receive_stock
from fulfillment.stores import UnitOfWork


class Catalog(StrictValue):
    """A catalog file; each part may be left out, and loading it again changes nothing.

    `opening_stock` are receipts, each booked once by its id.
    """

    articles: tuple[Article, ...] = ()
    cartons: tuple[CartonType, ...] = ()
    warehouses: tuple[Warehouse, ...] = ()
    bins: tuple[Bin, ...] = ()
    opening_stock: tuple[Receipt, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    supply_sources: tuple[SupplySource, ...] = ()

    @model_validator(mode="after")
    def _ids_once(self) -> Self:
        ids = {
            "articles": [article.sku for article in self.articles],
            "cartons": [carton.carton_id for carton in self.cartons],
            "warehouses": [warehouse.warehouse_id for warehouse in self.warehouses],
            "bins": [place.bin_id for place in self.bins],
            "suppliers": [supplier.supplier_id for supplier in self.suppliers],
            "supply_sources": [source.sku for source in self.supply_sources],
            "opening_stock": [receipt.receipt_id for receipt in self.opening_stock],
        }
        for part, names in ids.items():
            twice = _repeated(names)
            if twice:
                message = f"each id once among {part}; more than once came {', '.join(twice)}"
                raise ValueError(message)
        return self


class CatalogLoaded(Value):
    """How much of each was added or replaced."""

    articles: int
    cartons: int
    warehouses: int
    bins: int
    receipts: int
    suppliers: int = 0
    supply_sources: int = 0


def parse_catalog(data: Any) -> Catalog:  # noqa: ANN401 - whatever came in
    """Return the catalog that the data describes.

    Raises:
        InvalidReceipt: naming each wrong field by its path, with what was expected and what came.

    """
    try:
        return Catalog.model_validate(data)
    except ValidationError as error:
        raise InvalidReceipt.of(*problems_of(error)) from error


async def load_catalog(engine: Engine, catalog: Catalog) -> CatalogLoaded:
    """Add or replace what the catalog names, in one transaction, then book the opening stock.

    Raises:
        InvalidReceipt: a bin outside its warehouse's aisles, or of no warehouse; a receipt that
            can't be booked, as `receive_stock` tells; a supply source that names what is not on
            record, or by which articles would be made of each other.

    """
    async with engine.database.writing() as tx:
        places = await _warehouses(tx, catalog)
        _require_bins_inside(catalog.bins, places)
        await tx.catalog.add_articles(catalog.articles)
        await tx.catalog.add_cartons(catalog.cartons)
        for warehouse_id, warehouse in places.items():
            bins = [place for place in catalog.bins if place.warehouse_id == warehouse_id]
            await tx.catalog.add_warehouse(warehouse, bins)
        await tx.supply.add_suppliers(catalog.suppliers)
        await _add_sources(tx, catalog.supply_sources)
    for receipt in catalog.opening_stock:
        await receive_stock(engine, receipt)
    return CatalogLoaded(
        articles=len(catalog.articles),
        cartons=len(catalog.cartons),
        warehouses=len(catalog.warehouses),
        bins=len(catalog.bins),
        receipts=len(catalog.opening_stock),
        suppliers=len(catalog.suppliers),
        supply_sources=len(catalog.supply_sources),
    )


async def _add_sources(tx: UnitOfWork, sources: Sequence[SupplySource]) -> None:
    """Add how articles are arranged for, once all that they name is on record."""
    for position, source in enumerate(sources):
        skus = [source.sku, *(part.sku for part in source.components)]
        known = await tx.catalog.articles(skus)
        unknown = [sku for sku in skus if sku not in known]
        if unknown:
            path, expected = f"supply_sources[{position}]", "articles of the catalog"
            raise InvalidReceipt.of(_problem(path, expected, ", ".join(unknown)))
        await _require_place_of(tx, position, source)
    await tx.supply.add_sources(sources)
    await _require_no_cycle(tx, [source.sku for source in sources])


async def _require_no_cycle(tx: UnitOfWork, skus: Sequence[str]) -> None:
    """Refuse articles that would be made of each other, with what is on record by now."""
    parts: dict[str, tuple[str, ...]] = {}
    todo = list(skus)
    while todo:
        sku = todo.pop()
        if sku not in parts:
            source = await tx.supply.source(sku)
            parts[sku] = tuple(part.sku for part in source.components) if source else ()
            todo += parts[sku]
    cycle = cycle_in(parts)
    if cycle:
        expected = "articles that are not made of each other"
        raise InvalidReceipt.of(_problem("supply_sources", expected, " of ".join(cycle)))


async def _require_place_of(tx: UnitOfWork, position: int, source: SupplySource) -> None:
    path = f"supply_sources[{position}]"
    try:
        if source.supplier_id is not None:
            await tx.supply.supplier(source.supplier_id)
        place = await tx.catalog.bin(source.bin_id)
    except NotFound as error:
        expected = "a supplier and a bin of this catalog or on record"
        raise InvalidReceipt.of(_problem(path, expected, str(error))) from error
    if place.warehouse_id != source.warehouse_id:
        expected = f"a bin of warehouse {source.warehouse_id}"
        raise InvalidReceipt.of(_problem(f"{path}.bin_id", expected, source.bin_id))


async def _warehouses(tx: UnitOfWork, catalog: Catalog) -> dict[str, Warehouse]:
    """Return the warehouses of the catalog, and those on record that get bins from it."""
    places = {warehouse.warehouse_id: warehouse for warehouse in catalog.warehouses}
    for position, place in enumerate(catalog.bins):
        if place.warehouse_id not in places:
            try:
                places[place.warehouse_id] = await tx.catalog.warehouse(place.warehouse_id)
            except NotFound as error:
                expected = "a warehouse of this catalog or on record"
                raise InvalidReceipt.of(
                    _problem(f"bins[{position}].warehouse_id", expected, place.warehouse_id)
                ) from error
    return places


def _require_bins_inside(bins: Sequence[Bin], places: dict[str, Warehouse]) -> None:
    problems = []
    for position, place in enumerate(bins):
        layout = places[place.warehouse_id].layout
        if place.aisle >= layout.aisles:
            expected = f"an aisle from 0 to {layout.aisles - 1} of {place.warehouse_id}"
            problems.append(_problem(f"bins[{position}].aisle", expected, str(place.aisle)))
        if place.cell >= layout.cells:
            expected = f"a cell from 0 to {layout.cells - 1} of {place.warehouse_id}"
            problems.append(_problem(f"bins[{position}].cell", expected, str(place.cell)))
    if problems:
        raise InvalidReceipt.of(*problems)


def _problem(path: str, expected: str, came: str) -> Problem:
    return Problem(path=path, expected=expected, came=came, remedy="correct the catalog file")


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
