"""What the receiving dock can ask: see stock and who waits for it, and book deliveries."""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Self, TypeVar

from pydantic import Field, model_validator

from activities.availability import levels_today
from activities.queueing import hand_out
from fulfillment.domain.back_order_queue import QueueEntry
from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.confirmations import UNKNOWN
from fulfillment.domain.errors import InvalidReceipt, NotFound, Problem
from fulfillment.domain.inventory import Account, AccountKind, BinStock, Movement, StockLevel
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.booking import book_once, require_unbooked
from fulfillment.operations.engine import Engine
from fulfillment.operations.expiry import By, LotReceived, record_lot
from fulfillment.operations.supply import have_supply_looked_at
from fulfillment.operations.supply_receipts import count_in, expected_supply, origin_of
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import effect_key, waiter_workflow_id

Units = Annotated[int, Field(gt=0, le=1_000_000)]
Lot = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")]

ResultT = TypeVar("ResultT", bound=Value)


class Receipt(StrictValue):
    """So many units of an article came in and lie in a bin; `receipt_id` makes it once."""

    receipt_id: Identifier
    warehouse_id: Identifier
    bin_id: Identifier
    sku: Identifier
    quantity: Units
    lot: Lot = ""
    expires_on: date | None = None
    """The lot's last day of use; None for goods that keep, and for a lot that came before."""
    supply_id: Identifier | None = None
    """The supply order that these units were purchased or produced by."""
    by: By = UNKNOWN

    @model_validator(mode="after")
    def _a_date_is_a_lots(self) -> Self:
        if self.expires_on and not self.lot:
            message = "a lot with the expiry date, since the date is the lot's"
            raise ValueError(message)
        return self


class Received(Value):
    """What a receipt came to; `woken` are the back-ordered orders that look again."""

    receipt_id: str
    warehouse_id: str
    sku: str
    quantity: int
    on_hand: int
    woken: tuple[str, ...] = ()


class ShelfStock(Value):
    """What a warehouse has of an article, and what lies in its bins beyond what pick lists bind."""

    level: StockLevel
    bins: tuple[BinStock, ...]


async def show_stock(
    engine: Engine,
    *,
    skus: Collection[str] | None = None,
    warehouse_id: str | None = None,
    limit: int | None = None,
    after: str | None = None,
) -> list[ShelfStock]:
    """Return the stock of these SKUs, or of all, in one warehouse or in all, by SKU.

    Args:
        engine: the running engine.
        skus: of these alone.
        warehouse_id: in this warehouse alone.
        limit: of how many articles.
        after: begins behind this SKU.

    Raises:
        NotFound: no such article or warehouse.

    """
    async with engine.database.reading() as tx:
        wanted = await _known_skus(tx, skus)
        if warehouse_id is not None:
            await tx.catalog.warehouse(warehouse_id)
        levels = [
            level
            for level in await levels_today(tx, wanted, engine.clock.now())
            if warehouse_id in (None, level.warehouse_id) and level.sku > (after or "")
        ]
        page = set(sorted({level.sku for level in levels})[:limit])
        levels = [level for level in levels if level.sku in page]
        shelves = [await _shelf(tx, level) for level in levels]
    return sorted(shelves, key=lambda shelf: (shelf.level.sku, shelf.level.warehouse_id))


async def receive_stock(engine: Engine, receipt: Receipt) -> Received:
    """Book a delivery into its bin once, and let the orders that wait for it look again.

    Raises:
        InvalidReceipt: unknown article, bin or warehouse, a bin of another warehouse, a lot whose
            expiry date is missing, too near or another one than before, or the receipt's id is on
            record with other content.

    """

    async def book(tx: UnitOfWork, key: str) -> Received:
        await _require_place(tx, receipt)
        await record_lot(engine, tx, LotReceived.model_validate(receipt.model_dump()))
        supply = await expected_supply(tx, receipt.supply_id, receipt.sku, receipt.quantity)
        movement = Movement(
            sku=receipt.sku,
            lot=receipt.lot,
            quantity=receipt.quantity,
            source=origin_of(supply),
            target=Account(kind=AccountKind.BIN, ref=receipt.bin_id),
        )
        reason = f"receipt {receipt.receipt_id}"
        now = engine.clock.now()
        await tx.stock.move(key, [movement], by=receipt.by, reason=reason, at=now)
        await require_unbooked(tx, receipt.receipt_id, receipt.sku)
        await count_in(tx, supply, receipt.quantity, now)
        levels = await tx.stock.levels([receipt.sku])
        on_hand = sum(lv.on_hand for lv in levels if lv.warehouse_id == receipt.warehouse_id)
        return Received(
            receipt_id=receipt.receipt_id,
            warehouse_id=receipt.warehouse_id,
            sku=receipt.sku,
            quantity=receipt.quantity,
            on_hand=on_hand,
        )

    key = effect_key(f"receipt/{receipt.receipt_id}", "receive_stock")
    received = await book_once(engine, key, receipt, Received, book, younger=["supply_id"])
    if receipt.supply_id is not None:
        await have_supply_looked_at(engine, receipt.supply_id)
    return received.model_copy(update={"woken": await wake_back_orders(engine, [receipt.sku])})


async def wake_back_orders(engine: Engine, skus: Collection[str]) -> tuple[str, ...]:
    """Share out what is free of these SKUs, and tell those who get it; return their ids, in line.

    The same again tells again who has not taken yet what is set aside for it.
    """
    woken = []
    for waiter in await hand_out(engine.database, engine.clock, skus):
        name = waiter_workflow_id(waiter)
        try:
            async with answered(name):
                await engine.client.get_workflow_handle(name).signal("stock_arrived")
        except NotRunning:
            continue
        woken.append(waiter.waiter_id)
    return tuple(woken)


async def show_queue(
    engine: Engine,
    *,
    skus: Collection[str] | None = None,
    skip: int = 0,
    limit: int | None = None,
) -> list[QueueEntry]:
    """Return who waits for these SKUs, or for any, the first in line first; so many behind some."""
    async with engine.database.reading() as tx:
        line = await tx.back_orders.all_waiting()
    wanted = [entry for entry in line if skus is None or entry.sku in skus]
    return wanted[skip : None if limit is None else skip + limit]


# --- what is on record -----------------------------------------------------------------------


async def _shelf(tx: UnitOfWork, level: StockLevel) -> ShelfStock:
    bins = await tx.stock.bin_stock(level.warehouse_id, [level.sku])
    return ShelfStock(level=level, bins=tuple(bins))


async def _known_skus(tx: UnitOfWork, skus: Collection[str] | None) -> list[str]:
    if skus is None:
        return await tx.catalog.skus()
    known = await tx.catalog.articles(skus)
    unknown = [
        _unknown("sku", "an article of the catalog", sku) for sku in skus if sku not in known
    ]
    if unknown:
        raise NotFound.of(*unknown)
    return list(known)


async def _require_place(tx: UnitOfWork, receipt: Receipt) -> None:
    await require_known(tx, receipt.sku, receipt.bin_id)
    try:
        await tx.catalog.warehouse(receipt.warehouse_id)
    except NotFound as error:
        wrong = _unknown("warehouse_id", "a warehouse on record", receipt.warehouse_id)
        raise InvalidReceipt.of(wrong) from error
    place = await tx.catalog.bin(receipt.bin_id)
    if place.warehouse_id != receipt.warehouse_id:
        raise InvalidReceipt.of(
            Problem(
                path="bin_id",
                expected=f"a bin of warehouse {receipt.warehouse_id}",
                came=f"{receipt.bin_id}, a bin of warehouse {place.warehouse_id}",
                remedy="name the warehouse that has the goods, and a bin of it",
            )
        )


async def require_known(tx: UnitOfWork, sku: str, bin_id: str) -> None:
    """Refuse an article or a bin that is not on record.

    Raises:
        InvalidReceipt: naming each.

    """
    wrong = []
    if sku not in await tx.catalog.articles([sku]):
        wrong.append(_unknown("sku", "an article of the catalog", sku))
    try:
        await tx.catalog.bin(bin_id)
    except NotFound:
        wrong.append(_unknown("bin_id", "a bin on record", bin_id))
    if wrong:
        raise InvalidReceipt.of(*wrong)


def _unknown(path: str, expected: str, came: str) -> Problem:
    remedy = "correct the id, or add it with `fulfillment catalog load`"
    return Problem(path=path, expected=expected, came=came, remedy=remedy)
