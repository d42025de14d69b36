"""Goods that expire: a lot's date at the receiving dock, and what is past it taken out."""

from datetime import date
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.confirmations import UNKNOWN
from fulfillment.domain.errors import InvalidReceipt, NotFound, Problem
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.shelf_life import day_at, ships_until
from fulfillment.operations.booking import book_once
from fulfillment.operations.engine import Engine
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import effect_key

By = Annotated[str, Field(min_length=1, max_length=80)]


class ExpirySweep(StrictValue):
    """Take out of a warehouse's bins what may not ship any more; `sweep_id` makes it once."""

    sweep_id: Identifier
    warehouse_id: Identifier
    by: By = UNKNOWN


class ExpiredUnits(Value):
    """Units of a lot in a bin that may not ship any more."""

    bin_id: str
    sku: str
    lot: str
    ships_until: date
    quantity: int


class Expired(Value):
    """What a sweep came to: what was taken out, and what is still promised to orders."""

    sweep_id: str
    warehouse_id: str
    day: date
    quarantined: tuple[ExpiredUnits, ...]
    promised: tuple[ExpiredUnits, ...]
    """Left in the bins, since fulfillments have it claimed; their picks will be short."""


class LotReceived(Value):
    """A lot as the delivery note names it; `expires_on` is its last day of use, if it has one."""

    warehouse_id: str
    sku: str
    lot: str
    expires_on: date | None


async def expire_stock(engine: Engine, sweep: ExpirySweep) -> Expired:
    """Move what may not ship any more from its bins to quarantine, once; never what is claimed.

    Raises:
        InvalidReceipt: the warehouse is unknown, or the sweep's id is on record with other content.

    """

    async def book(tx: UnitOfWork, key: str) -> Expired:
        now = engine.clock.now()
        day = day_at(await _warehouse(tx, sweep.warehouse_id), now)
        out, promised = await _past(tx, sweep.warehouse_id, day)
        movements = [_to_quarantine(units, sweep.warehouse_id) for units in out]
        await tx.stock.move(key, movements, by=sweep.by, reason=f"expired by {day}", at=now)
        detail = f"{sweep.sweep_id}: {sum(units.quantity for units in out)} to quarantine"
        action = ActionRecord(at=now, by=sweep.by, action="expire_stock", detail=detail)
        await tx.journal.add_action(action)
        return Expired(
            sweep_id=sweep.sweep_id,
            warehouse_id=sweep.warehouse_id,
            day=day,
            quarantined=tuple(out),
            promised=tuple(promised),
        )

    key = effect_key(f"sweep/{sweep.sweep_id}", "expire_stock")
    return await book_once(engine, key, sweep, Expired, book)


async def record_lot(engine: Engine, tx: UnitOfWork, received: LotReceived) -> None:
    """Put a received lot's expiry date on record.

    Raises:
        InvalidReceipt: the date is missing, is another one than before, or is too near.

    """
    article = (await tx.catalog.articles([received.sku]))[received.sku]
    expires_on = received.expires_on or await tx.stock.lot_expiry(received.sku, received.lot)
    if expires_on is None:
        if article.min_shelf_life_days is not None:
            raise InvalidReceipt.of(_undated(received))
        return
    now = engine.clock.now()
    today = day_at(await tx.catalog.warehouse(received.warehouse_id), now)
    until = ships_until(expires_on, article.min_shelf_life_days)
    if until < today:
        raise InvalidReceipt.of(_past_use(expires_on, until, today))
    known = await tx.stock.record_lot(received.sku, received.lot, expires_on, now)
    if known != expires_on:
        raise InvalidReceipt.of(_other_date(received, known))


async def _warehouse(tx: UnitOfWork, warehouse_id: str) -> Warehouse:
    try:
        return await tx.catalog.warehouse(warehouse_id)
    except NotFound as error:
        raise InvalidReceipt(str(error), error.problems) from error


async def _past(
    tx: UnitOfWork, warehouse_id: str, day: date
) -> tuple[list[ExpiredUnits], list[ExpiredUnits]]:
    """Return what may not ship any more: what nobody has claimed, and what somebody has."""
    out: list[ExpiredUnits] = []
    promised: list[ExpiredUnits] = []
    past = [
        ExpiredUnits.model_validate(units.model_dump())
        for units in await tx.stock.dated(None)
        if units.warehouse_id == warehouse_id and units.ships_until < day
    ]
    skus = {units.sku for units in past}
    unclaimed = {
        level.sku: level.available
        for level in await tx.stock.levels(skus)
        if level.warehouse_id == warehouse_id
    }
    unbound = {
        (place.bin_id, place.sku, place.lot): place.quantity
        for place in await tx.stock.bin_stock(warehouse_id, skus)
    }
    for units in past:
        free = min(unbound.get((units.bin_id, units.sku, units.lot), 0), unclaimed[units.sku])
        unclaimed[units.sku] -= free
        for found, quantity in ((out, free), (promised, units.quantity - free)):
            if quantity:
                found.append(units.model_copy(update={"quantity": quantity}))
    return out, promised


def _to_quarantine(units: ExpiredUnits, warehouse_id: str) -> Movement:
    return Movement(
        sku=units.sku,
        lot=units.lot,
        quantity=units.quantity,
        source=Account(kind=AccountKind.BIN, ref=units.bin_id),
        target=Account(kind=AccountKind.QUARANTINE, ref=warehouse_id),
    )


def _undated(received: LotReceived) -> Problem:
    return Problem(
        path="expires_on",
        expected=f"the lot's last day of use, since {received.sku} expires",
        came=f"lot {received.lot!r} without a date",
        remedy="give the lot and the date that are printed on the goods",
    )


def _past_use(expires_on: date, until: date, today: date) -> Problem:
    return Problem(
        path="expires_on",
        expected=f"goods that may still ship on {today}",
        came=f"{expires_on}, with which they could ship until {until}",
        remedy="send them back to the supplier, or correct the date",
    )


def _other_date(received: LotReceived, known: date) -> Problem:
    return Problem(
        path="expires_on",
        expected=f"{known}, which lot {received.lot} of {received.sku} came in with before",
        came=str(received.expires_on),
        remedy="correct the date, or give other goods a lot of their own",
    )
