"""The ledger of goods, the levels that follow from it, and the claims, on SQL."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, RowMapping, Select, bindparam, func, or_, select

from fulfillment.domain.inventory import Account, AccountKind, BinStock, Movement, StockLevel
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.shelf_life import DatedStock, ships_until
from fulfillment.persistence import dialects
from fulfillment.persistence.repositories import stock_claims, stock_ledger
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import (
    account_levels,
    articles,
    bins,
    claims,
    lots,
    movements,
    shelf_stock,
)
from fulfillment.records import Claim, Taken

_LEVEL = account_levels.c
_BIN = f"{AccountKind.BIN.value}:"
_OF_LOT = (lots.c.sku == account_levels.c.sku) & (lots.c.lot == account_levels.c.lot)
_OF_SKUS: BindParameter[str] = bindparam("skus", expanding=True)
_OF_FULFILLMENTS: BindParameter[str] = bindparam("fulfillment_ids", expanding=True)
_LEVELS = (
    select(shelf_stock)
    .where(shelf_stock.c.sku.in_(_OF_SKUS))
    .order_by(shelf_stock.c.warehouse_id, shelf_stock.c.sku)
)
_BALANCE = select(_LEVEL.quantity).where(
    _LEVEL.account == bindparam("account"),
    _LEVEL.sku == bindparam("sku"),
    _LEVEL.lot == bindparam("lot"),
)
_CONTENTS = (
    select(_LEVEL.sku, _LEVEL.lot, _LEVEL.quantity)
    .where(_LEVEL.account == bindparam("account"), _LEVEL.quantity != 0)
    .order_by(_LEVEL.sku, _LEVEL.lot)
)
_CLAIMED_SKUS = (
    select(claims.c.sku)
    .where(
        claims.c.order_id.in_(
            select(claims.c.order_id).where(claims.c.fulfillment_id.in_(_OF_FULFILLMENTS))
        ),
        claims.c.state == stock_claims.OPEN,
    )
    .distinct()
)


@cache
def _in_bins() -> Select[Any]:
    bound = stock_claims.bound_in_bins(claims.c.fulfillment_id != bindparam("but_for"))
    free = _LEVEL.quantity - func.coalesce(bound.c.quantity, 0)
    same = (
        (bound.c.bin_id == _LEVEL.bin_id)
        & (bound.c.sku == _LEVEL.sku)
        & (bound.c.lot == _LEVEL.lot)
    )
    place = (bins.c.bin_id, bins.c.aisle, bins.c.cell, _LEVEL.sku, _LEVEL.lot)
    keeps = (lots.c.expires_on, articles.c.min_shelf_life_days)
    return (
        select(*place, *keeps, free.label("quantity"))
        .join(bins, bins.c.bin_id == _LEVEL.bin_id)
        .join(articles, articles.c.sku == _LEVEL.sku)
        .outerjoin(lots, _OF_LOT)
        .outerjoin(bound, same)
        .where(bins.c.warehouse_id == bindparam("warehouse_id"), free > 0)
        .where(_LEVEL.sku.in_(_OF_SKUS))
        .order_by(_LEVEL.sku, bins.c.bin_id, _LEVEL.lot)
    )


class SqlStockStore(SqlStore):
    """The ledger of goods, the levels that follow from it, and the claims."""

    async def levels(self, skus: Collection[str]) -> list[StockLevel]:
        """Return what each warehouse has on its shelves and what of it is claimed.

        In a transaction that may write, nobody else changes it or its bins until the end.
        """
        await self._hold("sku", skus)
        rows = await self._rows(_LEVELS, skus=sorted(set(skus)))
        return [StockLevel.model_validate(dict(row)) for row in rows]

    async def bin_stock(
        self,
        warehouse_id: str,
        skus: Collection[str],
        but_for: str | None = None,
        *,
        ships_on: date | None = None,
    ) -> list[BinStock]:
        """Return what lies in the bins, is not bound by an open claim, and may ship that day.

        What the fulfillment `but_for` has bound itself counts as there; without a day, expired
        goods are among it. In a transaction that may write, nobody else changes any of it until
        the end.
        """
        await self._hold("sku", skus)
        values = {"warehouse_id": warehouse_id, "skus": sorted(set(skus)), "but_for": but_for or ""}
        rows = await self._rows(_in_bins(), **values)
        stock = [BinStock.model_validate(_with_day(row)) for row in rows]
        day = ships_on or date.min
        return [place for place in stock if (place.ships_until or date.max) >= day]

    async def dated(self, skus: Collection[str] | None) -> list[DatedStock]:
        """Return what of these SKUs, or of all, lies on the shelves and expires, first to last."""
        level = account_levels.c
        found = (
            select(
                bins.c.warehouse_id,
                bins.c.bin_id,
                level.sku,
                level.lot,
                level.quantity,
                lots.c.expires_on,
                articles.c.min_shelf_life_days,
            )
            .join(bins, bins.c.bin_id == level.bin_id)
            .join(articles, articles.c.sku == level.sku)
            .join(lots, _OF_LOT)
            .where(level.quantity > 0)
            .order_by(lots.c.expires_on, level.sku, bins.c.bin_id, level.lot)
        )
        if skus is not None:
            found = found.where(level.sku.in_(sorted(set(skus))))
        return [DatedStock.model_validate(_with_day(row)) for row in await self._rows(found)]

    async def record_lot(self, sku: str, lot: str, expires_on: date, at: datetime) -> date:
        """Put a lot on record unless it is; return until when it is good by the record."""
        await self._hold("sku", [sku])
        known = await self.lot_expiry(sku, lot)
        if known is None:
            row = {"sku": sku, "lot": lot, "expires_on": expires_on, "recorded_at": at}
            await self._insert(lots, [row])
        return known or expires_on

    async def lot_expiry(self, sku: str, lot: str) -> date | None:
        """Return until when a lot is good; None for one that keeps."""
        one = select(lots.c.expires_on).where(lots.c.sku == sku, lots.c.lot == lot)
        row = await self._row(one)
        return None if row is None else row["expires_on"]

    async def balance(self, account: str, sku: str, lot: str = "") -> int:
        """Return an account's level."""
        await self._hold("sku", [sku])
        return await self._number(_BALANCE, account=account, sku=sku, lot=lot)

    async def contents(self, account: str) -> list[tuple[str, str, int]]:
        """Return SKU, lot and quantity of what is in an account."""
        rows = await self._rows(_CONTENTS, account=account)
        return [(row["sku"], row["lot"], row["quantity"]) for row in rows]

    async def taken_for(self, fulfillment_id: str) -> list[Movement]:
        """Return how units left their bins for a fulfillment, less what went back, oldest first."""
        return await self.taken_into(Account(kind=AccountKind.CART, ref=fulfillment_id))

    async def taken_into(self, account: Account) -> list[Movement]:
        """Return how units left their bins for an account, less what went back, oldest first."""
        into = str(account)
        of_account = or_(movements.c.source == into, movements.c.target == into)
        rows = await self._rows(select(movements).where(of_account).order_by(movements.c.number))
        net: dict[tuple[str, str, str], int] = {}
        for row in rows:
            out = row["target"] == into
            place = row["source" if out else "target"], row["sku"], row["lot"]
            if place[0].startswith(_BIN):
                net[place] = net.get(place, 0) + (row["quantity"] if out else -row["quantity"])
        return [
            Movement(
                sku=sku,
                lot=lot,
                quantity=units,
                source=Account.parse(bin_account),
                target=account,
            )
            for (bin_account, sku, lot), units in net.items()
            if units > 0
        ]

    async def move(
        self, key: str, movements: Sequence[Movement], *, by: str, reason: str, at: datetime
    ) -> None:
        """Book movements: one ledger row each, both levels, and the shelf stock of bins.

        All movements together are one booking: only what they come to is held against the rules.

        Raises:
            EffectConflict: movements of that key are on record.
            NotFound: a bin is not on record.
            StockViolation: a physical account would go negative, or a bin below its claims.

        """
        await self._hold("sku", {m.sku for m in movements if AccountKind.BIN in _kinds(m)})
        booked: dict[str, Any] = {"key": key, "by": by, "reason": reason, "at": at}
        await stock_ledger.book(self._connection, movements, booked)

    async def claim(self, claims: Sequence[Claim]) -> None:
        """Claim shelf stock, by conditional update of on hand - claimed.

        Raises:
            OutOfStock: not enough is left; the transaction must not be committed.

        """
        await self._hold("sku", {one.sku for one in claims})
        await stock_claims.claim(self._connection, claims)

    async def claims(self, fulfillment_id: str) -> list[Claim]:
        """Return the fulfillment's open claims, by line."""
        return await stock_claims.open_claims(self._connection, fulfillment_id)

    async def bind(self, fulfillment_id: str, bound: Sequence[Claim]) -> None:
        """Replace the fulfillment's open claims by the same units bound to bins and lots.

        Raises:
            StockViolation: they are not the same units, or a bin holds fewer than are bound there.

        """
        await self._hold("sku", {one.sku for one in bound})
        await stock_claims.bind(self._connection, fulfillment_id, bound)

    async def consume(self, fulfillment_id: str, taken: Sequence[Taken] | None = None) -> None:
        """Close the open claims, or these units of them: they move out in this transaction.

        Call it before `move`: units that are claimed can't leave their bins.

        Raises:
            StockViolation: fewer than these are bound in that bin and lot.

        """
        await self.hold_claimed([fulfillment_id])
        await stock_claims.consume(self._connection, fulfillment_id, taken)

    async def release(
        self,
        fulfillment_id: str,
        lines: Sequence[LineQuantity] | None = None,
        bin_id: str | None = None,
        lot: str | None = None,
    ) -> int:
        """Give back these units of the open claims (of that bin, of that lot), or all.

        Returns:
            How many.

        Raises:
            StockViolation: fewer than these are claimed.

        """
        await self.hold_claimed([fulfillment_id])
        place = (bin_id, lot)
        return await stock_claims.release(self._connection, fulfillment_id, lines, place)

    async def hold_claimed(self, fulfillment_ids: Collection[str]) -> None:
        """Have to this transaction, at once, all SKUs that the orders of these have claimed.

        Of the whole orders, since their other fulfillments may be next.
        """
        if fulfillment_ids and dialects.writes_side_by_side(self._connection):
            names = sorted(set(fulfillment_ids))
            await self._hold("sku", await self._names(_CLAIMED_SKUS, fulfillment_ids=names))


def _with_day(row: RowMapping) -> dict[str, Any]:
    """Return a row with the last day on which its goods may leave."""
    fields = dict(row)
    days, expires_on = fields.pop("min_shelf_life_days"), fields["expires_on"]
    return fields | {"ships_until": expires_on and ships_until(expires_on, days)}


def _kinds(movement: Movement) -> tuple[AccountKind, AccountKind]:
    return movement.source.kind, movement.target.kind
