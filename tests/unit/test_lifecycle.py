"""Stages, patience and outcomes."""

from datetime import timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.lifecycle import (
    LineProgress,
    Nudge,
    OutcomeKind,
    Patience,
    Policy,
    roll_up,
)

DAYS = [timedelta(days=n) for n in (1, 2, 3)]


def _nudges(policy: Policy) -> list[tuple[timedelta, Nudge]]:
    patience = Patience(
        remind_after=DAYS[0], escalate_after=DAYS[1], then_after=DAYS[2], policy=policy
    )
    return list(islice(patience.nudges(), 5))


def test_who_keeps_waiting_is_escalated_again_and_again() -> None:
    """A wait is never forgotten."""
    expected = [(DAYS[0], Nudge.REMINDER), (DAYS[1], Nudge.ESCALATION)]
    assert [*expected, *[(DAYS[2], Nudge.ESCALATION)] * 3] == _nudges(Policy.KEEP_WAITING)


def test_a_reassigned_task_begins_its_patience_anew() -> None:
    """The next person is reminded first, too."""
    round_ = [(DAYS[0], Nudge.REMINDER), (DAYS[1], Nudge.ESCALATION)]
    assert [*round_, (DAYS[2], Nudge.REASSIGNMENT), *round_] == _nudges(Policy.REASSIGN)


def test_the_cancel_policy_comes_once_and_then_escalates() -> None:
    """If it could not be canceled, somebody hears of it."""
    assert (DAYS[2], Nudge.CANCELLATION) == _nudges(Policy.CANCEL)[2]
    assert (DAYS[2], Nudge.ESCALATION) == _nudges(Policy.CANCEL)[3]


def _line(**units: int) -> LineProgress:
    return LineProgress(line_no=1, sku="MUG", **units)


@pytest.mark.parametrize(
    ("line", "rejection", "summary"),
    [
        (_line(ordered=3, reserved=3, delivered=3), None, "completed"),
        (_line(ordered=3, canceled=1, delivered=2), None, "completed, 1 canceled"),
        (_line(ordered=3, canceled=1, delivered=1), None, "completed, 1 canceled, 1 not delivered"),
        (_line(ordered=3, canceled=3), None, "canceled"),
        (_line(ordered=3, canceled=3), "no such street", "rejected: no such street"),
        (_line(ordered=3, canceled=1, delivered=2), "late", "completed, 1 canceled"),
    ],
)
def test_an_order_ends_as_what_it_came_to(
    line: LineProgress, rejection: str | None, summary: str
) -> None:
    """An all-canceled order is not completed, and a completed one says what is not in it."""
    assert summary == roll_up([line], rejection).summary


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1))
def test_completed_without_more_means_that_everything_was_delivered(
    rows: list[tuple[int, int]],
) -> None:
    """No other order may be called plainly completed."""
    lines = [
        LineProgress(line_no=n, sku="MUG", ordered=ordered, delivered=min(ordered, delivered))
        for n, (ordered, delivered) in enumerate(rows, 1)
    ]
    outcome = roll_up(lines)
    everything = all(line.delivered == line.ordered for line in lines)
    assert everything == (outcome.summary == OutcomeKind.COMPLETED.value)
