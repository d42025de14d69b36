"""Counting: a bin holds other than the books say, and they are set right."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Self

from pydantic import Field, model_validator

from activities.queueing import hand_out
from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.confirmations import UNKNOWN
from fulfillment.domain.errors import InvalidReceipt, StockViolation
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.operations.booking import book_once
from fulfillment.operations.engine import Engine
from fulfillment.operations.expiry import By
from fulfillment.operations.stock import Lot, require_known, wake_back_orders
from fulfillment.records import ActionRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import effect_key

Count = Annotated[int, Field(ge=0, le=1_000_000)]
Delta = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]


class Adjustment(StrictValue):
    """A bin holds other than the books say: how many were counted, or how many more or fewer."""

    adjustment_id: Identifier
    bin_id: Identifier
    sku: Identifier
    lot: Lot = ""
    counted: Count | None = None
    delta: Delta | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    by: By = UNKNOWN

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.counted is None) == (self.delta is None):
            message = "either counted (what lies there) or delta (how many more or fewer)"
            raise ValueError(message)
        return self


class Adjusted(Value):
    """What an adjustment came to; `woken` are the back-ordered orders that look again."""

    adjustment_id: str
    bin_id: str
    sku: str
    change: int
    in_bin: int
    woken: tuple[str, ...] = ()


async def adjust_stock(
    engine: Engine,
    adjustment: Adjustment,
    settle: Callable[[UnitOfWork], Awaitable[None]] | None = None,
) -> Adjusted:
    """Book what a count found, once; never below what orders have claimed.

    Args:
        engine: the running engine.
        adjustment: what the count found.
        settle: settles what asked for the count, in the same transaction.

    Raises:
        InvalidReceipt: unknown article or bin, fewer left than claimed or than nothing, or the
            adjustment's id is on record with other content.

    """

    async def book(tx: UnitOfWork, key: str) -> Adjusted:
        await require_known(tx, adjustment.sku, adjustment.bin_id)
        change, there = await _change(tx, adjustment)
        if change:
            await _move(engine, tx, key, adjustment, change)
        await tx.journal.add_action(_action(engine, adjustment, change))
        if settle is not None:
            await settle(tx)
        return Adjusted(
            adjustment_id=adjustment.adjustment_id,
            bin_id=adjustment.bin_id,
            sku=adjustment.sku,
            change=change,
            in_bin=there + change,
        )

    key = effect_key(f"adjustment/{adjustment.adjustment_id}", "adjust_stock")
    adjusted = await book_once(engine, key, adjustment, Adjusted, book)
    if adjusted.change < 0:
        # What is not there can't be set aside any more.
        await hand_out(engine.database, engine.clock, [adjustment.sku])
    if adjusted.change <= 0:
        return adjusted
    return adjusted.model_copy(update={"woken": await wake_back_orders(engine, [adjustment.sku])})


async def _change(tx: UnitOfWork, adjustment: Adjustment) -> tuple[int, int]:
    """Return by how much the bin's content changes, and what it is now by the books."""
    account = Account(kind=AccountKind.BIN, ref=adjustment.bin_id)
    there = await tx.stock.balance(str(account), adjustment.sku, adjustment.lot)
    if adjustment.counted is not None:
        return adjustment.counted - there, there
    return adjustment.delta or 0, there


async def _move(
    engine: Engine, tx: UnitOfWork, key: str, adjustment: Adjustment, change: int
) -> None:
    place = Account(kind=AccountKind.BIN, ref=adjustment.bin_id)
    unexplained = Account(kind=AccountKind.ADJUSTMENT)
    source, target = (unexplained, place) if change > 0 else (place, unexplained)
    movement = Movement(
        sku=adjustment.sku, lot=adjustment.lot, quantity=abs(change), source=source, target=target
    )
    now = engine.clock.now()
    try:
        await tx.stock.move(key, [movement], by=adjustment.by, reason=adjustment.reason, at=now)
    except StockViolation as violation:
        raise InvalidReceipt(str(violation), violation.problems) from violation


def _action(engine: Engine, adjustment: Adjustment, change: int) -> ActionRecord:
    detail = (
        f"{adjustment.adjustment_id}: {change:+d} {adjustment.sku} in {adjustment.bin_id}; "
        f"{adjustment.reason}"
    )
    now = engine.clock.now()
    return ActionRecord(at=now, by=adjustment.by, action="adjust_stock", detail=detail)
