"""The walk of a picker through the one block of parallel aisles between two cross-aisles.

The depot is at the front end of aisle 0. Cell 0 is one cell distance behind the front cross-aisle,
the last cell one before the back cross-aisle; both sides of an aisle are reached from one spot.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from fulfillment.domain.catalog import Bin, Layout
from fulfillment.domain.errors import PlanInvalid, Problem


def serpentine(stops: Iterable[Bin]) -> list[Bin]:
    """Return the stops in S-shape: up the first aisle with a stop, down the next, and so on.

    Every stop comes once for each time it was given; aisles without stops are passed by.

    Source: S-shape (traversal) heuristic, in de Koster, Le-Duc, Roodbergen, "Design and control
    of warehouse order picking: A literature review", European Journal of Operational Research
    182(2), 2007.
    """
    given = sorted(stops, key=lambda stop: (stop.aisle, stop.cell, stop.side, stop.bin_id))
    path: list[Bin] = []
    for order, aisle in enumerate(sorted({stop.aisle for stop in given})):
        upward = [stop for stop in given if stop.aisle == aisle]
        path += upward if order % 2 == 0 else upward[::-1]
    return path


def walking_distance_mm(path: Sequence[Bin], layout: Layout) -> int:
    """Return the shortest walk from the depot along the stops in their order and back to it.

    Between two aisles the nearer of both cross-aisles is taken; no stops are no walk.

    Raises:
        PlanInvalid: a stop lies outside of the layout.

    """
    outside = [stop for stop in path if stop.aisle >= layout.aisles or stop.cell >= layout.cells]
    if outside:
        raise PlanInvalid.of(*(_outside(stop, layout) for stop in outside))
    if not path:
        return 0
    depot = (0, 0)
    spots = [depot, *((stop.aisle, stop.cell + 1) for stop in path), depot]
    return sum(_walk_mm(start, end, layout) for start, end in pairwise(spots))


def _outside(stop: Bin, layout: Layout) -> Problem:
    return Problem(
        path=stop.bin_id,
        expected=f"an aisle below {layout.aisles} and a cell below {layout.cells}",
        came=f"aisle {stop.aisle}, cell {stop.cell}",
        remedy="correct the bin or the warehouse's layout",
    )


def _walk_mm(start: tuple[int, int], end: tuple[int, int], layout: Layout) -> int:
    """Return the walk between two spots: aisle, and cells behind the front cross-aisle."""
    (aisle, up), (other_aisle, other_up) = start, end
    if aisle == other_aisle:
        return abs(up - other_up) * layout.cell_distance_mm
    back = layout.cells + 1
    along = min(up + other_up, 2 * back - up - other_up)
    across = abs(aisle - other_aisle)
    return along * layout.cell_distance_mm + across * layout.aisle_distance_mm
