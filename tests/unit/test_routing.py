"""Pick paths: the S-shape and its length."""

from collections import Counter
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.catalog import Bin, Layout
from fulfillment.domain.errors import PlanInvalid
from fulfillment.domain.routing import serpentine, walking_distance_mm

LAYOUT = Layout(aisles=6, cells=10, aisle_distance_mm=3_000, cell_distance_mm=1_000)


def shelf(aisle: int, cell: int, side: str = "L") -> Bin:
    """Return a bin of the test's warehouse."""
    return Bin(
        bin_id=f"A{aisle}-C{cell}-{side}", warehouse_id="W1", aisle=aisle, cell=cell, side=side
    )


def spots(path: list[Bin]) -> list[tuple[int, int]]:
    """Return aisles and cells of a path."""
    return [(stop.aisle, stop.cell) for stop in path]


def test_aisles_are_walked_up_and_down_in_turn() -> None:
    """The direction changes with each aisle visited, and not with the aisle's number."""
    stops = [shelf(a, c) for a, c in [(4, 2), (4, 7), (1, 5), (1, 1), (2, 3), (2, 8)]]

    expected = [(1, 1), (1, 5), (2, 8), (2, 3), (4, 2), (4, 7)]
    assert expected == spots(serpentine(stops))


def test_nothing_to_pick_is_no_walk() -> None:
    """Without stops the picker stays at the depot."""
    assert serpentine([]) == []
    assert walking_distance_mm([], LAYOUT) == 0


@pytest.mark.parametrize(
    ("path", "distance_mm"),
    [
        ([(0, 0)], 2_000),
        ([(0, 9)], 20_000),
        ([(3, 0)], 2_000 + 18_000),
        # up aisle 0, across the back, down aisle 1, back along the front
        ([(0, 9), (1, 9)], 10_000 + (1_000 + 3_000 + 1_000) + (10_000 + 3_000)),
        # across the front is nearer than across the back
        ([(0, 1), (1, 1)], 2_000 + (2_000 + 3_000 + 2_000) + (2_000 + 3_000)),
        # there and back within an aisle
        ([(0, 4), (0, 1)], 5_000 + 3_000 + 2_000),
    ],
)
def test_walk_is_measured_by_hand(path: list[tuple[int, int]], distance_mm: int) -> None:
    """Distances are those that a tape would give."""
    assert distance_mm == walking_distance_mm([shelf(a, c) for a, c in path], LAYOUT)


def test_both_sides_are_reached_from_one_spot() -> None:
    """The other side of the aisle costs no step."""
    left, right = shelf(2, 3, "L"), shelf(2, 3, "R")

    expected = walking_distance_mm([left], LAYOUT)
    assert expected == walking_distance_mm([left, right], LAYOUT)


@pytest.mark.parametrize(("aisle", "cell"), [(6, 0), (0, 10)])
def test_stop_outside_the_layout_is_refused(aisle: int, cell: int) -> None:
    """A bin that the layout does not have can't be walked to."""
    with pytest.raises(PlanInvalid, match=f"came aisle {aisle}, cell {cell}"):
        walking_distance_mm([shelf(aisle, cell)], LAYOUT)


bins = st.builds(
    shelf,
    st.integers(min_value=0, max_value=5),
    st.integers(min_value=0, max_value=9),
    st.sampled_from("LR"),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(bins, max_size=20))
def test_every_stop_is_visited_and_each_aisle_once(stops: list[Bin]) -> None:
    """No stop is lost or invented, and no aisle is entered twice."""
    path = serpentine(stops)

    assert Counter(stops) == Counter(path)
    aisles = [stop.aisle for stop in path]
    assert sorted(aisles) == aisles


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(bins, max_size=20), st.randoms(use_true_random=False))
def test_path_does_not_depend_on_the_sequence_of_the_stops(
    stops: list[Bin], shuffler: Random
) -> None:
    """The same stops in another sequence give the same path."""
    shuffled = list(stops)
    shuffler.shuffle(shuffled)

    assert serpentine(stops) == serpentine(shuffled)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(bins, min_size=1, max_size=20))
def test_walk_is_no_longer_than_full_traversals(stops: list[Bin]) -> None:
    """The S-shape walks each aisle visited at most once through, and one of them back."""
    visited = {stop.aisle for stop in stops}
    through_mm = (LAYOUT.cells + 1) * LAYOUT.cell_distance_mm
    across_mm = 2 * max(visited) * LAYOUT.aisle_distance_mm

    limit_mm = (len(visited) + 1) * through_mm + across_mm
    assert walking_distance_mm(serpentine(stops), LAYOUT) <= limit_mm


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(bins, min_size=1, max_size=5))
def test_leaving_out_a_stop_never_lengthens_the_walk(stops: list[Bin]) -> None:
    """Distances obey the triangle inequality, whatever the sequence."""
    for path in permutations(stops):
        whole_mm = walking_distance_mm(path, LAYOUT)
        assert walking_distance_mm(path[1:], LAYOUT) <= whole_mm
