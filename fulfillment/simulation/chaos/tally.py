"""The count of faults, by kind, and the moments from which the engine had to recover."""

from collections import Counter
from dataclasses import dataclass, field

from fulfillment.domain.base import Instant


@dataclass
class Tally:
    """What was done to the engine so far."""

    faults: Counter[str] = field(default_factory=Counter)
    outages: list[Instant] = field(default_factory=list)
    """When work was interrupted, in order."""

    def strike(self, kind: str, at: Instant | None = None) -> None:
        """Count a fault; `at` if it interrupts work."""
        self.faults[kind] += 1
        if at is not None:
            self.outages.append(at)
