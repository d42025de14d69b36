"""Which parcels a person must decide about, what may be decided, and when carriers are asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.delivery_exceptions import (
    SILENCE,
    Resolution,
    Trouble,
    check_resolution,
    concerned,
    find_troubles,
    parse_resolution,
    reason_of,
)
from fulfillment.domain.delivery_rules import WORKED, Choice, DeliveryRules
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.lifecycle import LineProgress, OutcomeKind, roll_up
from fulfillment.domain.orders import ReplacementReason
from fulfillment.domain.tracking import (
    TrackingEvent,
    TrackingException,
    TrackingStatus,
    state_after,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
S, X = TrackingStatus, TrackingException
LOST = Trouble(tracking_number="P1", cause="lost")


def event(
    number: int, status: TrackingStatus, exception: TrackingException | None
) -> TrackingEvent:
    """Return what a carrier says so many hours after the first word."""
    held_up = status in (S.EXCEPTION, S.RETURNED)
    return TrackingEvent(
        event_id=f"e{number}",
        tracking_number="P1",
        status=status,
        at=NOW + timedelta(hours=number),
        exception=exception if held_up else None,
    )


WAYS = st.lists(st.tuples(st.sampled_from(S), st.sampled_from(X)), max_size=8).map(
    lambda said: [event(number, *one) for number, one in enumerate(said)]
)
WORKED_SETS = st.sets(st.sampled_from(X))


@given(way=WAYS, worked=WORKED_SETS, silent=st.booleans(), random=st.randoms())
def test_trouble_follows_from_where_a_parcel_stands(
    *, way: list[TrackingEvent], worked: set[TrackingException], silent: bool, random: Any
) -> None:
    """Never of what has arrived; always of what is back or held up by what is worked.

    Whatever sequence the news comes in by its time, and told twice, the answer is the same.
    """
    state = state_after(way)
    found = find_troubles([("P1", state)], worked, silent=silent)
    held_up = state.status is S.EXCEPTION and state.exception in worked
    expected = state.status is not S.DELIVERED and (silent or held_up or state.status is S.RETURNED)
    assert expected == bool(found)
    if found:
        assert found[0].is_back is (state.status is S.RETURNED)
        assert found[0].cause in {SILENCE, *X}
    twice = [each for each in way for _ in range(random.choice((1, 2)))]
    known: dict[str, TrackingEvent] = {each.event_id: each for each in twice}
    assert found == find_troubles([("P1", state_after(known.values()))], worked, silent=silent)


def test_what_does_not_pass_by_itself_is_worked_by_default() -> None:
    """Delays, and what a carrier has no word for, are not."""
    assert {X.DELAYED, X.OTHER} == set(X) - set(WORKED)


@given(
    st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=9)),
    st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=9)),
    st.integers(min_value=0, max_value=10_000),
)
def test_carriers_are_asked_ever_more_rarely(
    first: timedelta, longest: timedelta, asked: int
) -> None:
    """Never sooner than before, never later than the longest interval."""
    rules = DeliveryRules(poll_first=first, poll_longest=longest)
    spans = [rules.poll_after(asked), rules.poll_after(asked + 1)]
    assert sorted(spans) == spans
    assert timedelta(0) < spans[0] <= longest
    assert min(first, longest) == rules.poll_after(0)
    assert longest == rules.poll_after(10**6)


@pytest.mark.parametrize(
    ("fields", "remedy"),
    [
        ({"choice": "wait"}, "say until when to wait"),
        ({"choice": "wait", "until": NOW}, "say until when to wait"),
        ({"choice": "reship", "until": NOW + timedelta(days=1)}, "leave `until` out"),
        ({"choice": "new_address"}, "give the address"),
        ({"choice": "refund", "tracking_numbers": ("P2",)}, "name parcels that are in trouble"),
    ],
)
def test_what_can_not_be_carried_out_is_refused(fields: dict[str, Any], remedy: str) -> None:
    """With what to do."""
    with pytest.raises(ConfirmationRefused, match=remedy):
        check_resolution([LOST], Resolution.model_validate(fields), NOW)


def test_nothing_is_decided_where_nothing_is_wrong() -> None:
    """Whatever it is."""
    with pytest.raises(ConfirmationRefused, match="a parcel in trouble"):
        check_resolution([], Resolution(choice=Choice.REFUND), NOW)


def test_a_decision_is_about_all_parcels_in_trouble_or_the_named_ones() -> None:
    """And may name one of several."""
    other = Trouble(tracking_number="P2", cause=SILENCE)
    all_of_them = Resolution(choice=Choice.RESHIP)
    assert (LOST, other) == concerned((LOST, other), all_of_them)
    one = all_of_them.model_copy(update={"tracking_numbers": ("P2",)})
    assert (other,) == concerned((LOST, other), one)
    check_resolution((LOST, other), one, NOW)


@pytest.mark.parametrize("data", [None, {}, "", "whim", {"choice": "wait", "until": "soon"}, 7])
def test_a_signal_that_is_no_decision_decides_nothing(data: object) -> None:
    """An empty one neither: nothing is planned that it could confirm."""
    with pytest.raises(ConfirmationRefused):
        parse_resolution(data)


def test_a_word_is_a_decision() -> None:
    """As typed in the Temporal UI."""
    assert Resolution(choice=Choice.REFUND) == parse_resolution("refund")


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("lost", ReplacementReason.LOST),
        (SILENCE, ReplacementReason.LOST),
        ("damaged", ReplacementReason.DAMAGED),
        ("refused", ReplacementReason.UNDELIVERABLE),
        ("delayed", ReplacementReason.LATE),
    ],
)
def test_why_goods_are_sent_again(cause: str, reason: ReplacementReason) -> None:
    """By what was wrong with their parcel."""
    assert reason is reason_of([Trouble(tracking_number="P1", cause=cause)])


@given(st.lists(st.integers(min_value=0, max_value=9), min_size=4, max_size=4))
def test_an_outcome_tells_each_unit_once(units: list[int]) -> None:
    """What arrived, was canceled, sent again or refunded adds up to what was ordered."""
    delivered, canceled, resent, refunded = units
    line = LineProgress(
        line_no=1,
        sku="MUG",
        ordered=sum(units) + 1,
        delivered=delivered,
        canceled=canceled,
        resent=resent,
        refunded=refunded,
    )
    outcome = roll_up([line])
    assert OutcomeKind.COMPLETED is outcome.kind
    told = sum(int(part.split()[0]) for part in outcome.summary.split(", ")[1:])
    assert line.ordered - delivered == told
    assert ("lost and sent again" in outcome.summary) is bool(resent)
