"""Decisions the engine took, kept with what else was possible and why that lost."""

from fulfillment.domain.base import Value
from fulfillment.domain.money import Money


class Alternative(Value):
    """A choice that was possible or was looked at, and why it lost."""

    choice: str
    cost: Money | None = None
    because: str


class Decision(Value):
    """What was chosen for a subject, why, and what was not chosen."""

    subject: str
    chosen: str
    because: str
    cost: Money | None = None
    alternatives: tuple[Alternative, ...] = ()
