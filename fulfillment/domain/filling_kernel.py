"""The compiled part of `carton_filling`: many tries to lay items into a carton.

Boxes and spaces are rows of six: from and to, along x, y and z, in mm.
"""

import numpy as np

from fulfillment.domain.compiled import compiled

SPACES = 512
"""Room for so many spaces; beyond it some room is overlooked, never used twice."""

KEYS = 5
"""Sequences to begin with: by volume, longest side, widest face, weight, shortest side."""

PREFERENCES = 4
"""Places to prefer: flat and low, filled rows, tight fits, low tops."""

NOWHERE = 1e300
LAST = 1e20


@compiled
def _draw(state):
    """Return the next random number of xorshift64*, between 0 and 1."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@compiled
def _key(key, turns, weight):
    a, b, c = float(turns[0, 0]), float(turns[0, 1]), float(turns[0, 2])
    low, high = min(a, b, c), max(a, b, c)
    middle = a + b + c - low - high
    if key == 0:
        return a * b * c
    if key == 1:
        return high * 1e8 + middle * 1e4 + low
    if key == 2:
        return high * middle + low
    if key == 3:
        return float(weight)
    return low * 1e8 + middle * 1e4 + high


@compiled
def _sort(keys, order):
    """Write the sequence of rising keys; equal ones keep theirs."""
    for i in range(keys.shape[0]):
        at = i
        while at > 0 and keys[order[at - 1]] > keys[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i


@compiled
def _rank(preference, x, y, z, dy, dz, gx, gy, gz, base):
    """Return how bad a place is; `g` are the gaps that are left of its space."""
    if preference == 0:
        return ((z * base + dz) * base + y) * base + x
    if preference == 1:
        return ((z * base + y + dy) * base + x) * base + dz
    if preference == 2:
        low, high = min(gx, gy, gz), max(gx, gy, gz)
        return ((low * base + (gx + gy + gz - low - high)) * base + high) * base + z
    return ((z + dz) * base + x + y) * base + max(gx, gy)


@compiled
def _meet(a1, a2, b1, b2):
    return min(a2, b2) - max(a1, b1)


@compiled
def _rests(boxes, placed, x, y, z, dx, dy, percent):
    """Say whether enough of a base rests on what was placed."""
    if z == 0 or percent == 0:
        return True
    area = 0
    for i in range(placed):
        if boxes[i, 5] == z:
            along = _meet(x, x + dx, boxes[i, 0], boxes[i, 3])
            across = _meet(y, y + dy, boxes[i, 1], boxes[i, 4])
            if along > 0 and across > 0:
                area += along * across
    return 100 * area >= percent * dx * dy


@compiled
def _spread(boxes, placed, x, y, z, dx, dy, weight, share, added):
    """Spread a weight over what it stands on, and on what that stands on, into `added`.

    `share[i, k]` is the part of what lies on i that k bears. What was placed later never lies
    below what was placed before, so one pass from the last to the first is enough.
    """
    total = 0.0
    for i in range(placed):
        added[i] = 0.0
        share[placed, i] = 0.0
        if boxes[i, 5] == z:
            along = _meet(x, x + dx, boxes[i, 0], boxes[i, 3])
            across = _meet(y, y + dy, boxes[i, 1], boxes[i, 4])
            if along > 0 and across > 0:
                share[placed, i] = float(along) * across
                total += share[placed, i]
    if total == 0.0:
        return
    for i in range(placed):
        share[placed, i] /= total
        added[i] = share[placed, i] * weight
    for i in range(placed - 1, -1, -1):
        if added[i] > 0.0:
            for k in range(i):
                added[k] += added[i] * share[i, k]


@compiled
def _bears(boxes, placed, x, y, z, dx, dy, weight, share, added, loads, limits):
    """Say whether all that is below bears a weight more."""
    if z == 0:
        return True
    _spread(boxes, placed, x, y, z, dx, dy, weight, share, added)
    for i in range(placed):
        if loads[i] + added[i] > limits[i] + 1e-6:
            return False
    return True


@compiled
def _write(target, to, source, at):
    """Copy a row of six; assigned as a slice it would compile for a second."""
    for k in range(6):
        target[to, k] = source[at, k]


@compiled
def _carve(spaces, count, box, least, fresh):
    """Take a box out of the spaces, and return how many there are then."""
    made = 0
    kept = 0
    for i in range(count):
        apart = False
        for axis in range(3):
            if box[axis] >= spaces[i, 3 + axis] or box[3 + axis] <= spaces[i, axis]:
                apart = True
        if apart or made + 6 > fresh.shape[0]:
            if not apart:
                continue
            _write(spaces, kept, spaces, i)
            kept += 1
            continue
        for axis in range(3):
            if box[axis] - spaces[i, axis] >= least:
                _write(fresh, made, spaces, i)
                fresh[made, 3 + axis] = box[axis]
                made += 1
            if spaces[i, 3 + axis] - box[3 + axis] >= least:
                _write(fresh, made, spaces, i)
                fresh[made, axis] = box[3 + axis]
                made += 1
    old = kept
    for i in range(made):
        if kept >= spaces.shape[0]:
            break
        if not _covered(fresh, i, spaces, old, made):
            _write(spaces, kept, fresh, i)
            kept += 1
    return kept


@compiled
def _within(inside, i, around, k):
    for axis in range(3):
        if inside[i, axis] < around[k, axis] or inside[i, 3 + axis] > around[k, 3 + axis]:
            return False
    return True


@compiled
def _covered(fresh, i, spaces, old, made):
    """Say whether a new space lies within another; of equal ones the first stays."""
    for k in range(old):
        if _within(fresh, i, spaces, k):
            return True
    for k in range(made):
        if k != i and _within(fresh, i, fresh, k) and (k < i or not _within(fresh, k, fresh, i)):
            return True
    return False


@compiled
def _lay(
    turns,
    ways,
    weight,
    inner,
    spaces,
    count,
    boxes,
    placed,
    preference,
    percent,
    lowered,
    share,
    added,
    loads,
    limits,
    box,
):
    """Find the preferred place of an item; writes it to `box` and returns the turn, or -1."""
    base = float(max(inner[0], inner[1], inner[2]) + 1)
    best, chosen = NOWHERE, -1
    for s in range(count):
        x1, y1, z = spaces[s, 0], spaces[s, 1], spaces[s, 2]
        x2, y2, z2 = spaces[s, 3], spaces[s, 4], spaces[s, 5]
        if lowered and z2 != inner[2]:
            continue
        for t in range(ways):
            dx, dy, dz = turns[t, 0], turns[t, 1], turns[t, 2]
            if dx > x2 - x1 or dy > y2 - y1 or dz > z2 - z:
                continue
            spots = 1 if z == 0 or percent == 0 else placed + 1
            for k in range(spots):
                fx1, fx2, fy1, fy2 = x1, x2, y1, y2
                if k > 0:
                    # Onto a corner of what it may stand on.
                    if boxes[k - 1, 5] != z:
                        continue
                    fx1, fx2 = max(x1, boxes[k - 1, 0]), min(x2, boxes[k - 1, 3])
                    fy1, fy2 = max(y1, boxes[k - 1, 1]), min(y2, boxes[k - 1, 4])
                    if fx1 >= fx2 or fy1 >= fy2:
                        continue
                for corner in range(4):
                    x = fx1 if corner % 2 == 0 else fx2 - dx
                    y = fy1 if corner < 2 else fy2 - dy
                    if x < x1 or y < y1 or x + dx > x2 or y + dy > y2:
                        continue
                    rank = _rank(
                        preference,
                        x,
                        y,
                        z,
                        dy,
                        dz,
                        x2 - x1 - dx,
                        y2 - y1 - dy,
                        z2 - z - dz,
                        base,
                    )
                    if rank >= best:
                        continue
                    if not _rests(boxes, placed, x, y, z, dx, dy, percent):
                        continue
                    if lowered and not _bears(
                        boxes, placed, x, y, z, dx, dy, weight, share, added, loads, limits
                    ):
                        continue
                    best, chosen = rank, t
                    box[0], box[1], box[2] = x, y, z
                    box[3], box[4], box[5] = x + dx, y + dy, z + dz
    return chosen


@compiled
def fill_best(
    turns, ways, weights, bears, kinds, worths, inner, payload, percent, lowered, tries, seed
):
    """Lay the goods of the most worth; the arguments and the result are those of `fill`."""
    n = ways.shape[0]
    state = np.empty(1, np.uint64)
    state[0] = seed * 7919 + 88172645463325252
    least = 1 << 30
    for i in range(n):
        for axis in range(3):
            least = min(least, turns[i, 0, axis])
    spaces = np.empty((SPACES, 6), np.int32)
    fresh = np.empty((SPACES, 6), np.int32)
    boxes, best_boxes = np.empty((n, 6), np.int32), np.empty((n, 6), np.int32)
    items, best_items = np.empty(n, np.int64), np.empty(n, np.int64)
    took, best_took = np.empty(n, np.int32), np.empty(n, np.int32)
    share = np.zeros((n + 1, n + 1))
    added, loads, limits = np.zeros(n), np.zeros(n), np.zeros(n)
    # Some of the goods may have the numbers of all of them.
    most_kinds = 0
    for i in range(n):
        most_kinds = max(most_kinds, kinds[i] + 1)
    misfit = np.zeros(most_kinds, np.int64)
    box = np.empty(6, np.int32)
    keys, best_keys = np.empty(n), np.empty(n)
    order = np.empty(n, np.int64)
    out = np.zeros(n, np.bool_)
    best_count, best_worth, best_preference = 0, -1.0, 0
    used = 0
    for trial in range(tries):
        used += 1
        # First each key with each preference, then variations of the best.
        preference = trial % PREFERENCES
        if trial < KEYS * PREFERENCES:
            for i in range(n):
                keys[i] = -_key(trial // PREFERENCES, turns[i], weights[i])
                if lowered and bears[i, 0] == 0:
                    # What bears nothing goes last.
                    keys[i] += LAST
        else:
            if _draw(state) < 0.7:
                preference = best_preference
            noise = n * (0.05 + 0.4 * _draw(state) ** 2)
            forward = _draw(state) < 0.5
            for i in range(n):
                keys[i] = best_keys[i] + noise * (_draw(state) - 0.5)
                if forward and out[i]:
                    keys[i] -= n * _draw(state)
        _sort(keys, order)
        count, placed, left, worth = 1, 0, payload, 0.0
        for axis in range(3):
            spaces[0, axis] = 0
            spaces[0, 3 + axis] = inner[axis]
        for p in range(n):
            i = order[p]
            if weights[i] > left or misfit[kinds[i]] == trial + 1:
                continue
            turn = _lay(
                turns[i],
                ways[i],
                weights[i],
                inner,
                spaces,
                count,
                boxes,
                placed,
                preference,
                percent,
                lowered,
                share,
                added,
                loads,
                limits,
                box,
            )
            if turn < 0:
                misfit[kinds[i]] = trial + 1
                continue
            if lowered:
                _spread(
                    boxes,
                    placed,
                    box[0],
                    box[1],
                    box[2],
                    box[3] - box[0],
                    box[4] - box[1],
                    weights[i],
                    share,
                    added,
                )
                if box[2] > 0:
                    for k in range(placed):
                        loads[k] += added[k]
                loads[placed] = 0.0
                limits[placed] = float(bears[i, turn])
                if box[2] == 0:
                    for k in range(placed):
                        share[placed, k] = 0.0
            for k in range(6):
                boxes[placed, k] = box[k]
            items[placed], took[placed] = i, turn
            placed += 1
            left -= weights[i]
            worth += worths[i]
            if lowered and bears[i, turn] == 0:
                # What nothing may stand on has nothing above it either.
                box[5] = inner[2]
            count = _carve(spaces, count, box, least, fresh)
        if worth > best_worth or (trial >= KEYS * PREFERENCES and worth == best_worth):
            best_worth, best_count, best_preference = worth, placed, preference
            for p in range(placed):
                _write(best_boxes, p, boxes, p)
                best_items[p], best_took[p] = items[p], took[p]
            for p in range(n):
                best_keys[order[p]] = float(p)
            for i in range(n):
                out[i] = True
            for p in range(placed):
                out[items[p]] = False
            if placed == n:
                break
    return best_items[:best_count], best_boxes[:best_count], best_took[:best_count], used
