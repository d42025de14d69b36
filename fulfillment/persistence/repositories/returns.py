"""Returns on SQL: what was announced, what came, what was found, what was given back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, func, or_, select, update

from fulfillment.domain.errors import Inconsistent, Problem
from fulfillment.domain.lifecycle import NOT_LEFT, Stage
from fulfillment.domain.refunds import UnitNumber
from fulfillment.domain.return_refunds import Refunded
from fulfillment.domain.return_units import ReturnUnit, ShippedUnit, UnitState
from fulfillment.domain.returns import OPEN_STAGES, ReturnStage
from fulfillment.persistence.repositories.catalog import sized, sizes
from fulfillment.persistence.repositories.return_units import split_by_article
from fulfillment.persistence.repositories.store import (
    SqlStore,
    behind,
    missing,
    select_by,
    update_by,
)
from fulfillment.persistence.tables import (
    fulfillment_lines,
    fulfillments,
    order_units,
    replacing_units,
    return_parcels,
    return_receipts,
    return_refunds,
    return_units,
)
from fulfillment.persistence.tables import returns as return_rows
from fulfillment.stores.returns import (
    ReturnParcelRecord,
    ReturnReceiptRecord,
    ReturnRecord,
    ReturnRefundRecord,
)

_return, _unit, _refund = return_rows.c, return_units.c, return_refunds.c
_JSON = {"request", "policy", "approval"}


class SqlReturnStore(SqlStore):
    """Returns, their units, parcels, receipts and refunds."""

    async def add(self, record: ReturnRecord) -> None:
        """Put a return with its units on record.

        Raises:
            Inconsistent: another return has one of the units, or there is one of this id.

        """
        row = record.model_dump(exclude={"units", *_JSON})
        await self._insert(return_rows, [row | record.model_dump(mode="json", include=_JSON)])
        await self.add_units(record.return_id, record.units)

    async def find(self, return_id: str) -> ReturnRecord | None:
        """Return a return, or None."""
        found = await self._read(select(return_rows).where(_return.return_id == return_id))
        return found[0] if found else None

    async def get(self, return_id: str) -> ReturnRecord:
        """Return a return; raises NotFound."""
        found = await self.find(return_id)
        if found is None:
            raise missing(**{"return": return_id})
        return found

    async def page(
        self,
        *,
        stages: Sequence[ReturnStage] = (),
        order_id: str | None = None,
        warehouse_id: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[ReturnRecord]:
        """Return returns at these stages, or all, the newest first, from behind `after`."""
        wanted: list[ColumnElement[bool]] = []
        if stages:
            wanted.append(_return.stage.in_(list(stages)))
        if order_id is not None:
            wanted.append(_return.order_id == order_id)
        if warehouse_id is not None:
            wanted.append(_return.warehouse_id == warehouse_id)
        if after is not None:
            wanted.append(behind(after, _return.return_id, _return.requested_at, newest_first=True))
        newest = _return.requested_at.desc(), _return.return_id
        return await self._read(select(return_rows).where(*wanted).order_by(*newest).limit(limit))

    async def advance(
        self, return_id: str, stage: ReturnStage, at: datetime, outcome: str = ""
    ) -> None:
        """Record where a return stands; since when, only if the stage is another.

        Raises:
            Inconsistent: it has ended at another stage.
            NotFound: no such return.

        """
        known = await self.get(return_id)
        if known.stage is stage:
            return
        if known.stage not in OPEN_STAGES:
            problem = Problem(
                path=f"return {return_id}", expected="one under way", came=known.stage.value
            )
            raise Inconsistent(str(problem), [problem])
        one = update(return_rows).where(_return.return_id == return_id)
        await self._change(one.values(stage=stage, stage_since=at, outcome=outcome))

    async def link_order(self, return_id: str, order_id: str) -> None:
        """Record which order ships what comes in its place."""
        one = update_by(return_rows, "return_id", "linked_order_id")
        await self._change(one, of_return_id=return_id, to_linked_order_id=order_id)

    async def charge_label(self, return_id: str, amount_minor: int) -> None:
        """Record what the customer bears of the label."""
        one = update_by(return_rows, "return_id", "label_due_minor")
        await self._change(one, of_return_id=return_id, to_label_due_minor=amount_minor)

    # --- units ---------------------------------------------------------------------------

    async def shipped_units(self, order_id: str) -> list[ShippedUnit]:
        """Return the units of an order that have left and that no return has, by line."""
        left = await self._left(order_id)
        live = select(_unit.line_no, _unit.unit_no).where(
            _unit.order_id == order_id, _unit.state != UnitState.RELEASED
        )
        taken = {(row["line_no"], row["unit_no"]) for row in await self._rows(live)}
        return [unit for unit in left if (unit.line_no, unit.unit_no) not in taken]

    async def unit_amounts(self, order_id: str) -> dict[UnitNumber, int]:
        """Return what each unit of an order costs, as stored at acceptance, in minor units."""
        rows = await self._rows(select_by(order_units, "order_id"), order_id=order_id)
        return {(row["line_no"], row["unit_no"]): row["amount_minor"] for row in rows}

    async def _left(self, order_id: str) -> list[ShippedUnit]:
        shares = fulfillments.c
        away = select(shares.fulfillment_id).where(
            shares.order_id == order_id,
            shares.stage.not_in([*NOT_LEFT, Stage.CANCELED]),
        )
        units = await self._rows(
            select(order_units, shares.warehouse_id, shares.stage, shares.stage_since)
            .join(fulfillments, shares.fulfillment_id == order_units.c.fulfillment_id)
            .where(order_units.c.fulfillment_id.in_(away))
            .order_by(order_units.c.line_no, order_units.c.unit_no)
        )
        lines = await self._rows(
            select(fulfillment_lines)
            .where(fulfillment_lines.c.fulfillment_id.in_(away))
            .order_by(fulfillment_lines.c.line_no, fulfillment_lines.c.sku)
        )
        return split_by_article([dict(row) for row in units], [dict(row) for row in lines])

    async def add_units(self, return_id: str, units: Sequence[ReturnUnit]) -> None:
        """Add units to a return, or announce again what it has released.

        Raises:
            Inconsistent: another return has one of them.

        """
        order_id = (await self.get(return_id)).order_id
        own = {"return_id": return_id, "order_id": order_id}
        await self._put(return_units, [unit.model_dump() | own for unit in units])

    async def save_units(self, return_id: str, units: Sequence[ReturnUnit]) -> None:
        """Record how units of a return are now."""
        await self.add_units(return_id, units)

    # --- parcels -------------------------------------------------------------------------

    async def add_parcels(self, parcels: Sequence[ReturnParcelRecord]) -> None:
        """Put the parcels of a return on record, in their order."""
        rows = [_parcel_row(parcel) | {"number": no} for no, parcel in enumerate(parcels, 1)]
        await self._insert(return_parcels, rows)

    async def parcels(self, return_id: str) -> list[ReturnParcelRecord]:
        """Return the parcels of a return, in their order."""
        found = select_by(return_parcels, "return_id", order_by="number")
        return [_parcel(row) for row in await self._rows(found, return_id=return_id)]

    async def save_parcel(self, parcel: ReturnParcelRecord) -> None:
        """Record a parcel's label."""
        one = update(return_parcels).where(return_parcels.c.parcel_id == parcel.parcel_id)
        if not await self._change(one.values(_parcel_row(parcel))):
            raise missing(parcel=parcel.parcel_id)

    async def labeled(self, tracking_number: str) -> str | None:
        """Return the return whose parcel has this label, or None."""
        found = select(return_parcels.c.return_id).where(
            return_parcels.c.tracking_number == tracking_number
        )
        row = await self._row(found)
        return None if row is None else str(row["return_id"])

    # --- receipts and refunds ------------------------------------------------------------

    async def add_receipt(self, receipt: ReturnReceiptRecord) -> None:
        """Put a receipt on record.

        Raises:
            Inconsistent: the return has one of this id or number.

        """
        goods = receipt.model_dump(mode="json", include={"items", "strays"})
        await self._insert(return_receipts, [receipt.model_dump() | goods])

    async def receipts(self, return_id: str) -> list[ReturnReceiptRecord]:
        """Return the receipts of a return, in their order."""
        found = select_by(return_receipts, "return_id", order_by="receipt_no")
        rows = await self._rows(found, return_id=return_id)
        return [ReturnReceiptRecord.model_validate(dict(row)) for row in rows]

    async def save_refund(self, refund: ReturnRefundRecord) -> None:
        """Record a refund, or what became of it."""
        await self._put(return_refunds, [refund.model_dump()])

    async def refunds(self, return_id: str) -> list[ReturnRefundRecord]:
        """Return the refunds of a return, in their order."""
        found = select_by(return_refunds, "return_id", order_by="refund_no")
        rows = await self._rows(found, return_id=return_id)
        return [ReturnRefundRecord.model_validate(dict(row)) for row in rows]

    async def refunded(self, order_id: str) -> Refunded:
        """Return what was given back of an order, refunds that are due included.

        Returns of its own units, and of those that were sent in their place.
        """
        sent = select(replacing_units.c.order_id).where(replacing_units.c.paid_by == order_id)
        family = or_(_return.order_id == order_id, _return.order_id.in_(sent))
        kept = (
            select(func.coalesce(func.sum(_refund.shipping_kept_minor - _refund.extra_minor), 0))
            .join(return_rows, _return.return_id == _refund.return_id)
            .where(family)
        )
        return Refunded(
            units=await self._number(_units_given_back().where(family)),
            shipping_kept_minor=await self._number(kept),
        )

    async def _read(self, found: Select[Any]) -> list[ReturnRecord]:
        rows = await self._rows(found)
        names = [row["return_id"] for row in rows]
        units = await self._rows(
            select(return_units)
            .where(_unit.return_id.in_(names))
            .order_by(_unit.line_no, _unit.unit_no)
        )
        return [
            ReturnRecord.model_validate(
                dict(row)
                | {"units": [dict(u) for u in units if u["return_id"] == row["return_id"]]}
            )
            for row in rows
        ]


def _units_given_back() -> Select[Any]:
    """Return how many units of refunds are ordered ones: not those of an exchange."""
    own = replacing_units.c
    stands_for = and_(
        own.order_id == _unit.order_id,
        own.line_no == _unit.line_no,
        own.unit_no == _unit.unit_no,
    )
    return (
        select(func.count())
        .select_from(return_units)
        .join(return_rows, _return.return_id == _unit.return_id)
        .outerjoin(replacing_units, stands_for)
        .where(_unit.refund_no.is_not(None))
        .where(or_(own.order_id.is_(None), own.paid_line_no.is_not(None)))
    )


def _parcel_row(parcel: ReturnParcelRecord) -> dict[str, Any]:
    row = parcel.model_dump(mode="json", exclude={"outer"})
    return row | sizes(parcel.outer, "outer_")


def _parcel(row: RowMapping) -> ReturnParcelRecord:
    fields = {name: row[name] for name in ReturnParcelRecord.model_fields if name in row}
    return ReturnParcelRecord.model_validate({**fields, "outer": sized(row, "outer_")})
