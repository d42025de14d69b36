"""Rules of risk: limits, scores, and what orders have in common."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.holds import HoldKind
from fulfillment.domain.orders import Order
from fulfillment.domain.risk import (
    RiskHistory,
    RiskRules,
    TraitKind,
    assess,
    is_riskier,
    risk_decision,
    risk_finding,
    traits_of,
)
from plant import order

ALL_ON = RiskRules(
    value_minor={"EUR": 5_000},
    velocity_orders=2,
    first_order_minor={"EUR": 3_000},
    mail_domains=("throwaway.example",),
)
HISTORIES = st.builds(
    RiskHistory,
    within_window=st.dictionaries(st.sampled_from(TraitKind), st.integers(0, 5)),
    earlier=st.integers(0, 5),
)
RULES = st.builds(
    RiskRules,
    hold_at=st.integers(1, 300),
    value_minor=st.dictionaries(st.sampled_from(["EUR", "USD"]), st.integers(0, 20_000)),
    value_score=st.integers(0, 200),
    velocity_orders=st.integers(0, 5),
    velocity_window=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30)),
    velocity_score=st.integers(0, 200),
    first_order_minor=st.dictionaries(st.sampled_from(["EUR", "USD"]), st.integers(0, 20_000)),
    mail_domains=st.lists(st.sampled_from(["example.com", "other.example"])).map(tuple),
)


def an_order(mail: str = "ada@example.com", country: str | None = None, **changes: Any) -> Order:
    """Return an order of 7,594 minor units."""
    customer = {"name": "Ada Lovelace", "email": mail, "phone": "+49 40 123456"}
    payment = {"method": "to_authorize", "reference": "tok_visa"}
    payment |= {"billing_country": country} if country else {}
    return order("O-1", customer=customer, payment=payment, **changes)


@pytest.mark.parametrize(
    ("placed", "history", "points"),
    [
        (an_order(), RiskHistory(earlier=1), {"value": 100}),
        (an_order(country="DE"), RiskHistory(earlier=1), {"value": 100, "country": 0}),
        (an_order(country="FR"), RiskHistory(earlier=1), {"value": 100, "country": 50}),
        (an_order(urgency="express"), RiskHistory(), {"value": 100, "first order": 60}),
        (an_order(urgency="express"), RiskHistory(earlier=1), {"value": 100}),
        (an_order("x@a.Throwaway.example"), RiskHistory(earlier=1), {"value": 100, "mail": 60}),
        (an_order("x@notthrowaway.example"), RiskHistory(earlier=1), {"value": 100}),
        (
            an_order(),
            RiskHistory(earlier=1, within_window={TraitKind.CARD: 2}),
            {"value": 100, "velocity": 100},
        ),
        (an_order(), RiskHistory(earlier=1, within_window={TraitKind.CARD: 1}), {"value": 100}),
        (an_order(currency="USD", urgency="express"), RiskHistory(), {}),
    ],
)
def test_each_rule_gives_its_points(
    placed: Order, history: RiskHistory, points: dict[str, int]
) -> None:
    """Above its limit each rule adds its score; one that is off says nothing."""
    assessment = assess(placed, ALL_ON, history)
    assert {one.rule: one.score for one in assessment.met} == {
        rule: score for rule, score in points.items() if score
    }
    assert assessment.total == sum(points.values())
    assert assessment.holds is (assessment.total >= 100)
    told = risk_decision(assessment)
    assert len(told.alternatives) == len(assessment.scores)


@given(rules=RULES, history=HISTORIES, country=st.sampled_from([None, "DE", "FR"]))
def test_risk_is_the_sum_of_what_was_met(
    rules: RiskRules, history: RiskHistory, country: str | None
) -> None:
    """Each rule is told at most once, and nothing that is told says who the customer is."""
    placed = an_order(country=country)
    assessment = assess(placed, rules, history)
    names = [one.rule for one in assessment.scores]
    assert len(names) == len(set(names))
    assert assessment.total == sum(one.score for one in assessment.met)
    finding = risk_finding(assessment)
    assert (finding.kind, finding.is_doubt) == (HoldKind.RISK, True)
    words = f"{finding.message} {risk_decision(assessment)}".casefold()
    for personal in ("ada", "lovelace", "example.com", "123456", "reeperbahn", "tok_visa"):
        assert personal not in words


@given(rules=RULES, history=HISTORIES, more=st.integers(1, 5), kind=st.sampled_from(TraitKind))
def test_more_of_the_same_is_never_less_risky(
    rules: RiskRules, history: RiskHistory, more: int, kind: TraitKind
) -> None:
    """Neither more orders like it within the window nor a higher amount lowers the points."""
    others = {**history.within_window, kind: history.within_window.get(kind, 0) + more}
    busier = history.model_copy(update={"within_window": others})
    before = assess(an_order(), rules, history).total
    assert assess(an_order(), rules, busier).total >= before
    dearer = an_order(shipping_minor=490 + 100 * more)
    assert assess(dearer, rules, history).total >= before


@given(history=HISTORIES)
def test_nothing_is_looked_at_by_default(history: RiskHistory) -> None:
    """Without limits only a bill to another country is seen, and that alone holds nothing."""
    assert assess(an_order(), RiskRules(), history).scores == ()
    assert not assess(an_order(country="FR"), RiskRules(), history).holds
    assert not RiskRules().compares


@given(
    tag=st.text("abc0", max_size=5),
    upper=st.booleans(),
    phone=st.sampled_from(["+49 40 123456", "0049-40-123456", "040/123456", "(040) 12 34 56"]),
    street=st.sampled_from(["Reeperbahn 1", "reeperbahn  1", "Reeperbahn, 1."]),
)
def test_spelling_makes_no_other_customer(tag: str, upper: bool, phone: str, street: str) -> None:  # noqa: FBT001 - hypothesis gives it
    """Case, spaces, punctuation, a tag in the mail address, the country before the number."""
    plain = an_order()
    mail = f"ada+{tag}@example.com" if tag else "ada@example.com"
    spelled = an_order(
        mail.upper() if upper else mail,
        ship_to={**plain.ship_to.model_dump(mode="json"), "street": [street], "phone": phone},
    )
    assert traits_of(spelled) == traits_of(plain)


def test_another_customer_has_other_traits() -> None:
    """Each trait differs by itself; a storefront's reference is no card."""
    plain = {trait.kind: trait.digest for trait in traits_of(an_order())}
    assert set(plain) == set(TraitKind)
    other = an_order("eve@example.com")
    differing = {one.kind for one in traits_of(other) if one.digest != plain[one.kind]}
    assert differing == {TraitKind.EMAIL}
    paid = order("O-1", payment={"method": "paid", "reference": "tok_visa"})
    assert TraitKind.CARD not in {trait.kind for trait in traits_of(paid)}


def test_a_change_counts_only_by_what_it_adds() -> None:
    """What a person let go on stays so; what would be held for the first time is no less."""
    rules = RiskRules(hold_at=50, value_minor={"EUR": 5_000}, value_score=50, country_score=50)
    at_home = assess(an_order(country="DE"), rules, RiskHistory(earlier=1))
    abroad = assess(an_order(country="FR"), rules, RiskHistory(earlier=1))
    assert at_home.holds
    assert not is_riskier(at_home, at_home)
    assert is_riskier(at_home, abroad)
    assert not is_riskier(abroad, at_home)
    assert is_riskier(None, abroad)
    assert not is_riskier(at_home, None)
    lenient = abroad.model_copy(update={"hold_at": 101})
    assert not is_riskier(at_home, lenient)
