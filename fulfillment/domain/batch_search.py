"""Who is picked with whom, so that all walks together get short.

Savings first: the two batches whose walks together save most become one, and savings are worked
out anew from there. Then local search: members move and change places between batches, two
batches are merged and divided again; from what none of these betters the search is kicked and
goes on from the best. Deterministic, and bounded by counted walks.

Source: Clarke, Wright, "Scheduling of Vehicles from a Central Depot to a Number of Delivery
Points", Operations Research 12(4), 1964; de Koster, van der Poort, Wolters, "Efficient
orderbatching methods in warehouses", International Journal of Production Research 37(7), 1999
(C&W(ii)); Henn, Wäscher, "Tabu search heuristics for the order batching problem in manual order
picking systems", European Journal of Operational Research 222(3), 2012 (the moves); Henn, Koch,
Doerner, Strauss, Wäscher, "Metaheuristics for the Order Batching Problem in Manual Order Picking
Systems", Business Research 3(1), 2010 (iterated local search).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import combinations
from math import inf
from typing import TypeVar

T = TypeVar("T")

Batch = frozenset[int]
"""The positions of its members."""

Pair = tuple[Batch, Batch]

KICKS = 60
"""So many kicks in a row without a shorter plan end the search."""


class _OutOfWalks(Exception):
    """The search has measured as many walks as it may; it ends with what it has."""


class BatchSearch:
    """The search for batches over members that are known by position."""

    def __init__(
        self,
        ranks: Sequence[int],
        fits: Callable[[Batch], bool],
        length_mm: Callable[[Batch], int],
        most_walks: int,
    ) -> None:
        """Keep the rules.

        Args:
            ranks: how soon each member must go, from 0; a batch goes as soon as its first.
            fits: whether a cart holds them; it holds each member alone, and less than it holds.
            length_mm: the walk that fetches them.
            most_walks: how many walks may be measured in the improvement.

        """
        self._ranks, self._fits, self._measure = ranks, fits, length_mm
        self._lengths: dict[Batch, int] = {frozenset(): 0}
        self._fitting: dict[Batch, bool] = {}
        self._betters: dict[Pair, list[Batch]] = {}
        self._pairs_mm: list[list[int]] = []
        self._most_walks: float = inf
        self._allowed_walks = most_walks
        self._draws = _Draws()
        self._best: list[Batch] = []

    def run(self) -> list[Batch]:
        """Return the batches: each member is in exactly one."""
        members = range(len(self._ranks))
        self._best = self._merged([frozenset([member]) for member in members])
        self._pairs_mm = [
            [self._lengths.get(frozenset((m, n)), 0) for n in members] for m in members
        ]
        self._most_walks = len(self._lengths) + self._allowed_walks
        # Out of walks: the best so far will do.
        with suppress(_OutOfWalks):
            self._improve()
        return self._best

    # --- savings -----------------------------------------------------------------------------

    def _merged(self, batches: Sequence[Batch]) -> list[Batch]:
        """Merge by savings, first all that must go soonest, so that they need the fewest walks."""
        merged: list[Batch] = []
        for rank in sorted({self._rank(batch) for batch in batches}):
            merged += [batch for batch in batches if self._rank(batch) == rank]
            self._merge(merged)
        return merged

    def _merge(self, batches: list[Batch]) -> None:
        savings = self._savings(combinations(batches, 2))
        while savings:
            one, other = max(savings, key=lambda pair: (savings[pair], _turn(pair)))
            batches.remove(one)
            batches.remove(other)
            savings = {p: saved for p, saved in savings.items() if not {one, other} & {*p}}
            savings |= self._savings((rest, one | other) for rest in batches)
            batches.append(one | other)

    def _savings(self, pairs: Iterable[Pair]) -> dict[Pair, int]:
        return {
            (one, other): self._length(one) + self._length(other) - self._length(one | other)
            for one, other in pairs
            if self._may_be(one | other)
        }

    # --- improvement -------------------------------------------------------------------------

    def _improve(self) -> None:
        """Descend, then kick the best plan and descend again, until that helps no more."""
        self._descend(list(self._best))
        kicks = 0
        while kicks < KICKS:
            before_mm = self._total(self._best)
            self._descend(self._kicked(self._best))
            kicks = 0 if self._total(self._best) < before_mm else kicks + 1

    def _descend(self, plan: list[Batch]) -> None:
        """Better the plan by pairs of batches until nothing betters it; keep the best of all."""
        ahead = list(combinations(plan, 2))
        while ahead:
            one, other = ahead.pop()
            if one in plan and other in plan and (better := self._better(one, other)):
                plan = [batch for batch in plan if batch not in {one, other}]
                ahead += combinations(better, 2)
                ahead += ((rest, new) for rest in plan for new in better)
                plan += better
                if self._total(plan) < self._total(self._best):
                    self._best = plan

    def _better(self, one: Batch, other: Batch) -> list[Batch]:
        """Return what the two batches become by the best change, or nothing."""
        if (one, other) not in self._betters:
            self._betters[one, other] = self._betters[other, one] = self._best_change(one, other)
        return self._betters[one, other]

    def _best_change(self, one: Batch, other: Batch) -> list[Batch]:
        least_mm, best = self._length(one) + self._length(other), []
        for first, second in self._changes(one, other):
            if self._least(first) + self._least(second) >= least_mm:
                continue
            if not self._allowed((one, other), (first, second)):
                continue
            if (total_mm := self._length(first) + self._length(second)) < least_mm:
                least_mm, best = total_mm, [batch for batch in (first, second) if batch]
        return best

    def _changes(self, one: Batch, other: Batch) -> Iterator[Pair]:
        """Yield what two batches may become: merged, divided anew, one moved, two changed."""
        if len(one | other) > 2:  # noqa: PLR2004 - else it is divided already
            yield self._divided(one | other)
        for mine in (frozenset[int](), *(frozenset([member]) for member in sorted(one))):
            for theirs in (frozenset[int](), *(frozenset([member]) for member in sorted(other))):
                if mine or theirs:
                    yield one - mine | theirs, other - theirs | mine
        yield one | other, frozenset()

    def _divided(self, members: Batch) -> Pair:
        """Divide anew: from the two that save least together, each to where its way is shortest."""
        seeds = max(combinations(sorted(members), 2), key=lambda p: self._least(frozenset(p)))
        parts = [frozenset([seed]) for seed in seeds]
        rest = sorted(members.difference(seeds), key=lambda m: -self._length(frozenset([m])))
        for member in rest:
            grown = [part | {member} for part in parts]
            more_mm = [self._length(grown[n]) - self._length(parts[n]) for n in (0, 1)]
            nth = min((0, 1), key=lambda n: (not self._may_be(grown[n]), more_mm[n]))
            parts[nth] = grown[nth]
        return parts[0], parts[1]

    def _kicked(self, plan: Sequence[Batch]) -> list[Batch]:
        """Return the plan with some members moved, or changed for others, at random."""
        kicked = list(plan)
        for _ in range(max(2, len(kicked) // 3)):
            if len(kicked) < 2:  # noqa: PLR2004 - it takes another one
                break
            one = self._draws.from_(kicked)
            other = self._draws.from_([batch for batch in kicked if batch != one])
            mine = frozenset([self._draws.from_(sorted(one))])
            theirs = frozenset([self._draws.from_(sorted(other))])
            moved, changed = (
                (one - mine, other | mine),
                (one - mine | theirs, other - theirs | mine),
            )
            new = next((n for n in (changed, moved) if self._allowed((one, other), n)), None)
            if new:
                kicked = [batch for batch in kicked if batch not in {one, other}]
                kicked += [batch for batch in new if batch]
        return kicked

    # --- rules and what is known ---------------------------------------------------------------

    def _allowed(self, before: Pair, after: Pair) -> bool:
        """Return whether a cart holds both, and no more of them must go soon than before."""
        was, now = (sorted(self._rank(batch) for batch in pair) for pair in (before, after))
        return all(a >= b for a, b in zip(now, was, strict=True)) and all(map(self._may_be, after))

    def _rank(self, batch: Batch) -> float:
        return min((self._ranks[member] for member in batch), default=inf)

    def _may_be(self, batch: Batch) -> bool:
        if batch not in self._fitting:
            self._fitting[batch] = self._fits(batch)
        return self._fitting[batch]

    def _total(self, plan: Iterable[Batch]) -> int:
        return sum(map(self._length, plan))

    def _length(self, batch: Batch) -> int:
        if batch not in self._lengths:
            if len(self._lengths) >= self._most_walks:
                raise _OutOfWalks
            self._lengths[batch] = self._measure(batch)
        return self._lengths[batch]

    def _least(self, batch: Batch) -> int:
        """Return a length that the walk has at least: that of any two of its members."""
        if batch in self._lengths:
            return self._lengths[batch]
        members, least_mm = list(batch), 0
        while members:
            ways_mm = self._pairs_mm[members.pop()]
            least_mm = max(least_mm, *map(ways_mm.__getitem__, members), 0)
        return least_mm


def _turn(pair: Pair) -> list[list[int]]:
    return [sorted(batch) for batch in pair]


class _Draws:
    """Draws that look random and are the same in each run.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
    (SplitMix64).
    """

    def __init__(self) -> None:
        self._state = 0

    def from_(self, choices: Sequence[T]) -> T:
        self._state = (self._state + 0x9E3779B97F4A7C15) % 2**64
        mixed = (self._state ^ (self._state >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
        return choices[(mixed ^ (mixed >> 31)) % len(choices)]
