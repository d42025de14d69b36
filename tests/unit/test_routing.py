"""Pick paths: the shortest, the S-shape, and their lengths."""

from collections import Counter
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.domain.catalog import Bin, Layout
from fulfillment.domain.errors import PlanInvalid
from fulfillment.domain.routing import walking_distance_mm, walking_order
from serpentine import serpentine

LAYOUT = Layout(aisles=6, cells=10, aisle_distance_mm=3_000, cell_distance_mm=1_000)
TWO_BLOCKS = LAYOUT.model_copy(update={"middle_cross_aisle_at": 4})
LAYOUTS = pytest.mark.parametrize("layout", [LAYOUT, TWO_BLOCKS], ids=["one block", "two blocks"])


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
    assert walking_order([], LAYOUT) == []
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


@pytest.mark.parametrize(
    ("path", "distance_mm"),
    [
        # the cells on both sides of the middle cross-aisle are two apart
        ([(0, 3), (0, 4)], 4_000 + 2_000 + 6_000),
        ([(0, 9)], 22_000),
        # across the middle
        ([(0, 5), (1, 3)], 7_000 + (2_000 + 3_000 + 1_000) + (4_000 + 3_000)),
        # across the back
        ([(0, 9), (2, 9)], 11_000 + (1_000 + 6_000 + 1_000) + (11_000 + 6_000)),
    ],
)
def test_walk_over_a_middle_cross_aisle_is_measured_by_hand(
    path: list[tuple[int, int]], distance_mm: int
) -> None:
    """A middle cross-aisle is one cell distance from its cells, and joins all aisles."""
    assert distance_mm == walking_distance_mm([shelf(a, c) for a, c in path], TWO_BLOCKS)


def test_the_shortest_walk_leaves_a_gap_in_the_middle_of_an_aisle() -> None:
    """Up the first aisle, along the back, down the third, and into the second from both ends."""
    stops = [shelf(aisle, cell) for aisle in range(3) for cell in (0, 9)]

    best = walking_order(stops, LAYOUT)
    expected_mm = 2 * 11_000 + 2 * 6_000 + 2 * 2_000
    assert expected_mm == walking_distance_mm(best, LAYOUT)
    assert walking_distance_mm(serpentine(stops), LAYOUT) == 54_000


@pytest.mark.parametrize("at", [0, 10])
def test_a_middle_cross_aisle_must_lie_between_cells(at: int) -> None:
    """In front of the first cell and behind the last there are cross-aisles already."""
    with pytest.raises(ValidationError, match=r"middle_cross_aisle_at|a middle cross-aisle before"):
        Layout(aisles=6, cells=10, middle_cross_aisle_at=at)


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
    with pytest.raises(PlanInvalid, match=f"came aisle {aisle}, cell {cell}"):
        walking_order([shelf(aisle, cell)], LAYOUT)


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


@LAYOUTS
@settings(max_examples=100, deadline=None, derandomize=True)
@given(stops=st.lists(bins, max_size=20), shuffler=st.randoms(use_true_random=False))
def test_the_walk_visits_every_stop_and_is_never_longer_than_the_s_shape(
    layout: Layout, stops: list[Bin], shuffler: Random
) -> None:
    """Each stop comes as often as it was given, in whichever sequence that was."""
    path = walking_order(stops, layout)

    assert Counter(stops) == Counter(path)
    assert walking_distance_mm(path, layout) <= walking_distance_mm(serpentine(stops), layout)
    shuffled = list(stops)
    shuffler.shuffle(shuffled)
    assert path == walking_order(shuffled, layout)


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
