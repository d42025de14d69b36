"""Loading one container with as much volume of boxes as the time allows.

A beam search over blocks of boxes: a state's next space is the one nearest to a corner of the
container; the blocks that suit it best are each completed greedily, and of all that come out the
fullest are carried on. The beam is then searched anew, wider, until the time is up.

Source: Araya, Riff, "A beam search approach to the container loading problem", Computers &
Operations Research 43, 2014; blocks and their scores as `block_kernel` and `loading_kernel` say.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from fulfillment.domain.block_kernel import Blocks, Cargo, compose
from fulfillment.domain.loading_kernel import Scratch, States, follow, look_ahead

MOST_BLOCKS = 5000
MOST_SIMPLE = 3000
LEAST_FULL = 0.98
FEW_BOXES = 0.2
"""How much blocks of few boxes are preferred: many small boxes are left to fill gaps."""

MOST_SPACES = 400
MOST_STEPS = 1000
WIDEST = 512


class BoxType(NamedTuple):
    """Boxes that are alike."""

    name: str
    sides: tuple[int, int, int]
    upright: tuple[bool, bool, bool]
    """Whether each side may stand vertically."""
    quantity: int


class LoadedBox(NamedTuple):
    """Where a box lies, from a low corner of the container, and its sizes along x, y and z."""

    name: str
    low: tuple[int, int, int]
    size: tuple[int, int, int]


def load_container(
    inner: tuple[int, int, int],
    boxes: Sequence[BoxType],
    *,
    full_support: bool,
    remaining_seconds: Callable[[], float],
    widest: int = WIDEST,
) -> list[LoadedBox]:
    """Load the boxes of the most volume that are found in time.

    Args:
        inner: the container's inside; z is the last.
        boxes: what may be loaded.
        full_support: whether all of each base rests on the floor or on other boxes.
        remaining_seconds: how long the search may still go on; it stops once that is none.
        widest: the widest beam; the search ends after it, so with a small one it needs no clock.

    """
    names, cargo = _cargo(inner, boxes)
    if not len(cargo.types):
        return []
    blocks = _composed(cargo, support=full_support)
    search = _Beam(cargo, blocks, remaining_seconds, support=full_support)
    search.widen(widest)
    return [
        LoadedBox(names[kind], low, size)
        for block, x, y, z, corner in search.placed()
        for kind, low, size in _unfolded(cargo, blocks, block, (x, y, z), corner)
    ]


def _cargo(inner: tuple[int, int, int], boxes: Sequence[BoxType]) -> tuple[list[str], Cargo]:
    turns: list[tuple[int, int, int]] = []
    types: list[int] = []
    for kind, box in enumerate(boxes):
        fitting = [
            turn for turn in _turns(box) if all(map(int.__le__, turn, inner)) and box.quantity > 0
        ]
        turns += fitting
        types += [kind] * len(fitting)
    counts = [min(box.quantity, np.iinfo(np.int16).max) for box in boxes]
    return [box.name for box in boxes], Cargo(
        np.array(inner, np.int32),
        np.array(turns, np.int32).reshape(-1, 3),
        np.array(types, np.int32),
        np.array(counts, np.int32),
    )


def _turns(box: BoxType) -> list[tuple[int, int, int]]:
    turns = set()
    for vertical in range(3):
        if box.upright[vertical]:
            long, wide = (box.sides[axis] for axis in range(3) if axis != vertical)
            high = box.sides[vertical]
            turns |= {(long, wide, high), (wide, long, high)}
    return sorted(turns)


def _composed(cargo: Cargo, *, support: bool) -> Blocks:
    room = Blocks(
        np.zeros((MOST_BLOCKS, 3), np.int32),
        np.zeros((MOST_BLOCKS, len(cargo.counts)), np.int16),
        np.zeros(MOST_BLOCKS),
        np.zeros(MOST_BLOCKS, np.int32),
        np.zeros(MOST_BLOCKS, np.int8),
        np.zeros(MOST_BLOCKS, np.int32),
        np.zeros(MOST_BLOCKS, np.int32),
        np.zeros((MOST_BLOCKS, 3), np.int32),
        np.zeros((MOST_BLOCKS, 2), np.int32),
    )
    count = compose(cargo, room, MOST_SIMPLE, LEAST_FULL, support)
    return Blocks._make(field[:count] for field in room)


class _Beam:
    """The search, and the best it has found."""

    def __init__(
        self,
        cargo: Cargo,
        blocks: Blocks,
        remaining_seconds: Callable[[], float],
        *,
        support: bool,
    ) -> None:
        self._cargo = cargo
        self._blocks = blocks
        self._remaining = remaining_seconds
        self._support = support
        self._appeal = blocks.volumes * blocks.boxes.astype(np.float64) ** -FEW_BOXES
        self._order = np.argsort(-self._appeal, kind="stable").astype(np.int32)
        self._steps = min(int(cargo.counts.sum()), MOST_STEPS)
        self._best = self._states(2)
        self._last_look = 0.0

    def widen(self, widest: int) -> None:
        """Search with wider and wider beams, as wide as the time left seems to allow."""
        width, most = 1, self._most_volume()
        while width <= widest and self._best.volumes[0] < most:
            began = self._remaining()
            if not self._search(width):
                return
            left, took = self._remaining(), max(began - self._remaining(), 1e-6)
            growth = math.sqrt(max(left, 0.0) / took) if math.isfinite(left) else 2.0
            width = max(width + 1, min(4 * width, int(width * min(growth, 4.0))))

    def placed(self) -> list[list[int]]:
        """Return the blocks of the best: block, x, y, z, corner."""
        found: list[list[int]] = self._best.placed[0, : self._best.steps[0]].tolist()
        return found

    def _most_volume(self) -> float:
        """Return what can't be exceeded: all boxes, or all of the inside."""
        sizes = {
            int(kind): turn for kind, turn in zip(self._cargo.types, self._cargo.turns, strict=True)
        }
        boxes = sum(
            int(self._cargo.counts[kind]) * math.prod(map(int, turn))
            for kind, turn in sizes.items()
        )
        return float(min(boxes, math.prod(map(int, self._cargo.inner))))

    def _search(self, width: int) -> bool:
        """Search with one beam; say whether it came to its end in time."""
        states, following = self._states(width), self._states(width)
        states.open[0], states.left[0] = 1, self._cargo.counts
        states.spaces[0, 0, 3:] = self._cargo.inner
        scratch = self._scratch(width)
        live = 1
        while live:
            children = np.zeros((live * width, 7), np.int64)
            count = 0
            for state in range(live):
                before = self._remaining()
                # The narrowest beam is one greedy loading, which there is always time for.
                if width > 1 and before <= self._last_look:
                    return False
                count = look_ahead(
                    self._cargo,
                    self._blocks,
                    self._appeal,
                    self._order,
                    states,
                    state,
                    width,
                    self._support,
                    scratch,
                    self._best,
                    children,
                    count,
                )
                after = self._remaining()
                self._last_look = before - after if math.isfinite(after) else 0.0
            # Children of equal final volume are most likely the same but for symmetry.
            _, first = np.unique(children[:count, 6], return_index=True)
            chosen = children[first[::-1][:width]]
            follow(self._cargo, self._blocks, chosen, states, following, self._support, scratch)
            states, following, live = following, states, len(chosen)
        return True

    def _states(self, count: int) -> States:
        return States(
            np.zeros((count, MOST_SPACES, 6), np.int32),
            np.zeros(count, np.int32),
            np.zeros((count, len(self._cargo.counts)), np.int32),
            np.zeros((count, self._steps, 5), np.int32),
            np.zeros(count, np.int32),
            np.zeros(count),
        )

    def _scratch(self, width: int) -> Scratch:
        return Scratch(
            np.zeros((600, 6), np.int32),
            np.zeros(3, np.int32),
            np.zeros(3, np.int32),
            np.zeros(3, np.int32),
            np.zeros(4, np.int32),
            np.zeros((3, int(self._cargo.inner.max()) + 1), np.int32),
            np.zeros(len(self._order), np.int32),
            np.zeros(width, np.int32),
            np.zeros(width),
        )


def _unfolded(
    cargo: Cargo, blocks: Blocks, block: int, low: tuple[int, int, int], corner: int
) -> Iterator[tuple[int, tuple[int, int, int], tuple[int, int, int]]]:
    """Yield the boxes of a block: type, place and size; at a far corner it is mirrored."""
    axis = int(blocks.axes[block])
    if axis < 0:
        turn = int(blocks.firsts[block])
        size = (int(cargo.turns[turn, 0]), int(cargo.turns[turn, 1]), int(cargo.turns[turn, 2]))
        for steps in np.ndindex(*blocks.repeats[block]):
            x, y, z = (low[k] + steps[k] * size[k] for k in range(3))
            yield int(cargo.types[turn]), (x, y, z), size
        return
    first, second = int(blocks.firsts[block]), int(blocks.seconds[block])
    for part, offset in ((first, 0), (second, int(blocks.sides[first, axis]))):
        start = list(low)
        for k in range(3):
            inward = offset if k == axis else 0
            if corner >> k & 1:
                inward = int(blocks.sides[block, k] - blocks.sides[part, k]) - inward
            start[k] += inward
        yield from _unfolded(cargo, blocks, part, (start[0], start[1], start[2]), corner)
