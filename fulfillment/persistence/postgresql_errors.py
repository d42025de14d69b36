"""What PostgreSQL's errors mean, without the row's values, which may be a customer's."""

import re
from typing import Final

from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

BUSY: Final = {
    "40001": "serialization failure",
    "40P01": "deadlock",
    "55P03": "lock not available in time",
    "57014": "statement took too long",
    "25P03": "idle in a transaction for too long",
    "53300": "too many connections",
    "57P01": "server is shut down",
    "57P02": "server crashed",
    "57P03": "server is not ready yet",
}
"""SQLSTATEs after which the same again can help.

Source: PostgreSQL documentation, appendix A, "PostgreSQL Error Codes".
"""

_RULES: Final = {
    "23502": "NOT NULL",
    "23503": "FOREIGN KEY",
    "23505": "UNIQUE",
    "23514": "CHECK",
}
_UNSTORABLE: Final = "22"
"""The class of values that a column can't hold, as a number too large or a character NUL."""

_KEY = re.compile(r"Key \((?P<columns>[^)]*)\)=")


def is_busy(error: DBAPIError) -> bool:
    """Return whether the same again can help."""
    return getattr(error.orig, "sqlstate", None) in BUSY


def is_unstorable(error: DBAPIError) -> bool:
    """Return whether a value is none that PostgreSQL can hold."""
    return str(getattr(error.orig, "sqlstate", "")).startswith(_UNSTORABLE)


def forget_values(error: DBAPIError) -> None:
    """Take the row's values out of an error, so that no log and no history gets them."""
    cause = error.orig.__cause__ if error.orig is not None else None
    if isinstance(cause, PostgresError):
        cause.detail = None


def broken_rule(error: DBAPIError) -> str | None:
    """Return which rule would be broken, in SQLite's words: they name columns, and no values."""
    cause = error.orig.__cause__ if error.orig is not None else None
    rule = _RULES.get(str(getattr(cause, "sqlstate", "")))
    if rule is None or not isinstance(cause, PostgresError):
        return None
    if rule == "FOREIGN KEY":
        return f"{rule} constraint failed"
    return f"{rule} constraint failed: {_broken(cause, rule)}"


def _broken(cause: PostgresError, rule: str) -> str:
    table, constraint = str(cause.table_name), str(cause.constraint_name)
    if rule == "NOT NULL":
        return f"{table}.{cause.column_name}"
    columns = _KEY.match(cause.detail or "")
    if rule == "CHECK" or columns is None:
        return constraint
    return ", ".join(f"{table}.{name}" for name in columns["columns"].split(", "))
