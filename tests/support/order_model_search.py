"""Every way that the model of an order can go, and paths of it that are worth to be walked."""

import random
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from order_model import State, begun, is_at_rest
from order_model_actions import STAFF, TIME, Step, steps

STARTS = {
    "one line is missing": begun((2, 0)),
    "one line is missing, and all is to come together": begun((2, 0), together=True),
}
ORDINARY = frozenset({*STAFF, "delivered", "receive"} - {"pick short", "reship"})
"""Steps that lead on; each other one is a turn that an order takes."""

WAY_OUT = (
    *("refund", "put back", "receive undelivered", "inspect"),
    *("confirm", "hand over", "delivered", "cancel missing"),
)
"""What brings any order to rest: people do their work, and nobody waits for what is missing."""


class Walk(NamedTuple):
    """A path through the model, from one of `STARTS` to an order at rest."""

    start: State
    steps: tuple[Step, ...]
    states: tuple[State, ...]
    """After each step."""

    @property
    def places(self) -> set[tuple[str, str]]:
        """Return which steps it has, and where what they are about stood then."""
        before = (self.start, *self.states)
        pairs = zip(before, self.steps, strict=False)
        return {(step.name, _place(state, step)) for state, step in pairs}


def _place(state: State, step: Step) -> str:
    if step.number < len(state.shares):
        return state.shares[step.number].stage.value
    return ""


def explore(turns: int) -> set[State]:
    """Return every state that is reached with so many turns at most, in whatever sequence."""
    layer: list[State] = list(STARTS.values())
    seen = set(layer)
    for _ in range(turns):
        turned = _expand(layer, seen)
        layer = [state for state in turned if state not in seen]
        seen.update(layer)
    _expand(layer, seen)
    return seen


def _expand(layer: Sequence[State], seen: set[State]) -> dict[State, None]:
    """Add all that follows by ordinary steps; return where turns lead to."""
    queue, turned = deque(layer), dict[State, None]()
    while queue:
        for step, after in steps(queue.popleft()):
            if step.name not in ORDINARY:
                turned[after] = None
            elif after not in seen:
                seen.add(after)
                queue.append(after)
    return turned


def stuck(states: set[State]) -> list[State]:
    """Return the states from which the way out does not lead to rest."""
    ends: dict[State, bool] = {}
    for state in states:
        path: list[State] = []
        here: State | None = state
        while here is not None and here not in ends and not is_at_rest(here):
            path.append(here)
            here = _out(here)
        found = here is not None and ends.get(here, True)
        ends.update(dict.fromkeys(path, found))
    return [state for state in states if not ends.get(state, True)]


def _out(state: State) -> State | None:
    return next((after for name in WAY_OUT for _, after in steps(state, [name])), None)


# --- paths -----------------------------------------------------------------------------------


def sample(seed: int, walks: int, *, hurried: bool = False) -> list[Walk]:
    """Return walks that are chosen for what they have and the others don't.

    Args:
        seed: of the choice.
        walks: how many.
        hurried: in a shop whose customers' time for choosing passes at once, and nobody else's.

    """
    chance = random.Random(seed)
    drawn = [_walk(chance, hurried=hurried) for _ in range(30 * walks)]
    chosen: list[Walk] = []
    covered: set[tuple[str, str]] = set()
    for _ in range(walks):
        best = max(drawn, key=lambda walk: _news(walk, covered))
        chosen.append(best)
        covered |= best.places
    return chosen


def _news(walk: Walk, covered: set[tuple[str, str]]) -> tuple[int, int, int]:
    """Return how many steps and places a walk has that were not covered, and how short it is."""
    names = {name for name, _ in walk.places} - {name for name, _ in covered}
    return len(names), len(walk.places - covered), -len(walk.steps)


def _walk(chance: random.Random, *, hurried: bool) -> Walk:
    start = chance.choice(list(STARTS.values()))
    state, taken, states = start, list[Step](), list[State]()
    turns = chance.randint(1, 4)
    while not is_at_rest(state) or turns > 0:
        open_steps = list(steps(state))
        ordinary = [one for one in open_steps if one[0].name in ORDINARY]
        others = [one for one in open_steps if (one[0].name in TIME) is hurried]
        others = [one for one in others if one not in ordinary]
        due = [one for one in open_steps if hurried and one[0].name == "deadline"]
        turn = others and turns and (not ordinary or chance.random() < 0.4)
        choices = due or (others if turn else ordinary) or _giving_up(open_steps)
        if not choices:
            break
        step, state = chance.choice(choices)
        turns -= step.name not in ORDINARY
        taken.append(step)
        states.append(state)
    return Walk(start, tuple(taken), tuple(states))


def _giving_up(open_steps: Sequence[tuple[Step, State]]) -> list[tuple[Step, State]]:
    return [one for one in open_steps if one[0].name == "cancel missing"]
