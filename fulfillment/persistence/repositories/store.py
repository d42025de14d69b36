"""What every store on SQL is made of.

Building a statement costs more than executing it, so what is asked for each order is built once,
and its values are given with each execution.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Insert,
    RowMapping,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.domain.errors import NotFound, Problem
from fulfillment.persistence import dialects, locks

Values = Mapping[str, Any]


@cache
def select_by(table: Table, *names: str, order_by: str | None = None) -> Select[Any]:
    """Return the query for the rows with these columns' values, which are given by their names."""
    found = select(table).where(*(table.c[name] == bindparam(name) for name in names))
    return found if order_by is None else found.order_by(table.c[order_by])


@cache
def update_by(table: Table, key: str, *names: str) -> Update:
    """Return the change of these columns, by a key: their values as `to_…`, the key's as `of_…`."""
    one = update(table).where(table.c[key] == bindparam(f"of_{key}"))
    return one.values({name: bindparam(f"to_{name}") for name in names})


@cache
def _insert_into(table: Table) -> Insert:
    return table.insert()


@cache
def _put_into(dialect: str, table: Table, names: tuple[str, ...]) -> Executable:
    insert = dialects.upsert(dialect, table)
    keys = [column.name for column in table.primary_key]
    new = {name: insert.excluded[name] for name in names if name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=new)


class SqlStore:
    """A part of the record of things, inside somebody else's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work on this connection."""
        self._connection = connection
        self._held: set[tuple[str, str]] = set()

    async def _rows(self, statement: Executable, **values: object) -> Sequence[RowMapping]:
        return (await self._connection.execute(statement, values)).mappings().all()

    async def _row(self, statement: Executable, **values: object) -> RowMapping | None:
        return (await self._connection.execute(statement, values)).mappings().first()

    async def _number(self, statement: Executable, **values: object) -> int:
        return int((await self._connection.execute(statement, values)).scalar() or 0)

    async def _names(self, statement: Executable, **values: object) -> list[str]:
        found = await self._connection.execute(statement, values)
        return [str(name) for name in found.scalars()]

    async def _change(self, statement: Executable, **values: object) -> int:
        """Execute and return how many rows were changed."""
        return (await self._connection.execute(statement, values)).rowcount

    async def _hold(self, kind: str, names: Collection[str]) -> None:
        """Have these to ourselves until the transaction ends, if it may write."""
        more = {(kind, name) for name in names} - self._held
        await locks.hold(self._connection, kind, [name for _, name in more])
        self._held |= more

    async def _insert(self, table: Table, rows: Sequence[Values]) -> None:
        if rows:
            await self._connection.execute(_insert_into(table), one_or_many(rows))

    async def _put(self, table: Table, rows: Sequence[Values]) -> None:
        """Add rows, or replace what those of the same primary key say."""
        if not rows:
            return
        statement = _put_into(self._connection.dialect.name, table, tuple(rows[0]))
        await self._connection.execute(statement, one_or_many(rows))


def behind(
    after: str, key: Column[str], moment: Column[Any], *, newest_first: bool = False
) -> ColumnElement[bool]:
    """Return that a row comes behind the one of this key, in a list by a moment and then by key.

    Behind a key that is not on record comes nothing.
    """
    of_it = select(moment).where(key == after).scalar_subquery()
    later = moment < of_it if newest_first else moment > of_it
    return or_(later, and_(moment == of_it, key > after))


def one_or_many(rows: Sequence[Values]) -> dict[str, Any] | list[dict[str, Any]]:
    """Return the rows as a statement takes them: one alone costs half of a list of one."""
    return dict(rows[0]) if len(rows) == 1 else [dict(row) for row in rows]


def missing(**what: str) -> NotFound:
    """Return the error for something that is not on record, as `missing(bin="BER-A03-07")`."""
    problems = [
        Problem(
            path=kind,
            expected="one that is on record",
            came=name,
            remedy="check the id and try again",
        )
        for kind, name in what.items()
    ]
    return NotFound("; ".join(map(str, problems)), problems)
