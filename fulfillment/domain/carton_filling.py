"""Filling one carton with single items under the rules of packing.

The room that is left is kept as maximal spaces: the largest empty cuboids, which may overlap. Each
item goes to a corner of one of them (or onto a corner of what it stands on), where a preference
likes it best; many sequences of the items are tried, the later ones variations of the best so far.

Source: maximal spaces as in Parreño, Alvarez-Valdes, Tamarit, Oliveira, "A maximal-space algorithm
for the container loading problem", INFORMS Journal on Computing 20(3), 2008.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fulfillment.domain.cartonization import PackItem, PackRules, turns_of
from fulfillment.domain.filling_kernel import fill_best

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

_BEARS_ANYTHING = 1 << 40
_TURNS = 6


class Goods(NamedTuple):
    """Items as the kernel sees them; sizes in mm with their padding, weights in g."""

    turns: Ints
    """[item, turn, axis]"""
    ways: Ints
    """[item]: how many turns it may take."""
    weights: Longs
    """[item]"""
    bears: Longs
    """[item, turn]: the most it bears."""
    kinds: Ints
    """[item]: the same for items that are alike."""
    worths: Floats
    """[item]: what it is worth to have it in; its volume, or more."""

    def only(self, chosen: Longs) -> "Goods":
        """Return some of the items, by their numbers."""
        return Goods._make(field[chosen] for field in self)


class Filled(NamedTuple):
    """The best filling found."""

    items: Longs
    """[placed]: which, in the sequence in which they were laid."""
    boxes: Ints
    """[placed, 6]: from and to, along x, y and z, in mm with the padding."""
    turns: Ints
    """[placed]: which turn was taken."""
    tries: int
    """How many sequences were tried."""


def fill(  # noqa: PLR0913 - what a carton is, what goods are, and what rules there are
    goods: Goods,
    inner: tuple[int, int, int],
    payload_g: int,
    *,
    support_percent: int,
    lowered: bool,
    tries: int,
    seed: int = 1,
) -> Filled:
    """Lay the goods of the most worth into a carton that the tries find; all of them end it.

    Args:
        goods: what shall go in; at least one item.
        inner: the carton's inside, in mm.
        payload_g: the most that its contents weigh.
        support_percent: how much of its base each item rests on, at least.
        lowered: whether items come in from above and bear on one another; else neither counts.
        tries: how many sequences are tried at most.
        seed: decides the sequences.

    """
    inside = np.array(inner, np.int32)
    best = fill_best(*goods, inside, payload_g, support_percent, lowered, tries, seed)
    return Filled(*best)


def goods_of(items: Sequence[PackItem], rules: PackRules) -> Goods:
    """Return the items as the kernel sees them."""
    turns = np.zeros((len(items), _TURNS, 3), np.int32)
    bears = np.zeros((len(items), _TURNS), np.int64)
    ways = np.zeros(len(items), np.int32)
    alike: dict[object, int] = {}
    kinds = np.zeros(len(items), np.int32)
    for number, item in enumerate(items):
        padding = 2 * rules.padding_of(item)
        possible = turns_of(item)
        ways[number] = len(possible)
        for turn, sides in enumerate(possible):
            turns[number, turn] = [side + padding for side in sides]
            bears[number, turn] = bears_g(item, sides[0] * sides[1])
        kind = (turns[number].tobytes(), item.weight_g, bears[number].tobytes())
        kinds[number] = alike.setdefault(kind, len(alike))
    weights = np.array([item.weight_g for item in items], np.int64)
    worths = turns[:, 0].astype(np.float64).prod(axis=1)
    return Goods(turns, ways, weights, bears, kinds, worths)


def bears_g(item: PackItem, face_mm2: int) -> int:
    """Return the most that may stand on an item whose upper face is so large."""
    if item.fragile:
        return 0
    limits = [_BEARS_ANYTHING]
    if item.bears_g is not None:
        limits.append(item.bears_g)
    if item.bears_g_per_dm2 is not None:
        limits.append(item.bears_g_per_dm2 * face_mm2 // 10_000)
    return min(limits)
