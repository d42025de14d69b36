"""Other cartons for what one carton holds: where they are cheaper to ship, or where it is heavy.

A carrier charges a parcel by its size and by its weight, and something for each. In what proportion
depends on the service: by air a carton half empty costs more than two small ones, by road one more
parcel costs more than a little air. So the goods of each carton are put into one to three others
wherever those may be cheaper, by one of several prices; what they truly cost, rates say.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement
from math import comb
from typing import NamedTuple

import numpy as np

from fulfillment.domain.carton_filling import Floats
from fulfillment.domain.carton_search import CartonSearch, Load, packed_loads
from fulfillment.domain.cartonization import PackedCarton, PackItem, PackRules, payload_g
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.packability import takes

MOST_CARTONS = 3
"""Into how many cartons those of one are split at most."""

MOST_SETS = 300
"""Sets of so many cartons are looked at; where there were more, only smaller sets are."""

TRIES = 10
"""Sets that are tried by each price before the cheapest so far is taken."""

FULLEST = 0.92
"""Goods that fill a greater part of some cartons are not tried: they hardly ever fit."""

EFFORT = 8000
"""How many items are laid at most, over all tries for the goods of one carton."""

LIGHT_G = 10_000
"""A parcel up to this weight is within every carrier's limit."""


class ParcelPrice(NamedTuple):
    """What a carrier may take: so much a parcel, so much a kilogram of its weight or volume."""

    parcel_minor: int
    minor_per_kg: int
    divisor_mm3_per_g: int

    def cost(self, carton: CartonType, gross_weight_g: int) -> int:
        """Return what a carton costs with its shipping, in thousandths of a minor unit."""
        charged_g = max(gross_weight_g, carton.outer.volume_mm3 // self.divisor_mm3_per_g)
        return 1000 * (carton.cost_minor + self.parcel_minor) + self.minor_per_kg * charged_g

    def at_least(self, cartons_minor: int, count: int, gross_weight_g: int, outer_mm3: int) -> int:
        """Return a lower bound of what several cartons cost, by their sums."""
        charged_g = max(gross_weight_g, outer_mm3 // self.divisor_mm3_per_g - count)
        return 1000 * (cartons_minor + count * self.parcel_minor) + self.minor_per_kg * charged_g


PRICES = (
    ParcelPrice(500, 35, 5000),
    ParcelPrice(2_800, 420, 5000),
    ParcelPrice(3_400, 620, 6000),
    ParcelPrice(2_600, 60, 1000),
    ParcelPrice(600, 240, 5000),
)
"""By road, by air, by air unhurried, by sea, and by a carrier that minds little but the weight."""

Cartons = tuple[PackedCarton, ...]


class Variants(NamedTuple):
    """Ways to pack the goods of one carton."""

    usual: Cartons
    by_price: tuple[Cartons, ...]
    """The cheapest found, for each of `PRICES`."""
    light: Cartons
    """In cartons of about half the weight, where one is heavy."""


def variants(
    packed: PackedCarton,
    items: Sequence[PackItem],
    cartons: Sequence[CartonType],
    rules: PackRules,
    expired: Callable[[], bool],
) -> Variants:
    """Return ways to pack the goods of a carton: as they are, by each price, and lighter.

    Args:
        packed: the carton.
        items: what is in it.
        cartons: the cartons there are.
        rules: the warehouse's.
        expired: asked now and then; once it says so, what was found so far is taken.

    """
    if packed.own_box:
        return Variants((packed,), ((packed,),) * len(PRICES), (packed,))
    rivals = _Rivals(packed, items, cartons, rules)
    split = None
    for _ in range(TRIES):
        chosen = rivals.most_promising()
        if chosen is None or expired():
            break
        # Made when it is needed: most cartons have no rival.
        split = split or _Split(items, cartons, rules, expired, EFFORT)
        if found := split.packed_into(chosen):
            rivals.note(packed_loads(found, items, rules))
    light = _light(packed, items, cartons, rules, expired)
    return Variants((packed,), tuple(rivals.best), light)


class _Rivals:
    """Sets of cartons that may be cheaper for some goods, by any of the prices.

    They are tried in the sequence of what they may save, by the price that likes them best, times
    how likely the goods fit: the fuller, the less.
    """

    def __init__(
        self,
        packed: PackedCarton,
        items: Sequence[PackItem],
        cartons: Sequence[CartonType],
        rules: PackRules,
    ) -> None:
        self._types = {carton.carton_id: carton for carton in cartons}
        kinds = list({(item.line_no, item.sku): item for item in items}.values())
        taken = [(c, {n for n, item in enumerate(kinds) if takes(c, item, rules)}) for c in cartons]
        self._useful = [(carton, kinds) for carton, kinds in taken if kinds]
        self._kinds = len(kinds)
        self._goods_g = sum(item.weight_g for item in items)
        self._goods_mm3 = sum(item.dimensions.volume_mm3 for item in items)
        self._sets = list(self._roomy(min(MOST_CARTONS, len(items))))
        bounds = [self._at_least(cartons) for cartons in self._sets]
        self._bounds = np.array(bounds, np.float64).reshape(-1, len(PRICES))
        self._hopes = np.array([FULLEST - self._filled(cartons) for cartons in self._sets])
        self.best: list[Cartons] = [(packed,)] * len(PRICES)
        self._least = self._costs((packed,))

    def most_promising(self) -> Sequence[CartonType] | None:
        """Return a set of cartons that has not been returned before, or None if none may save."""
        if not self._sets:
            return None
        scores = self._hopes * (1 - self._bounds / self._least).max(axis=1)
        number = int(scores.argmax())
        if scores[number] <= 0:
            return None
        self._hopes[number] = 0
        return self._sets[number]

    def note(self, found: Cartons) -> None:
        """Keep what was found by each price by which it is cheaper."""
        for number, cost in enumerate(self._costs(found)):
            if cost < self._least[number]:
                self.best[number], self._least[number] = found, cost

    def _costs(self, cartons: Cartons) -> Floats:
        costs = [
            sum(price.cost(self._types[c.carton_id], c.gross_weight_g) for c in cartons)
            for price in PRICES
        ]
        # A carton may cost nothing; what is free has no rival.
        return np.maximum(np.array(costs, np.float64), 1)

    def _roomy(self, most: int) -> Iterator[tuple[CartonType, ...]]:
        """Yield sets of cartons in which there may be room."""
        for count in range(1, most + 1):
            if comb(len(self._useful) + count - 1, count) > MOST_SETS:
                break
            for chosen in combinations_with_replacement(self._useful, count):
                cartons = tuple(carton for carton, _ in chosen)
                if len(set().union(*(kinds for _, kinds in chosen))) < self._kinds:
                    continue
                strong = self._goods_g <= sum(map(payload_g, cartons))
                if strong and self._filled(cartons) < FULLEST:
                    yield cartons

    def _filled(self, cartons: Sequence[CartonType]) -> float:
        return self._goods_mm3 / sum(carton.inner.volume_mm3 for carton in cartons)

    def _at_least(self, cartons: Sequence[CartonType]) -> list[int]:
        """Return what cartons cost at least by each price, however the goods are shared out."""
        gross_g = self._goods_g + sum(c.empty_weight_g for c in cartons)
        outer_mm3 = sum(c.outer.volume_mm3 for c in cartons)
        cost_minor = sum(c.cost_minor for c in cartons)
        return [price.at_least(cost_minor, len(cartons), gross_g, outer_mm3) for price in PRICES]


class _Split(CartonSearch):
    """The search for a way to put what one carton holds into others."""

    tries_whole = 100
    tries_part = 25

    def packed_into(self, cartons: Sequence[CartonType]) -> list[Load] | None:
        """Return all goods in just these cartons, if a way is found within the effort left."""
        return None if self._spent() else self._by_set(cartons)


def _light(
    packed: PackedCarton,
    items: Sequence[PackItem],
    cartons: Sequence[CartonType],
    rules: PackRules,
    expired: Callable[[], bool],
) -> Cartons:
    """Return what a heavy carton holds in cartons that weigh about half as much, if that can be."""
    if packed.gross_weight_g <= LIGHT_G or expired():
        return (packed,)
    half_g = max(LIGHT_G, packed.gross_weight_g * 6 // 10)
    light = [
        c.model_copy(update={"max_weight_g": min(c.max_weight_g, half_g)})
        for c in cartons
        if c.empty_weight_g < half_g
    ]
    if not all(any(takes(carton, item, rules) for carton in light) for item in items):
        return (packed,)
    loads = CartonSearch(items, light, rules, expired, EFFORT).best()
    return packed_loads(loads, items, rules)
