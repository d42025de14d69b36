"""The floor as a grid: parallel aisles, crossed in front, at the back and perhaps in between."""

from typing import NamedTuple, Protocol

from fulfillment.domain.catalog import Layout


class Shelf(Protocol):
    """What has its place in an aisle."""

    @property
    def aisle(self) -> int:
        """The aisle, from 0."""

    @property
    def cell(self) -> int:
        """The cell of the aisle, from 0 in front."""


class Spot(NamedTuple):
    """Where a picker stands: an aisle, and how far behind the front cross-aisle."""

    aisle: int
    behind_mm: int


class Grid(NamedTuple):
    """Aisles at equal distances, and the cross-aisles that join all of them.

    `cross_mm` rises from 0, the front cross-aisle, to the back one; between two cross-aisles lies
    a block. The depot is where its aisle meets the front cross-aisle.
    """

    cross_mm: tuple[int, ...]
    aisle_distance_mm: int
    depot_aisle: int = 0

    @property
    def depot(self) -> Spot:
        """Where each walk starts and ends."""
        return Spot(self.depot_aisle, 0)

    def distance_mm(self, start: Spot, end: Spot) -> int:
        """Return the shortest way: within the aisle, or over the best of the cross-aisles."""
        if start.aisle == end.aisle:
            return abs(start.behind_mm - end.behind_mm)
        along = min(abs(start.behind_mm - h) + abs(end.behind_mm - h) for h in self.cross_mm)
        return along + abs(start.aisle - end.aisle) * self.aisle_distance_mm


def grid_of(layout: Layout) -> Grid:
    """Return the grid of a warehouse; each cross-aisle is one cell distance from its cells."""
    middle = layout.middle_cross_aisle_at
    gaps = [layout.cells + 1] if middle is None else [middle + 1, layout.cells - middle + 1]
    crossed = [0]
    for gap in gaps:
        crossed.append(crossed[-1] + gap * layout.cell_distance_mm)
    return Grid(cross_mm=tuple(crossed), aisle_distance_mm=layout.aisle_distance_mm)


def spot_of(place: Shelf, layout: Layout) -> Spot:
    """Return where the bin is reached from, whichever its side of the aisle."""
    middle = layout.middle_cross_aisle_at
    past_middle = middle is not None and place.cell >= middle
    return Spot(place.aisle, (place.cell + 1 + past_middle) * layout.cell_distance_mm)
