"""Circuit breakers: who does not answer is left alone for a while, then asked once.

Closed: it is asked. Open: it is not, since it failed too often in a row. Half-open: one question
tries whether it is back; all others are spared the wait until that one is answered.

Source: M. Nygard, Release It!, 2nd edition, section 5.2 (Circuit Breaker).
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Instant, Value


class CircuitState(StrEnum):
    """Whether a party is asked."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitRules(Value):
    """When a circuit opens, and for how long."""

    failures: Annotated[int, Field(gt=0)] = 3
    """In a row, after which it opens."""
    open_for: timedelta = timedelta(seconds=30)
    """How long nobody asks; also how long a trial may stay unanswered before the next one."""


class Circuit(Value):
    """What is known of a party: failures in a row, and since when it is open or tried."""

    state: CircuitState = CircuitState.CLOSED
    failures: int = 0
    since: Instant | None = None
    """When it opened, or when the trial began; None while it is closed."""

    def admits(self, now: datetime, rules: CircuitRules) -> bool:
        """Return whether the party may be asked now."""
        return self.since is None or now >= self.since + rules.open_for

    def retry_at(self, rules: CircuitRules) -> datetime | None:
        """Return when it may be asked next; None where it may be at any time."""
        return None if self.since is None else self.since + rules.open_for

    def asked(self, now: datetime) -> "Circuit":
        """Return the circuit while an admitted question is under way: an open one is tried."""
        if self.state is CircuitState.CLOSED:
            return self
        return Circuit(state=CircuitState.HALF_OPEN, failures=self.failures, since=now)

    def answered(self) -> "Circuit":
        """Return the circuit after an answer, whatever it said: closed."""
        return Circuit()

    def failed(self, now: datetime, rules: CircuitRules) -> "Circuit":
        """Return the circuit after a failure to answer."""
        failures = self.failures + 1
        trial = self.state is not CircuitState.CLOSED
        if trial or failures >= rules.failures:
            return Circuit(state=CircuitState.OPEN, failures=failures, since=now)
        return Circuit(failures=failures)
