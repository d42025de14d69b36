"""A small shop with two warehouses, running on a real server and a real database, for tests."""

import asyncio
import itertools
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from temporalio.client import Client
from temporalio.worker import Interceptor

from fulfillment import bootstrap
from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article, Bin, CartonType, Layout, Orientation, Warehouse
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Patience, Policy
from fulfillment.domain.orders import Order, parse_order
from fulfillment.domain.sourcing import SourcingWeights
from fulfillment.domain.units import Dimensions, Place
from fulfillment.operations.engine import Engine
from fulfillment.persistence.database import SqlDatabase
from fulfillment.persistence.migrations import migrate
from fulfillment.ports import Database, Ports
from fulfillment.settings import Settings
from fulfillment.stores import UnitOfWork

T = TypeVar("T")
_numbers = itertools.count(1)

BERLIN, ROTTERDAM = "BER", "RTM"
PATIENT = Patience(
    remind_after=timedelta(minutes=10),
    escalate_after=timedelta(minutes=10),
    then_after=timedelta(minutes=10),
)


def dimensions(length_mm: int, width_mm: int, height_mm: int) -> Dimensions:
    """Return a box's size."""
    return Dimensions(length_mm=length_mm, width_mm=width_mm, height_mm=height_mm)


ARTICLES = (
    Article(
        sku="MUG",
        name="Mug",
        dimensions=dimensions(120, 90, 100),
        weight_g=350,
        fragile=True,
        unit_value_minor=1290,
    ),
    Article(
        sku="BOOK",
        name="Book",
        dimensions=dimensions(210, 150, 30),
        weight_g=420,
        unit_value_minor=2400,
    ),
    Article(
        sku="LAMP",
        name="Lamp",
        dimensions=dimensions(200, 200, 350),
        weight_g=1900,
        fragile=True,
        orientation=Orientation.UPRIGHT,
        unit_value_minor=8900,
    ),
    Article(
        sku="SOAP",
        name="Soap",
        dimensions=dimensions(80, 60, 30),
        weight_g=120,
        segregation_group="chemicals",
        unit_value_minor=490,
    ),
    Article(
        sku="PIANO",
        name="Piano",
        dimensions=dimensions(1500, 600, 1200),
        weight_g=200_000,
        unit_value_minor=400_000,
    ),
    Article(
        sku="OLD",
        name="Old thing",
        dimensions=dimensions(80, 60, 30),
        weight_g=120,
        discontinued=True,
    ),
    *(
        Article(
            sku=f"RARE{n}",
            name=f"Rare thing {n}",
            dimensions=dimensions(80, 60, 30),
            weight_g=150,
            unit_value_minor=9900,
        )
        for n in range(50)
    ),
)

CARTONS = (
    CartonType(
        carton_id="S",
        inner=dimensions(300, 200, 150),
        outer=dimensions(310, 210, 160),
        empty_weight_g=150,
        max_weight_g=10_000,
        cost_minor=40,
    ),
    CartonType(
        carton_id="M",
        inner=dimensions(400, 300, 250),
        outer=dimensions(410, 310, 260),
        empty_weight_g=280,
        max_weight_g=20_000,
        cost_minor=70,
    ),
    CartonType(
        carton_id="L",
        inner=dimensions(600, 400, 400),
        outer=dimensions(612, 412, 412),
        empty_weight_g=520,
        max_weight_g=30_000,
        cost_minor=120,
    ),
)


def _address(name: str, street: str, postal_code: str, city: str, country: str) -> Address:
    return Address(name=name, street=(street,), postal_code=postal_code, city=city, country=country)


WAREHOUSES = (
    Warehouse(
        warehouse_id=BERLIN,
        name="Berlin",
        timezone="Europe/Berlin",
        address=_address("Shop Berlin", "Lagerstr. 1", "12681", "Berlin", "DE"),
        place=Place(latitude=52.54, longitude=13.55),
        layout=Layout(aisles=4, cells=10),
    ),
    Warehouse(
        warehouse_id=ROTTERDAM,
        name="Rotterdam",
        timezone="Europe/Amsterdam",
        address=_address("Shop Rotterdam", "Havenweg 2", "3089 JK", "Rotterdam", "NL"),
        place=Place(latitude=51.88, longitude=4.42),
        layout=Layout(aisles=4, cells=10),
    ),
)


def bins(warehouse_id: str) -> list[Bin]:
    """Return a warehouse's bins: four aisles of ten cells."""
    return [
        Bin(
            bin_id=f"{warehouse_id}-A{aisle}-{cell:02}",
            warehouse_id=warehouse_id,
            aisle=aisle,
            cell=cell,
        )
        for aisle in range(4)
        for cell in range(10)
    ]


OPENING: tuple[tuple[str, str, int], ...] = (
    ("BER-A0-01", "MUG", 4000),
    ("BER-A1-03", "BOOK", 4000),
    ("BER-A2-05", "LAMP", 2000),
    ("BER-A3-07", "SOAP", 2000),
    ("BER-A3-08", "PIANO", 5),
    ("RTM-A0-02", "BOOK", 4000),
    ("RTM-A1-04", "MUG", 4000),
)


@dataclass(frozen=True, eq=False)
class Plant:
    """The running shop."""

    engine: Engine
    ports: Ports
    settings: Settings

    @property
    def client(self) -> Client:
        """The Temporal client."""
        return self.engine.client

    @property
    def database(self) -> Database:
        """The record of things."""
        return self.engine.database

    async def read(self, look: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Read from the record of things."""
        async with self.database.reading() as tx:
            return await look(tx)

    async def stock(self, key: str, rows: Sequence[tuple[str, str, int]]) -> None:
        """Put goods into bins, as from a supplier, without telling anybody."""
        await stock_up(self.database, key, rows)


async def stock_up(database: Database, key: str, rows: Sequence[tuple[str, str, int]]) -> None:
    """Put goods into bins, as from a supplier."""
    movements = [
        Movement(
            sku=sku,
            quantity=quantity,
            source=Account(kind=AccountKind.SUPPLIER, ref=bin_id[:3]),
            target=Account(kind=AccountKind.BIN, ref=bin_id),
        )
        for bin_id, sku, quantity in rows
    ]
    async with database.writing() as tx:
        now = datetime.now(UTC)
        await tx.stock.move(f"test/{key}", movements, by="test", reason="opening", at=now)


async def furnish(database: Database) -> None:
    """Fill an empty database with the shop's catalog and opening stock."""
    async with database.writing() as tx:
        await tx.catalog.add_articles(ARTICLES)
        await tx.catalog.add_cartons(CARTONS)
        for warehouse in WAREHOUSES:
            await tx.catalog.add_warehouse(warehouse, bins(warehouse.warehouse_id))
    await stock_up(database, "opening", OPENING)


@cache
def _templates() -> TemporaryDirectory[str]:
    # Not at import: some tests' workflows import this module in their sandbox.
    return TemporaryDirectory(prefix="furnished-shop-")


async def _copy_furnished(settings: Settings) -> None:
    """Begin a shop's database file, if it is to be made, as a copy: tables take long to make."""
    file = Path(settings.database_url.partition(":///")[2])
    template = Path(_templates().name) / "furnished.sqlite"
    if not settings.database_url.startswith("sqlite"):
        return
    if not _exists(template):
        new = template.with_suffix(f".{next(_numbers)}")
        await migrate(f"sqlite:///{new}")
        database = SqlDatabase(f"sqlite:///{new}")
        await furnish(database)
        await database.dispose()
        shutil.move(new, template)
    if not _exists(file):
        shutil.copy(template, file)
        _count_apart(file)


def _count_apart(file: Path) -> None:
    """Begin elsewhere to number supply orders: shops on a server must not share their workflows."""
    with closing(sqlite3.connect(file)) as books, books:
        above = 300 * next(_numbers)
        books.execute("INSERT INTO counters (name, value) VALUES ('supply', ?)", [above])


def _exists(file: Path) -> bool:
    file.parent.mkdir(parents=True, exist_ok=True)
    return file.exists()


def settings_in(folder: Path, **overrides: Any) -> Settings:
    """Return settings for a data folder, patient unless told otherwise."""
    stages = ("pick", "sort", "pack", "hand_over", "tracking", "back_order")
    patience = dict.fromkeys(stages, PATIENT)
    hold = PATIENT.model_copy(update={"policy": Policy.CANCEL})
    queue = f"test-{next(_numbers)}"
    usual = {
        "data_dir": folder,
        "hold": hold,
        # A Schedule outlives its shop: by itself it must not ask for a worker that is gone.
        "floor_plan_every": timedelta(days=1),
        # Who ships must not depend on what other tests have left open in a shop.
        "sourcing": SourcingWeights(load_minor=0),
    }
    return Settings(**{**usual, "task_queue": queue, **patience, **overrides})


@asynccontextmanager
async def plant(
    client: Client,
    folder: Path,
    *,
    interceptors: Sequence[Interceptor] = (),
    change: Callable[[Ports], Ports] = lambda ports: ports,
    work: bool = True,
    **overrides: Any,
) -> AsyncIterator[Plant]:
    """Run a shop on a server: database in a folder, one worker in this process.

    Args:
        client: connected with the product's plugin.
        folder: where the database and the mails go.
        interceptors: put around the worker's activities, to inject faults.
        change: replaces ports by fakes of outside parties.
        work: whether a worker runs.
        overrides: settings that differ.

    """
    settings = settings_in(folder, **overrides)
    await _copy_furnished(settings)
    async with bootstrap.ports(settings) as made:
        ports = change(replace(made, policies=settings.policies()))
        async with ports.database.reading() as tx:
            furnished = bool(await tx.catalog.cartons())
        if not furnished:
            await furnish(ports.database)
        engine = Engine(
            client=client,
            database=ports.database,
            clock=ports.clock,
            task_queue=settings.task_queue,
            documents=ports.documents,
            plan_every=settings.plan_every,
            interception=bootstrap.interception(settings, bootstrap.contract_carrier(settings)),
            carrier=ports.carrier,
            sourcing=ports.sourcing,
            ship_within=ports.policies.ship_within,
        )
        shop = Plant(engine=engine, ports=ports, settings=settings)
        if not work:
            yield shop
            return
        async with bootstrap.make_worker(client, ports, settings, interceptors=interceptors):
            yield shop


def order_data(order_id: str, *lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
    """Return an order's JSON: these articles for a customer in Hamburg who pays by card."""
    rows = lines or (("MUG", 2), ("BOOK", 1))
    return {
        "order_id": order_id,
        "placed_at": "2026-11-20T10:00:00+01:00",
        "currency": "EUR",
        "customer": {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+49 40 123456"},
        "ship_to": {
            "name": "Ada Lovelace",
            "street": ["Reeperbahn 1"],
            "city": "Hamburg",
            "postal_code": "20359",
            "country": "DE",
        },
        "lines": [
            {
                "sku": sku,
                "quantity": quantity,
                "unit_price_minor": 1990,
                "tax_minor": 378 * quantity,
            }
            for sku, quantity in rows
        ],
        "shipping_minor": 490,
        "payment": {"method": "to_authorize", "reference": "tok_visa"},
        **changes,
    }


def order(order_id: str, *lines: tuple[str, int], **changes: Any) -> Order:
    """Return such an order."""
    return parse_order(order_data(order_id, *lines, **changes))


def new_id(name: str) -> str:
    """Return an order id that no other test has."""
    return f"{name}-{next(_numbers)}"


async def eventually(look: Callable[[], Awaitable[T | None]], seconds: float = 60) -> T:
    """Look until there is something, ever more rarely since many look at once, or fail."""
    clock = asyncio.get_running_loop().time
    deadline, pause = clock() + seconds, 0.02
    while not (seen := await look()):
        if clock() > deadline:
            message = f"nothing after {seconds} s, last seen {seen!r}"
            raise AssertionError(message)
        await asyncio.sleep(pause)
        pause = min(pause * 1.4, 0.2)
    return seen
