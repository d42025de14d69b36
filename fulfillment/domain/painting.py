"""Blocks seen from the right, the front and above: which to paint first, what can be seen of each.

All coordinates here grow toward the viewer: x to the right, y from the carton's back to its front,
z upward. Parallel projection along the diagonal (1, 1, 1): isometric.

Source: for the order of painting, Fuchs, Kedem, Naylor 1980 (binary space partitioning); for the
projection, ISO 5456-3:1996, section 5.
"""

from collections.abc import Iterator, Sequence
from math import cos, dist, radians, sin
from typing import NamedTuple

Corner = tuple[float, float, float]

_ACROSS, _DOWN = cos(radians(30)), sin(radians(30))
_GRID = 7
"""Samples along each side of a face, when it is asked what can be seen of it."""


class Block(NamedTuple):
    """An axis-parallel block, or the part of one that was cut; `owner` says whose it is."""

    owner: int
    low: Corner
    high: Corner


class Sight(NamedTuple):
    """What can be seen of a block."""

    share: float
    """Of the samples on its three faces, from 0 to 1."""
    spots: tuple[tuple[Corner, float], ...]
    """Visible places, each with how far it is from whatever ends the visible area there."""


def project(corner: Corner) -> tuple[float, float]:
    """Return where a corner is seen: to the right, and downward."""
    x, y, z = corner
    return ((x - y) * _ACROSS, (x + y) * _DOWN - z)


def face(block: Block, axis: int) -> tuple[Corner, Corner, Corner, Corner]:
    """Return the corners of the face that is turned to the viewer along an axis, going around."""
    one, other = (a for a in range(3) if a != axis)

    def corner(first: float, second: float) -> Corner:
        at = [block.high[axis]] * 3
        at[one], at[other] = first, second
        return (at[0], at[1], at[2])

    (a1, a2), (b1, b2) = (
        (block.low[one], block.high[one]),
        (block.low[other], block.high[other]),
    )
    return (corner(a1, b1), corner(a2, b1), corner(a2, b2), corner(a1, b2))


def back_to_front(blocks: Sequence[Block]) -> list[Block]:
    """Return disjoint blocks in an order in which none covers a later one; some may be cut.

    Blocks on the far side of a plane never cover those on its near side. Where no plane parts
    them all, as with three that lie across each other in a ring, the one that cuts fewest is taken.
    """
    if len(blocks) < 2:  # noqa: PLR2004 - two are the fewest that can cover each other
        return list(blocks)
    plane = _best_plane(blocks)
    if plane is None:
        # They overlap, which no certified plan has: paint them anyhow.
        return sorted(blocks, key=lambda block: sum(block.low))
    axis, at = plane
    far = [_part(b, axis, b.low[axis], min(at, b.high[axis])) for b in blocks if b.low[axis] < at]
    near = [_part(b, axis, max(at, b.low[axis]), b.high[axis]) for b in blocks if b.high[axis] > at]
    return back_to_front(far) + back_to_front(near)


def _best_plane(blocks: Sequence[Block]) -> tuple[int, float] | None:
    """Return the plane with something wholly on each side that cuts the fewest, most evenly."""
    best: tuple[int, int, int, float] | None = None
    for axis in range(3):
        for at in sorted({block.high[axis] for block in blocks}):
            far = sum(block.high[axis] <= at for block in blocks)
            near = sum(block.low[axis] >= at for block in blocks)
            if far and near:
                found = (len(blocks) - far - near, abs(far - near), axis, at)
                best = found if best is None else min(best, found)
    return None if best is None else best[2:]


def _part(block: Block, axis: int, low: float, high: float) -> Block:
    lows, highs = list(block.low), list(block.high)
    lows[axis], highs[axis] = low, high
    return Block(block.owner, (lows[0], lows[1], lows[2]), (highs[0], highs[1], highs[2]))


def covers(block: Block, place: Corner) -> bool:
    """Return whether a block hides a place from the viewer."""
    enter = max(low - at for low, at in zip(block.low, place, strict=True))
    leave = min(high - at for high, at in zip(block.high, place, strict=True))
    return max(enter, 0) < leave


def _may_cover(block: Block, other: Block) -> bool:
    """Return whether a block hides a part of another: behind it along no axis, and in its way.

    What is seen of a block is a hexagon whose sides run along three directions: two of them meet
    where they do in each of these.
    """
    return (
        block is not other
        and all(high > low for high, low in zip(block.high, other.low, strict=True))
        and all(
            block.low[a] - block.high[b] < other.high[a] - other.low[b]
            and other.low[a] - other.high[b] < block.high[a] - block.low[b]
            for a, b in ((0, 1), (1, 2), (0, 2))
        )
    )


def sight_of(block: Block, others: Sequence[Block]) -> Sight:
    """Return what can be seen of a block beside the others."""
    spots: list[tuple[Corner, float]] = []
    count = 0
    before = [other for other in others if _may_cover(other, block)]
    for axis in range(3):
        samples = list(_samples(block, axis))
        hidden = [s for s, _ in samples if any(covers(other, s) for other in before)]
        count += len(samples)
        out_of_sight = set(hidden)
        spots += [
            (s, min([border, *(_distance(s, h) for h in hidden)]))
            for s, border in samples
            if s not in out_of_sight
        ]
    return Sight(len(spots) / count, tuple(spots))


def _samples(block: Block, axis: int) -> Iterator[tuple[Corner, float]]:
    """Yield places on a face, evenly spread, each with its distance to the face's edges."""
    origin, right, _, up = face(block, axis)
    sides = (_distance(origin, right), _distance(origin, up))
    for i in range(_GRID):
        for j in range(_GRID):
            a, b = (i + 0.5) / _GRID, (j + 0.5) / _GRID
            place = tuple(
                o + (r - o) * a + (u - o) * b for o, r, u in zip(origin, right, up, strict=True)
            )
            border = min(sides[0] * min(a, 1 - a), sides[1] * min(b, 1 - b))
            yield (place[0], place[1], place[2]), border


def _distance(one: Corner, other: Corner) -> float:
    return dist(one, other)
