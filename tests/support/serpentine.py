"""The S-shape: what warehouses without a computer walk, as a yardstick for the shortest walk."""

from collections.abc import Iterable

from fulfillment.domain.catalog import Bin


def serpentine(stops: Iterable[Bin]) -> list[Bin]:
    """Return the stops in S-shape: up the first aisle with a stop, down the next, and so on.

    The yardstick for `walking_order`: what warehouses without a computer do. Every stop comes once
    for each time it was given; aisles without stops are passed by.

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
