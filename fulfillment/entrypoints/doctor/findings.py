"""What a check says: how it is, what was found, what mends it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from temporalio.client import Client

from fulfillment.domain.base import Value
from fulfillment.persistence.condition import Condition
from fulfillment.settings import Settings


class Verdict(StrEnum):
    """How it is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and will not do for long, or not in production."""
    WRONG = "wrong"
    NOT_CHECKED = "not checked"
    """What it needs is wrong itself."""


class Finding(Value):
    """What one check found."""

    check: str
    verdict: Verdict
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Site:
    """The set-up that is looked at, as far as it could be opened.

    `missing` names the parts that could not be, which have a finding of their own.
    """

    configured: Settings | None = None
    client: Client | None = None
    database: Condition | None = None
    missing: frozenset[str] = frozenset()

    @property
    def settings(self) -> Settings:
        """Return the settings; only for checks that need `settings`."""
        if self.configured is None:
            raise LookupError(SETTINGS)
        return self.configured

    @property
    def temporal(self) -> Client:
        """Return the client; only for checks that need `temporal`."""
        if self.client is None:
            raise LookupError(TEMPORAL)
        return self.client

    @property
    def condition(self) -> Condition:
        """Return what was found of the database; only for checks that need `database`."""
        if self.database is None:
            raise LookupError(DATABASE)
        return self.database


SETTINGS, TEMPORAL, DATABASE = "settings", "Temporal server", "database"


@dataclass(frozen=True)
class Answer:
    """What a check answers: the verdict, what was found, and the remedy."""

    verdict: Verdict
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """A check: its name, what it looks at, and the parts that must be there for that."""

    name: str
    look: Callable[[Site], Awaitable[Answer]]
    needs: tuple[str, ...] = (SETTINGS,)


def ok(found: str) -> Answer:
    """Return that all is well."""
    return Answer(Verdict.OK, found)


def warning(found: str, remedy: str) -> Answer:
    """Return that it will not do for long."""
    return Answer(Verdict.WARNING, found, remedy)


def wrong(found: str, remedy: str) -> Answer:
    """Return that it does not work."""
    return Answer(Verdict.WRONG, found, remedy)
