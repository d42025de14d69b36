"""What a cancellation does with each thing that an order holds, wherever its goods are: the table.

The workflows and the activities act by this table alone; docs/cancellation.md is rendered from it.
"""

from collections.abc import Mapping
from enum import StrEnum

from fulfillment.domain.base import Value
from fulfillment.domain.lifecycle import Stage


class Point(StrEnum):
    """Where units are when they are canceled: reserved by nobody, or at their fulfillment's stage.

    Apart from the first, the names are those of `Stage`.
    """

    UNRESERVED = "unreserved"
    RELEASED = "released"
    PICKING = "picking"
    SORTING = "sorting"
    PACKING = "packing"
    LABELING = "labeling"
    AWAITING_PICKUP = "awaiting_pickup"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    CANCELED = "canceled"


class Resource(StrEnum):
    """Something that an order holds, in the sequence in which it comes to hold it."""

    AUTHORIZATION = "authorization"
    SUPPLY_ORDER = "supply order"
    RESERVATION = "reservation"
    BATCH_POSITION = "batch position"
    TOTE = "tote"
    SLOT = "slot"
    CARTON = "carton"
    LABEL = "label"
    PICKUP = "pickup"
    MANIFEST = "manifest"
    CAPTURE = "capture"
    PARCEL = "parcel in transit"


class Action(StrEnum):
    """What happens with a resource."""

    NONE = "-"
    VOID = "void"
    KEEP = "keep"
    RELEASE = "release"
    LEAVE_BATCH = "leave the batch"
    FREE = "free"
    PUT_BACK = "put back"
    VOID_LABEL = "void the label"
    CANCEL_PICKUP = "cancel the pickup"
    TAKE_OFF = "take off"
    REFUND = "refund"
    INTERCEPT = "intercept"
    RETURN = "return"
    DECIDED = "decided"


MEANING: Mapping[Action, str] = {
    Action.NONE: "It holds none here.",
    Action.VOID: "What is authorized and not captured is given back: with the whole order at once, "
    "with a part of it when the order is settled.",
    Action.KEEP: "It stays: what the supplier brings serves the next one in the queue.",
    Action.RELEASE: "The claims end, so that the stock can be promised again.",
    Action.LEAVE_BATCH: "It leaves its pick batch, which goes on with the others; what lies in the "
    "cart gets a put-back.",
    Action.FREE: "The slot is free as soon as the fulfillment is canceled.",
    Action.PUT_BACK: "A put-back task says what goes back from where into which bin; a person "
    "confirms it, and only then can the goods be promised again. A carton is unpacked.",
    Action.VOID_LABEL: "The label is voided at the carrier, by key.",
    Action.CANCEL_PICKUP: "The pickup is called off at the carrier, if it was for this fulfillment "
    "alone.",
    Action.TAKE_OFF: "The parcel leaves the open manifest with its label.",
    Action.REFUND: "What the units cost is refunded, as far as it was captured.",
    Action.INTERCEPT: "The carrier is asked, before anything is changed, to bring the parcels "
    "back; if it can't any more, the cancellation is refused. What comes back is put back.",
    Action.RETURN: "Refused: the customer has the goods. It is a return.",
    Action.DECIDED: "Refused: nothing of it arrived, and a person has decided that its goods are "
    "sent again or refunded.",
}
"""What each action is, as docs/cancellation.md tells it."""

_A = Action
_ROWS: Mapping[Resource, tuple[Action, ...]] = {
    Resource.AUTHORIZATION: (*[_A.VOID] * 7, *[_A.NONE] * 4),
    Resource.SUPPLY_ORDER: (_A.KEEP, *[_A.NONE] * 10),
    Resource.RESERVATION: (_A.NONE, _A.RELEASE, _A.RELEASE, *[_A.NONE] * 8),
    Resource.BATCH_POSITION: (
        *(_A.NONE, _A.NONE, _A.LEAVE_BATCH, _A.LEAVE_BATCH),
        *[_A.NONE] * 7,
    ),
    Resource.TOTE: (*[_A.NONE] * 3, _A.PUT_BACK, *[_A.NONE] * 7),
    Resource.SLOT: (_A.NONE, _A.FREE, _A.FREE, _A.FREE, _A.PUT_BACK, *[_A.NONE] * 6),
    Resource.CARTON: (*[_A.NONE] * 5, _A.PUT_BACK, _A.PUT_BACK, *[_A.NONE] * 4),
    Resource.LABEL: (*[_A.NONE] * 5, _A.VOID_LABEL, _A.VOID_LABEL, *[_A.NONE] * 4),
    Resource.PICKUP: (*[_A.NONE] * 5, _A.CANCEL_PICKUP, _A.CANCEL_PICKUP, *[_A.NONE] * 4),
    Resource.MANIFEST: (*[_A.NONE] * 5, _A.TAKE_OFF, _A.TAKE_OFF, *[_A.NONE] * 4),
    Resource.CAPTURE: (*[_A.NONE] * 7, _A.REFUND, _A.RETURN, _A.DECIDED, _A.NONE),
    Resource.PARCEL: (*[_A.NONE] * 7, _A.INTERCEPT, _A.RETURN, _A.DECIDED, _A.NONE),
}

TABLE: Mapping[Point, Mapping[Resource, Action]] = {
    point: {resource: row[column] for resource, row in _ROWS.items()}
    for column, point in enumerate(Point)
}
"""What is done with each resource, by where the units are."""


def actions_at(stage: Stage | None) -> tuple[tuple[Resource, Action], ...]:
    """Return what is done at a fulfillment's stage, or with what nobody has reserved (None)."""
    point = Point.UNRESERVED if stage is None else Point(stage.value)
    held = TABLE[point].items()
    return tuple((resource, action) for resource, action in held if action is not Action.NONE)


def does(stage: Stage, action: Action) -> bool:
    """Return whether an action is taken at a fulfillment's stage."""
    return any(action is each for _, each in actions_at(stage))


class Treatment(Value):
    """What happens with one thing that an order holds."""

    resource: Resource
    action: Action
    fulfillment_id: str | None = None
    what: str = ""
    """Which, as `3 x MUG` or a tracking number."""

    def __str__(self) -> str:
        """Return it as people read it."""
        subject = f" of {self.fulfillment_id}" if self.fulfillment_id else ""
        detail = f": {self.what}" if self.what else ""
        return f"{self.resource.value}{subject}: {self.action.value}{detail}"


SILENT = frozenset(
    {Action.VOID, Action.KEEP, Action.RELEASE, Action.LEAVE_BATCH, Action.FREE, Action.REFUND}
)
"""What an answer sums up, or does not need to name."""


class CancellationPlan(Value):
    """What a cancellation does, what it gives back and costs; or why it is too late.

    Amounts are minor units of `currency`.
    """

    order_id: str
    too_late: str | None = None
    treatments: tuple[Treatment, ...] = ()
    refund_minor: int = 0
    """What was captured and is refunded."""
    void_minor: int = 0
    """What was authorized for these units, and is never captured."""
    fee_minor: int = 0
    """What is kept of the refund."""
    currency: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """Return what is done besides giving back claims and money, as people read it."""
        return tuple(str(each) for each in self.treatments if each.action not in SILENT)


def render_table() -> str:
    """Return the table as Markdown: a row for each resource, a column for each point."""
    points = [point.value.replace("_", " ") for point in Point]
    head = f"| | {' | '.join(points)} |"
    rule = "|---" * (len(points) + 1) + "|"
    rows = [
        f"| **{resource.value}** | {' | '.join(TABLE[p][resource].value for p in Point)} |"
        for resource in Resource
    ]
    return "\n".join([head, rule, *rows])


def render_actions() -> str:
    """Return what each action means, as a Markdown list."""
    told = (action for action in Action if action is not Action.NONE)
    return "\n".join(f"- **{action.value}**: {MEANING[action]}" for action in told)
