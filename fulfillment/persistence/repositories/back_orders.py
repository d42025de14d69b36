"""The line of those who wait for goods, on SQL."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    RowMapping,
    and_,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)

from fulfillment.domain.back_order_queue import QueueEntry, Waiter, WaiterKind
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.persistence import dialects
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import back_order_queue, orders, supply_orders
from fulfillment.persistence.tables.supply import UNDER_WAY

_ROW = back_order_queue.c
_OTHER = back_order_queue.alias("other")
_OF_WAITER = (_ROW.waiter_kind == bindparam("kind"), _ROW.waiter_id == bindparam("name"))
_WAITING = (
    select(back_order_queue)
    .where(
        exists().where(
            _OTHER.c.waiter_kind == _ROW.waiter_kind,
            _OTHER.c.waiter_id == _ROW.waiter_id,
            _OTHER.c.line_no == _ROW.line_no,
            _OTHER.c.sku.in_(bindparam("skus", expanding=True)),
        )
    )
    .order_by(*back_order_queue.primary_key.columns)
)
_WAITING_TO_CHANGE = _WAITING.with_for_update(of=back_order_queue)
_OWN = select(back_order_queue).where(*_OF_WAITER).order_by(_ROW.line_no, _ROW.rank)
_REMOVE = delete(back_order_queue).where(*_OF_WAITER)
_SET_ASIDE = (
    update(back_order_queue)
    .where(*_OF_WAITER, _ROW.line_no == bindparam("line"), _ROW.sku == bindparam("of_sku"))
    .values(set_aside=bindparam("to_set_aside"), set_aside_at=bindparam("to_set_aside_at"))
)


def live_waiter() -> Any:  # noqa: ANN401 - a condition on the queue's rows
    """Return the condition that who waits has not ended."""
    ended = orders.c.stage == OrderStage.SETTLED
    order = exists().where(orders.c.order_id == _ROW.waiter_id, ~ended)
    supply = exists().where(supply_orders.c.supply_id == _ROW.waiter_id, UNDER_WAY)
    return or_(
        and_(_ROW.waiter_kind == WaiterKind.ORDER, order),
        and_(_ROW.waiter_kind == WaiterKind.SUPPLY, supply),
    )


class SqlBackOrderStore(SqlStore):
    """The line of those who wait; who changes an article's entries holds its SKU."""

    async def waiting(self, skus: Collection[str]) -> list[QueueEntry]:
        """Return all entries of the lines that would take one of these articles, in line.

        In a transaction that may write, nobody else changes them until the end.
        """
        await self._hold("sku", skus)
        writes = dialects.writes_side_by_side(self._connection)
        statement = _WAITING_TO_CHANGE if writes else _WAITING
        return _in_line(await self._rows(statement, skus=sorted(set(skus))))

    async def all_waiting(self) -> list[QueueEntry]:
        """Return every entry, in line."""
        return _in_line(await self._rows(select(back_order_queue)))

    async def of_waiter(self, waiter: Waiter) -> list[QueueEntry]:
        """Return a waiter's entries, by line and rank."""
        return [_entry(row) for row in await self._rows(_OWN, **_named(waiter))]

    async def replace(self, waiter: Waiter, entries: Sequence[QueueEntry]) -> None:
        """Put these in the place of all the waiter's entries."""
        await self._change(_REMOVE, **_named(waiter))
        await self._insert(back_order_queue, [_values(entry) for entry in entries])

    async def set_aside(self, entries: Sequence[QueueEntry]) -> None:
        """Record what is set aside for each of these (CHECK: at most its units)."""
        for entry in entries:
            await self._change(
                _SET_ASIDE,
                **_named(entry.waiter),
                line=entry.line_no,
                of_sku=entry.sku,
                to_set_aside=entry.set_aside,
                to_set_aside_at=entry.set_aside_at,
            )

    async def leave_behind(self, skus: Collection[str]) -> int:
        """Remove the entries of these articles of who has ended; return how many."""
        await self._hold("sku", skus)
        of_these = delete(back_order_queue).where(_ROW.sku.in_(sorted(set(skus))))
        return await self._change(of_these.where(~live_waiter()))


def _named(waiter: Waiter) -> dict[str, str]:
    return {"kind": waiter.kind.value, "name": waiter.waiter_id}


def _values(entry: QueueEntry) -> dict[str, Any]:
    fields = entry.model_dump(exclude={"waiter"})
    return {
        "waiter_kind": entry.waiter.kind,
        "waiter_id": entry.waiter.waiter_id,
        **fields,
    }


def _entry(row: RowMapping) -> QueueEntry:
    waiter = Waiter(kind=row["waiter_kind"], waiter_id=row["waiter_id"])
    fields = {name: row[name] for name in QueueEntry.model_fields if name in row}
    return QueueEntry.model_validate({**fields, "waiter": waiter})


def _in_line(rows: Sequence[RowMapping]) -> list[QueueEntry]:
    return sorted(map(_entry, rows), key=lambda entry: entry.place)
