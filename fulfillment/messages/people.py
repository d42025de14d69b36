"""Messages to customers and staff, and what people did or were refused."""

from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.confirmations import Person
from fulfillment.domain.lifecycle import Nudge, TaskKind
from fulfillment.domain.notices import NoticeKind
from fulfillment.domain.orders import LineQuantity


class NotifyCustomer(Value):
    """Tell the customer what has happened; never before it has."""

    key: str
    order_id: str
    kind: NoticeKind
    fulfillment_id: str | None = None
    detail: str = ""
    tracking_numbers: Annotated[tuple[str, ...], Field(exclude_if=lambda named: not named)] = ()
    """Of which parcels; none means all, and is left out, so that effects on record stay known."""
    until: Instant | None = None
    """By when an answer is wanted, where one is."""
    lines: Annotated[tuple[LineQuantity, ...], Field(exclude_if=lambda named: not named)] = ()
    """Of which goods, in letters about a part of an order; none is left out, as above."""


class Notified(Value):
    """The message that was sent."""

    notice_id: str
    """Or "" where there was nothing to tell any more."""


class NudgeStaff(Value):
    """Remind the floor, tell the supervisor, or give the task back to the pool."""

    key: str
    order_id: str
    fulfillment_id: str | None = None
    task: TaskKind | None = None
    task_id: Annotated[str | None, Field(exclude_if=lambda named: named is None)] = None
    """Of which task of that kind, where a fulfillment may have several; else left out."""
    kind: Nudge
    reason: str


class AssignTask(Value):
    """Give the open task of a fulfillment to a person; None gives it back to the pool."""

    to: Person | None = None
    by: Person = "unknown"


class RecordAssignment(Value):
    """Put an assignment on record."""

    key: str
    fulfillment_id: str
    assignment: AssignTask


class RecordRefusal(Value):
    """Put on record that something was asked by signal and refused."""

    key: str
    order_id: str | None = None
    fulfillment_id: str | None = None
    action: str
    by: str
    reason: str


class Recorded(Value):
    """It is on record."""

    key: str
