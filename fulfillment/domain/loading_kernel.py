"""The compiled part of container loading that places blocks, and looks ahead.

A state is a container partly loaded: its maximal spaces (rows of from and to, along x, y and z;
they may overlap), the boxes left, and the blocks placed (rows of block, x, y, z and corner).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fulfillment.domain.compiled import compiled

LOSS = 4.0
"""How much a block is blamed for length, width and height that no boxes left can fill."""

CONTACT_SHARE = 0.04
"""A gap this small against a block's side counts as contact."""


class States(NamedTuple):
    """States, one a row."""

    spaces: NDArray[np.int32]
    """[state, space, 6]"""
    open: NDArray[np.int32]
    """[state]: how many spaces."""
    left: NDArray[np.int32]
    """[state, type]: how many boxes."""
    placed: NDArray[np.int32]
    """[state, step, 5]"""
    steps: NDArray[np.int32]
    """[state]: how many blocks are placed."""
    volumes: NDArray[np.float64]
    """[state]: of the boxes placed."""


class Scratch(NamedTuple):
    """Room to work in, made once."""

    fresh: NDArray[np.int32]
    """[space, 6]"""
    least: NDArray[np.int32]
    """[axis]: the shortest side of any box left."""
    most: NDArray[np.int32]
    """[axis]: the longest of any space."""
    corner: NDArray[np.int32]
    """[axis]: 1 where a block goes to the far end of its space."""
    top: NDArray[np.int32]
    """[from and to along x and y]: what may be stood on."""
    reach: NDArray[np.int32]
    """[axis, length]: the greatest sum of sides of boxes left that is no longer."""
    candidates: NDArray[np.int32]
    """[rank]: blocks that may still be of use, the most appealing first."""
    ranked: NDArray[np.int32]
    """[rank]: the best blocks for a space."""
    scores: NDArray[np.float64]
    """[rank]: of these."""


@compiled
def _reachable(cargo, left, reach):
    """Find which lengths rows of boxes come to, as sets of bits, for each axis."""
    words_most = (cargo.inner.max() >> 6) + 1
    bits = np.zeros(words_most, np.uint64)
    for axis in range(3):
        length = cargo.inner[axis]
        words = (length >> 6) + 1
        bits[:] = 0
        bits[0] = 1
        for turn in range(cargo.types.shape[0]):
            side, kind = cargo.turns[turn, axis], cargo.types[turn]
            again = False
            before = turn - 1
            while before >= 0 and cargo.types[before] == kind and not again:
                again = cargo.turns[before, axis] == side
                before -= 1
            remaining = 0 if again else min(left[kind], length // side)
            doubling = 1
            while remaining > 0:
                several = min(doubling, remaining)
                remaining -= several
                doubling *= 2
                whole, part = (several * side) >> 6, (several * side) & 63
                for word in range(words - 1, whole - 1, -1):
                    moved = bits[word - whole] << np.uint64(part)
                    if part and word > whole:
                        moved |= bits[word - whole - 1] >> np.uint64(64 - part)
                    bits[word] |= moved
        last = 0
        for at in range(length + 1):
            if (bits[at >> 6] >> np.uint64(at & 63)) & np.uint64(1):
                last = at
            reach[axis, at] = last


@compiled
def _nearest(inner, spaces, count, support, corner):
    """Return the space nearest to a corner of the container, and write which corner that is."""
    best, best_distance, best_volume = -1, 1 << 30, 0.0
    far = np.zeros(3, np.int32)
    for i in range(count):
        distance = 0
        volume = 1.0
        for axis in range(3):
            before, behind = spaces[i, axis], inner[axis] - spaces[i, 3 + axis]
            far[axis] = behind < before and not (support and axis == 2)
            distance += behind if far[axis] else before
            volume *= spaces[i, 3 + axis] - spaces[i, axis]
        if distance < best_distance or (distance == best_distance and volume > best_volume):
            best, best_distance, best_volume = i, distance, volume
            corner[:] = far
    return best


@compiled
def _any_fits(cargo, left, room):
    for turn in range(cargo.types.shape[0]):
        if (
            left[cargo.types[turn]] > 0
            and cargo.turns[turn, 0] <= room[0]
            and cargo.turns[turn, 1] <= room[1]
            and cargo.turns[turn, 2] <= room[2]
        ):
            return True
    return False


@compiled
def _score(blocks, b, room, appeal, reach):
    """Say how well a block suits a space: its volume, what it spoils, what it touches.

    Source: Araya, Guerrero, Nuñez, "VCS: A new heuristic function for selecting boxes in the single
    container loading problem", Computers & Operations Research 82, 2017; contact is taken with the
    faces of the maximal space instead of with each block.
    """
    usable, touched, faces = 1.0, 0.0, 0.0
    for axis in range(3):
        side = blocks.sides[b, axis]
        gap = room[axis] - side
        usable *= (side + reach[axis, gap]) / room[axis]
        face = float(blocks.sides[b, axis - 1]) * blocks.sides[b, axis - 2]
        faces += 2 * face
        touched += 2 * face if gap <= CONTACT_SHARE * side else face
    return appeal[b] * usable**LOSS * touched / faces


@compiled
def _rank(blocks, appeal, left, room, wanted, count, scratch):
    """Write the best blocks for a space; return how many, and how many candidates stay.

    Candidates come by falling appeal, which no score exceeds. Those dropped can't be of use later.
    """
    candidates, scores = scratch.candidates, scratch.scores
    found, kept, at = 0, 0, 0
    while at < count:
        b = candidates[at]
        if found == wanted and appeal[b] <= scores[wanted - 1]:
            break
        at += 1
        d0, d1, d2 = blocks.sides[b, 0], blocks.sides[b, 1], blocks.sides[b, 2]
        if d0 > room[0] or d1 > room[1] or d2 > room[2]:
            if d0 <= scratch.most[0] and d1 <= scratch.most[1] and d2 <= scratch.most[2]:
                candidates[kept] = b
                kept += 1
            continue
        enough = True
        for kind in range(left.shape[0]):
            if blocks.counts[b, kind] > left[kind]:
                enough = False
                break
        if not enough:
            continue
        candidates[kept] = b
        kept += 1
        score = _score(blocks, b, room, appeal, scratch.reach)
        if found < wanted or score > scores[wanted - 1]:
            place = min(found, wanted - 1)
            while place > 0 and scores[place - 1] < score:
                scores[place], scratch.ranked[place] = scores[place - 1], scratch.ranked[place - 1]
                place -= 1
            scores[place], scratch.ranked[place] = score, b
            found = min(found + 1, wanted)
    if kept < at:
        while at < count:
            candidates[kept] = candidates[at]
            kept += 1
            at += 1
        count = kept
    return found, count


@compiled
def _write(rows, n, space):
    for k in range(6):
        rows[n, k] = space[k]
    return n + 1


@compiled
def _within(inside, i, around, k):
    return (
        around[k, 0] <= inside[i, 0]
        and around[k, 1] <= inside[i, 1]
        and around[k, 2] <= inside[i, 2]
        and around[k, 3] >= inside[i, 3]
        and around[k, 4] >= inside[i, 4]
        and around[k, 5] >= inside[i, 5]
    )


@compiled
def _split(space, x1, y1, z1, x2, y2, z2, support, scratch, n):
    """Write what is left of a space around a block; where nothing may hang over, also above it."""
    fresh, least, top = scratch.fresh, scratch.least, scratch.top
    wide = space[3] - space[0] >= least[0]
    deep = space[4] - space[1] >= least[1]
    high = space[5] - space[2] >= least[2]
    if deep and high and x1 - space[0] >= least[0]:
        n = _write(fresh, n, space)
        fresh[n - 1, 3] = x1
    if deep and high and space[3] - x2 >= least[0]:
        n = _write(fresh, n, space)
        fresh[n - 1, 0] = x2
    if wide and high and y1 - space[1] >= least[1]:
        n = _write(fresh, n, space)
        fresh[n - 1, 4] = y1
    if wide and high and space[4] - y2 >= least[1]:
        n = _write(fresh, n, space)
        fresh[n - 1, 1] = y2
    if wide and deep and z1 - space[2] >= least[2]:
        n = _write(fresh, n, space)
        fresh[n - 1, 5] = z1
    if wide and deep and space[5] - z2 >= least[2]:
        n = _write(fresh, n, space)
        fresh[n - 1, 2] = z2
        if support:
            fresh[n - 1, 0], fresh[n - 1, 1] = max(space[0], top[0]), max(space[1], top[1])
            fresh[n - 1, 3], fresh[n - 1, 4] = min(space[3], top[2]), min(space[4], top[3])
            if (
                fresh[n - 1, 3] - fresh[n - 1, 0] < least[0]
                or fresh[n - 1, 4] - fresh[n - 1, 1] < least[1]
            ):
                n -= 1
    return n


@compiled
def _carve(spaces, count, x1, y1, z1, x2, y2, z2, support, scratch):
    """Take a block out of the spaces; return how many there are then."""
    fresh = scratch.fresh
    made, kept = 0, 0
    for i in range(count):
        if (
            x1 >= spaces[i, 3]
            or x2 <= spaces[i, 0]
            or y1 >= spaces[i, 4]
            or y2 <= spaces[i, 1]
            or z1 >= spaces[i, 5]
            or z2 <= spaces[i, 2]
        ):
            kept = _write(spaces, kept, spaces[i])
        elif made + 6 <= fresh.shape[0]:
            made = _split(spaces[i], x1, y1, z1, x2, y2, z2, support, scratch, made)
    old = kept
    for i in range(made):
        inside = False
        for k in range(old):
            if _within(fresh, i, spaces, k):
                inside = True
                break
        for k in range(made):
            if inside:
                break
            # What was found inside another has no extent.
            inside = k != i and fresh[k, 3] > fresh[k, 0] and _within(fresh, i, fresh, k)
        if inside:
            fresh[i, 3] = fresh[i, 0]
    for i in range(made):
        if fresh[i, 3] > fresh[i, 0] and kept < spaces.shape[0]:
            kept = _write(spaces, kept, fresh[i])
    return kept


@compiled
def _shortest(cargo, left, least):
    least[:] = 1 << 29
    for turn in range(cargo.types.shape[0]):
        if left[cargo.types[turn]] > 0:
            for axis in range(3):
                least[axis] = min(least[axis], cargo.turns[turn, axis])


@compiled
def _place(cargo, blocks, states, p, s, b, corner, support, scratch):
    """Place a block into a corner of a space of a state."""
    spaces, left, step = states.spaces[p], states.left[p], states.steps[p]
    low = np.empty(3, np.int32)
    code = 0
    for axis in range(3):
        low[axis] = spaces[s, axis]
        if corner[axis]:
            low[axis] = spaces[s, 3 + axis] - blocks.sides[b, axis]
            code += 1 << axis
    x2, y2 = low[0] + blocks.sides[b, 0], low[1] + blocks.sides[b, 1]
    top = scratch.top
    top[0] = low[0] if not corner[0] else x2 - blocks.tops[b, 0]
    top[1] = low[1] if not corner[1] else y2 - blocks.tops[b, 1]
    top[2], top[3] = top[0] + blocks.tops[b, 0], top[1] + blocks.tops[b, 1]
    for kind in range(left.shape[0]):
        left[kind] -= blocks.counts[b, kind]
    _shortest(cargo, left, scratch.least)
    row = states.placed[p, step]
    row[0], row[1], row[2], row[3], row[4] = b, low[0], low[1], low[2], code
    states.steps[p] += 1
    states.volumes[p] += blocks.volumes[b]
    z2 = low[2] + blocks.sides[b, 2]
    states.open[p] = _carve(
        spaces, states.open[p], low[0], low[1], low[2], x2, y2, z2, support, scratch
    )


@compiled
def _choose(cargo, blocks, appeal, states, p, wanted, count, support, scratch):
    """Find the next space that something fits into, and rank blocks for it.

    Returns the space, how many blocks were ranked (0 if the state is full) and how many candidates
    stay. Spaces of no use are closed.
    """
    spaces, left = states.spaces[p], states.left[p]
    room = np.empty(3, np.int32)
    while states.open[p] > 0 and states.steps[p] < states.placed.shape[1]:
        s = _nearest(cargo.inner, spaces, states.open[p], support, scratch.corner)
        for axis in range(3):
            room[axis] = spaces[s, 3 + axis] - spaces[s, axis]
        if _any_fits(cargo, left, room):
            scratch.most[:] = 0
            for i in range(states.open[p]):
                for axis in range(3):
                    extent = spaces[i, 3 + axis] - spaces[i, axis]
                    scratch.most[axis] = max(scratch.most[axis], extent)
            _reachable(cargo, left, scratch.reach)
            found, count = _rank(blocks, appeal, left, room, wanted, count, scratch)
            if found:
                return s, found, count
        states.open[p] -= 1
        for i in range(s, states.open[p]):
            _write(spaces, i, spaces[i + 1])
    return -1, 0, count


@compiled
def _copy(source, p, target, q):
    target.open[q], target.steps[q] = source.open[p], source.steps[p]
    target.volumes[q] = source.volumes[p]
    target.left[q] = source.left[p]
    for i in range(source.open[p]):
        _write(target.spaces[q], i, source.spaces[p, i])
    for i in range(source.steps[p]):
        target.placed[q, i] = source.placed[p, i]


@compiled
def look_ahead(
    cargo, blocks, appeal, order, states, p, wanted, support, scratch, best, children, n
):
    """Try the best blocks for a state's next space, each completed greedily.

    Args:
        cargo: the container and the boxes.
        blocks: what may be placed.
        appeal: [block]: its volume, less for many boxes; no score exceeds it.
        order: [block]: by falling appeal.
        states: of which row p is looked at.
        p: that row.
        wanted: how many blocks are tried at most.
        support: whether all of each base must be stood on.
        scratch: room to work in.
        best: two states: the best complete one so far, and room for one.
        children: [child, 7]: gets rows of p, space, block, corner along each axis, final volume.
        n: how many children there are already.

    Returns:
        How many children there are.

    """
    scratch.candidates[:] = order
    s, found, count = _choose(
        cargo, blocks, appeal, states, p, wanted, order.shape[0], support, scratch
    )
    corner = scratch.corner.copy()
    ranked = scratch.ranked[:found].copy()
    candidates = scratch.candidates[:count].copy()
    for b in ranked:
        _copy(states, p, best, 1)
        _place(cargo, blocks, best, 1, s, b, corner, support, scratch)
        scratch.candidates[:count] = candidates
        remaining = count
        while True:
            at, some, remaining = _choose(
                cargo, blocks, appeal, best, 1, 1, remaining, support, scratch
            )
            if some == 0:
                break
            b_next = scratch.ranked[0]
            _place(cargo, blocks, best, 1, at, b_next, scratch.corner, support, scratch)
        row = children[n]
        row[0], row[1], row[2] = p, s, b
        row[3], row[4], row[5] = corner[0], corner[1], corner[2]
        row[6] = int(best.volumes[1])
        n += 1
        if best.volumes[1] > best.volumes[0]:
            _copy(best, 1, best, 0)
    return n


@compiled
def follow(cargo, blocks, chosen, states, following, support, scratch):
    """Place the blocks of the chosen children, each giving a state that follows."""
    for q in range(chosen.shape[0]):
        p = chosen[q, 0]
        _copy(states, p, following, q)
        _place(
            cargo,
            blocks,
            following,
            q,
            chosen[q, 1],
            chosen[q, 2],
            chosen[q, 3:6],
            support,
            scratch,
        )
