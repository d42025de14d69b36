"""The compiled part of container loading that composes blocks of boxes.

A block is a cuboid of boxes without, or nearly without, gaps. Simple blocks are one type in one
turn, repeated along the axes; compound blocks are two blocks side by side along an axis.

Source: Fanslau, Bortfeldt, "A Tree Search Algorithm for Solving the Container Loading Problem",
INFORMS Journal on Computing 22(2), 2010 (general blocks); Zhu, Lim, "A new iterative-doubling
Greedy-Lookahead algorithm for the single container loading problem", EJOR 222(3), 2012 (the part of
a block's upper face that others may stand on).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fulfillment.domain.compiled import compiled

BUCKETS = 1 << 14
PAIRS = 4_000_000
"""So many pairs of blocks are looked at, at most."""


class Cargo(NamedTuple):
    """A container and the boxes for it; all lengths in one unit."""

    inner: NDArray[np.int32]
    """[axis]"""
    turns: NDArray[np.int32]
    """[turn, axis]: sizes of a box as it may be turned; the turns of a type stand together."""
    types: NDArray[np.int32]
    """[turn]: whose turn it is, as a number from 0."""
    counts: NDArray[np.int32]
    """[type]: how many boxes there are."""


class Blocks(NamedTuple):
    """Blocks, and how each is composed."""

    sides: NDArray[np.int32]
    """[block, axis]"""
    counts: NDArray[np.int16]
    """[block, type]"""
    volumes: NDArray[np.float64]
    """[block]: of its boxes."""
    boxes: NDArray[np.int32]
    """[block]: how many."""
    axes: NDArray[np.int8]
    """[block]: along which its two parts lie; -1 of a simple block."""
    firsts: NDArray[np.int32]
    """[block]: the first part; the turn, of a simple block."""
    seconds: NDArray[np.int32]
    """[block]"""
    repeats: NDArray[np.int32]
    """[block, axis]: of a simple block."""
    tops: NDArray[np.int32]
    """[block, x or y]: what may be stood on, from the corner that the block is anchored at."""


@compiled
def _bucket(sides, counts):
    number = sides[0] * 73856093 ^ sides[1] * 19349663 ^ sides[2] * 83492791
    for count in counts:
        number = (number * 31 + count) & 0x7FFFFFFF
    return number % BUCKETS


@compiled
def _known(blocks, sides, counts, heads, nexts):
    """Say whether there is a block of these sides and boxes already."""
    b = heads[_bucket(sides, counts)]
    while b >= 0:
        if (
            blocks.sides[b, 0] == sides[0]
            and blocks.sides[b, 1] == sides[1]
            and blocks.sides[b, 2] == sides[2]
        ):
            same = True
            for kind in range(counts.shape[0]):
                same = same and blocks.counts[b, kind] == counts[kind]
            if same:
                return True
        b = nexts[b]
    return False


@compiled
def _add(blocks, n, sides, counts, heads, nexts):
    blocks.sides[n] = sides
    blocks.counts[n] = counts
    bucket = _bucket(sides, counts)
    nexts[n] = heads[bucket]
    heads[bucket] = n


@compiled
def _simple(cargo, blocks, most, heads, nexts):
    """Compose blocks of one type in one turn, those of few boxes first."""
    n = 0
    sides = np.empty(3, np.int32)
    counts = np.zeros(cargo.counts.shape[0], np.int16)
    for k in range(1, cargo.counts.max() + 1):
        for turn in range(cargo.types.shape[0]):
            if k > cargo.counts[cargo.types[turn]]:
                continue
            counts[:] = 0
            counts[cargo.types[turn]] = k
            for along in range(1, k + 1):
                sides[0] = along * cargo.turns[turn, 0]
                if sides[0] > cargo.inner[0]:
                    break
                if k % along:
                    continue
                for across in range(1, k // along + 1):
                    sides[1] = across * cargo.turns[turn, 1]
                    if sides[1] > cargo.inner[1]:
                        break
                    if (k // along) % across:
                        continue
                    up = k // along // across
                    sides[2] = up * cargo.turns[turn, 2]
                    if sides[2] > cargo.inner[2] or _known(blocks, sides, counts, heads, nexts):
                        continue
                    if n == most:
                        return n
                    _add(blocks, n, sides, counts, heads, nexts)
                    blocks.volumes[n] = float(sides[0]) * sides[1] * sides[2]
                    blocks.boxes[n] = k
                    blocks.axes[n] = -1
                    blocks.firsts[n] = turn
                    blocks.repeats[n, 0], blocks.repeats[n, 1] = along, across
                    blocks.repeats[n, 2] = up
                    blocks.tops[n] = sides[:2]
                    n += 1
    return n


@compiled
def _joined(blocks, a, b, axis, top):
    """Say which of two parts comes first so that one can stand on the whole; -1 if neither.

    Writes what may be stood on to `top`.
    """
    for first, second in ((a, b), (b, a)):
        if axis == 2:
            if (
                blocks.sides[second, 0] <= blocks.tops[first, 0]
                and blocks.sides[second, 1] <= blocks.tops[first, 1]
            ):
                top[:] = blocks.tops[second]
                return first
        elif (
            blocks.sides[first, 2] == blocks.sides[second, 2]
            and blocks.tops[first, axis] == blocks.sides[first, axis]
        ):
            top[axis] = blocks.sides[first, axis] + blocks.tops[second, axis]
            top[1 - axis] = min(blocks.tops[first, 1 - axis], blocks.tops[second, 1 - axis])
            return first
    return -1


@compiled
def _fits(cargo, blocks, a, b, axis, most):
    """Say whether a cuboid about two blocks along an axis is small enough."""
    around = 1.0
    for k in range(3):
        one, two = blocks.sides[a, k], blocks.sides[b, k]
        side = one + two if k == axis else max(one, two)
        if side > cargo.inner[k]:
            return False
        around *= side
    return around <= most


@compiled
def _enough(cargo, blocks, a, b):
    for kind in range(cargo.counts.shape[0]):
        if blocks.counts[a, kind] + blocks.counts[b, kind] > cargo.counts[kind]:
            return False
    return True


@compiled
def _compound(cargo, blocks, n, least_full, support, heads, nexts):
    """Join pairs of blocks, the small ones first, until there is no room for more."""
    most = blocks.sides.shape[0]
    queue = np.empty(most, np.int32)
    queue[:n] = np.argsort(blocks.volumes[:n]).astype(np.int32)
    sides, top = np.empty(3, np.int32), np.zeros(2, np.int32)
    counts = np.zeros(cargo.counts.shape[0], np.int16)
    at, pairs = 0, 0
    while at < n < most and pairs < PAIRS:
        a = queue[at]
        for other in range(at + 1):
            b = queue[other]
            pairs += 1
            volume = blocks.volumes[a] + blocks.volumes[b]
            for axis in range(3):
                if not _fits(cargo, blocks, a, b, axis, volume / least_full):
                    continue
                if not _enough(cargo, blocks, a, b):
                    break
                for k in range(3):
                    one, two = blocks.sides[a, k], blocks.sides[b, k]
                    sides[k] = one + two if k == axis else max(one, two)
                for kind in range(counts.shape[0]):
                    counts[kind] = blocks.counts[a, kind] + blocks.counts[b, kind]
                first = _joined(blocks, a, b, axis, top) if support else a
                if first < 0 or _known(blocks, sides, counts, heads, nexts):
                    continue
                if n == most:
                    return n
                _add(blocks, n, sides, counts, heads, nexts)
                blocks.volumes[n] = volume
                blocks.boxes[n] = blocks.boxes[a] + blocks.boxes[b]
                blocks.axes[n] = axis
                blocks.firsts[n], blocks.seconds[n] = first, a + b - first
                blocks.tops[n] = top
                queue[n] = n
                n += 1
        at += 1
    return n


@compiled
def compose(cargo, blocks, most_simple, least_full, support):
    """Write blocks to the rows of `blocks`, and return how many there are.

    Args:
        cargo: the container and the boxes.
        blocks: zeros, with as many rows as there may be blocks.
        most_simple: how many of them may be simple.
        least_full: how much of a block its boxes fill, at least.
        support: whether all of each base must be stood on.

    """
    heads = np.full(BUCKETS, -1, np.int32)
    nexts = np.full(blocks.sides.shape[0], -1, np.int32)
    n = _simple(cargo, blocks, most_simple, heads, nexts)
    return _compound(cargo, blocks, n, least_full, support, heads, nexts)
