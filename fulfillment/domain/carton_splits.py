"""Other cartons for what one carton holds: where they are cheaper to ship, or where it is heavy.

A carrier charges a parcel by its size and by its weight, and something for each. In what proportion
depends on the service: by air a carton half empty costs more than two small ones, by road one more
parcel costs more than a little air. So the goods of each carton are put into one to three others
wherever those may be cheaper, by one of several prices; what they truly cost, rates say.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from math import comb
from typing import NamedTuple

import numpy as np

from fulfillment.domain.carton_filling import Longs
from fulfillment.domain.carton_search import CartonSearch, packed_loads
from fulfillment.domain.cartonization import PackedCarton, PackItem, PackRules, payload_g
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.packability import takes

MOST_CARTONS = 3
"""Into how many cartons those of one are split at most."""

MOST_SETS = 300
"""Sets of so many cartons are looked at; where there were more, only smaller sets are."""

TRIES = 10
"""Sets that are tried by each price before the cheapest so far is taken."""

FULL_PERCENT = 92
"""Goods that fill more of some cartons than this are not tried: they hardly ever fit."""

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
    by_price = _Split(packed, items, cartons, rules, expired).by_price()
    return Variants((packed,), by_price, _light(packed, items, cartons, rules, expired))


class _Split(CartonSearch):
    """The search for other cartons for what one carton holds.

    Sets of cartons are tried in the sequence of what they may save, by the price that likes them
    best, times how likely the goods fit: the fuller, the less.
    """

    tries_whole = 100
    tries_part = 25

    def __init__(
        self,
        packed: PackedCarton,
        items: Sequence[PackItem],
        cartons: Sequence[CartonType],
        rules: PackRules,
        expired: Callable[[], bool],
    ) -> None:
        super().__init__(items, cartons, rules, expired, EFFORT)
        self._items, self._types = items, {c.carton_id: c for c in cartons}
        self._best: list[Cartons] = [(packed,)] * len(PRICES)
        self._least = self._costs((packed,))

    def by_price(self) -> tuple[Cartons, ...]:
        """Return the cheapest cartons found, for each of `PRICES`."""
        sets = list(self._roomy())
        bounds = np.array([self._at_least_by_price(cartons) for cartons in sets]).reshape(
            -1, len(PRICES)
        )
        hopes = np.array([FULL_PERCENT / 100 - self._filled(cartons) for cartons in sets])
        for _ in range(TRIES):
            scores = hopes * ((self._least - bounds) / self._least).max(axis=1, initial=0)
            if not sets or scores.max() <= 0 or self._spent():
                break
            number = int(scores.argmax())
            hopes[number] = 0
            self._try(sets[number])
        return tuple(self._best)

    def _try(self, cartons: Sequence[CartonType]) -> None:
        loads = self._by_set(cartons) if self._take_all(cartons) else None
        if loads is None:
            return
        found = packed_loads(loads, self._items, self._rules)
        for number, cost in enumerate(self._costs(found)):
            if cost < self._least[number]:
                self._best[number], self._least[number] = found, cost

    def _costs(self, cartons: Cartons) -> Longs:
        return np.array([_cost(cartons, price, self._types) for price in PRICES])

    def _roomy(self) -> Iterator[tuple[CartonType, ...]]:
        """Yield sets of cartons in which there may be room."""
        weight_g = int(self._weights.sum())
        for count in range(1, min(MOST_CARTONS, len(self._items)) + 1):
            if comb(len(self._cartons) + count - 1, count) > MOST_SETS:
                break
            for cartons in combinations_with_replacement(self._cartons, count):
                if (
                    weight_g <= sum(map(payload_g, cartons))
                    and self._filled(cartons) < FULL_PERCENT / 100
                ):
                    yield cartons

    def _filled(self, cartons: Sequence[CartonType]) -> float:
        return float(self._volumes.sum()) / sum(c.inner.volume_mm3 for c in cartons)

    def _at_least_by_price(self, cartons: Sequence[CartonType]) -> list[int]:
        """Return what cartons cost at least, however the goods are shared out, by each price."""
        gross_g = int(self._weights.sum()) + sum(c.empty_weight_g for c in cartons)
        outer_mm3 = sum(c.outer.volume_mm3 for c in cartons)
        cost_minor = sum(c.cost_minor for c in cartons)
        return [price.at_least(cost_minor, len(cartons), gross_g, outer_mm3) for price in PRICES]


def _cost(cartons: Cartons, price: ParcelPrice, types: Mapping[str, CartonType]) -> int:
    return sum(price.cost(types[c.carton_id], c.gross_weight_g) for c in cartons)


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
