"""Lets all engines of a run share what they compile, as one long-lived engine would.

Each test has databases of its own, hence engines of its own, and SQLAlchemy keeps the compiled text
of a statement by engine: to compile the same few hundred statements anew was nearly half of what a
test of a store cost.
"""

from typing import Final

from sqlalchemy import Engine, event
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.dialects.sqlite.aiosqlite import SQLiteDialect_aiosqlite
from sqlalchemy.util import LRUCache

STATEMENTS: Final = 5_000
"""So many are kept of each kind of database: more than the product has."""

_first: dict[str, Engine] = {}
"""Whose dialect and cache the others of its kind take."""


def share_compiled_statements() -> None:
    """Let engines that are made from now on join the first of their kind that has connected."""
    for dialect in (SQLiteDialect_aiosqlite, PGDialect_asyncpg):
        dialect.engine_created = _join  # type: ignore[method-assign]


def _join(engine: Engine) -> None:
    first = _first.get(engine.dialect.name)
    if first is None:
        # Only by connecting a dialect learns what its server can.
        event.listen(engine.pool, "connect", lambda *_: _lead(engine), once=True)
        return
    # A compiled statement belongs to its dialect, so that is shared, too.
    engine.dialect = first.dialect
    engine._compiled_cache = first._compiled_cache


def _lead(engine: Engine) -> None:
    if engine.dialect.name not in _first:
        engine._compiled_cache = LRUCache(STATEMENTS)
        _first[engine.dialect.name] = engine
