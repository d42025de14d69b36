"""Which cartons an order needs, and where each item lies in them."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, combinations_with_replacement
from typing import NamedTuple

import numpy as np

from fulfillment.domain.carton_contents import in_own_box, packed_carton
from fulfillment.domain.carton_filling import Filled, Longs, fill, goods_of
from fulfillment.domain.cartonization import (
    PackedCarton,
    PackItem,
    PackPlan,
    PackRules,
    payload_g,
    size_of,
)
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.packability import refuse_duplicates, refuse_unpackable, takes

DEFAULT_RULES = PackRules()
EFFORT = 150_000
"""How many items are laid at most, over all tries for one segregation group."""

TRIES_WHOLE = 400
"""Sequences tried before all of some goods count as too much for a carton."""

TRIES_PART = 40
"""Sequences tried to put as much as possible into one of several cartons."""

MOST_SETS = 400
"""Sets of cartons looked at for each number of cartons."""


class Load(NamedTuple):
    """A carton and what was laid into it; `filled.items` are numbers within the group."""

    carton: CartonType
    filled: Filled
    cost_minor: int

    @property
    def void_mm3(self) -> int:
        """Return its inside; the void of several is least where the insides together are."""
        return self.carton.inner.volume_mm3


Expense = tuple[int, int, int]
"""Number of cartons, their cost with shipping, their inner volume; the least is best."""


def never() -> bool:
    """Set no deadline."""
    return False


def cartonize(
    items: Sequence[PackItem],
    cartons: Sequence[CartonType],
    rules: PackRules = DEFAULT_RULES,
    *,
    expired: Callable[[], bool] = never,
    effort: int = EFFORT,
) -> PackPlan:
    """Choose the cartons for these items, and a place for each item.

    As few cartons as the search finds, then the cheapest with what their chargeable weight costs,
    then the least void; `carton_validation` says what every plan keeps to. Placements stand in
    packing sequence: heavy ones as early and fragile ones as late as lowering in allows. Where no
    deadline hits, the same input gives the same plan.

    Args:
        items: the units to be packed.
        cartons: the cartons there are.
        rules: the warehouse's.
        expired: asked now and then; once it says so, the best plan so far is taken.
        effort: how many items are laid at most for one segregation group.

    Raises:
        Unpackable: some items fit no carton; one problem per order line.
        PlanInvalid: two items have the same `item_ref`.

    """
    refuse_duplicates(items)
    boxed = [item for item in items if not item.ships_in_own_box]
    refuse_unpackable(boxed, cartons, rules)
    packed = [in_own_box(item) for item in items if item.ships_in_own_box]
    for group in sorted({item.segregation_group for item in boxed}):
        members = [item for item in boxed if item.segregation_group == group]
        search = CartonSearch(members, cartons, rules, expired, effort)
        packed += packed_loads(search.best(), members, rules)
    return PackPlan(cartons=tuple(packed))


def packed_loads(
    loads: Sequence[Load], items: Sequence[PackItem], rules: PackRules
) -> tuple[PackedCarton, ...]:
    """Return loads of a search's items, in the words of a plan."""
    return tuple(packed_carton(load.carton, _laid_items(load, items), rules) for load in loads)


def _laid_items(load: Load, items: Sequence[PackItem]) -> list[tuple[PackItem, list[int]]]:
    numbers = load.filled.items.tolist()
    return [(items[n], box) for n, box in zip(numbers, load.filled.boxes.tolist(), strict=True)]


class CartonSearch:
    """The search for the cartons of goods that may share one."""

    tries_whole = TRIES_WHOLE
    tries_part = TRIES_PART

    def __init__(
        self,
        items: Sequence[PackItem],
        cartons: Sequence[CartonType],
        rules: PackRules,
        expired: Callable[[], bool],
        effort: int,
    ) -> None:
        """Look at the goods, and at which carton takes which of them; see `cartonize`."""
        self._rules = rules
        self._expired = expired
        self._effort = effort
        self._goods = goods_of(items, rules)
        self._weights = self._goods.weights
        self._volumes = self._goods.worths
        fitting = {
            c.carton_id: np.array([takes(c, item, rules) for item in items]) for c in cartons
        }
        self._cartons = sorted(
            (c for c in cartons if fitting[c.carton_id].any()),
            key=lambda c: (rules.cost_minor(c, 0), c.inner.volume_mm3, c.carton_id),
        )
        self._takes = fitting
        self._everything = np.arange(len(items))

    def best(self) -> list[Load]:
        """Return the best loads found: first by filling one after the other, then by sets."""
        whole = self._whole(self._everything, self._cartons)
        if whole:
            return [whole]
        best = self._merged(self._one_after_the_other())
        for count in range(max(2, self._at_least()), len(best) + 1):
            if count > len(best):
                break
            for cartons in self._sets(count, self._expense(best)):
                if self._spent():
                    return best
                found = self._by_set(cartons)
                if found and self._expense(found) < self._expense(best):
                    best = found
                    break
        return best

    def _spent(self) -> bool:
        return self._effort <= 0 or self._expired()

    def _expense(self, loads: Sequence[Load]) -> Expense:
        inside = sum(load.void_mm3 for load in loads)
        return (len(loads), sum(load.cost_minor for load in loads), inside)

    def _at_least(self) -> int:
        """Return how many cartons volume and weight alone ask for."""
        largest = max(c.inner.volume_mm3 for c in self._cartons)
        strongest = max(payload_g(c) for c in self._cartons)
        return max(
            -(-int(self._volumes.sum()) // largest), -(-int(self._weights.sum()) // strongest)
        )

    def _laid(
        self,
        chosen: Longs,
        carton: CartonType,
        tries: int,
        seed: int = 1,
        needed: Longs | None = None,
    ) -> Filled:
        """Fill a carton; those that are `needed` come before all others."""
        goods = self._goods.only(chosen)
        if needed is not None:
            goods = goods._replace(worths=goods.worths + needed * self._volumes.sum())
        filled = fill(
            goods,
            size_of(carton.inner),
            payload_g(carton),
            support_percent=self._rules.support_percent,
            lowered=self._rules.by_hand,
            tries=tries,
            seed=seed,
        )
        self._effort -= filled.tries * len(chosen)
        return filled._replace(items=chosen[filled.items])

    def _load(self, carton: CartonType, filled: Filled) -> Load:
        gross_g = carton.empty_weight_g + int(self._weights[filled.items].sum())
        return Load(carton, filled, self._rules.cost_minor(carton, gross_g))

    def _whole(self, chosen: Longs, cartons: Sequence[CartonType]) -> Load | None:
        """Return the cheapest of the cartons that takes all of some goods, if one is found."""
        volume, weight = self._volumes[chosen].sum(), int(self._weights[chosen].sum())
        fit = [
            c
            for c in cartons
            if volume <= c.inner.volume_mm3
            and weight <= payload_g(c)
            and self._takes[c.carton_id][chosen].all()
        ]
        for carton in sorted(
            fit, key=lambda c: self._rules.cost_minor(c, c.empty_weight_g + weight)
        ):
            tries = self.tries_whole if not self._spent() else 1
            filled = self._laid(chosen, carton, tries)
            if len(filled.items) == len(chosen):
                return self._load(carton, filled)
        return None

    def _one_after_the_other(self) -> list[Load]:
        """Take the carton that swallows the most volume until all is packed; then shrink each."""
        loads: list[Load] = []
        left = self._everything
        while len(left):
            tries = self.tries_part if not self._spent() else 1
            options = [
                self._load(c, self._laid(left, c, tries))
                for c in self._cartons
                if self._takes[c.carton_id][left].any()
            ]
            loads.append(max(options, key=lambda load: self._volumes[load.filled.items].sum()))
            left = np.setdiff1d(left, loads[-1].filled.items)
        return [self._cheaper(load) for load in loads]

    def _cheaper(self, load: Load) -> Load:
        found = self._whole(load.filled.items, self._cheaper_than(load))
        return found or load

    def _cheaper_than(self, load: Load) -> list[CartonType]:
        weight = int(self._weights[load.filled.items].sum())
        dear = (load.cost_minor, load.void_mm3)
        return [
            c
            for c in self._cartons
            if (self._rules.cost_minor(c, c.empty_weight_g + weight), c.inner.volume_mm3) < dear
        ]

    def _merged(self, loads: list[Load]) -> list[Load]:
        """Put two cartons' goods into one wherever they fit."""
        merging = True
        while merging and not self._spent():
            merging = False
            for one, other in combinations(range(len(loads)), 2):
                both = np.concatenate((loads[one].filled.items, loads[other].filled.items))
                whole = self._whole(both, self._cartons)
                if whole:
                    rest = [load for n, load in enumerate(loads) if n not in {one, other}]
                    loads, merging = [*rest, whole], True
                    break
                if self._spent():
                    break
        return loads

    def _sets(self, count: int, limit: Expense) -> Iterator[tuple[CartonType, ...]]:
        """Yield sets of cartons that may do and are better than the limit, the cheapest first."""
        found = []
        weight = int(self._weights.sum())
        for number, cartons in enumerate(combinations_with_replacement(self._cartons, count)):
            if number >= 50 * MOST_SETS:
                break
            inside = sum(c.inner.volume_mm3 for c in cartons)
            if inside < self._volumes.sum() or sum(map(payload_g, cartons)) < weight:
                continue
            if not self._take_all(cartons):
                continue
            cost = sum(self._rules.cost_minor(c, c.empty_weight_g) for c in cartons)
            if (count, cost, inside) < limit:
                found.append(((cost, inside, number), cartons))
        yield from (cartons for _, cartons in sorted(found, key=lambda f: f[0])[:MOST_SETS])

    def _take_all(self, cartons: Sequence[CartonType]) -> bool:
        """Say whether each item fits into one of the cartons, if it is alone there."""
        return bool(np.logical_or.reduce([self._takes[c.carton_id] for c in cartons]).all())

    def _by_set(self, cartons: Sequence[CartonType]) -> list[Load] | None:
        """Try to pack everything into just these cartons: the smallest first, or the largest."""
        rising = sorted(cartons, key=lambda c: c.inner.volume_mm3)
        for seed, sequence in enumerate((rising, rising[::-1], rising), start=1):
            loads = self._in_sequence(sequence, seed)
            if loads or self._spent():
                return loads
            if len(set(rising)) == 1 and seed == 1:
                continue
        return None

    def _in_sequence(self, cartons: Sequence[CartonType], seed: int) -> list[Load] | None:
        left = self._everything
        loads: list[Load] = []
        for number, carton in enumerate(cartons):
            if not len(left):
                return None
            rest = cartons[number + 1 :]
            if not rest:
                whole = self._whole(left, [carton])
                return [*loads, whole] if whole else None
            alone = ~np.logical_or.reduce([self._takes[c.carton_id] for c in rest])[left]
            here = self._takes[carton.carton_id][left]
            if not here.any():
                return None
            filled = self._laid(left, carton, self.tries_part, seed, alone.astype(np.float64))
            loads.append(self._load(carton, filled))
            left = np.setdiff1d(left, filled.items)
        return None
