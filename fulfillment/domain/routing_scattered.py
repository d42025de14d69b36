"""Which bins to take articles from that lie in several, so that the walk gets short.

Choosing bins and walk together is NP-hard, so the bins are found by local search: a move puts the
articles it concerns elsewhere, each time where the exact walk grows least, and is kept unless the
walk grows. Deterministic, and bounded in its tries.

Source: Weidinger, Boysen, Schneider, "Picker routing in the mixed-shelves warehouses of e-commerce
retailers", European Journal of Operational Research 274(2), 2019 (the problem); Schrimpf,
Schneider, Stamm-Wilbrandt, Dueck, "Record Breaking Optimization Results Using the Ruin and
Recreate Principle", Journal of Computational Physics 159(2), 2000 (the search).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, cycle, islice
from math import inf
from typing import NamedTuple

from fulfillment.domain.errors import Problem, StockViolation
from fulfillment.domain.routing_grid import Grid, Spot
from fulfillment.domain.routing_tour import Tour

MOST_TRIES = 4_000
"""After so many moves the search ends with what it has ..."""

MOST_WEIGHED = 100_000
"""... or after so many partial tours, about a second; counted, so that each run ends alike."""

DEPTHS = 8
"""Into so many parts an aisle's length is divided for moves to the front or to the back."""


class Shelved(NamedTuple):
    """Units of an article in a bin, and where the bin is reached from."""

    bin_id: str
    sku: str
    quantity: int
    spot: Spot


Liking = Callable[[Shelved], bool]
"""Whether a move would rather take from this place."""


def choose_bins(
    wanted: Mapping[str, int],
    stock: Iterable[Shelved],
    grid: Grid,
    most_weighed: int = MOST_WEIGHED,
) -> list[Shelved]:
    """Return from which bins to take the wanted units, with the quantities to take.

    Args:
        wanted: units by SKU.
        stock: what lies where.
        grid: of any number of blocks.
        most_weighed: how many partial tours may be weighed until the search ends.

    Raises:
        StockViolation: the bins hold less than what is wanted.

    """
    offers: dict[str, list[Shelved]] = {sku: [] for sku in sorted(wanted)}
    for place in sorted(stock, key=lambda place: (place.spot, place.bin_id)):
        if place.quantity > 0 and place.sku in offers:
            offers[place.sku].append(place)
    _require_enough(wanted, offers)
    return _Search(wanted, offers, grid).run(most_weighed)


def _require_enough(wanted: Mapping[str, int], offers: Mapping[str, Sequence[Shelved]]) -> None:
    held = {sku: sum(place.quantity for place in places) for sku, places in offers.items()}
    problems = [
        Problem(
            path=sku,
            expected=f"{wanted[sku]} in the bins",
            came=str(quantity),
            remedy="count the bins and book the difference with `fulfillment stock adjust`",
        )
        for sku, quantity in held.items()
        if quantity < wanted[sku]
    ]
    if problems:
        raise StockViolation.of(*problems)


class _Search:
    """The bins chosen so far, in the order of choice, and the walk along them."""

    def __init__(
        self, wanted: Mapping[str, int], offers: Mapping[str, Sequence[Shelved]], grid: Grid
    ) -> None:
        self._wanted, self._offers = wanted, offers
        self._chosen: dict[str, list[Shelved]] = {sku: [] for sku in offers}
        self._back_mm = grid.cross_mm[-1]
        self._aisles = sorted({p.spot.aisle for places in offers.values() for p in places})
        self._tour = Tour(self._aisles, grid)

    def run(self, most_weighed: int) -> list[Shelved]:
        """Serve all, then try the moves in turn until none shortens the walk any more."""
        self._serve(self._offers, None)
        moves, idle = list(islice(self._moves(), MOST_TRIES)), 0
        for skus, liked in islice(cycle(moves), MOST_TRIES):
            idle = 0 if self._try(skus, liked) else idle + 1
            if idle == len(moves) or self._tour.weighed > most_weighed:
                break
        return [place for sku in self._offers for place in self._taken(sku)]

    def _moves(self) -> Iterator[tuple[list[str], Liking | None]]:
        """Yield articles to choose anew, and from where they should come: small moves first."""
        movable = [sku for sku, places in self._offers.items() if len(places) > 1]
        for sku in movable:
            yield [sku], None
        for aisle in self._aisles:
            yield movable, _outside({aisle})
        for aisle in self._aisles:
            there = [s for s in movable if any(p.spot.aisle == aisle for p in self._offers[s])]
            yield there, _inside(aisle)
        for part in range(1, DEPTHS):
            yield movable, _in_front_of(self._back_mm * part // DEPTHS)
            yield movable, _behind(self._back_mm * part // DEPTHS)
        for aisles in combinations(self._aisles, 2):
            yield movable, _outside(set(aisles))

    def _try(self, skus: Sequence[str], liked: Liking | None) -> bool:
        """Choose anew for the articles that are not all where they should; keep what is no worse.

        Returns:
            Whether the walk got shorter.

        """
        before_mm = self._tour.cost_mm()
        kept = {
            sku: self._chosen[sku]
            for sku in skus
            if liked is None or not all(map(liked, self._chosen[sku]))
        }
        for sku in kept:
            self._replace(sku, [])
        self._serve(kept, liked)
        after_mm = self._tour.cost_mm()
        if after_mm > before_mm:
            for sku, places in kept.items():
                self._replace(sku, places)
        return after_mm < before_mm

    def _serve(self, skus: Iterable[str], liked: Liking | None) -> None:
        """Choose bins for the articles, those with the fewest bins first."""
        for sku in sorted(skus, key=lambda sku: (len(self._offers[sku]), sku)):
            while (missing := self._missing(sku)) > 0:
                place = self._cheapest(sku, missing, liked)
                self._chosen[sku].append(place)
                self._tour.add(place.spot)

    def _missing(self, sku: str) -> int:
        return self._wanted[sku] - sum(place.quantity for place in self._chosen[sku])

    def _cheapest(self, sku: str, missing: int, liked: Liking | None) -> Shelved:
        """Return the place whose units cost the least walk each, of those liked if there are."""
        free = [place for place in self._offers[sku] if place not in self._chosen[sku]]
        places = [place for place in free if liked is None or liked(place)] or free
        now_mm, best, least = self._tour.cost_mm(), places[0], inf
        for place in places:
            more_mm = self._tour.cost_with_mm(place.spot) - now_mm
            each_mm = more_mm / min(place.quantity, missing)
            if each_mm < least:
                best, least = place, each_mm
            if least <= 0:
                break
        return best

    def _replace(self, sku: str, places: Sequence[Shelved]) -> None:
        for place in self._chosen[sku]:
            self._tour.remove(place.spot)
        for place in places:
            self._tour.add(place.spot)
        self._chosen[sku] = list(places)

    def _taken(self, sku: str) -> list[Shelved]:
        """Return the places with what to take, largest first, so that none is visited in vain."""
        missing, taken = self._wanted[sku], []
        for place in sorted(self._chosen[sku], key=lambda p: (-p.quantity, p.spot, p.bin_id)):
            if missing > 0:
                taken.append(place._replace(quantity=min(missing, place.quantity)))
                missing -= place.quantity
        return taken


def _outside(aisles: set[int]) -> Liking:
    return lambda place: place.spot.aisle not in aisles


def _inside(aisle: int) -> Liking:
    return lambda place: place.spot.aisle == aisle


def _in_front_of(border_mm: int) -> Liking:
    return lambda place: place.spot.behind_mm <= border_mm


def _behind(border_mm: int) -> Liking:
    return lambda place: place.spot.behind_mm >= border_mm
