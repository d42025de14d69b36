"""The shortest walk against the best of all sequences."""

from collections.abc import Sequence
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.routing_classes import Shape, after_crossing, after_shape, untouched
from fulfillment.domain.routing_exact import shortest_walk
from fulfillment.domain.routing_grid import Grid, Spot


def length_mm(walk: Sequence[Spot], grid: Grid) -> int:
    """Return how far it is from the depot along the stops and back."""
    return sum(grid.distance_mm(a, b) for a, b in pairwise([grid.depot, *walk, grid.depot]))


def least_mm(stops: Sequence[Spot], grid: Grid) -> int:
    """Return the length of the best of all sequences.

    Source: Held, Karp, "A Dynamic Programming Approach to Sequencing Problems", Journal of the
    Society for Industrial and Applied Mathematics 10(1), 1962.
    """
    best = {(frozenset([end]), end): grid.distance_mm(grid.depot, end) for end in stops}
    for size in range(2, len(stops) + 1):
        for group in map(frozenset, combinations(stops, size)):
            for end in group:
                rest = group - {end}
                best[group, end] = min(
                    best[rest, before] + grid.distance_mm(before, end) for before in rest
                )
    return min(best[frozenset(stops), end] + grid.distance_mm(end, grid.depot) for end in stops)


@st.composite
def problems(draw: st.DrawFn, blocks: int) -> tuple[Grid, list[Spot]]:
    """Return a small floor of so many blocks, with stops on it."""
    depths = draw(st.lists(st.integers(2, 9), min_size=blocks, max_size=blocks))
    cross = [sum(depths[:n]) for n in range(blocks + 1)]
    aisles = draw(st.integers(1, 6))
    grid = Grid(tuple(cross), draw(st.integers(1, 6)), draw(st.integers(0, aisles - 1)))
    inside = [mm for mm in range(cross[-1]) if mm not in cross]
    spot = st.builds(Spot, st.integers(0, aisles - 1), st.sampled_from(inside))
    return grid, draw(st.lists(spot, min_size=1, max_size=7, unique=True))


@pytest.mark.parametrize("blocks", [1, 2, 3])
@settings(max_examples=120, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_sequence_of_the_stops_is_shorter(blocks: int, data: st.DataObject) -> None:
    """The walk visits each stop once and is as long as the best of all sequences."""
    grid, stops = data.draw(problems(blocks))

    walk = shortest_walk(stops, grid)

    assert sorted(stops) == sorted(walk)
    assert least_mm(stops, grid) == length_mm(walk, grid)


@pytest.mark.parametrize(("blocks", "classes"), [(1, 7), (2, 25)])
def test_classes_are_as_many_as_published(blocks: int, classes: int) -> None:
    """One block has the seven of Ratliff and Rosenthal, two the 25 of Roodbergen and de Koster."""
    found = [untouched(blocks)]
    for reached in found:
        served = [after_shape(reached, b, s) for b in range(blocks) for s in Shape]
        crossed = [target for target, _ in after_crossing(reached)]
        found += dict.fromkeys(c for c in [*served, *crossed] if c is not None and c not in found)

    assert classes == len(found)


def test_stops_of_one_spot_and_the_depot_cost_no_way() -> None:
    """A stop given twice is visited once; the depot is left out."""
    grid = Grid((0, 10), 3)

    assert shortest_walk([Spot(1, 4), Spot(1, 4), grid.depot], grid) == [Spot(1, 4)]
    assert shortest_walk([grid.depot], grid) == []
