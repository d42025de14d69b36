"""Rules of risk: what makes an order so unusual that a person should look at it first.

Each rule that an order meets adds its score; from `hold_at` on the order goes on hold. What is
compared with other orders are digests, so that neither a history nor a decision has any personal
data.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Currency, Value
from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.holds import Finding, HoldKind
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Order, PaymentMethod, Urgency

Score = Annotated[int, Field(ge=0, le=1000)]

PHONE_DIGITS = 8
"""Of a phone number: the last ones are the same however the country is written before them."""


class TraitKind(StrEnum):
    """What orders of one person have in common."""

    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    CARD = "card"


class Trait(Value):
    """Something that an order may have in common with others, as the SHA-256 of it."""

    kind: TraitKind
    digest: str


class RiskRules(Value):
    """The rules with their limits and scores; a limit that is not set turns its rule off.

    Amounts are minor units by currency, as `{"EUR": 100000}`.
    """

    hold_at: Annotated[int, Field(gt=0)] = 100
    """From how many points on an order is held."""
    value_minor: dict[Currency, int] = Field(default_factory=dict)
    """An order of more than this is unusual."""
    value_score: Score = 100
    velocity_orders: Annotated[int, Field(ge=0)] = 0
    """More orders than this with the same mail address, phone, address or card; 0 is no limit."""
    velocity_window: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(days=1)
    """Within which time, before the order or after it."""
    velocity_score: Score = 100
    country_score: Score = 50
    """Where the bill goes to another country than the goods, as far as the storefront says so."""
    first_order_minor: dict[Currency, int] = Field(default_factory=dict)
    """A first order by express of more than this is unusual."""
    first_order_score: Score = 60
    mail_domains: tuple[str, ...] = ()
    """Domains of throwaway mail addresses, and all below them."""
    mail_score: Score = 60

    @property
    def compares(self) -> bool:
        """Return whether any rule looks at other orders."""
        return bool(self.velocity_orders or self.first_order_minor)


class RiskHistory(Value):
    """What other orders there are like one."""

    within_window: dict[TraitKind, int] = Field(default_factory=dict)
    """How many share each trait within the window; this order not counted."""
    earlier: int = 0
    """How many of the same mail address there ever were before."""


class RiskScore(Value):
    """What a rule says of an order; no points where it is as usual."""

    rule: str
    score: Score
    because: str


class RiskAssessment(Value):
    """What all rules that are on say of an order."""

    scores: tuple[RiskScore, ...]
    hold_at: int

    @property
    def total(self) -> int:
        """Return the points of all rules together."""
        return sum(one.score for one in self.scores)

    @property
    def holds(self) -> bool:
        """Return whether a person must look at the order."""
        return self.total >= self.hold_at

    @property
    def met(self) -> tuple[RiskScore, ...]:
        """Return the rules that gave points."""
        return tuple(one for one in self.scores if one.score)


def traits_of(order: Order) -> tuple[Trait, ...]:
    """Return what an order may have in common with others, each kind at most once.

    Case, spaces, punctuation and what stands behind a + in a mail address make no difference.
    """
    where, phone = order.ship_to, order.ship_to.phone or order.customer.phone or ""
    name, _, domain = order.customer.email.casefold().rpartition("@")
    digits = re.sub(r"\D", "", phone)[-PHONE_DIGITS:]
    place = _bare(where.country, where.postal_code, where.city, *where.street)
    card = order.payment.reference if order.payment.method is PaymentMethod.TO_AUTHORIZE else None
    said = {
        TraitKind.EMAIL: f"{name.partition('+')[0]}@{domain}",
        TraitKind.PHONE: digits,
        TraitKind.ADDRESS: place,
        TraitKind.CARD: card or "",
    }
    return tuple(Trait(kind=kind, digest=_digest(text)) for kind, text in said.items() if text)


def assess(order: Order, rules: RiskRules, history: RiskHistory) -> RiskAssessment:
    """Return what each rule that is on says of an order."""
    scores = [
        *_value(order, rules),
        *_velocity(rules, history),
        *_countries(order, rules),
        *_first_order(order, rules, history),
        *_mail(order, rules),
    ]
    return RiskAssessment(scores=tuple(scores), hold_at=rules.hold_at)


def is_riskier(now: RiskAssessment | None, then: RiskAssessment | None) -> bool:
    """Return whether a change makes an order one that a person must look at.

    What a person has let go on stays as it is: only a rule that the order did not meet before
    counts.
    """
    if then is None or not then.holds:
        return False
    known = {one.rule for one in now.met} if now is not None else set()
    return any(one.rule not in known for one in then.met)


def risk_finding(assessment: RiskAssessment) -> Finding:
    """Return why an order is held for its risk."""
    met = ", ".join(f"{one.because} ({one.score})" for one in assessment.met)
    message = f"{assessment.total} points of {assessment.hold_at}: {met}"
    return Finding(subject="risk", message=message, kind=HoldKind.RISK)


def risk_decision(assessment: RiskAssessment) -> Decision:
    """Return the same for `why`: each rule with its points."""
    return Decision(
        subject="risk",
        chosen="hold" if assessment.holds else "go on",
        because=f"{assessment.total} points, and an order is held from {assessment.hold_at} on",
        alternatives=tuple(
            Alternative(choice=f"{one.rule}: {one.score} points", because=one.because)
            for one in assessment.scores
        ),
    )


def _value(order: Order, rules: RiskRules) -> list[RiskScore]:
    limit = rules.value_minor.get(order.currency)
    if limit is None:
        return []
    over = order.amount_minor > limit
    because = f"{order.amount}, limit {_money(limit, order)}"
    return [_scored("value", rules.value_score, because, met=over)]


def _velocity(rules: RiskRules, history: RiskHistory) -> list[RiskScore]:
    if not rules.velocity_orders:
        return []
    kind, others = _most(history.within_window)
    because = (
        f"{others + 1} orders with the same {kind} within {rules.velocity_window},"
        f" limit {rules.velocity_orders}"
    )
    over = others + 1 > rules.velocity_orders
    return [_scored("velocity", rules.velocity_score, because, met=over)]


def _countries(order: Order, rules: RiskRules) -> list[RiskScore]:
    billed = order.payment.billing_country
    if billed is None:
        return []
    because = f"the bill goes to {billed}, the goods to {order.ship_to.country}"
    other = billed != order.ship_to.country
    return [_scored("country", rules.country_score, because, met=other)]


def _first_order(order: Order, rules: RiskRules, history: RiskHistory) -> list[RiskScore]:
    limit = rules.first_order_minor.get(order.currency)
    if limit is None:
        return []
    first = not history.earlier
    unusual = first and order.urgency is Urgency.EXPRESS and order.amount_minor > limit
    because = (
        f"{'the first order' if first else 'not the first order'}, {order.urgency.value},"
        f" {order.amount}, limit {_money(limit, order)}"
    )
    return [_scored("first order", rules.first_order_score, because, met=unusual)]


def _mail(order: Order, rules: RiskRules) -> list[RiskScore]:
    if not rules.mail_domains:
        return []
    domain = "." + order.customer.email.rpartition("@")[2].casefold()
    listed = any(domain.endswith("." + name.casefold()) for name in rules.mail_domains)
    because = f"a mail address of {'a listed' if listed else 'no listed'} domain"
    return [_scored("mail", rules.mail_score, because, met=listed)]


def _scored(rule: str, score: int, because: str, *, met: bool) -> RiskScore:
    return RiskScore(rule=rule, score=score if met else 0, because=because)


def _money(amount_minor: int, order: Order) -> Money:
    return Money(amount_minor=amount_minor, currency=order.currency)


def _most(counts: Mapping[TraitKind, int]) -> tuple[TraitKind, int]:
    """Return the trait that most others share; of several, the first in the order of the kinds."""
    return max(((kind, counts.get(kind, 0)) for kind in TraitKind), key=lambda pair: pair[1])


def _bare(*parts: str) -> str:
    return "".join(sign for part in parts for sign in part.casefold() if sign.isalnum())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
