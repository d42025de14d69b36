"""The stages of an order and of a fulfillment, how long each may wait, and how an order ends."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from enum import StrEnum
from itertools import repeat

from fulfillment.domain.back_order_choices import ChoicePatience
from fulfillment.domain.base import Value
from fulfillment.domain.delivery_rules import DeliveryRules
from fulfillment.domain.holds import QuestionPatience
from fulfillment.domain.pickups import Pickups
from fulfillment.domain.supply import SupplyMode
from fulfillment.domain.weighing import Weighing


class OrderStage(StrEnum):
    """Where an order as a whole stands: the step that is next to be done."""

    RECEIVED = "received"
    """On record; acknowledged and verified next."""
    ON_HOLD = "on_hold"
    RESERVING = "reserving"
    BACK_ORDERED = "back_ordered"
    FULFILLING = "fulfilling"
    SETTLED = "settled"


class Stage(StrEnum):
    """Where one warehouse's share of an order stands: the step that is next to be done."""

    RELEASED = "released"
    PICKING = "picking"
    SORTING = "sorting"
    PACKING = "packing"
    LABELING = "labeling"
    AWAITING_PICKUP = "awaiting_pickup"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    """No parcel of it has arrived: its goods were sent again or refunded."""
    CANCELED = "canceled"


STEPS = (
    Stage.RELEASED,
    Stage.PICKING,
    Stage.SORTING,
    Stage.PACKING,
    Stage.LABELING,
    Stage.AWAITING_PICKUP,
    Stage.IN_TRANSIT,
    Stage.DELIVERED,
)
"""A fulfillment's stages in their order; canceled and undelivered stand outside of it."""

CANCELABLE = (Stage.RELEASED, Stage.PICKING)
"""Stages in which the goods still lie in their bins."""

NOT_LEFT = STEPS[: STEPS.index(Stage.IN_TRANSIT)]
"""Stages in which the goods are still in the warehouse."""

CLOSED = (Stage.DELIVERED, Stage.UNDELIVERED, Stage.CANCELED)


def is_beyond(stage: Stage, other: Stage) -> bool:
    """Return whether a fulfillment has passed a stage."""
    return stage in STEPS and STEPS.index(stage) > STEPS.index(other)


class TaskKind(StrEnum):
    """Work that a person confirms."""

    PICK = "pick"
    SORT = "sort"
    PACK = "pack"
    HAND_OVER = "hand_over"
    PUT_BACK = "put_back"
    """What was taken for a fulfillment that is canceled goes back into its bins."""
    RECOUNT = "recount"
    """A bin is counted, since it held less than the books say; of no fulfillment."""
    APPROVE_RETURN = "approve_return"
    """A return is approved or refused; of no fulfillment, as are the next two."""
    INSPECT = "inspect"
    """What came back is looked at, and goes where it belongs."""
    SORT_OUT = "sort_out"
    """Goods came back that nobody can place; a person decides where they go."""
    DELIVERY_EXCEPTION = "delivery_exception"
    """Somebody decides what becomes of a parcel that does not arrive as it should."""
    UNDELIVERED = "undelivered"
    """A parcel that was given up is received when it comes back."""
    LATE_ARRIVAL = "late_arrival"
    """The customer is asked about a parcel that has arrived after it was given up."""


STAGE_OF_TASK = {
    TaskKind.PICK: Stage.PICKING,
    TaskKind.SORT: Stage.SORTING,
    TaskKind.PACK: Stage.PACKING,
    TaskKind.HAND_OVER: Stage.AWAITING_PICKUP,
}
"""The steps of an order's goods on the floor, in their order."""

STAGE_OF_ANY_TASK = {**STAGE_OF_TASK, TaskKind.PUT_BACK: Stage.CANCELED}
"""Those, and what undoes them."""


class Policy(StrEnum):
    """What happens when nobody has acted after a reminder and an escalation."""

    KEEP_WAITING = "keep_waiting"
    REASSIGN = "reassign"
    CANCEL = "cancel"


class Nudge(StrEnum):
    """How people are pressed, or what happens instead of them."""

    REMINDER = "reminder"
    ESCALATION = "escalation"
    REASSIGNMENT = "reassignment"
    CANCELLATION = "cancellation"


class Patience(Value):
    """How long a wait may last before a person is reminded, the supervisor told, and what then.

    Each span starts where the one before it ended.
    """

    remind_after: timedelta
    escalate_after: timedelta
    then_after: timedelta
    policy: Policy = Policy.KEEP_WAITING

    @property
    def span(self) -> timedelta:
        """Return how long it takes until the policy applies."""
        return self.remind_after + self.escalate_after + self.then_after

    def nudges(self) -> Iterator[tuple[timedelta, Nudge]]:
        """Yield how long to wait and what to do then, without end."""
        yield self.remind_after, Nudge.REMINDER
        yield self.escalate_after, Nudge.ESCALATION
        while self.policy is Policy.REASSIGN:
            yield self.then_after, Nudge.REASSIGNMENT
            yield self.remind_after, Nudge.REMINDER
            yield self.escalate_after, Nudge.ESCALATION
        if self.policy is Policy.CANCEL:
            yield self.then_after, Nudge.CANCELLATION
        yield from repeat((self.then_after, Nudge.ESCALATION))


class Picking(StrEnum):
    """How fulfillments are picked."""

    SINGLE = "single"
    """Each by itself: with its own pick list, and its own word to the put wall."""
    BATCH = "batch"
    """Several in one walk: a pick batch."""


class SubstitutionPolicy(StrEnum):
    """Whether an article that the customer allows takes the place of one that is nowhere."""

    ALLOWED = "allowed"
    NEVER = "never"


PUT_BACK_PATIENCE = Patience(
    remind_after=timedelta(hours=4), escalate_after=timedelta(hours=4), then_after=timedelta(days=1)
)


EXCEPTION_PATIENCE = Patience(
    remind_after=timedelta(days=2), escalate_after=timedelta(days=2), then_after=timedelta(days=3)
)


class Policies(Value):
    """The settings that an order keeps for its life, fetched by its first activity."""

    picking: Picking = Picking.SINGLE
    pick: Patience
    sort: Patience
    pack: Patience
    hand_over: Patience
    tracking: Patience
    hold: Patience
    back_order: Patience
    pickup_grace: timedelta
    """How long after the pickup window's end the carrier counts as not having come."""
    ship_within: timedelta
    """The promise: how long after an order is on record its goods shall have left."""
    substitution: SubstitutionPolicy = SubstitutionPolicy.ALLOWED
    weighing: Weighing = Weighing()
    put_back: Patience = PUT_BACK_PATIENCE
    intercept_fee_minor: int = 0
    """What is kept of a refund where parcels had to be brought back, in minor units."""
    delivery_exception: Patience = EXCEPTION_PATIENCE
    """How long a person may take to decide about a parcel that does not arrive as it should."""
    deliveries: DeliveryRules = DeliveryRules()
    back_order_choice: ChoicePatience | None = None
    """How long a customer may think about what is missing; None where nobody is asked."""
    supply: SupplyMode = SupplyMode.NONE
    """Whether what is missing is purchased or produced by itself."""
    supply_overdue: Patience = Patience(
        remind_after=timedelta(days=1),
        escalate_after=timedelta(days=2),
        then_after=timedelta(days=4),
    )
    """From the day on which a supply order should have brought its goods."""
    supply_day: timedelta = timedelta(days=1)
    """How long a day of lead time lasts; a time scale shortens it."""
    carrier_rest: timedelta = timedelta(minutes=5)
    """How long carriers that are down are left alone before an order asks again; then twice it."""
    renew_before: timedelta = timedelta(days=1)
    """How long before an authorization lapses it is renewed."""
    pickups: Pickups = Pickups.EACH
    continue_after_events: int | None = None
    """How long a history may get before it continues as new; None leaves it to Temporal."""
    hold_question: QuestionPatience = QuestionPatience()
    """How long a customer may take who was asked about an order on hold."""


class OutcomeKind(StrEnum):
    """How an order ended."""

    COMPLETED = "completed"
    CANCELED = "canceled"
    REJECTED = "rejected"


class LineProgress(Value):
    """What has become of one order line, in units."""

    line_no: int
    sku: str
    ordered: int
    canceled: int = 0
    reserved: int = 0
    substituted: int = 0
    """Of the reserved ones, those of another article, which the customer allows."""
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    delivered: int = 0
    returned: int = 0
    resent: int = 0
    """Units that did not arrive, and were sent again as a replacement order."""
    refunded: int = 0
    """Units that did not arrive, and were refunded."""

    @property
    def back_ordered(self) -> int:
        """Return the units that nobody has reserved yet."""
        return self.ordered - self.canceled - self.reserved


class Outcome(Value):
    """How an order ended, honestly, in a word and in a sentence."""

    kind: OutcomeKind
    summary: str


def roll_up(lines: Sequence[LineProgress], rejection: str | None = None) -> Outcome:
    """Return an order's outcome from what became of its lines, as "completed, 1 canceled"."""
    ordered = sum(line.ordered for line in lines)
    delivered = sum(line.delivered for line in lines)
    canceled = sum(line.canceled for line in lines)
    resent = sum(line.resent for line in lines)
    refunded = sum(line.refunded for line in lines)
    if rejection is not None and not delivered:
        return Outcome(kind=OutcomeKind.REJECTED, summary=f"rejected: {rejection}")
    if canceled == ordered:
        return Outcome(kind=OutcomeKind.CANCELED, summary="canceled")
    told = {
        "canceled": canceled,
        "substituted": sum(line.substituted for line in lines),
        "lost and sent again": resent,
        "lost and refunded": refunded,
        "not delivered": ordered - delivered - canceled - resent - refunded,
    }
    parts = [f"{units} {what}" for what, units in told.items() if units]
    return Outcome(kind=OutcomeKind.COMPLETED, summary=", ".join(["completed", *parts]))
