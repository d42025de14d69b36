"""Who does not answer is left alone for a while, then asked once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.circuits import Circuit, CircuitRules, CircuitState

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
RULES = CircuitRules(failures=3, open_for=timedelta(seconds=30))


def after(seconds: int) -> datetime:
    """Return a moment after noon."""
    return NOON + timedelta(seconds=seconds)


def test_it_opens_tries_once_and_closes() -> None:
    """Three failures open it, half a minute later one question goes through, an answer closes."""
    circuit = Circuit()
    for n in range(3):
        assert circuit.admits(after(n), RULES)
        circuit = circuit.asked(after(n)).failed(after(n), RULES)
    assert (circuit.state, circuit.failures) == (CircuitState.OPEN, 3)
    assert not circuit.admits(after(31), RULES)
    assert circuit.retry_at(RULES) == after(32)
    trial = circuit.asked(after(32))
    assert trial.state is CircuitState.HALF_OPEN
    assert not trial.admits(after(33), RULES)
    assert trial.failed(after(34), RULES).state is CircuitState.OPEN
    assert trial.answered() == Circuit()


def test_a_trial_that_nobody_ended_does_not_last() -> None:
    """Its worker may have been killed: then another question is let through."""
    trial = Circuit(state=CircuitState.HALF_OPEN, failures=3, since=NOON)
    assert trial.admits(after(30), RULES)


def test_an_answer_between_failures_starts_the_count_anew() -> None:
    """Only failures in a row count."""
    circuit = Circuit().failed(NOON, RULES).failed(NOON, RULES).answered().failed(NOON, RULES)
    assert circuit == Circuit(failures=1)


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=40))
def test_while_it_is_down_it_is_asked_at_most_once_in_the_span(
    steps: list[tuple[int, bool]],
) -> None:
    """Whatever happens, an open circuit lets one question through in each span."""
    circuit, now, admitted = Circuit(), NOON, list[datetime]()
    for seconds, answers in steps:
        now += timedelta(seconds=seconds)
        if not circuit.admits(now, RULES):
            continue
        if circuit.state is not CircuitState.CLOSED:
            admitted.append(now)
        asked = circuit.asked(now)
        circuit = asked.answered() if answers else asked.failed(now, RULES)
        if answers:
            assert circuit.state is CircuitState.CLOSED
            admitted.clear()
    spans = [later - earlier for earlier, later in pairwise(admitted)]
    assert all(span >= RULES.open_for for span in spans)
