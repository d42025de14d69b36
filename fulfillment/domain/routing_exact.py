"""The shortest walk of a picker, exact for any number of blocks, in time linear in the aisles.

Source: see `routing_classes`. Only aisles with stops and the depot's are looked at: the shortest
way between two stops leaves its aisles for one cross-aisle only, so no other aisle is of use.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from fulfillment.domain.routing_classes import (
    COMPLETE,
    Class,
    Shape,
    after_crossing,
    after_shape,
    is_complete,
    untouched,
)
from fulfillment.domain.routing_grid import Grid, Spot

Choice = Shape | tuple[int, ...]
"""How a block of an aisle is served, or how often each cross-aisle is walked to the next aisle."""


class Reached(NamedTuple):
    """The cheapest partial tour of a class, and how it was reached."""

    cost_mm: int
    before: Class = COMPLETE
    choice: Choice = Shape.NONE


Layer = dict[Class, Reached]
Moves = Callable[[Class], Iterable[tuple[Choice, int, Class]]]


def shortest_walk(stops: Iterable[Spot], grid: Grid) -> list[Spot]:
    """Return the stops, each once, in the order of a shortest walk from the depot and back.

    Of the two directions it takes the one that begins nearer to aisle 0 and to the front. The
    depot itself is left out. Stops lie within blocks, not on cross-aisles.
    """
    wanted = set(stops) - {grid.depot}
    if not wanted:
        return []
    tour = _tour(wanted, grid)
    return min(_first_visits(tour, wanted), _first_visits(reversed(tour), wanted))


def shape_costs(stops: Sequence[int], front_mm: int, back_mm: int) -> list[tuple[Shape, int]]:
    """Return what each shape costs that serves these stops.

    Args:
        stops: rising, in mm behind the grid's front cross-aisle.
        front_mm: where the block begins.
        back_mm: where it ends.

    """
    through = back_mm - front_mm
    costs = [(Shape.THROUGH, through), (Shape.TWICE, 2 * through)]
    if not stops:
        return [(Shape.NONE, 0), *costs]
    costs.append((Shape.FROM_FRONT, 2 * (stops[-1] - front_mm)))
    costs.append((Shape.FROM_BACK, 2 * (back_mm - stops[0])))
    if len(stops) > 1:
        largest = max(second - first for first, second in pairwise(stops))
        costs.append((Shape.GAP, 2 * (through - largest)))
    return costs


class _Column(NamedTuple):
    """An aisle with its stops, rising, by block."""

    aisle: int
    blocks: list[list[int]]


def _columns(stops: Iterable[Spot], grid: Grid) -> list[_Column]:
    """Group the stops by aisle and block; the depot is one more stop of the first block."""
    by_aisle: dict[int, list[int]] = defaultdict(list)
    for aisle, behind_mm in sorted({*stops, grid.depot}):
        by_aisle[aisle].append(behind_mm)
    return [
        _Column(
            aisle,
            [
                [stop for stop in held if front <= stop < back]
                for front, back in pairwise(grid.cross_mm)
            ],
        )
        for aisle, held in by_aisle.items()
    ]


def _tour(stops: Iterable[Spot], grid: Grid) -> list[Spot]:
    """Return all spots of a shortest closed walk from the depot, in order."""
    columns = _columns(stops, grid)
    edges: dict[Spot, list[Spot]] = defaultdict(list)
    for start, end in _edges(columns, _cheapest(columns, grid), grid):
        edges[start].append(end)
        edges[end].append(start)
    return _euler_tour(edges, grid.depot)


def _cheapest(columns: Sequence[_Column], grid: Grid) -> list[Choice]:
    """Return the choices of the cheapest tour: each aisle's blocks, then the way to the next."""
    layers: list[Layer] = [{untouched(len(grid.cross_mm) - 1): Reached(0)}]
    for position, column in enumerate(columns):
        if position:
            apart_mm = (column.aisle - columns[position - 1].aisle) * grid.aisle_distance_mm
            layers.append(_cheapest_after(layers[-1], _crossing(apart_mm)))
        for block, (front, back) in enumerate(pairwise(grid.cross_mm)):
            moves = _serving(block, shape_costs(column.blocks[block], front, back))
            layers.append(_cheapest_after(layers[-1], moves))
    ends = (reached for reached in layers[-1] if is_complete(reached))
    end = min(ends, key=lambda reached: layers[-1][reached].cost_mm)
    return _traced(layers, end)


def _cheapest_after(layer: Layer, moves: Moves) -> Layer:
    after: Layer = {}
    for reached, (cost_mm, _, _) in layer.items():
        for choice, more_mm, target in moves(reached):
            total_mm = cost_mm + more_mm
            if target not in after or total_mm < after[target].cost_mm:
                after[target] = Reached(total_mm, reached, choice)
    return after


def _serving(block: int, costs: Sequence[tuple[Shape, int]]) -> Moves:
    def moves(reached: Class) -> Iterator[tuple[Choice, int, Class]]:
        for shape, cost_mm in costs:
            target = after_shape(reached, block, shape)
            if target is not None:
                yield shape, cost_mm, target

    return moves


def _crossing(apart_mm: int) -> Moves:
    def moves(reached: Class) -> Iterator[tuple[Choice, int, Class]]:
        for target, walked in after_crossing(reached):
            yield walked, sum(walked) * apart_mm, target

    return moves


def _traced(layers: Sequence[Layer], end: Class) -> list[Choice]:
    choices: list[Choice] = []
    for layer in reversed(layers[1:]):
        choices.append(layer[end].choice)
        end = layer[end].before
    return choices[::-1]


def _edges(
    columns: Sequence[_Column], choices: Sequence[Choice], grid: Grid
) -> Iterator[tuple[Spot, Spot]]:
    """Yield the tour's edges, each as often as it is walked."""
    crossings = (choice for choice in choices if not isinstance(choice, Shape))
    for (column, following), walked in zip(pairwise(columns), crossings, strict=True):
        for height, times in zip(grid.cross_mm, walked, strict=True):
            yield from [(Spot(column.aisle, height), Spot(following.aisle, height))] * times
    shapes = (choice for choice in choices if isinstance(choice, Shape))
    blocks = [
        (c.aisle, *block)
        for c in columns
        for block in zip(c.blocks, pairwise(grid.cross_mm), strict=True)
    ]
    for (aisle, stops, (front, back)), shape in zip(blocks, shapes, strict=True):
        times = 1 if shape is Shape.THROUGH else 2
        for low, high in _walked(stops, front, back, shape):
            yield from [(Spot(aisle, low), Spot(aisle, high))] * times


def _walked(stops: Sequence[int], front: int, back: int, shape: Shape) -> list[tuple[int, int]]:
    """Return the stretches of a block that are walked."""
    if shape is Shape.NONE:
        return []
    ends = {front: Shape.FROM_BACK, back: Shape.FROM_FRONT}
    reached = {end for end, without in ends.items() if shape is not without}
    stretches = list(pairwise(sorted(reached.union(stops))))
    if shape is Shape.GAP:
        stretches.remove(max(pairwise(stops), key=lambda stretch: stretch[1] - stretch[0]))
    return stretches


def _euler_tour(edges: dict[Spot, list[Spot]], start: Spot) -> list[Spot]:
    """Return a closed walk over each edge once.

    Source: Hierholzer, "Ueber die Möglichkeit, einen Linienzug ohne Wiederholung und ohne
    Unterbrechung zu umfahren", Mathematische Annalen 6, 1873.
    """
    stack, walk = [start], []
    while stack:
        here = stack[-1]
        if edges[here]:
            there = edges[here].pop()
            edges[there].remove(here)
            stack.append(there)
        else:
            walk.append(stack.pop())
    return walk


def _first_visits(walk: Iterable[Spot], wanted: set[Spot]) -> list[Spot]:
    return [spot for spot in dict.fromkeys(walk) if spot in wanted]
