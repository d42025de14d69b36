"""A warehouse, articles and orders for tests of the record of things, and one order's whole way."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import content_hash
from fulfillment.domain.catalog import Article, Bin, CartonType, Layout, Warehouse
from fulfillment.domain.inventory import Account, Movement
from fulfillment.domain.lifecycle import (
    Stage,
)
from fulfillment.domain.orders import (
    Customer,
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
)
from fulfillment.domain.units import Dimensions, Place
from fulfillment.ports import Database
from fulfillment.records import (
    Claim,
    FulfillmentLine,
    FulfillmentRecord,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BERLIN = "BER"
BINS = ("BER-A01", "BER-A02")
SKUS = ("MUG", "TEE")

ADDRESS = Address(name="Ada", street=("Hauptstr. 1",), city="Berlin", country="DE")
SIZE = Dimensions(length_mm=300, width_mm=200, height_mm=100)


def warehouse(warehouse_id: str = BERLIN) -> Warehouse:
    """Return a warehouse of two aisles."""
    return Warehouse(
        warehouse_id=warehouse_id,
        name=f"Warehouse {warehouse_id}",
        address=ADDRESS,
        place=Place(latitude=52.5, longitude=13.4),
        timezone="Europe/Berlin",
        layout=Layout(aisles=2, cells=10),
        pickup_at=time(16, 30),
    )


def article(sku: str) -> Article:
    """Return an article of the catalog."""
    return Article(sku=sku, name=sku.title(), dimensions=SIZE, weight_g=250, fragile=sku == "MUG")


def carton() -> CartonType:
    """Return a carton type."""
    outer = Dimensions(length_mm=310, width_mm=210, height_mm=110)
    return CartonType(
        carton_id="S", inner=SIZE, outer=outer, empty_weight_g=80, max_weight_g=5_000, cost_minor=40
    )


def order(order_id: str = "O-1", quantity: int = 2, skus: Sequence[str] = SKUS) -> Order:
    """Return an order of so many units of each SKU, with a discount that does not divide evenly."""
    return Order(
        order_id=order_id,
        placed_at=NOW,
        currency="EUR",
        customer=Customer(name="Ada", email="ada@example.org"),
        ship_to=ADDRESS,
        lines=tuple(
            OrderLine(line_no=number, sku=sku, quantity=quantity, unit_price_minor=1_000)
            for number, sku in enumerate(skus, 1)
        ),
        shipping_minor=490,
        discount_minor=101,
        payment=Payment(method=PaymentMethod.TO_AUTHORIZE, reference="card"),
    )


def fulfillment(
    fulfillment_id: str = "O-1-F1",
    order_id: str = "O-1",
    lines: Sequence[tuple[int, str, int]] = ((1, "MUG", 2), (2, "TEE", 2)),
) -> FulfillmentRecord:
    """Return a fulfillment that was just released."""
    return FulfillmentRecord(
        fulfillment_id=fulfillment_id,
        order_id=order_id,
        warehouse_id=BERLIN,
        stage=Stage.RELEASED,
        stage_since=NOW,
        lines=tuple(
            FulfillmentLine(line_no=line_no, sku=sku, planned=quantity)
            for line_no, sku, quantity in lines
        ),
    )


def claim_of(line: FulfillmentLine, of: FulfillmentRecord, bin_id: str | None = None) -> Claim:
    """Return the claim of a fulfillment's line, bound to a bin or not."""
    return Claim(
        claim_id=f"{of.fulfillment_id}-{line.line_no}",
        order_id=of.order_id,
        fulfillment_id=of.fulfillment_id,
        line_no=line.line_no,
        warehouse_id=of.warehouse_id,
        sku=line.sku,
        quantity=line.planned,
        bin_id=bin_id,
    )


def account(name: str) -> Account:
    """Return the account of a ledger name such as `bin:BER-A01`."""
    return Account.parse(name)


def moved(sku: str, quantity: int, source: str, target: str, lot: str = "") -> Movement:
    """Return a movement between two accounts by their ledger names."""
    return Movement(
        sku=sku, quantity=quantity, source=account(source), target=account(target), lot=lot
    )


async def stock_up(database: Database, quantity: int = 10) -> None:
    """Put the catalog on record and so many units of each SKU into the first bin."""
    async with database.writing() as record:
        await record.catalog.add_articles([article(sku) for sku in SKUS])
        await record.catalog.add_cartons([carton()])
        bins = [
            Bin(bin_id=bin_id, warehouse_id=BERLIN, aisle=aisle, cell=3)
            for aisle, bin_id in enumerate(BINS)
        ]
        await record.catalog.add_warehouse(warehouse(), bins)
        if quantity:
            received = [moved(sku, quantity, "supplier:BER", f"bin:{BINS[0]}") for sku in SKUS]
            await record.stock.move("receipt/1", received, by="Rita", reason="receipt", at=NOW)


async def put_on_record(database: Database, of: Order) -> None:
    """Put an order on record."""
    async with database.writing() as record:
        due = NOW + timedelta(days=3)
        await record.orders.add(of, content_hash(of), f"order/{of.order_id}", NOW, due)
