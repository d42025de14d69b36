"""Every interleaving of customer, staff, carrier, supplier and time that an order can meet."""

import pytest

import order_model_customer as customer
from fulfillment.domain.cancellation import Action
from fulfillment.domain.lifecycle import Stage
from order_model import State, outcome
from order_model_invariants import broken
from order_model_search import explore, stuck

TURNS = 3
"""Beside each ordinary step: cancellations, short picks, lost parcels and the like."""


@pytest.fixture(scope="module")
def states() -> set[State]:
    """Give every state that an order reaches with so many turns."""
    return explore(TURNS)


def test_the_invariants_hold_in_every_state(states: set[State]) -> None:
    """Goods, claims, money, labels and units add up, whatever came in whatever sequence."""
    assert len(states) > 10_000
    found = {rule: state for state in states for rule in broken(state)}
    assert {} == found


def test_from_every_state_an_order_comes_to_rest(states: set[State]) -> None:
    """People do their work, the customer gives up what is missing, and nothing is left open."""
    assert [] == stuck(states)


def test_an_order_ends_in_each_honest_way(states: set[State]) -> None:
    """As the domain sums it up, from all delivered to all canceled."""
    ends = {outcome(state).summary for state in states if state.is_settled}
    assert {
        "completed",
        "canceled",
        "completed, 1 canceled",
        "completed, 2 canceled",
        "completed, 2 lost and sent again",
        "completed, 1 canceled, 2 lost and refunded",
    } <= ends


@pytest.mark.parametrize(
    ("forgotten", "rule"),
    [
        (Action.REFUND, "the_customer_pays_what_left_and_was_not_given_back"),
        (Action.RELEASE, "claims_are_what_is_still_to_be_picked"),
        (Action.PUT_BACK, "goods_are_where_their_fulfillment_says"),
        (Action.VOID_LABEL, "a_parcel_has_one_live_label"),
    ],
)
def test_a_cancellation_that_forgets_something_is_found(
    monkeypatch: pytest.MonkeyPatch, forgotten: Action, rule: str
) -> None:
    """Without one entry of the table an invariant breaks."""
    table = {stage: customer.TREATMENT[stage] - {forgotten} for stage in Stage}
    monkeypatch.setattr(customer, "TREATMENT", table)
    assert rule in {name for state in explore(1) for name in broken(state)}
