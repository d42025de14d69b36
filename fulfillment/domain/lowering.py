"""In which sequence the goods of a carton are laid into it."""

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

from fulfillment.domain.cartonization import PackItem, Placement


def lowering_sequence(
    places: Sequence[Placement], items: Mapping[str, PackItem]
) -> tuple[Placement, ...]:
    """Return the places in the sequence of packing: what lies below first, then heavy before light.

    Each can be lowered in from above after those before it. Fragile goods come as late as that
    allows; nothing lies on them.
    """
    above: list[list[int]] = [[] for _ in places]
    below = [0] * len(places)
    for lower, low in enumerate(places):
        for upper, high in enumerate(places):
            if low.z_mm < high.z_mm and _shadows(low, high):
                above[lower].append(upper)
                below[upper] += 1
    turn = [_turn(items[place.item_ref], index) for index, place in enumerate(places)]
    ready = [turn[index] for index, count in enumerate(below) if count == 0]
    heapify(ready)
    sequence: list[Placement] = []
    while ready:
        index = heappop(ready)[-1]
        sequence.append(places[index])
        for upper in above[index]:
            below[upper] -= 1
            if below[upper] == 0:
                heappush(ready, turn[upper])
    return tuple(sequence)


def _turn(item: PackItem, index: int) -> tuple[bool, int, int]:
    return (item.fragile, -item.weight_g, index)


def _shadows(one: Placement, other: Placement) -> bool:
    """Say whether two places overlap when seen from above."""
    return (
        one.x_mm < other.x_mm + other.dx_mm
        and other.x_mm < one.x_mm + one.dx_mm
        and one.y_mm < other.y_mm + other.dy_mm
        and other.y_mm < one.y_mm + one.dy_mm
    )
