"""Filling one carton from above: the geometry behind cartonization, in plain integers.

Source: Crainic, Perboli, Tadei, "Extreme Point-Based Heuristics for Three-Dimensional Bin
Packing", INFORMS Journal on Computing 20(3), 2008. Differs from it in two ways that packing by
hand asks for: an item comes in from above, so it sinks onto the highest thing under its base, and
it needs support there.
"""

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

Size = tuple[int, int, int]
"""Length, width and height, in millimeters."""


class Body(NamedTuple):
    """What the geometry needs to know of an item: how it may be turned, and what it may bear."""

    ref: str
    turns: tuple[Size, ...]
    weight_g: int
    fragile: bool

    @property
    def sides_mm(self) -> Size:
        """Return the three sides, the longest first."""
        longest, middle, shortest = sorted(self.turns[0], reverse=True)
        return (longest, middle, shortest)

    @property
    def volume_mm3(self) -> int:
        """Return the volume in cubic millimeters."""
        dx, dy, dz = self.turns[0]
        return dx * dy * dz


class Spot(NamedTuple):
    """Where a body lies, and in which turn."""

    body: Body
    x: int
    y: int
    z: int
    size: Size


Preference = Callable[[int, int, int, Size], tuple[int, ...]]
"""How good a place x, y, z and a turn are; the least is best, and z comes first."""


class _Footing(NamedTuple):
    """A placed body seen from above."""

    x1: int
    y1: int
    x2: int
    y2: int
    top: int


def flat_first(x: int, y: int, z: int, size: Size) -> tuple[int, ...]:
    """Prefer low places, then the flattest turn, then the front left corner."""
    return (z, size[2], y, x)


def row_first(x: int, y: int, z: int, size: Size) -> tuple[int, ...]:
    """Prefer low places, then those that keep the front rows shallow, then the left."""
    return (z, y + size[1], x, size[2])


def fill(
    inner: Size, payload_g: int, bodies: Iterable[Body], prefer: Preference, *, whole: bool = False
) -> tuple[Spot, ...]:
    """Lay the bodies, in their order, into an empty carton; those that find no place stay out.

    Nothing is laid on a fragile body, and each body rests with 80 % of its base or more. Asked for
    the `whole`, it gives up at the first body that finds no place.
    """
    spots: list[Spot] = []
    footings: list[_Footing] = []
    points = [(0, 0, 0)]
    misfits: set[tuple[Size, ...]] = set()
    for body in bodies:
        if body.weight_g > payload_g or body.turns in misfits:
            continue
        spot = _best_spot(inner, body, points, footings, prefer)
        if spot is None and whole:
            break
        if spot is None:
            misfits.add(body.turns)
            continue
        payload_g -= body.weight_g
        spots.append(spot)
        footing = _footing(spot, inner)
        insort(footings, footing, key=_depth)
        points = _advance(inner, points, spot, footing, footings)
    return tuple(spots)


def lowering_sequence(spots: Sequence[Spot]) -> tuple[Spot, ...]:
    """Return the spots in the sequence of packing: what lies below first, then heavy before light.

    Fragile bodies come last, since nothing lies above them.
    """
    above: list[list[int]] = [[] for _ in spots]
    below = [0] * len(spots)
    for lower, low in enumerate(spots):
        for upper, high in enumerate(spots):
            if low.z < high.z and _shadows(low, high):
                above[lower].append(upper)
                below[upper] += 1
    ready = [_turn_to_pack(spots, index) for index, count in enumerate(below) if count == 0]
    heapify(ready)
    sequence: list[Spot] = []
    while ready:
        index = heappop(ready)[-1]
        sequence.append(spots[index])
        for upper in above[index]:
            below[upper] -= 1
            if below[upper] == 0:
                heappush(ready, _turn_to_pack(spots, upper))
    return tuple(sequence)


def _turn_to_pack(spots: Sequence[Spot], index: int) -> tuple[bool, int, int]:
    body = spots[index].body
    return (body.fragile, -body.weight_g, index)


def _shadows(one: Spot, other: Spot) -> bool:
    """Say whether two spots overlap when seen from above."""
    return (
        one.x < other.x + other.size[0]
        and other.x < one.x + one.size[0]
        and one.y < other.y + other.size[1]
        and other.y < one.y + one.size[1]
    )


def _footing(spot: Spot, inner: Size) -> _Footing:
    """Return the body's outline; a fragile one counts as too high for anything to lie on it."""
    x, y, (dx, dy, dz) = spot.x, spot.y, spot.size
    top = inner[2] + 1 if spot.body.fragile else spot.z + dz
    return _Footing(x, y, x + dx, y + dy, top)


def _depth(footing: _Footing) -> int:
    return -footing.top


def _best_spot(
    inner: Size,
    body: Body,
    points: Sequence[tuple[int, int, int]],
    footings: Sequence[_Footing],
    prefer: Preference,
) -> Spot | None:
    """Return the preferred place among all extreme points and turns, if there is one."""
    length, width, height = inner
    best: Spot | None = None
    best_rank: tuple[int, ...] = (height + 1,)
    for level, y, x in points:
        if level > best_rank[0]:
            break
        near: list[_Footing] | None = None
        for size in body.turns:
            dx, dy, dz = size
            if x + dx > length or y + dy > width or level + dz > height:
                continue
            if prefer(x, y, level, size) >= best_rank:
                continue
            if near is None:
                near = [f for f in footings if f[4] >= level and f[2] > x and f[3] > y]
            z = _resting_height(x, y, x + dx, y + dy, near)
            if z < 0 or z + dz > height:
                continue
            rank = prefer(x, y, z, size)
            if rank < best_rank:
                best, best_rank = Spot(body, x, y, z, size), rank
    return best


def _resting_height(x1: int, y1: int, x2: int, y2: int, footings: Sequence[_Footing]) -> int:
    """Return the height at which a base of this outline comes to rest; -1 if it would tip.

    The footings are sorted by their tops, the highest first.
    """
    z = area = 0
    for px1, py1, px2, py2, top in footings:
        if top < z:
            break
        if px1 < x2 and x1 < px2 and py1 < y2 and y1 < py2:
            z = top
            area += (min(x2, px2) - max(x1, px1)) * (min(y2, py2) - max(y1, py1))
    return z if z == 0 or 5 * area >= 4 * (x2 - x1) * (y2 - y1) else -1


def _advance(
    inner: Size,
    points: Sequence[tuple[int, int, int]],
    spot: Spot,
    footing: _Footing,
    footings: Sequence[_Footing],
) -> list[tuple[int, int, int]]:
    """Return the extreme points after a body was laid: level, y, x, the lowest first."""
    x1, y1, x2, y2, _ = footing
    kept = {p for p in points if not (x1 <= p[2] < x2 and y1 <= p[1] < y2)}
    floor, ceiling = spot.z, spot.z + spot.size[2]
    corners = {
        (x1, y1),
        (x2, y1),
        (x1, y2),
        (x2, _front_of(x2, y1, floor, footings)),
        (_left_of(x1, y2, floor, footings), y2),
        (_left_of(x1, y1, ceiling, footings), y1),
        (x1, _front_of(x1, y1, ceiling, footings)),
    }
    for x, y in corners:
        level = _level(x, y, footings)
        if x < inner[0] and y < inner[1] and level < inner[2]:
            kept.add((level, y, x))
    return sorted(kept)


def _front_of(x: int, y: int, z: int, footings: Sequence[_Footing]) -> int:
    """Return how far a point slides toward the front before it meets something."""
    return max((f.y2 for f in footings if f.y2 <= y and f.x1 <= x < f.x2 and f.top > z), default=0)


def _left_of(x: int, y: int, z: int, footings: Sequence[_Footing]) -> int:
    """Return how far a point slides to the left before it meets something."""
    return max((f.x2 for f in footings if f.x2 <= x and f.y1 <= y < f.y2 and f.top > z), default=0)


def _level(x: int, y: int, footings: Sequence[_Footing]) -> int:
    """Return the height of what lies just behind and to the right of a point."""
    return max((f.top for f in footings if f.x1 <= x < f.x2 and f.y1 <= y < f.y2), default=0)
