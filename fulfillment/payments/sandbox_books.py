"""What the sandbox gateway has on its books: one SQLite file of its own, for several processes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.errors import EffectConflict, PaymentUnclear
from fulfillment.ports import Authorization

_BUSY_SECONDS = 5.0
_ADDED = {"expires_at": "TEXT", "disputed_minor": "INTEGER NOT NULL DEFAULT 0"}
"""Columns of authorizations that books of an earlier version lack."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS operations (
    sequence INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    request TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    moved_minor INTEGER NOT NULL DEFAULT 0,
    currency TEXT NOT NULL DEFAULT '',
    answer TEXT,
    refusal TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS authorizations (
    reference TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    amount_minor INTEGER,
    currency TEXT NOT NULL,
    captured_minor INTEGER NOT NULL DEFAULT 0,
    refunded_minor INTEGER NOT NULL DEFAULT 0,
    voided INTEGER NOT NULL DEFAULT 0,
    expires_at TEXT,
    disputed_minor INTEGER NOT NULL DEFAULT 0,
    CHECK (amount_minor IS NULL OR captured_minor BETWEEN 0 AND amount_minor),
    CHECK (refunded_minor BETWEEN 0 AND captured_minor)
) STRICT;
"""


class Kind(StrEnum):
    """What a gateway can be asked to do."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Request(Value):
    """What was asked under a key."""

    kind: Kind
    amount_minor: int | None = None
    currency: str = ""
    source: str = ""
    reference: str = ""


class Operation(Value):
    """One request by its key, how often it came, and how it was answered, if it was.

    `moved_minor` is what the payer's bank then held, paid, or had back.
    """

    sequence: int
    key: str
    request: Request
    tries: int
    moved_minor: int = 0
    currency: str = ""
    answer: Authorization | None = None
    refusal: str | None = None

    @property
    def open(self) -> bool:
        """Return whether the gateway has not acted on it yet."""
        return self.answer is None and self.refusal is None


class Account(Value):
    """An authorization as the gateway keeps it; no amount means any, for a storefront's own."""

    reference: str
    source: str
    amount_minor: int | None
    currency: str
    captured_minor: int = 0
    refunded_minor: int = 0
    voided: bool = False
    expires_at: Instant | None = None
    disputed_minor: int = 0

    def as_authorization(self) -> Authorization:
        """Return it as its holder sees it."""
        amount = self.captured_minor if self.amount_minor is None else self.amount_minor
        return Authorization(
            reference=self.reference,
            amount_minor=amount,
            currency=self.currency,
            captured_minor=self.captured_minor,
            refunded_minor=self.refunded_minor,
            voided=self.voided,
            expires_at=self.expires_at,
            disputed_minor=self.disputed_minor,
        )


class Books:
    """The gateway's books inside one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection whose transaction is somebody else's to end."""
        self._connection = connection

    def enter(self, key: str, request: Request) -> Operation:
        """Note that a request has come, maybe again, and return all that is known of it.

        Raises:
            EffectConflict: the key came with another request before.

        """
        asked = request.model_dump_json()
        self._connection.execute(
            "INSERT INTO operations (key, request, tries) VALUES (?, ?, 1)"
            " ON CONFLICT (key) DO UPDATE SET tries = tries + 1",
            (key, asked),
        )
        row = self._connection.execute("SELECT * FROM operations WHERE key = ?", (key,)).fetchone()
        if row["request"] != asked:
            message = f"the key {key} came with {row['request']} before, and now with {asked}"
            raise EffectConflict(message)
        return _operation(row)

    def close(self, operation: Operation) -> None:
        """Keep how an operation was answered."""
        self._connection.execute(
            "UPDATE operations SET moved_minor = ?, currency = ?, answer = ?, refusal = ?"
            " WHERE sequence = ?",
            (
                operation.moved_minor,
                operation.currency,
                operation.answer and operation.answer.model_dump_json(),
                operation.refusal,
                operation.sequence,
            ),
        )

    def operations(self) -> list[Operation]:
        """Return all operations in the order in which they first came."""
        rows = self._connection.execute("SELECT * FROM operations ORDER BY sequence")
        return [_operation(row) for row in rows]

    def accounts(self) -> list[Account]:
        """Return all authorizations by reference."""
        rows = self._connection.execute("SELECT * FROM authorizations ORDER BY reference")
        return [_account(row) for row in rows]

    def account(self, reference: str) -> Account | None:
        """Return an authorization, or None."""
        row = self._connection.execute(
            "SELECT * FROM authorizations WHERE reference = ?", (reference,)
        ).fetchone()
        return _account(row) if row else None

    def save(self, account: Account) -> None:
        """Add or replace an authorization."""
        self._connection.execute(
            "INSERT OR REPLACE INTO authorizations"
            " (reference, source, amount_minor, currency, captured_minor, refunded_minor, voided,"
            " expires_at, disputed_minor)"
            " VALUES (:reference, :source, :amount_minor, :currency, :captured_minor,"
            " :refunded_minor, :voided, :expires_at, :disputed_minor)",
            account.model_dump() | account.model_dump(mode="json", include={"expires_at"}),
        )

    def accepted(self, source: str) -> bool:
        """Return whether an amount was held for this source before."""
        return any(account.source == source for account in self.accounts())

    def declined_before(self, sequence: int, subject: str) -> bool:
        """Return whether an earlier key of the same subject was declined."""
        return any(
            earlier.refusal is not None and subject_of(earlier.key) == subject
            for earlier in self.operations()
            if earlier.sequence < sequence
        )


def subject_of(key: str) -> str:
    """Return what a key is about: all of it up to the count at its end."""
    return key.rpartition("/")[0]


@contextmanager
def opened(file: Path) -> Iterator[Books]:
    """Open the books for one transaction that may write; it is kept unless the block raises.

    Raises:
        PaymentUnclear: another process held the books for too long.

    """
    try:
        with closing(sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode = WAL")
            # A killed process loses nothing this way; a power cut may, and no money is lost by it.
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN IMMEDIATE")
            _create(db)
            yield Books(db)
            db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        message = f"the sandbox gateway did not answer ({error}); ask again with the same key"
        raise PaymentUnclear(message) from error


def _create(connection: sqlite3.Connection) -> None:
    # One by one: executescript would commit.
    for statement in _SCHEMA.split(";\n"):
        connection.execute(statement)
    known = {row["name"] for row in connection.execute("PRAGMA table_info(authorizations)")}
    for name in _ADDED.keys() - known:
        connection.execute(f"ALTER TABLE authorizations ADD COLUMN {name} {_ADDED[name]}")


def _operation(row: sqlite3.Row) -> Operation:
    return Operation(
        sequence=row["sequence"],
        key=row["key"],
        request=Request.model_validate_json(row["request"]),
        tries=row["tries"],
        moved_minor=row["moved_minor"],
        currency=row["currency"],
        answer=row["answer"] and Authorization.model_validate_json(row["answer"]),
        refusal=row["refusal"],
    )


def _account(row: sqlite3.Row) -> Account:
    return Account.model_validate(dict(row))
