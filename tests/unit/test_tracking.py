"""A parcel's status never runs backwards."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.tracking import (
    FINAL,
    PROGRESS,
    TrackingEvent,
    TrackingState,
    TrackingStatus,
    advance,
    state_after,
)

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
S = TrackingStatus


def event(status: TrackingStatus, hour: int) -> TrackingEvent:
    """Return an event of a status some hours after noon."""
    return TrackingEvent(
        event_id=f"{status}-{hour}",
        tracking_number="FC000000000424",
        status=status,
        at=NOON + timedelta(hours=hour),
    )


events = st.builds(event, st.sampled_from(TrackingStatus), st.integers(0, 9))


@given(st.lists(events, max_size=12))
def test_the_status_never_runs_backwards(told: list[TrackingEvent]) -> None:
    """Whatever comes, in whatever sequence, the furthest status does not fall."""
    state = TrackingState()
    for each in told:
        after = advance(state, each)
        assert PROGRESS[after.furthest] >= PROGRESS[state.furthest]
        assert after.status in {after.furthest, S.EXCEPTION}
        assert after.as_of is None or state.as_of is None or after.as_of >= state.as_of
        if state.status in FINAL:
            assert after.status in FINAL
        state = after


@given(st.permutations([event(s, n) for n, s in enumerate(PROGRESS) if s is not S.RETURNED]))
def test_delivered_is_delivered_in_any_sequence(told: list[TrackingEvent]) -> None:
    """The sequence in which a carrier tells does not matter in the end."""
    assert state_after(told).status is S.DELIVERED


@given(st.lists(events, max_size=8), events)
def test_an_event_told_twice_in_a_row_counts_once(
    told: list[TrackingEvent], last: TrackingEvent
) -> None:
    """A repeated webhook changes nothing."""
    once = state_after([*told, last])
    assert advance(once, last) == once


@given(st.lists(events, max_size=8), events)
def test_the_record_by_time_never_runs_backwards(
    told: list[TrackingEvent], late: TrackingEvent
) -> None:
    """Derived anew from all events by time, the furthest status does not fall either."""
    before = state_after(sorted(told, key=lambda e: (e.at, e.event_id)))
    after = state_after(sorted([*told, late], key=lambda e: (e.at, e.event_id)))
    assert PROGRESS[after.furthest] >= PROGRESS[before.furthest]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], S.LABEL_CREATED),
        ([event(S.IN_TRANSIT, 2), event(S.PICKED_UP, 1)], S.IN_TRANSIT),
        ([event(S.IN_TRANSIT, 2), event(S.PICKED_UP, 3)], S.IN_TRANSIT),
        ([event(S.PICKED_UP, 1), event(S.EXCEPTION, 2)], S.EXCEPTION),
        ([event(S.PICKED_UP, 3), event(S.EXCEPTION, 2)], S.PICKED_UP),
        ([event(S.PICKED_UP, 1), event(S.EXCEPTION, 4), event(S.IN_TRANSIT, 3)], S.EXCEPTION),
        ([event(S.IN_TRANSIT, 1), event(S.EXCEPTION, 2), event(S.IN_TRANSIT, 3)], S.IN_TRANSIT),
        ([event(S.EXCEPTION, 4), event(S.DELIVERED, 3)], S.DELIVERED),
        ([event(S.DELIVERED, 3), event(S.EXCEPTION, 4)], S.DELIVERED),
        ([event(S.DELIVERED, 3), event(S.RETURNED, 5)], S.RETURNED),
        ([event(S.RETURNED, 5), event(S.DELIVERED, 6)], S.RETURNED),
    ],
    ids=[
        "nothing told",
        "late",
        "slow scanner",
        "held up",
        "late exception",
        "late scan does not solve an exception",
        "newer scan solves it",
        "delivered ends it",
        "delivered is final",
        "refused at the door",
        "returned is final",
    ],
)
def test_what_counts(told: list[TrackingEvent], expected: TrackingStatus) -> None:
    """Newer and further counts; older or nearer is for the record."""
    assert state_after(told).status is expected


def test_a_late_scan_is_remembered_behind_an_exception() -> None:
    """The furthest status grows although the parcel is still held up."""
    state = state_after([event(S.EXCEPTION, 4), event(S.IN_TRANSIT, 3)])
    assert (state.status, state.furthest) == (S.EXCEPTION, S.IN_TRANSIT)
