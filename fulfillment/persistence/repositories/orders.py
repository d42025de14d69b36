"""Orders, their lines, and how they ended, on SQL."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Subquery,
    bindparam,
    case,
    func,
    select,
    update,
)

from fulfillment.domain.addresses import Address
from fulfillment.domain.lifecycle import LineProgress, OrderStage, Outcome, Stage
from fulfillment.domain.orders import LineQuantity, Order, unit_amounts
from fulfillment.domain.return_units import UnitState
from fulfillment.persistence.repositories.order_units import (
    assign_units,
    free_units,
    unit_numbers,
    units_amount_minor,
)
from fulfillment.persistence.repositories.store import SqlStore, missing, select_by, update_by
from fulfillment.persistence.tables import (
    fulfillment_lines,
    fulfillments,
    line_substitutes,
    order_lines,
    order_units,
    orders,
    return_units,
)
from fulfillment.records import OrderRecord

_SETTLED = ("stage", "stage_since", "blocked_on", "outcome_kind", "outcome_summary")
_STAGE = bindparam("to", type_=orders.c.stage.type)
_AT = bindparam("at", type_=orders.c.stage_since.type)
_SET_STAGE = (
    update(orders)
    .where(orders.c.order_id == bindparam("of"))
    .values(
        stage=_STAGE,
        blocked_on=bindparam("why"),
        stage_since=case((orders.c.stage == _STAGE, orders.c.stage_since), else_=_AT),
    )
)
_STEPS = ("planned", "picked", "packed", "shipped", "delivered", "resent", "refunded")


class SqlOrderStore(SqlStore):
    """Orders, their lines, their units' amounts, and how they ended."""

    async def add(
        self, order: Order, content_hash: str, workflow_id: str, at: datetime, sla_due: datetime
    ) -> None:
        """Put an order on record with its lines and what each unit costs.

        Raises:
            Inconsistent: an order of that id is on record.

        """
        row = {
            "order_id": order.order_id,
            "content": order.model_dump(mode="json"),
            "content_hash": content_hash,
            "workflow_id": workflow_id,
            "amount_minor": order.amount_minor,
            "currency": order.currency,
            "payment_method": order.payment.method,
            "stage": OrderStage.RECEIVED,
            "blocked_on": "",
            "recorded_at": at,
            "stage_since": at,
            "sla_due": sla_due,
        }
        await self._insert(orders, [row])
        await self._insert(order_lines, _line_rows(order))
        await self._insert(line_substitutes, _substitute_rows(order))
        await self._insert(order_units, _unit_rows(order))

    async def lock(self, order_id: str) -> None:
        """Have the order, on record or not, to this transaction until it ends.

        Raises:
            StoreBusy: another transaction had it for too long.

        """
        await self._hold("order", [order_id])

    async def find(self, order_id: str) -> OrderRecord | None:
        """Return the order, or None."""
        row = await self._row(select_by(orders, "order_id"), order_id=order_id)
        return None if row is None else _order(row)

    async def get(self, order_id: str) -> OrderRecord:
        """Return the order; raises NotFound."""
        order = await self.find(order_id)
        if order is None:
            raise missing(order=order_id)
        return order

    async def page(
        self, *, stage: OrderStage | None = None, limit: int = 50, after: str | None = None
    ) -> list[OrderRecord]:
        """Return orders by id, beginning behind `after`."""
        found = select(orders).order_by(orders.c.order_id).limit(limit)
        if stage is not None:
            found = found.where(orders.c.stage == stage)
        if after is not None:
            found = found.where(orders.c.order_id > after)
        return [_order(row) for row in await self._rows(found)]

    async def set_stage(
        self, order_id: str, stage: OrderStage, blocked_on: str, at: datetime
    ) -> None:
        """Record where the order stands; since when, only if the stage is another.

        Raises:
            Inconsistent: the order is settled, or would be without an outcome.
            NotFound: no such order.

        """
        if not await self._change(_SET_STAGE, of=order_id, to=stage, why=blocked_on, at=at):
            raise missing(order=order_id)

    async def set_ship_to(self, order_id: str, address: Address) -> None:
        """Correct the address; the content hash stays that of the order as handed in."""
        await self._set_content(order_id, ship_to=address)

    async def set_deliver_by(self, order_id: str, promised: date) -> None:
        """Put the promised day of delivery on record, as `set_ship_to` does the address."""
        await self._set_content(order_id, deliver_by=promised)

    async def _set_content(self, order_id: str, **changed: Address | date) -> None:
        order = (await self.get(order_id)).order
        await self.set_content(order.model_copy(update=changed))

    async def set_content(self, order: Order) -> None:
        """Put an amended order in the place of the one on record; its lines and units stay."""
        one = update(orders).where(orders.c.order_id == order.order_id)
        await self._change(one.values(content=order.model_dump(mode="json")))

    async def set_outcome(self, order_id: str, outcome: Outcome, at: datetime) -> None:
        """Record how the order ended, and its stage as settled."""
        settled = {
            "to_stage": OrderStage.SETTLED,
            "to_stage_since": at,
            "to_blocked_on": "",
            "to_outcome_kind": outcome.kind,
            "to_outcome_summary": outcome.summary,
        }
        one = update_by(orders, "order_id", *_SETTLED)
        if not await self._change(one, of_order_id=order_id, **settled):
            raise missing(order=order_id)

    async def progress(self, order_id: str) -> list[LineProgress]:
        """Return what has become of each line, derived from the fulfillments not canceled."""
        rows = await self._rows(_progress(), order_id=order_id)
        return [LineProgress.model_validate(dict(row)) for row in rows]

    async def cancel_units(self, order_id: str, lines: Sequence[LineQuantity]) -> None:
        """Add to the canceled quantities.

        Raises:
            Inconsistent: more than was ordered.
            NotFound: no such line.

        """
        for line in lines:
            one = update(order_lines).where(
                order_lines.c.order_id == order_id, order_lines.c.line_no == line.line_no
            )
            more = one.values(canceled=order_lines.c.canceled + line.quantity)
            if not await self._change(more):
                raise missing(line=f"{line.line_no} of order {order_id}")

    async def assign_units(
        self, order_id: str, fulfillment_id: str, lines: Sequence[LineQuantity]
    ) -> None:
        """Give the fulfillment the lowest free units of each line.

        Raises:
            Inconsistent: fewer are free, canceled ones not counted.

        """
        await assign_units(self._connection, order_id, fulfillment_id, lines)

    async def free_units(
        self, fulfillment_id: str, lines: Sequence[LineQuantity] | None = None
    ) -> None:
        """Take the highest units of these lines, or all, from the fulfillment.

        Raises:
            Inconsistent: the fulfillment has fewer.

        """
        await free_units(self._connection, fulfillment_id, lines)

    async def amount_minor(self, fulfillment_id: str) -> int:
        """Return what the fulfillment's units cost together."""
        return await units_amount_minor(self._connection, fulfillment_id)

    async def unit_numbers(self, fulfillment_id: str) -> dict[int, list[int]]:
        """Return which units the fulfillment has, by line: their numbers from 1, lowest first."""
        return await unit_numbers(self._connection, fulfillment_id)


def fulfilled(*where: ColumnElement[bool]) -> Subquery:
    """Return the sums of each order line over its fulfillments that were not canceled."""
    lines = fulfillment_lines.c
    sums = [func.sum(lines[step]).label(step) for step in _STEPS[1:]]
    other = case((lines.sku != order_lines.c.sku, lines.planned), else_=0)
    ordered = (order_lines.c.order_id == fulfillments.c.order_id) & (
        order_lines.c.line_no == lines.line_no
    )
    return (
        select(
            fulfillments.c.order_id,
            lines.line_no,
            func.sum(lines.planned).label("reserved"),
            func.sum(other).label("substituted"),
            *sums,
        )
        .select_from(fulfillment_lines)
        .join(fulfillments, fulfillments.c.fulfillment_id == lines.fulfillment_id)
        .outerjoin(order_lines, ordered)
        .where(fulfillments.c.stage != Stage.CANCELED, *where)
        .group_by(fulfillments.c.order_id, lines.line_no)
        .subquery("fulfilled")
    )


@cache
def _progress() -> Any:  # noqa: ANN401 - as _with_progress
    done = fulfilled(fulfillments.c.order_id == bindparam("order_id"))
    of_order = order_lines.c.order_id == bindparam("order_id")
    return _with_progress(done).where(of_order).order_by(order_lines.c.line_no)


def _same_line(done: Subquery) -> ColumnElement[bool]:
    same_order = done.c.order_id == order_lines.c.order_id
    return same_order & (done.c.line_no == order_lines.c.line_no)


def _with_progress(done: Subquery) -> Any:  # noqa: ANN401 - a Select of eleven columns
    names = ("reserved", "substituted", *_STEPS[1:])
    back = (
        select(func.count())
        .where(return_units.c.order_id == order_lines.c.order_id)
        .where(return_units.c.line_no == order_lines.c.line_no)
        .where(return_units.c.state.in_([UnitState.RECEIVED, UnitState.INSPECTED]))
        .correlate(order_lines)
        .scalar_subquery()
    )
    return select(
        order_lines.c.line_no,
        order_lines.c.sku,
        order_lines.c.ordered,
        order_lines.c.canceled,
        *(func.coalesce(done.c[name], 0).label(name) for name in names),
        back.label("returned"),
    ).outerjoin(done, _same_line(done))


def _line_rows(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "order_id": order.order_id,
            "line_no": line.line_no,
            "sku": line.sku,
            "ordered": line.quantity,
            "canceled": 0,
        }
        for line in order.lines
    ]


def _substitute_rows(order: Order) -> list[dict[str, Any]]:
    return [
        {"order_id": order.order_id, "line_no": line.line_no, "sku": sku}
        for line in order.lines
        for sku in line.substitutes
    ]


def _unit_rows(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "order_id": order.order_id,
            "line_no": line_no,
            "unit_no": unit_no,
            "amount_minor": amount,
        }
        for line_no, amounts in unit_amounts(order).items()
        for unit_no, amount in enumerate(amounts, 1)
    ]


def _order(row: RowMapping) -> OrderRecord:
    kind = row["outcome_kind"]
    outcome = None if kind is None else Outcome(kind=kind, summary=row["outcome_summary"])
    fields = {name: row[name] for name in OrderRecord.model_fields if name in row}
    return OrderRecord.model_validate({**fields, "order": row["content"], "outcome": outcome})
