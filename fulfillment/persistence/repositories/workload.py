"""Counts of the open work, on SQL.

Settled orders, which are most, are never read: each count begins at an index over what is open.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, exists, func, literal, or_, select

from fulfillment.domain.lifecycle import NOT_LEFT, OrderStage
from fulfillment.domain.workload import UPPER_ENDS, AgeBand, Standing, Workload
from fulfillment.persistence.repositories.orders import fulfilled
from fulfillment.persistence.repositories.store import SqlStore
from fulfillment.persistence.tables import fulfillments, order_lines, orders, tasks
from fulfillment.records import TaskState

_UNSETTLED = orders.c.stage.in_([s.value for s in OrderStage if s is not OrderStage.SETTLED])


class SqlWorkloadStore(SqlStore):
    """Counts what is open."""

    async def workload(self, at: datetime) -> Workload:
        """Return what is open as of a moment, by stage and age; reads no settled order."""
        open_tasks = tasks.c.state == TaskState.OPEN
        return Workload(
            orders=await self._standing(orders.c.stage, orders.c.stage_since, _UNSETTLED, at),
            tasks=await self._standing(tasks.c.kind, tasks.c.opened_at, open_tasks, at),
            late=await self._late(at),
            back_ordered_units=await self._back_ordered_units(),
        )

    async def _standing(
        self,
        of: ColumnElement[Any],
        since: ColumnElement[Any],
        which: ColumnElement[bool],
        at: datetime,
    ) -> tuple[Standing, ...]:
        # In a subquery, since PostgreSQL takes an expression with parameters for another one each
        # time it stands there.
        each = select(of.label("at"), _age_band(since, at).label("age")).where(which).subquery()
        counted = select(each.c["at"], each.c.age, func.count().label("number"))
        return _sorted(await self._rows(counted.group_by(each.c["at"], each.c.age)))

    async def _late(self, at: datetime) -> dict[str, int]:
        not_left = exists().where(
            fulfillments.c.order_id == orders.c.order_id, fulfillments.c.stage.in_(NOT_LEFT)
        )
        late = and_(
            _UNSETTLED,
            orders.c.sla_due < at,
            or_(orders.c.stage != OrderStage.FULFILLING, not_left),
        )
        counted = select(orders.c.stage, func.count().label("number")).where(late)
        rows = await self._rows(counted.group_by(orders.c.stage))
        return {str(row["stage"]): int(row["number"]) for row in rows}

    async def _back_ordered_units(self) -> int:
        waiting = select(orders.c.order_id).where(orders.c.stage == OrderStage.BACK_ORDERED)
        done = fulfilled(fulfillments.c.order_id.in_(waiting))
        same = and_(
            done.c.order_id == order_lines.c.order_id, done.c.line_no == order_lines.c.line_no
        )
        missing = order_lines.c.ordered - order_lines.c.canceled - func.coalesce(done.c.reserved, 0)
        lines = order_lines.outerjoin(done, same)
        total = select(func.sum(missing)).select_from(lines)
        return await self._number(total.where(order_lines.c.order_id.in_(waiting)))


def _age_band(since: ColumnElement[Any], at: datetime) -> ColumnElement[str]:
    bands = [(since > at - end, literal(band.value)) for band, end in UPPER_ENDS.items()]
    return case(*bands, else_=literal(AgeBand.OLDER.value))


def _sorted(rows: Sequence[RowMapping]) -> tuple[Standing, ...]:
    found = [Standing(at=row["at"], age=row["age"], count=row["number"]) for row in rows]
    return tuple(sorted(found, key=lambda standing: (standing.at, standing.age)))
