"""What a long workflow hands to its next run when it continues as new.

It is written by one run and read by the next one, which may be carried by a later release: a new
field needs a default, and none may get another meaning.
"""

from typing import Any

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.decisions import Decision
from fulfillment.domain.holds import Finding
from fulfillment.domain.lifecycle import Nudge, OrderStage
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.supply import SupplyEnd
from fulfillment.messages.cancellation import CancelRequest
from fulfillment.messages.floor import FulfillmentRequest, FulfillmentResult
from fulfillment.messages.orders import OrderRecorded
from fulfillment.messages.queries import TimelineEntry


class Occurrences(Value):
    """How often a step was deliberately done for a subject: its last key's number."""

    step: str
    subject: str
    times: int


class JournalCarried(Value):
    """Timeline, decisions, and where the work stands."""

    title: str
    state: str
    entries: tuple[TimelineEntry, ...]
    decisions: tuple[Decision, ...]


class RenewalCarried(Value):
    """Until when an amount is held, and from when on it is held anew."""

    expires_at: Instant | None
    lead_s: float
    not_before: Instant | None


class Watched(Value):
    """How far a patient wait has got: nudges given, and when the next one is due."""

    given: int = 0
    due: Instant | None = None


class HoldQuestionCarried(Value):
    """What the customer was asked about a hold, and whether that was told, and repeated."""

    text: str
    until: Instant
    told: bool
    reminded: bool


class HoldCarried(Value):
    """An order on hold: why, whether for its payment, and how far the wait has got."""

    findings: tuple[Finding, ...]
    until: Instant
    question: HoldQuestionCarried | None
    for_payment: bool
    watched: Watched
    lapsed: bool = False
    """Whether the customer may still answer a question whose time is over."""


class QuestionAsked(Value):
    """A question to the customer about missing lines: until when, and whether it was repeated."""

    until: Instant
    reminded: bool


class BackOrderCarried(Value):
    """What of the missing lines was asked, answered, and is to be pressed for."""

    chosen_for: tuple[int, ...]
    answer_by: dict[int, Instant]
    undecided: tuple[Instant, ...]
    questions: tuple[QuestionAsked, ...]
    ships_rest: bool
    nudges_given: int
    nudge_due: tuple[Instant, Nudge] | None


class CancellationCarried(Value):
    """A cancellation that was asked for by signal, or by Temporal's Cancel, and is not decided."""

    request: CancelRequest
    in_temporal: bool


class ShareCarried(Value):
    """A fulfillment that has ended, and how; None where it was canceled before it told."""

    request: FulfillmentRequest
    result: FulfillmentResult | None


class AnswerCarried(Value):
    """What an update was answered, as JSON: the same update sent to the next run is a new one."""

    update_id: str
    answer: dict[str, Any]


class OrderCarried(Value):
    """What an order's workflow knows while none of its fulfillments is under way."""

    order: Order
    recorded: OrderRecorded
    stage: OrderStage
    blocked_on: str
    blocked_before: str
    missing: tuple[LineQuantity, ...]
    told: dict[int, int]
    keys: tuple[Occurrences, ...]
    journal: JournalCarried
    shares: tuple[ShareCarried, ...]
    held_off: tuple[FulfillmentRequest, ...]
    given_back: tuple[str, ...]
    halted: dict[str, int]
    refunded: str
    replaced_told: bool
    authorized_minor: int
    renewal: RenewalCarried
    back_order: BackOrderCarried
    asked: tuple[CancellationCarried, ...]
    wake: bool
    short: bool
    held: HoldCarried | None
    """Where it is on hold; else it waits for what is missing."""
    answers: tuple[AnswerCarried, ...] = ()


class SupplyCarried(Value):
    """What a supply order's workflow knows beside the record, which it reads anew."""

    journal: JournalCarried
    watched: Watched
    canceled: tuple[SupplyEnd, ...] = ()
    """Cancellations in Temporal that are not carried out yet."""
