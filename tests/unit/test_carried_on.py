"""What one run of a workflow hands to the next one, where no server is needed to see it."""

from datetime import timedelta
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.lifecycle import Nudge, Patience, Policy
from fulfillment.messages.continuing import Occurrences
from workflows.keys import Keys

HOUR = timedelta(hours=1)
MOMENT = "20261130T080000.000001Z"


def patience(policy: Policy) -> Patience:
    """Return a patience whose spans differ."""
    return Patience(remind_after=HOUR, escalate_after=2 * HOUR, then_after=3 * HOUR, policy=policy)


@given(st.integers(min_value=0, max_value=4_000))
def test_tasks_are_reassigned_without_end(number: int) -> None:
    """Reminder, escalation and reassignment come again and again, each after its span."""
    cycle = [(HOUR, Nudge.REMINDER), (2 * HOUR, Nudge.ESCALATION), (3 * HOUR, Nudge.REASSIGNMENT)]
    nudges = patience(Policy.REASSIGN).nudges()
    assert cycle[number % 3] == next(islice(nudges, number, None))


occurrences = st.builds(
    Occurrences,
    step=st.sampled_from(["notify_customer", "verify_order"]),
    subject=st.sampled_from(["-", "on_hold", "shipped"]),
    times=st.integers(min_value=1, max_value=1_000),
)


@given(st.lists(occurrences, unique_by=lambda one: (one.step, one.subject)))
def test_keys_count_on(before: list[Occurrences]) -> None:
    """What is handed over comes back the same, so that no number is given twice."""
    keys = Keys()
    keys.restore(before)
    assert tuple(before) == keys.carried()


def test_moments_are_not_handed_over() -> None:
    """They never come again, and there may be thousands."""
    keys = Keys()
    keys.restore([Occurrences(step="nudge_staff", subject=MOMENT, times=1)])
    assert () == keys.carried()
