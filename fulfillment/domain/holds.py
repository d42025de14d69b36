"""Why an order goes on hold, and what a person can do about each of the reasons."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.errors import ConfirmationRefused, Problem


class HoldKind(StrEnum):
    """What a finding is about, as far as it decides what can be done."""

    AVAILABILITY = "availability"
    """An article is not to be had any more."""
    DOCUMENTS = "documents"
    """Its papers lack something, or can't be printed as they should."""
    ADDRESS_UNUSABLE = "address_unusable"
    """Nothing can be delivered there; only another address helps."""
    ADDRESS_AMBIGUOUS = "address_ambiguous"
    """Address or phone number may be wrong; a person who knows better lets it pass."""
    PAYMENT = "payment"
    """The payer's bank declined."""
    RISK = "risk"
    """The rules of risk found too much; see `domain.risk`."""


class HoldChoice(StrEnum):
    """What a person can do about an order on hold; to cancel it is possible besides."""

    RELEASE = "release"
    """Let it go on as it is; after a declined payment, ask the bank again."""
    CORRECT_ADDRESS = "correct_address"
    ASK = "ask"
    """Write to the customer and wait for the answer; the hold stays."""
    PAY = "pay"
    """Have it paid by other means."""
    REJECT = "reject"


_ALWAYS = frozenset({HoldChoice.CORRECT_ADDRESS, HoldChoice.ASK, HoldChoice.REJECT})
_RELEASABLE = _ALWAYS | {HoldChoice.RELEASE}

CHOICES: dict[HoldKind, frozenset[HoldChoice]] = {
    HoldKind.AVAILABILITY: _RELEASABLE,
    HoldKind.DOCUMENTS: _RELEASABLE,
    HoldKind.ADDRESS_UNUSABLE: _ALWAYS,
    HoldKind.ADDRESS_AMBIGUOUS: _RELEASABLE,
    HoldKind.PAYMENT: _RELEASABLE | {HoldChoice.PAY},
    HoldKind.RISK: _RELEASABLE,
}
"""What can be done about each kind; of several, what can be done about all of them."""

UNTOLD = "a check of the order"
"""What customers are told of a finding of risk: who knows a rule can get around it."""


class Finding(Value):
    """Something that verification found wrong with an order; it blocks until a person decides."""

    subject: str
    message: str
    kind: HoldKind = HoldKind.ADDRESS_AMBIGUOUS

    @property
    def is_doubt(self) -> bool:
        """Return whether a person may let the order go on in spite of it."""
        return HoldChoice.RELEASE in CHOICES[self.kind]


class QuestionPatience(Value):
    """How long a customer who was asked may take, each span from the end of the one before it."""

    remind_after: timedelta = timedelta(days=2)
    decide_after: timedelta = timedelta(days=5)
    """After the reminder; then the policy of holds applies."""

    @property
    def span(self) -> timedelta:
        """Return how long it takes until the policy applies."""
        return self.remind_after + self.decide_after


class HoldStatus(Value):
    """What holds an order, until when somebody must have decided, and what can be done."""

    kinds: tuple[HoldKind, ...]
    choices: tuple[HoldChoice, ...]
    until: Instant
    asked: bool = False
    """Whether it is the customer who is waited for."""


class HoldRecord(Value):
    """A hold of an order on record, open until `closed_at`."""

    hold_id: str
    """The key of the effect that placed it."""
    order_id: str
    kinds: tuple[HoldKind, ...]
    reason: str
    placed_at: Instant
    until: Instant
    question: str = ""
    """What the customer was asked last."""
    asked_at: Instant | None = None
    """Since when the customer is waited for; None where staff is."""
    reply: str = ""
    answer: HoldChoice | None = None
    """How it was answered; None while it is open, and where its order ended without an answer."""
    remark: str = ""
    closed_at: Instant | None = None
    closed_by: Annotated[str | None, Field(max_length=200)] = None


def choices_of(kinds: Collection[HoldKind]) -> tuple[HoldChoice, ...]:
    """Return what can be done about all of these kinds, in the order of `HoldChoice`."""
    return tuple(one for one in HoldChoice if all(one in CHOICES[kind] for kind in kinds))


def kinds_of(findings: Sequence[Finding]) -> tuple[HoldKind, ...]:
    """Return the kinds of the findings, each once, in the order of `HoldKind`."""
    return tuple(kind for kind in HoldKind if any(found.kind is kind for found in findings))


def reason_of(findings: Sequence[Finding]) -> str:
    """Return what holds the order, as `address: …; phone: …`."""
    return "; ".join(f"{found.subject}: {found.message}" for found in findings)


def told_reason(findings: Sequence[Finding]) -> str:
    """Return the same as the customer may read it."""
    return reason_of([found for found in findings if found.kind is not HoldKind.RISK]) or UNTOLD


def check_choice(kinds: Collection[HoldKind], choice: HoldChoice) -> None:
    """Refuse what can't be done about these kinds.

    Raises:
        ConfirmationRefused: naming what can be done.

    """
    possible = choices_of(kinds)
    if choice in possible:
        return
    against = [kind.value for kind in kinds if choice not in CHOICES[kind]]
    raise ConfirmationRefused.of(
        Problem(
            path="hold",
            expected=f"one of {', '.join(possible)}",
            came=f"{choice.value}, which does not help against {', '.join(against)}",
            remedy="correct the address, ask the customer, or reject the order",
        )
    )
