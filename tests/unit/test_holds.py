"""What can be done about each kind of hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.holds import (
    CHOICES,
    UNTOLD,
    Finding,
    HoldChoice,
    HoldKind,
    check_choice,
    choices_of,
    kinds_of,
    reason_of,
    told_reason,
)
from fulfillment.domain.reasons import public_reason
from fulfillment.domain.webhook_events import reason_words

KINDS = st.lists(st.sampled_from(HoldKind), min_size=1, unique=True)
FINDINGS = st.lists(
    st.builds(
        Finding,
        subject=st.sampled_from(["address", "phone", "customs", "payment", "risk"]),
        message=st.just("Reeperbahn is wrong"),
        kind=st.sampled_from(HoldKind),
    ),
    min_size=1,
)


def test_every_kind_has_its_choices() -> None:
    """An unusable address can't be released, only a declined payment be paid otherwise."""
    assert set(HoldKind) == set(CHOICES)
    assert {HoldKind.ADDRESS_UNUSABLE} == {
        kind for kind in HoldKind if HoldChoice.RELEASE not in CHOICES[kind]
    }
    assert {HoldKind.PAYMENT} == {kind for kind in HoldKind if HoldChoice.PAY in CHOICES[kind]}


@given(kinds=KINDS, more=KINDS)
def test_another_finding_never_opens_a_way(kinds: list[HoldKind], more: list[HoldKind]) -> None:
    """And whatever is found, the customer can be asked and the order be rejected."""
    assert set(choices_of([*kinds, *more])) <= set(choices_of(kinds))
    assert {HoldChoice.ASK, HoldChoice.REJECT} <= set(choices_of([*kinds, *more]))


@given(kinds=KINDS, choice=st.sampled_from(HoldChoice))
def test_what_is_offered_is_what_is_accepted(kinds: list[HoldKind], choice: HoldChoice) -> None:
    """The refusal names what came, what stands against it, and what can be done instead."""
    if choice in choices_of(kinds):
        return check_choice(kinds, choice)
    with pytest.raises(ConfirmationRefused) as refused:
        check_choice(kinds, choice)
    words = str(refused.value)
    assert choice.value in words
    assert all(possible.value in words for possible in choices_of(kinds))
    assert any(kind.value in words for kind in kinds)
    return None


@given(findings=FINDINGS)
def test_reasons_tell_no_rule_of_risk_to_customers(findings: list[Finding]) -> None:
    """Staff reads all of it; where it may be seen by others, no text of the customer's stands."""
    assert reason_of(findings).count("Reeperbahn") == len(findings)
    told = [one for one in findings if one.kind is not HoldKind.RISK]
    assert told_reason(findings) == (reason_of(told) if told else UNTOLD)
    assert "Reeperbahn" not in public_reason(reason_of(findings))
    subjects = {one.subject for one in findings}
    assert subjects == set((reason_words(reason_of(findings)) or "").split(", "))


@given(findings=FINDINGS)
def test_kinds_are_each_told_once(findings: list[Finding]) -> None:
    """In the order of the kinds, whatever the order of the findings."""
    kinds = kinds_of(findings)
    assert list(kinds) == sorted({one.kind for one in findings}, key=list(HoldKind).index)
    assert kinds == kinds_of(findings[::-1])


def test_what_waits_for_a_customer_shows_until_when() -> None:
    """In the search attribute too, which may hold nothing that the customer wrote."""
    shown = "answer: asked until 2026-12-05; address: Reeperbahn is wrong; phone: 1"
    assert public_reason(shown) == "answer: asked until 2026-12-05, address, phone"
