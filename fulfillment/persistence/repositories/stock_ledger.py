"""Booking movements: ledger rows, account levels and shelf stock, all or none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Executable, Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.domain.errors import Problem, StockViolation
from fulfillment.domain.inventory import SOURCES, Account, AccountKind, Movement
from fulfillment.persistence import dialects
from fulfillment.persistence.repositories.stock_claims import bound_in_bins
from fulfillment.persistence.repositories.store import missing, one_or_many
from fulfillment.persistence.tables import account_levels, bins, movements, shelf_stock

Goods = tuple[str, str, str]
"""SKU, account, lot."""

Shelf = tuple[str, str]
"""SKU, warehouse."""

_WAREHOUSES = select(bins.c.bin_id, bins.c.warehouse_id).where(
    bins.c.bin_id.in_(bindparam("named", expanding=True))
)
_INSERT = movements.insert()
_SHELF, _LEVEL = shelf_stock.c, account_levels.c
_CHANGE = bindparam("change", type_=_LEVEL.quantity.type)
_LESS_ON_SHELF = (
    update(shelf_stock)
    .where(_SHELF.warehouse_id == bindparam("of_warehouse"), _SHELF.sku == bindparam("of_sku"))
    .where(_SHELF.on_hand + _CHANGE >= _SHELF.claimed)
    .values(on_hand=_SHELF.on_hand + _CHANGE)
)
_LESS_IN = (
    update(account_levels)
    .where(_LEVEL.account == bindparam("of_account"))
    .where(_LEVEL.sku == bindparam("of_sku"), _LEVEL.lot == bindparam("of_lot"))
    .where(_LEVEL.quantity + _CHANGE >= 0)
    .values(quantity=_LEVEL.quantity + _CHANGE)
)


@cache
def _more_on_shelf(dialect: str) -> Executable:
    first = dialects.upsert(dialect, shelf_stock)
    more = {"on_hand": _SHELF.on_hand + first.excluded.on_hand}
    return first.on_conflict_do_update(index_elements=["warehouse_id", "sku"], set_=more)


@cache
def _change_in(dialect: str) -> Executable:
    first = dialects.upsert(dialect, account_levels)
    changed = {"quantity": _LEVEL.quantity + first.excluded.quantity}
    return first.on_conflict_do_update(index_elements=["account", "sku", "lot"], set_=changed)


@cache
def _short_of() -> Select[Any]:
    bound = bound_in_bins()
    same = (
        (bound.c.bin_id == _LEVEL.bin_id)
        & (bound.c.sku == _LEVEL.sku)
        & (bound.c.lot == _LEVEL.lot)
    )
    return (
        select(_LEVEL.account, _LEVEL.sku, _LEVEL.quantity, bound.c.quantity.label("bound"))
        .join(bound, same)
        .where(_LEVEL.account.in_(bindparam("lessened", expanding=True)))
        .where(_LEVEL.quantity < bound.c.quantity)
    )


_COUNT = "count the bin, and book the difference with `fulfillment stock adjust`"


async def book(
    connection: AsyncConnection, booking: Sequence[Movement], booked: Mapping[str, Any]
) -> None:
    """Book movements under one key, as one: only what they come to is held against the rules.

    SKUs are locked in their order, in each of them the shelf before the accounts.

    Raises:
        EffectConflict: movements of that key are on record.
        NotFound: a bin is not on record.
        StockViolation: a physical account would go negative, or a bin below its claims.

    """
    if not booking:
        return
    warehouse_of = await _warehouses(connection, booking)
    await _write_rows(connection, booking, booked)
    accounts, shelves = _changes(booking, warehouse_of)
    for sku in sorted({movement.sku for movement in booking}):
        for shelf, change in sorted(shelves.items()):
            if shelf[0] == sku and change:
                await _change_shelf(connection, shelf, change)
        for goods, change in sorted(accounts.items()):
            if goods[0] == sku and change:
                await _change_level(connection, goods, change)
    await _check_bound(connection, accounts)


async def _warehouses(connection: AsyncConnection, booking: Sequence[Movement]) -> dict[str, str]:
    ends = [end for movement in booking for end in (movement.source, movement.target)]
    named = sorted({end.ref for end in ends if end.kind is AccountKind.BIN})
    if not named:
        return {}
    rows = (await connection.execute(_WAREHOUSES, {"named": named})).mappings()
    warehouse_of = {row["bin_id"]: row["warehouse_id"] for row in rows}
    for bin_id in named:
        if bin_id not in warehouse_of:
            raise missing(bin=bin_id)
    return warehouse_of


async def _write_rows(
    connection: AsyncConnection, booking: Sequence[Movement], booked: Mapping[str, Any]
) -> None:
    rows = [
        {
            **booked,
            **movement.model_dump(include={"sku", "lot", "quantity"}),
            "position": position,
            "source": str(movement.source),
            "target": str(movement.target),
        }
        for position, movement in enumerate(booking, 1)
    ]
    await connection.execute(_INSERT, one_or_many(rows))


def _changes(
    booking: Sequence[Movement], warehouse_of: Mapping[str, str]
) -> tuple[Counter[Goods], Counter[Shelf]]:
    """Return by how much each account and each warehouse's shelf changes in all."""
    accounts: Counter[Goods] = Counter()
    shelves: Counter[Shelf] = Counter()
    for movement in booking:
        ends = ((movement.source, -movement.quantity), (movement.target, movement.quantity))
        for account, change in ends:
            accounts[movement.sku, str(account), movement.lot] += change
            if account.kind is AccountKind.BIN:
                shelves[movement.sku, warehouse_of[account.ref]] += change
    return accounts, shelves


async def _change_shelf(connection: AsyncConnection, shelf: Shelf, change: int) -> None:
    sku, warehouse_id = shelf
    row = shelf_stock.c
    if change >= 0:
        shelved = {"warehouse_id": warehouse_id, "sku": sku, "on_hand": change, "claimed": 0}
        await connection.execute(_more_on_shelf(connection.dialect.name), shelved)
        return
    taken = {"of_warehouse": warehouse_id, "of_sku": sku, "change": change}
    if not (await connection.execute(_LESS_ON_SHELF, taken)).rowcount:
        available = select(row.on_hand - row.claimed).where(
            row.warehouse_id == warehouse_id, row.sku == sku
        )
        raise _violation(
            path=f"{sku} on the shelves of {warehouse_id}",
            expected=f"at least {-change} units that no order has claimed",
            came=str(await connection.scalar(available) or 0),
            remedy="release the claims first, or cancel the orders that have them",
        )


async def _change_level(connection: AsyncConnection, goods: Goods, change: int) -> None:
    sku, name, lot = goods
    account = Account.parse(name)
    level = account_levels.c
    if change >= 0 or account.kind in SOURCES:
        changed = {
            "account": name,
            "sku": sku,
            "lot": lot,
            "kind": account.kind,
            "bin_id": account.ref if account.kind is AccountKind.BIN else None,
            "quantity": change,
        }
        await connection.execute(_change_in(connection.dialect.name), changed)
        return
    taken = {"of_account": name, "of_sku": sku, "of_lot": lot, "change": change}
    if not (await connection.execute(_LESS_IN, taken)).rowcount:
        present = select(level.quantity).where(
            level.account == name, level.sku == sku, level.lot == lot
        )
        path = f"{sku} in {name}" + (f", lot {lot}" if lot else "")
        came = str(await connection.scalar(present) or 0)
        raise _violation(path=path, expected=f"at least {-change} units", came=came, remedy=_COUNT)


async def _check_bound(connection: AsyncConnection, accounts: Counter[Goods]) -> None:
    """Check that the bins that lost goods still hold what is bound in them."""
    kind = f"{AccountKind.BIN.value}:"
    changed = [name for (_, name, _), change in accounts.items() if change < 0]
    lessened = sorted({name for name in changed if name.startswith(kind)})
    if not lessened:
        return
    row = (await connection.execute(_short_of(), {"lessened": lessened})).mappings().first()
    if row is not None:
        raise _violation(
            path=f"{row['sku']} in {row['account']}",
            expected=f"at least the {row['bound']} units that pick lists have bound there",
            came=str(row["quantity"]),
            remedy="report a short pick, or release the claims first",
        )


def _violation(*, path: str, expected: str, came: str, remedy: str) -> StockViolation:
    problem = Problem(path=path, expected=expected, came=came, remedy=remedy)
    return StockViolation(str(problem), [problem])
