"""What the shortest walk through one block costs with some stop more or less.

Cheapest partial tours are kept from both sides of every aisle, by class. So what a change within
an aisle costs is known from that aisle alone, without walking through all others again.

Source: see `routing_classes`.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from math import inf
from operator import add
from typing import NamedTuple

from fulfillment.domain.routing_classes import (
    Class,
    Shape,
    after_crossing,
    after_shape,
    is_complete,
    untouched,
)
from fulfillment.domain.routing_exact import shape_costs
from fulfillment.domain.routing_grid import Grid, Spot

Costs = list[float]
"""By class, or by shape; infinite where it can't be."""


class Tour:
    """A closed walk from the depot over stops that come and go; it knows its least cost only."""

    def __init__(self, aisles: Iterable[int], grid: Grid) -> None:
        """Begin with the depot alone.

        Args:
            aisles: where stops may come to lie.
            grid: of one block; of more, the middle cross-aisles are not walked on.

        """
        self._back_mm = grid.cross_mm[-1]
        rising = sorted({*aisles, grid.depot_aisle})
        self._number = {aisle: number for number, aisle in enumerate(rising)}
        self._stops: list[list[int]] = [[] for _ in rising]
        self._stops[self._number[grid.depot_aisle]].append(0)
        self._shapes = [self._by_shape(held) for held in self._stops]
        self._apart_mm = [(b - a) * grid.aisle_distance_mm for a, b in pairwise(rising)]
        block = _one_block()
        self._left = [block.start] * len(rising)
        self._right = [block.ends] * len(rising)
        self._left_known, self._right_known = 0, len(rising) - 1
        self._around: dict[int, Costs] = {}
        self.weighed = 0
        """How many partial tours were worked out so far: what the search's time goes by."""
        self._with: list[dict[int, Costs]] = [{} for _ in rising]

    def add(self, spot: Spot) -> None:
        """Add a stop; one spot may be added several times."""
        insort(self._stops[self._number[spot.aisle]], spot.behind_mm)
        self._changed(spot)

    def remove(self, spot: Spot) -> None:
        """Take a stop away that was added."""
        self._stops[self._number[spot.aisle]].remove(spot.behind_mm)
        self._changed(spot)

    def cost_mm(self) -> float:
        """Return the length of the shortest walk."""
        last = self._left_known
        least: float = min(map(add, self._but(last), self._shapes[last]))
        return least

    def cost_with_mm(self, spot: Spot) -> float:
        """Return the length of the shortest walk that stops at the spot, too."""
        aisle = self._number[spot.aisle]
        known = self._with[aisle]
        if spot.behind_mm not in known:
            known[spot.behind_mm] = self._by_shape(sorted({*self._stops[aisle], spot.behind_mm}))
        least: float = min(map(add, self._but(aisle), known[spot.behind_mm]))
        return least

    def _changed(self, spot: Spot) -> None:
        aisle = self._number[spot.aisle]
        self._shapes[aisle] = self._by_shape(self._stops[aisle])
        self._left_known = min(self._left_known, aisle)
        self._right_known = max(self._right_known, aisle)
        kept = self._around.get(aisle)
        self._around = {} if kept is None else {aisle: kept}
        self._with[aisle] = {}

    def _by_shape(self, stops: Sequence[int]) -> Costs:
        costs: Costs = [inf] * len(Shape)
        for shape, cost_mm in shape_costs(stops, 0, self._back_mm):
            costs[shape] = cost_mm
        return costs

    def _but(self, aisle: int) -> Costs:
        """Return, by shape, the least cost of all but the aisle that is served so."""
        if aisle not in self._around:
            self._look_from_left(aisle)
            self._look_from_right(aisle)
            self._around[aisle] = _one_block().around(self._left[aisle], self._right[aisle])
        return self._around[aisle]

    def _look_from_left(self, aisle: int) -> None:
        block = _one_block()
        for at in range(self._left_known, aisle):
            served = block.served(self._left[at], self._shapes[at])
            self._left[at + 1] = block.crossed(served, self._apart_mm[at])
        self.weighed += max(0, aisle - self._left_known)
        self._left_known = max(self._left_known, aisle)

    def _look_from_right(self, aisle: int) -> None:
        block = _one_block()
        for at in range(self._right_known, aisle, -1):
            served = block.served_from(self._right[at], self._shapes[at])
            self._right[at - 1] = block.crossed_from(served, self._apart_mm[at - 1])
        self.weighed += max(0, self._right_known - aisle)
        self._right_known = min(self._right_known, aisle)


class _Block(NamedTuple):
    """The classes of one block by number, as steps from one to another."""

    start: Costs
    ends: Costs
    serving: list[tuple[int, Shape, int]]
    crossing: list[tuple[int, int, int]]
    """Class, how often both cross-aisles are walked together, class at the next aisle."""

    def served(self, before: Costs, shapes: Costs) -> Costs:
        after = [inf] * len(before)
        for source, shape, target in self.serving:
            if (cost_mm := before[source] + shapes[shape]) < after[target]:
                after[target] = cost_mm
        return after

    def served_from(self, after: Costs, shapes: Costs) -> Costs:
        before = [inf] * len(after)
        for source, shape, target in self.serving:
            if (cost_mm := after[target] + shapes[shape]) < before[source]:
                before[source] = cost_mm
        return before

    def crossed(self, before: Costs, apart_mm: int) -> Costs:
        after = [inf] * len(before)
        for source, times, target in self.crossing:
            if (cost_mm := before[source] + times * apart_mm) < after[target]:
                after[target] = cost_mm
        return after

    def crossed_from(self, after: Costs, apart_mm: int) -> Costs:
        before = [inf] * len(after)
        for source, times, target in self.crossing:
            if (cost_mm := after[target] + times * apart_mm) < before[source]:
                before[source] = cost_mm
        return before

    def around(self, before: Costs, after: Costs) -> Costs:
        """Return, by shape, the least cost on both sides of an aisle that is served so."""
        least = [inf] * len(Shape)
        for source, shape, target in self.serving:
            if (cost_mm := before[source] + after[target]) < least[shape]:
                least[shape] = cost_mm
        return least


@cache
def _one_block() -> _Block:
    """Give each class that can be reached a number, and find the steps between them."""
    classes = _reachable(untouched(1))
    number = {reached: position for position, reached in enumerate(classes)}
    return _Block(
        start=[0 if reached == untouched(1) else inf for reached in classes],
        ends=[0 if is_complete(reached) else inf for reached in classes],
        serving=[
            (number[reached], shape, number[target])
            for reached in classes
            for shape, target in _served_classes(reached)
        ],
        crossing=[
            (number[reached], sum(walked), number[target])
            for reached in classes
            for target, walked in after_crossing(reached)
        ],
    )


def _served_classes(reached: Class) -> list[tuple[Shape, Class]]:
    targets = ((shape, after_shape(reached, 0, shape)) for shape in Shape)
    return [(shape, target) for shape, target in targets if target is not None]


def _reachable(start: Class) -> list[Class]:
    found = [start]
    for reached in found:
        crossed = [target for target, _ in after_crossing(reached)]
        for target in [*(target for _, target in _served_classes(reached)), *crossed]:
            if target not in found:
                found.append(target)
    return found
