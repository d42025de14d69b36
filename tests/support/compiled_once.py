"""Lets all engines of a run share what they compile, as one long-lived engine would.

Each test has databases of its own, hence engines of its own, and SQLAlchemy keeps the compiled text
of a statement by engine: to compile the same few hundred statements anew was nearly half of what a
test of a store cost.
"""

from typing import Any, Final

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.util import LRUCache

STATEMENTS: Final = 5_000
"""So many are kept: more than the product has."""


class _OfEachKind(LRUCache[Any, Any]):
    """Keeps what was compiled by the kind of database, where SQLAlchemy's keys name the engine's.

    All engines of a kind are made alike here, and compile alike.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what was compiled for a statement's structure."""
        return super().get(_by_kind(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Keep what was compiled."""
        super().__setitem__(_by_kind(key), value)


def _by_kind(key: Any) -> Any:
    dialect, *rest = key
    return (dialect.name, *rest)


_compiled = _OfEachKind(STATEMENTS)


def share_compiled_statements() -> None:
    """Let engines that are made from now on share what they compile."""
    for dialect in (SQLiteDialect_aiosqlite, PGDialect_asyncpg):
        dialect.engine_created = _share  # type: ignore[method-assign]


def _share(engine: Engine) -> None:
    engine.update_execution_options(compiled_cache=_compiled)
