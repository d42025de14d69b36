"""What the shortest walk costs with some stop more or less.

Cheapest partial tours are kept from both sides of every aisle's every block, by class. So what a
change within a block costs is known from that block alone, without walking through all others
again.

Source: see `routing_classes`.
"""

from bisect import insort
from collections import defaultdict
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
            grid: of any number of blocks.

        """
        self._cross_mm, blocks = grid.cross_mm, len(grid.cross_mm) - 1
        self._steps = steps_of(blocks)
        rising = sorted({*aisles, grid.depot_aisle})
        self._number = {aisle: nth * blocks for nth, aisle in enumerate(rising)}
        parts = len(rising) * blocks
        self._stops: list[list[int]] = [[] for _ in range(parts)]
        self._stops[self._number[grid.depot_aisle]].append(0)
        self._shapes = [self._by_shape(part % blocks, self._stops[part]) for part in range(parts)]
        self._apart_mm = [(b - a) * grid.aisle_distance_mm for a, b in pairwise(rising)]
        self._left = [self._steps.start] * parts
        self._right = [self._steps.ends] * parts
        self._left_known, self._right_known = 0, parts - 1
        self._around: dict[int, Costs] = {}
        self.weighed = 0
        """How many partial tours were worked out so far: what the search's time goes by."""
        self._with: list[dict[int, Costs]] = [{} for _ in range(parts)]

    def add(self, spot: Spot) -> None:
        """Add a stop; one spot may be added several times."""
        insort(self._stops[self._part(spot)], spot.behind_mm)
        self._changed(spot)

    def remove(self, spot: Spot) -> None:
        """Take a stop away that was added."""
        self._stops[self._part(spot)].remove(spot.behind_mm)
        self._changed(spot)

    def cost_mm(self) -> float:
        """Return the length of the shortest walk."""
        last = self._left_known
        least: float = min(map(add, self._but(last), self._shapes[last]))
        return least

    def cost_with_mm(self, spot: Spot) -> float:
        """Return the length of the shortest walk that stops at the spot, too."""
        part = self._part(spot)
        known = self._with[part]
        if spot.behind_mm not in known:
            stops = sorted({*self._stops[part], spot.behind_mm})
            known[spot.behind_mm] = self._by_shape(part % self._steps.blocks, stops)
        least: float = min(map(add, self._but(part), known[spot.behind_mm]))
        return least

    def _part(self, spot: Spot) -> int:
        """Return the number of the spot's block of its aisle, from the left and the front."""
        return self._number[spot.aisle] + block_at(spot.behind_mm, self._cross_mm)

    def _changed(self, spot: Spot) -> None:
        part = self._part(spot)
        self._shapes[part] = self._by_shape(part % self._steps.blocks, self._stops[part])
        self._left_known = min(self._left_known, part)
        self._right_known = max(self._right_known, part)
        kept = self._around.get(part)
        self._around = {} if kept is None else {part: kept}
        self._with[part] = {}

    def _by_shape(self, block: int, stops: Sequence[int]) -> Costs:
        return costs_by_shape(stops, self._cross_mm[block], self._cross_mm[block + 1])

    def _but(self, part: int) -> Costs:
        """Return, by shape, the least cost of all but the part that is served so."""
        if part not in self._around:
            self._look_from_left(part)
            self._look_from_right(part)
            block = part % self._steps.blocks
            self._around[part] = self._steps.around(block, self._left[part], self._right[part])
        return self._around[part]

    def _look_from_left(self, part: int) -> None:
        for at in range(self._left_known, part):
            nth, block = divmod(at, self._steps.blocks)
            served = self._steps.served(block, self._left[at], self._shapes[at])
            if block == self._steps.blocks - 1:
                served = self._steps.crossed(served, self._apart_mm[nth])
            self._left[at + 1] = served
        self.weighed += max(0, part - self._left_known)
        self._left_known = max(self._left_known, part)

    def _look_from_right(self, part: int) -> None:
        for at in range(self._right_known, part, -1):
            nth, block = divmod(at, self._steps.blocks)
            served = self._steps.served_from(block, self._right[at], self._shapes[at])
            if block == 0:
                served = self._steps.crossed_from(served, self._apart_mm[nth - 1])
            self._right[at - 1] = served
        self.weighed += max(0, self._right_known - part)
        self._right_known = min(self._right_known, part)


def shortest_length_mm(stops: Iterable[Spot], grid: Grid) -> int:
    """Return the length of a shortest walk from the depot along the stops and back to it."""
    steps = steps_of(len(grid.cross_mm) - 1)
    by_aisle: dict[int, set[int]] = defaultdict(set)
    for spot in (*stops, grid.depot):
        by_aisle[spot.aisle].add(spot.behind_mm)
    aisles, reached = sorted(by_aisle), steps.start
    for nth, aisle in enumerate(aisles):
        if nth:
            reached = steps.crossed(reached, (aisle - aisles[nth - 1]) * grid.aisle_distance_mm)
        held = sorted(by_aisle[aisle])
        for block, (front, back) in enumerate(pairwise(grid.cross_mm)):
            within = [stop for stop in held if front <= stop < back]
            reached = steps.served(block, reached, costs_by_shape(within, front, back))
    return int(min(map(add, reached, steps.ends)))


def block_at(behind_mm: int, cross_mm: Sequence[int]) -> int:
    """Return the block of a place within an aisle."""
    return sum(behind_mm >= middle for middle in cross_mm[1:-1])


def costs_by_shape(stops: Sequence[int], front_mm: int, back_mm: int) -> Costs:
    """Return what each shape costs that serves these rising stops, in the order of `Shape`."""
    costs: Costs = [inf] * len(Shape)
    for shape, cost_mm in shape_costs(stops, front_mm, back_mm):
        costs[shape] = cost_mm
    return costs


class Steps(NamedTuple):
    """The classes by number, as steps from one to another."""

    blocks: int
    start: Costs
    ends: Costs
    serving: list[list[list[tuple[int, int]]]]
    """By block and shape: class, class after a block that is served so."""
    crossing: list[tuple[int, int, int]]
    """Class, how often all cross-aisles are walked together, class at the next aisle."""

    def served(self, block: int, before: Costs, shapes: Costs) -> Costs:
        """Return the least costs after a block of an aisle that were `before` it."""
        after = [inf] * len(before)
        for more_mm, steps in zip(shapes, self.serving[block], strict=True):
            for source, target in steps if more_mm < inf else ():
                if (cost_mm := before[source] + more_mm) < after[target]:
                    after[target] = cost_mm
        return after

    def served_from(self, block: int, after: Costs, shapes: Costs) -> Costs:
        """Return the least costs of all from the block on, by the class before it."""
        before = [inf] * len(after)
        for more_mm, steps in zip(shapes, self.serving[block], strict=True):
            for source, target in steps if more_mm < inf else ():
                if (cost_mm := after[target] + more_mm) < before[source]:
                    before[source] = cost_mm
        return before

    def crossed(self, before: Costs, apart_mm: int) -> Costs:
        """Return the least costs at the next aisle, from those at this one's end."""
        after = [inf] * len(before)
        for source, times, target in self.crossing:
            if (cost_mm := before[source] + times * apart_mm) < after[target]:
                after[target] = cost_mm
        return after

    def crossed_from(self, after: Costs, apart_mm: int) -> Costs:
        """Return the least costs of all from this aisle's end on, from those at the next one."""
        before = [inf] * len(after)
        for source, times, target in self.crossing:
            if (cost_mm := after[target] + times * apart_mm) < before[source]:
                before[source] = cost_mm
        return before

    def around(self, block: int, before: Costs, after: Costs) -> Costs:
        """Return, by shape, the least cost on both sides of a block that is served so."""
        return [
            min((before[source] + after[target] for source, target in steps), default=inf)
            for steps in self.serving[block]
        ]


@cache
def steps_of(blocks: int) -> Steps:
    """Give each class that can be reached a number, and find the steps between them."""
    classes = _reachable(untouched(blocks), blocks)
    number = {reached: position for position, reached in enumerate(classes)}
    return Steps(
        blocks=blocks,
        start=[0 if reached == untouched(blocks) else inf for reached in classes],
        ends=[0 if is_complete(reached) else inf for reached in classes],
        serving=[
            [
                [
                    (number[reached], number[target])
                    for reached in classes
                    if (target := after_shape(reached, block, shape)) is not None
                ]
                for shape in Shape
            ]
            for block in range(blocks)
        ],
        crossing=[
            (number[reached], sum(walked), number[target])
            for reached in classes
            for target, walked in after_crossing(reached)
        ],
    )


def _reachable(start: Class, blocks: int) -> list[Class]:
    found = [start]
    for reached in found:
        served = [after_shape(reached, block, s) for block in range(blocks) for s in Shape]
        for target in [*served, *(target for target, _ in after_crossing(reached))]:
            if target is not None and target not in found:
                found.append(target)
    return found
