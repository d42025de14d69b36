"""Work for people, on SQL."""

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import RowMapping, Update, select, update

from fulfillment.domain.errors import Inconsistent, Problem
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.persistence.repositories.store import (
    SqlStore,
    behind,
    missing,
    select_by,
    update_by,
)
from fulfillment.persistence.tables import tasks
from fulfillment.records import TaskRecord, TaskState

_OF = ("fulfillment_id", "order_id", "batch_id")
"""Whose work it is: NULL on record where it is nobody's of that kind."""


@cache
def _changed_open(*names: str) -> Update:
    return update_by(tasks, "task_id", *names).where(tasks.c.state == TaskState.OPEN)


class SqlTaskStore(SqlStore):
    """Work for people."""

    async def open(self, task: TaskRecord) -> None:
        """Open a task."""
        row = task.model_dump() | {"plan": task.model_dump(mode="json")["plan"]}
        await self._insert(tasks, [row | {name: row[name] or None for name in _OF}])

    async def get(self, task_id: str) -> TaskRecord:
        """Return a task; raises NotFound."""
        row = await self._row(select_by(tasks, "task_id"), task_id=task_id)
        if row is None:
            raise missing(task=task_id)
        return _task(row)

    async def page(  # noqa: PLR0913 - each is a filter
        self,
        *,
        state: TaskState | None = TaskState.OPEN,
        kind: TaskKind | None = None,
        warehouse_id: str | None = None,
        fulfillment_id: str | None = None,
        batch_id: str | None = None,
        limit: int = 200,
        after: str | None = None,
    ) -> list[TaskRecord]:
        """Return tasks, oldest first, from behind `after`."""
        wanted = {
            tasks.c.state: state,
            tasks.c.kind: kind,
            tasks.c.warehouse_id: warehouse_id,
            tasks.c.fulfillment_id: fulfillment_id,
            tasks.c.batch_id: batch_id,
        }
        found = select(tasks).where(*(c == v for c, v in wanted.items() if v is not None))
        if after is not None:
            found = found.where(behind(after, tasks.c.task_id, tasks.c.opened_at))
        rows = await self._rows(found.order_by(tasks.c.opened_at, tasks.c.task_id).limit(limit))
        return [_task(row) for row in rows]

    async def close(self, task_id: str, state: TaskState, by: str, at: datetime) -> None:
        """Close an open task as done or as not needed.

        Raises:
            Inconsistent: it is closed already.
            NotFound: no such task.

        """
        await self._change_open(task_id, {"state": state, "closed_by": by, "closed_at": at})

    async def close_all(self, fulfillment_id: str, by: str, at: datetime) -> None:
        """Close all open tasks of a fulfillment as not needed."""
        of_fulfillment = update(tasks).where(
            tasks.c.fulfillment_id == fulfillment_id, tasks.c.state == TaskState.OPEN
        )
        await self._change(
            of_fulfillment.values(state=TaskState.CLOSED, closed_by=by, closed_at=at)
        )

    async def reopen(self, task_id: str, plan: dict[str, object], at: datetime) -> None:
        """Open a task once more that was closed as not needed, with another plan.

        Raises:
            Inconsistent: it is open, or done.

        """
        closed = update(tasks).where(tasks.c.task_id == task_id, tasks.c.state == TaskState.CLOSED)
        fresh = {"closed_at": None, "closed_by": None, "assignee": None}
        again = closed.values(state=TaskState.OPEN, plan=plan, opened_at=at, **fresh)
        if not await self._change(again):
            task = await self.get(task_id)
            problem = Problem(path=f"task {task_id}", expected="closed", came=task.state.value)
            raise Inconsistent(str(problem), [problem])

    async def replan(self, task_id: str, plan: dict[str, object]) -> None:
        """Replace what the floor shows of an open task."""
        await self._change_open(task_id, {"plan": plan})

    async def assign(self, task_id: str, to: str | None) -> None:
        """Give an open task to a person, or back to the pool."""
        await self._change_open(task_id, {"assignee": to})

    async def count_nudge(self, task_id: str, *, escalation: bool) -> None:
        """Count a reminder or an escalation."""
        column = tasks.c.escalations if escalation else tasks.c.reminders
        nudge = update(tasks).where(tasks.c.task_id == task_id).values({column: column + 1})
        if not await self._change(nudge):
            raise missing(task=task_id)

    async def _change_open(self, task_id: str, values: dict[str, Any]) -> None:
        new = {f"to_{name}": value for name, value in values.items()}
        if not await self._change(_changed_open(*values), of_task_id=task_id, **new):
            task = await self.get(task_id)
            problem = Problem(path=f"task {task_id}", expected="open", came=task.state.value)
            raise Inconsistent(str(problem), [problem])


def _task(row: RowMapping) -> TaskRecord:
    return TaskRecord.model_validate(dict(row) | {name: row[name] or "" for name in _OF})
