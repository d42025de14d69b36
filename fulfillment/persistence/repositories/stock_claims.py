"""Claims: so many units that a fulfillment may take, first of a warehouse, then of a bin."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.domain.errors import OutOfStock, Problem, StockViolation
from fulfillment.domain.orders import LineQuantity
from fulfillment.persistence.repositories.store import one_or_many
from fulfillment.persistence.tables import account_levels, claims, shelf_stock
from fulfillment.records import Claim, Taken

OPEN, CONSUMED, RELEASED = "open", "consumed", "released"

_SHELF = shelf_stock.c
_ONE_SHELF = update(shelf_stock).where(
    _SHELF.warehouse_id == bindparam("shelf_of"), _SHELF.sku == bindparam("shelf_sku")
)
_UNITS = bindparam("units", type_=_SHELF.claimed.type)
_CLAIM = _ONE_SHELF.where(_SHELF.on_hand - _SHELF.claimed >= _UNITS).values(
    claimed=_SHELF.claimed + _UNITS
)
_GIVE_BACK = _ONE_SHELF.values(claimed=_SHELF.claimed - _UNITS)

_INSERT = claims.insert()
_OF_FULFILLMENT = (claims.c.fulfillment_id == bindparam("fulfillment_id"), claims.c.state == OPEN)
_OPEN_CLAIMS = select(claims).where(*_OF_FULFILLMENT).order_by(claims.c.line_no, claims.c.claim_id)
_DELETE_OPEN = delete(claims).where(*_OF_FULFILLMENT)
_CLOSE = (
    update(claims)
    .where(claims.c.claim_id.in_(bindparam("ids", expanding=True)), claims.c.state == OPEN)
    .values(state=bindparam("to"))
)


def bound_in_bins(*where: ColumnElement[bool]) -> Subquery:
    """Return how many units of each SKU and lot open claims have bound in each bin."""
    bound = (claims.c.bin_id, claims.c.sku, claims.c.lot)
    return (
        select(*bound, func.sum(claims.c.quantity).label("quantity"))
        .where(claims.c.state == OPEN, claims.c.bin_id.is_not(None), *where)
        .group_by(*bound)
        .subquery("bound")
    )


async def claim(connection: AsyncConnection, wanted: Sequence[Claim]) -> None:
    """Claim shelf stock, SKU by SKU in their order, by conditional update.

    Raises:
        OutOfStock: not enough is left.

    """
    for (sku, warehouse_id), quantity in sorted(_by_shelf(wanted).items()):
        shelf = {"shelf_sku": sku, "shelf_of": warehouse_id, "units": quantity}
        if not (await connection.execute(_CLAIM, shelf)).rowcount:
            raise await _out_of_stock(connection, sku, warehouse_id, quantity)
    await _insert(connection, wanted)


def _by_shelf(of: Sequence[Claim]) -> Counter[tuple[str, str]]:
    units: Counter[tuple[str, str]] = Counter()
    for one in of:
        units[one.sku, one.warehouse_id] += one.quantity
    return units


async def _give_back(
    connection: AsyncConnection, sku: str, warehouse_id: str, quantity: int
) -> None:
    shelf = {"shelf_sku": sku, "shelf_of": warehouse_id, "units": quantity}
    await connection.execute(_GIVE_BACK, shelf)


async def _out_of_stock(
    connection: AsyncConnection, sku: str, warehouse_id: str, quantity: int
) -> OutOfStock:
    left = select(_SHELF.on_hand - _SHELF.claimed).where(
        _SHELF.warehouse_id == warehouse_id, _SHELF.sku == sku
    )
    problem = Problem(
        path=f"{sku} in warehouse {warehouse_id}",
        expected=f"{quantity} units that no order has claimed",
        came=str(await connection.scalar(left) or 0),
        remedy="reserve again with what is left",
    )
    return OutOfStock(str(problem), [problem])


async def _insert(connection: AsyncConnection, new: Sequence[Claim]) -> None:
    if new:
        rows: list[dict[str, Any]] = [one.model_dump() | {"state": OPEN} for one in new]
        await connection.execute(_INSERT, one_or_many(rows))


async def open_claims(connection: AsyncConnection, fulfillment_id: str) -> list[Claim]:
    """Return the fulfillment's open claims, by line."""
    rows = await connection.execute(_OPEN_CLAIMS, {"fulfillment_id": fulfillment_id})
    return [Claim.model_validate(dict(row)) for row in rows.mappings()]


async def bind(connection: AsyncConnection, fulfillment_id: str, bound: Sequence[Claim]) -> None:
    """Replace the fulfillment's open claims by the same units bound to bins and lots.

    Raises:
        StockViolation: they are not the same units, or a bin holds fewer than are bound there.

    """
    before = await open_claims(connection, fulfillment_id)
    if _units(before) != _units(bound):
        problem = Problem(
            path=f"claims of fulfillment {fulfillment_id}",
            expected=f"the {sum(one.quantity for one in before)} units that are claimed",
            came=f"{sum(one.quantity for one in bound)} other units, or of other lines",
            remedy="bind what is claimed, or release claims first",
        )
        raise StockViolation(str(problem), [problem])
    await connection.execute(_DELETE_OPEN, {"fulfillment_id": fulfillment_id})
    await _insert(connection, bound)
    await _check_bins(connection, bound)


def _units(of: Sequence[Claim]) -> Counter[tuple[str, str, int, str, str]]:
    units: Counter[tuple[str, str, int, str, str]] = Counter()
    for one in of:
        line = (one.order_id, one.fulfillment_id, one.line_no, one.warehouse_id, one.sku)
        units[line] += one.quantity
    return units


@cache
def _overbound() -> Select[Any]:
    all_bound = bound_in_bins(claims.c.bin_id.in_(bindparam("named", expanding=True)))
    level = account_levels.c
    same = (
        (level.bin_id == all_bound.c.bin_id)
        & (level.sku == all_bound.c.sku)
        & (level.lot == all_bound.c.lot)
    )
    held = func.coalesce(level.quantity, 0)
    return (
        select(all_bound, held.label("held"))
        .outerjoin(account_levels, same)
        .where(all_bound.c.quantity > held)
    )


async def _check_bins(connection: AsyncConnection, bound: Sequence[Claim]) -> None:
    named = sorted({one.bin_id for one in bound if one.bin_id is not None})
    row = (await connection.execute(_overbound(), {"named": named})).mappings().first()
    if row is not None:
        problem = Problem(
            path=f"{row['sku']} in bin {row['bin_id']}",
            expected=f"at least the {row['quantity']} units that pick lists bind there",
            came=str(row["held"]),
            remedy="bind other bins, or count this one",
        )
        raise StockViolation(str(problem), [problem])


async def consume(
    connection: AsyncConnection, fulfillment_id: str, taken: Sequence[Taken] | None
) -> None:
    """Close the open claims, or these units of them: they move out in this transaction.

    Raises:
        StockViolation: fewer than these are bound in that bin and lot.

    """
    held = await open_claims(connection, fulfillment_id)
    given = held if taken is None else _taken(fulfillment_id, held, taken)
    await _give(connection, held, given, CONSUMED)


def _taken(fulfillment_id: str, held: Sequence[Claim], taken: Sequence[Taken]) -> list[Claim]:
    """Return claims that hold these units; line, article, bin and lot are named once."""
    given: list[Claim] = []
    for one in taken:
        place = (one.line_no, one.sku, one.bin_id, one.lot)
        there = [c for c in held if (c.line_no, c.sku, c.bin_id, c.lot) == place]
        cut, need = _cut_from(there, one.quantity)
        given += cut
        if need:
            problem = Problem(
                path=f"line {one.line_no} of fulfillment {fulfillment_id} in bin {one.bin_id}",
                expected=f"{one.quantity} units that are bound there",
                came=str(one.quantity - need),
                remedy="take what the pick list says",
            )
            raise StockViolation(str(problem), [problem])
    return given


def _cut_from(there: Sequence[Claim], need: int) -> tuple[list[Claim], int]:
    """Return so many units of these claims, as claims, and how many they are too few."""
    given: list[Claim] = []
    for one in there:
        take = min(need, one.quantity)
        need -= take
        if take:
            given.append(one.model_copy(update={"quantity": take}))
    return given, need


async def release(
    connection: AsyncConnection,
    fulfillment_id: str,
    lines: Sequence[LineQuantity] | None,
    place: tuple[str | None, str | None],
) -> int:
    """Give back these units of the open claims (of that bin, of that lot), or all.

    Returns:
        How many.

    Raises:
        StockViolation: fewer than these are claimed.

    """
    held = await open_claims(connection, fulfillment_id)
    bin_id, lot = place
    held = [c for c in held if bin_id in (None, c.bin_id) and lot in (None, c.lot)]
    given = held if lines is None else _cut(fulfillment_id, held, lines)
    await _give(connection, held, given, RELEASED)
    return sum(one.quantity for one in given)


async def _give(
    connection: AsyncConnection, held: Sequence[Claim], given: Sequence[Claim], state: str
) -> None:
    """Close the claims that are given in whole, and lessen the others."""
    whole = {one.claim_id: one.quantity for one in held}
    await _close(connection, [one for one in given if one.quantity == whole[one.claim_id]], state)
    for one in given:
        if one.quantity < whole[one.claim_id]:
            await _shrink(connection, one)


def _cut(fulfillment_id: str, held: Sequence[Claim], lines: Sequence[LineQuantity]) -> list[Claim]:
    """Return claims that hold these units, the last first; line and article are named once."""
    given: list[Claim] = []
    for line in lines:
        own = [one for one in held if (one.line_no, one.sku) == (line.line_no, line.sku)]
        cut, need = _cut_from(own[::-1], line.quantity)
        given += cut
        if need:
            problem = Problem(
                path=f"line {line.line_no} of fulfillment {fulfillment_id}",
                expected=f"{line.quantity} claimed units of {line.sku}",
                came=str(line.quantity - need),
            )
            raise StockViolation(str(problem), [problem])
    return given


async def _close(connection: AsyncConnection, done: Sequence[Claim], state: str) -> None:
    for (sku, warehouse_id), quantity in sorted(_by_shelf(done).items()):
        await _give_back(connection, sku, warehouse_id, quantity)
    ids = [one.claim_id for one in done]
    if ids:
        await connection.execute(_CLOSE, {"ids": ids, "to": state})


async def _shrink(connection: AsyncConnection, given: Claim) -> None:
    await _give_back(connection, given.sku, given.warehouse_id, given.quantity)
    one = update(claims).where(claims.c.claim_id == given.claim_id)
    await connection.execute(one.values(quantity=claims.c.quantity - given.quantity))
