"""What a dynamic program over aisles must know of the part of a tour that lies to the left.

A tour is a multigraph on the grid that is connected and of even degree everywhere; walking each
of its edges once is the walk. Its part left of some aisle (a partial tour subgraph) can be
completed in the same ways as every other one whose ends on the cross-aisles have the same degree
parities and hang together in the same way: they form an equivalence class, of which the cheapest
is kept.

Source: Ratliff, Rosenthal, "Order-Picking in a Rectangular Warehouse: A Solvable Case of the
Traveling Salesman Problem", Operations Research 31(3), 1983 (one block, seven classes); Roodbergen,
de Koster, "Routing order pickers in a warehouse with a middle aisle", European Journal of
Operational Research 133(1), 2001 (two blocks, 25 classes). The classes are built here instead of
tabled, so that they are the same rule for both.
"""

from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from itertools import product

Class = tuple[int, ...]
"""For each cross-aisle, from the front: 0 untouched, else the component, negative where odd.

Components are numbered in order of their first cross-aisle: (-1, -1) is Ratliff and Rosenthal's
(U, U, 1C), (1, 2) their (E, E, 2C), (0, 1) their (0, E, 1C).
"""

COMPLETE: Class = ()
"""The tour is closed: nothing may be added (0, 0, 1C)."""


class Shape(IntEnum):
    """How the walk serves one aisle between two neighboring cross-aisles."""

    NONE = 0
    THROUGH = 1
    TWICE = 2
    """Through and back again, or the same way twice."""
    FROM_FRONT = 3
    """From the front as far as the last stop, and back."""
    FROM_BACK = 4
    GAP = 5
    """From both ends as far as the largest gap between two stops."""


def untouched(blocks: int) -> Class:
    """Return the class of no tour at all, left of the first aisle."""
    return (0,) * (blocks + 1)


def is_complete(reached: Class) -> bool:
    """Return whether the tour is one: in one piece and of even degree everywhere."""
    return reached == COMPLETE or set(reached) in ({1}, {0, 1})


@cache
def after_shape(reached: Class, block: int, shape: Shape) -> Class | None:
    """Return the class after an aisle's block was served so; None where nothing may be added."""
    if shape is Shape.NONE:
        return reached
    if reached == COMPLETE:
        return None
    rows = list(reached)
    if shape is not Shape.FROM_BACK:
        _touch(rows, block)
    if shape is not Shape.FROM_FRONT:
        _touch(rows, block + 1)
    if shape in {Shape.THROUGH, Shape.TWICE}:
        _join(rows, block, block + 1)
    if shape is Shape.THROUGH:
        rows[block], rows[block + 1] = -rows[block], -rows[block + 1]
    return _renumbered(rows)


def _touch(rows: list[int], row: int) -> None:
    rows[row] = rows[row] or max(map(abs, rows)) + 1


def _join(rows: list[int], row: int, other: int) -> None:
    kept, gone = abs(rows[row]), abs(rows[other])
    rows[:] = [(kept if r > 0 else -kept) if abs(r) == gone else r for r in rows]


def _renumbered(rows: list[int]) -> Class:
    number: dict[int, int] = {0: 0}
    for row in rows:
        number.setdefault(abs(row), len(number))
    return tuple(number[abs(r)] if r >= 0 else -number[abs(r)] for r in rows)


@cache
def after_crossing(reached: Class) -> tuple[tuple[Class, tuple[int, ...]], ...]:
    """Return the classes at the next aisle, with how often each cross-aisle is walked to it.

    What is left behind must be even, and no component may lose its last way on, unless it is the
    whole tour.
    """
    closed = [(COMPLETE, (0,) * len(reached))] if is_complete(reached) else []
    return (*closed, *_ways_on(reached))


def _ways_on(reached: Class) -> Iterator[tuple[Class, tuple[int, ...]]]:
    for walked in product(*(_times(row) for row in reached)):
        goes_on = [row if times else 0 for row, times in zip(reached, walked, strict=True)]
        if set(map(abs, goes_on)) | {0} == set(map(abs, reached)) | {0}:
            yield _renumbered(goes_on), walked


def _times(row: int) -> tuple[int, ...]:
    if row == 0:
        return (0,)
    return (1,) if row < 0 else (0, 2)
