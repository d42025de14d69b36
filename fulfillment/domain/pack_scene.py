"""A carton's inside with what lies in it, as marks; its near sides are of glass.

What lies wholly behind others is drawn dashed. Where an item has no room for its number, the number
stands beside it, with a line to it.
"""

from collections.abc import Iterator, Sequence
from math import cos, hypot, pi, sin
from textwrap import shorten
from typing import NamedTuple, TypeVar

from fulfillment.domain.cartonization import PackItem
from fulfillment.domain.drawing import Disc, Line, Mark, Point, Polygon, Words
from fulfillment.domain.painting import (
    Block,
    Corner,
    Sight,
    back_to_front,
    face,
    project,
    sight_of,
)
from fulfillment.domain.units import Dimensions

CornerT = TypeVar("CornerT")

INK, HATCH = "#1a1a1a", "#4d4d4d"
LIGHTER = (0.15, 0.4, 0.7)
"""How much white is in the color of the right, the front and the top side."""
_CARDBOARD = ("#efe3d0", "#f5ecdd", "#e6d6bd")
_GLASS, _WHITE = "#8a6d45", "#ffffff"
_BADGE, _BADGE_SIZE, _WIDE = 11.0, 12.0, 100
"""The radius of a number's circle, the size of its digits, and from where on they are smaller."""
_APART = 2 * _BADGE + 1
"""How far the middles of two numbers lie from each other, at least."""
_RINGS, _DIRECTIONS = 14, 16
"""Where a number is put that has no room at its item."""
_HATCH_SPACING = 18.0
"""Pixels between the hatches of a fragile item."""
_SEEN_SHARE = 0.03
"""What is seen less of counts as hidden."""
_MOST_HIDDEN, _PAIR = 20, 2


class ShownItem(NamedTuple):
    """An item in the picture."""

    number: int
    item: PackItem
    block: Block
    color: str


class Scene:
    """A carton's inside on the stage, as large as it fits."""

    def __init__(self, inner: Dimensions, stage: tuple[float, float, float, float]) -> None:
        """Find the scale; the stage is left, top, width and height in pixels."""
        self._walls = Block(
            -1,
            (0, -inner.width_mm, 0),
            (inner.length_mm, 0, inner.height_mm),
        )
        self._inner = inner
        seen = [project(corner) for corner in _corners(self._walls)]
        lefts, downs = [x for x, _ in seen], [y for _, y in seen]
        wide, tall = max(lefts) - min(lefts), max(downs) - min(downs)
        left, top, width, height = stage
        self._scale = min(width / wide, height / tall)
        self._bottom = top + height
        self._origin = (
            left + (width - wide * self._scale) / 2 - min(lefts) * self._scale,
            top + (height - tall * self._scale) / 2 - min(downs) * self._scale,
        )

    def back(self) -> Iterator[Mark]:
        """Yield the sides behind the goods, and their edges, which the goods hide."""
        low, high = self._walls.low, self._walls.high
        for axis, fill in enumerate(_CARDBOARD):
            behind = list(high)
            behind[axis] = low[axis]
            wall = Block(-1, low, (behind[0], behind[1], behind[2]))
            yield Polygon(self._all_at(face(wall, axis)), fill)
        for axis in range(3):
            end = list(low)
            end[axis] = high[axis]
            yield Line(self._at(low), self._at((end[0], end[1], end[2])), _GLASS, 1.2, dashed=True)

    def front(self) -> Iterator[Mark]:
        """Yield the near edges, and what the sides are called and measure."""
        corners = [corner for axis in range(3) for corner in around(face(self._walls, axis))]
        for start, end in dict.fromkeys(tuple(sorted(edge)) for edge in corners):
            yield Line(self._at(start), self._at(end), _GLASS, 1.3)
        (x1, y1, z1), (x2, y2, z2) = self._walls.low, self._walls.high
        size = self._inner
        x, y = self._at(((x1 + x2) / 2, y2, z1))
        yield Words((x - 10, y + 26), f"front, {size.length_mm} mm", 13, _GLASS, "end", bold=True)
        x, y = self._at((x2, (y1 + y2) / 2, z1))
        yield Words((x + 10, y + 26), f"right, {size.width_mm} mm", 13, _GLASS, bold=True)
        x, y = self._at((x1, y2, (z1 + z2) / 2))
        yield Words((x - 8, y), f"{size.height_mm} mm", 13, _GLASS, "end", bold=True)

    def items(self, shown: Sequence[ShownItem]) -> Iterator[Mark]:
        """Yield the items, the hindmost first."""
        for part in back_to_front([one.block for one in shown]):
            whole = shown[part.owner]
            for axis in range(3):
                if part.high[axis] == whole.block.high[axis]:
                    yield from self._side(part, axis, whole)

    def _side(self, part: Block, axis: int, whole: ShownItem) -> Iterator[Mark]:
        corners = face(part, axis)
        yield Polygon(self._all_at(corners), lightened(whole.color, LIGHTER[axis]))
        if whole.item.fragile:
            yield from self._hatches(corners)
        for start, end in around(corners):
            if _is_edge(start, end, whole.block):
                yield Line(self._at(start), self._at(end), INK, 1.1)

    def _hatches(self, corners: Sequence[Corner]) -> Iterator[Mark]:
        """Yield the hatches of a side; they run on where a block was cut."""
        one, other = (axis for axis in range(3) if corners[0][axis] != corners[2][axis])
        low, high = corners[0], corners[2]
        step = _HATCH_SPACING / self._scale
        total = low[one] + low[other]
        at = (total // step + 1) * step
        while at < high[one] + high[other]:
            ends = []
            for first in (max(low[one], at - high[other]), min(high[one], at - low[other])):
                place = list(low)
                place[one], place[other] = first, at - first
                ends.append(self._at((place[0], place[1], place[2])))
            yield Line(ends[0], ends[1], HATCH, 0.5)
            at += step

    def numbers(self, shown: Sequence[ShownItem]) -> Iterator[Mark]:
        """Yield each item's number where it is seen best, and the outlines of what is hidden.

        Where much is hidden, outlines would hide the rest: then its numbers are listed.
        """
        blocks = [one.block for one in shown]
        badges: list[_Badge] = []
        sights = [(one, sight_of(one.block, blocks)) for one in shown]
        unseen = [one.number for one, sight in sights if sight.share < _SEEN_SHARE]
        if len(unseen) > _MOST_HIDDEN:
            note = shorten(f"behind these: No. {in_runs(unseen)}", 140, placeholder=" …")
            yield Words((40, self._bottom + 40), note, 13, INK)
        for one, sight in sorted(sights, key=lambda pair: -_room(pair[1])):
            hidden = sight.share < _SEEN_SHARE
            if hidden and len(unseen) > _MOST_HIDDEN:
                continue
            spot = self._best_spot(one.block, sight, hidden=hidden)
            badges.append(_Badge(one.number, spot, _free_place(spot, badges), hidden=hidden))
            if hidden:
                yield from self._outline(one.block)
        for badge in badges:
            yield from badge.leader()
        for badge in badges:
            yield from badge.marks()

    def _best_spot(self, block: Block, sight: Sight, *, hidden: bool) -> Point:
        """Return where there is the most to be seen of a block; its middle where nothing is."""
        if not hidden:
            return self._at(max(sight.spots, key=lambda spot: spot[1])[0])
        middle = [(a + b) / 2 for a, b in zip(block.low, block.high, strict=True)]
        return self._at((middle[0], middle[1], middle[2]))

    def _outline(self, block: Block) -> Iterator[Mark]:
        corners = [edge for axis in range(3) for edge in around(face(block, axis))]
        for start, end in dict.fromkeys(tuple(sorted(edge)) for edge in corners):
            yield Line(self._at(start), self._at(end), INK, 0.9, dashed=True)

    def _at(self, corner: Corner) -> Point:
        right, down = project(corner)
        return (self._origin[0] + right * self._scale, self._origin[1] + down * self._scale)

    def _all_at(self, corners: Sequence[Corner]) -> tuple[Point, ...]:
        return tuple(self._at(corner) for corner in corners)


def _corners(block: Block) -> list[Corner]:
    (x1, y1, z1), (x2, y2, z2) = block.low, block.high
    return [(x, y, z) for x in (x1, x2) for y in (y1, y2) for z in (z1, z2)]


def around(corners: Sequence[CornerT]) -> list[tuple[CornerT, CornerT]]:
    """Return the edges of an area, each by its ends."""
    return list(zip(corners, [*corners[1:], corners[0]], strict=True))


def _is_edge(start: Corner, end: Corner, block: Block) -> bool:
    """Return whether a line is on an edge of the whole block, and not where it was cut."""
    across = [axis for axis in range(3) if start[axis] == end[axis]]
    return all(start[axis] in {block.low[axis], block.high[axis]} for axis in across)


def lightened(color: str, white: float) -> str:
    """Return a color mixed with so much white, from 0 to 1."""
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + (255 - part) * white):02x}" for part in parts)


class _Badge(NamedTuple):
    """An item's number: where the item is, and where there is room for the number."""

    number: int
    spot: Point
    center: Point
    hidden: bool

    def leader(self) -> Iterator[Mark]:
        """Yield the line from the item to its number, where they lie apart."""
        if self.spot != self.center:
            yield Line(self.spot, self.center, INK, 0.9)
            yield Disc(self.spot, 2.2, INK, INK)

    def marks(self) -> Iterator[Mark]:
        """Yield the number in its circle."""
        x, y = self.center
        yield Disc(self.center, _BADGE, _WHITE, INK, dashed=self.hidden)
        size = _BADGE_SIZE if self.number < _WIDE else _BADGE_SIZE * 0.8
        yield Words((x, y + size * 0.36), str(self.number), size, INK, "middle", bold=True)


def in_runs(numbers: Sequence[int]) -> str:
    """Return numbers, the smallest first, with three or more in a row as "4–9"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{run[0]}–{run[-1]}" if len(run) > _PAIR else ", ".join(map(str, run)) for run in runs
    )


def _room(sight: Sight) -> float:
    return max((room for _, room in sight.spots), default=0)


def _free_place(spot: Point, badges: Sequence[_Badge]) -> Point:
    """Return the nearest place to a spot at which a number covers no other one."""
    for turn in range(1 + _RINGS * _DIRECTIONS):
        ring = (turn + _DIRECTIONS - 1) // _DIRECTIONS
        angle = turn % _DIRECTIONS * 2 * pi / _DIRECTIONS
        x = spot[0] + cos(angle) * ring * _BADGE
        y = spot[1] + sin(angle) * ring * _BADGE
        if all(hypot(x - b.center[0], y - b.center[1]) >= _APART for b in badges):
            return (x, y)
    return spot
