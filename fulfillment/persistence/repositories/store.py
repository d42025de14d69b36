"""What every store on SQL is made of."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, RowMapping, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from fulfillment.domain.errors import NotFound, Problem
from fulfillment.persistence import dialects, locks

Values = Mapping[str, Any]


class SqlStore:
    """A part of the record of things, inside somebody else's transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Work on this connection."""
        self._connection = connection
        self._held: set[tuple[str, str]] = set()

    async def _rows(self, statement: Executable) -> Sequence[RowMapping]:
        return (await self._connection.execute(statement)).mappings().all()

    async def _row(self, statement: Executable) -> RowMapping | None:
        return (await self._connection.execute(statement)).mappings().first()

    async def _number(self, statement: Executable) -> int:
        return int((await self._connection.execute(statement)).scalar() or 0)

    async def _names(self, statement: Executable) -> list[str]:
        return [str(name) for name in (await self._connection.execute(statement)).scalars()]

    async def _change(self, statement: Executable) -> int:
        """Execute and return how many rows were changed."""
        return (await self._connection.execute(statement)).rowcount

    async def _hold(self, kind: str, names: Collection[str]) -> None:
        """Have these to ourselves until the transaction ends, if it may write."""
        more = {(kind, name) for name in names} - self._held
        await locks.hold(self._connection, kind, [name for _, name in more])
        self._held |= more

    async def _insert(self, table: Table, rows: Sequence[Values]) -> None:
        if rows:
            await self._connection.execute(table.insert(), [dict(row) for row in rows])

    async def _put(self, table: Table, rows: Sequence[Values]) -> None:
        """Add rows, or replace what those of the same primary key say."""
        if not rows:
            return
        insert = dialects.upsert(self._connection, table)
        keys = [column.name for column in table.primary_key]
        new = {name: insert.excluded[name] for name in rows[0] if name not in keys}
        statement = insert.on_conflict_do_update(index_elements=keys, set_=new)
        await self._connection.execute(statement, [dict(row) for row in rows])


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
