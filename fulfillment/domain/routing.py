"""The walk of a picker through the parallel aisles of a warehouse.

The depot is at the front end of aisle 0. Cell 0 is one cell distance behind the front cross-aisle,
the last cell one before the back cross-aisle; both sides of an aisle are reached from one spot. A
middle cross-aisle lies one cell distance from the cells before and behind it.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from fulfillment.domain.catalog import Bin, Layout
from fulfillment.domain.errors import PlanInvalid, Problem
from fulfillment.domain.routing_exact import shortest_walk
from fulfillment.domain.routing_grid import grid_of, spot_of


def walking_order(stops: Iterable[Bin], layout: Layout) -> list[Bin]:
    """Return the stops in the order of a shortest walk from the depot along them and back to it.

    Every stop comes once for each time it was given. The sequence in which they are given does
    not matter.

    Raises:
        PlanInvalid: a stop lies outside of the layout.

    Source: see `routing_classes`.

    """
    given = list(stops)
    _require_inside(given, layout)
    walk = shortest_walk((spot_of(stop, layout) for stop in given), grid_of(layout))
    turn = {spot: position for position, spot in enumerate(walk)}
    return sorted(given, key=lambda s: (turn[spot_of(s, layout)], s.side, s.bin_id))


def walking_distance_mm(path: Sequence[Bin], layout: Layout) -> int:
    """Return the shortest walk from the depot along the stops in their order and back to it.

    Between two aisles the nearest cross-aisle is taken; no stops are no walk.

    Raises:
        PlanInvalid: a stop lies outside of the layout.

    """
    _require_inside(path, layout)
    grid = grid_of(layout)
    spots = [grid.depot, *(spot_of(stop, layout) for stop in path), grid.depot]
    return sum(grid.distance_mm(start, end) for start, end in pairwise(spots))


def _require_inside(stops: Sequence[Bin], layout: Layout) -> None:
    outside = [stop for stop in stops if stop.aisle >= layout.aisles or stop.cell >= layout.cells]
    if outside:
        raise PlanInvalid.of(*(_outside(stop, layout) for stop in outside))


def _outside(stop: Bin, layout: Layout) -> Problem:
    return Problem(
        path=stop.bin_id,
        expected=f"an aisle below {layout.aisles} and a cell below {layout.cells}",
        came=f"aisle {stop.aisle}, cell {stop.cell}",
        remedy="correct the bin or the warehouse's layout",
    )
