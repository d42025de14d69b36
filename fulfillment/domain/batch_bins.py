"""From which bins a batch's goods come: what expires first, then what makes the walk short."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from fulfillment.domain.catalog import Layout
from fulfillment.domain.inventory import BinStock
from fulfillment.domain.routing_grid import Grid, Spot, grid_of, spot_of
from fulfillment.domain.routing_scattered import Shelved, choose_bins
from fulfillment.domain.routing_tour import shortest_length_mm

MOST_WEIGHED = 20_000
"""So much a batch's choice of bins may weigh; see `routing_scattered`."""


class Shelves:
    """What may be taken from the bins; it gets less as batches take from it."""

    def __init__(self, stock: Iterable[BinStock], layout: Layout) -> None:
        """Keep the stock by article, in the order in which it expires."""
        self._layout, self._grid = layout, grid_of(layout)
        self._held: dict[str, list[BinStock]] = defaultdict(list)
        for place in sorted(stock, key=lambda p: (expires(p), p.bin_id, p.lot)):
            self._held[place.sku].append(place)

    @property
    def grid(self) -> Grid:
        """The aisles."""
        return self._grid

    def quantity(self, sku: str) -> int:
        """Return how many units of the article lie there."""
        return sum(place.quantity for place in self._held[sku])

    def spot(self, place: BinStock) -> Spot:
        """Return where a bin is reached from."""
        return spot_of(place, self._layout)

    def spots(self, wanted: Mapping[str, int]) -> dict[str, list[Spot]]:
        """Return, by article, the spots that so many units may come from, first expired first."""
        return {
            sku: sorted({self.spot(p) for _, places in self._due(sku, n) for p in places})
            for sku, n in wanted.items()
        }

    def take(self, wanted: Mapping[str, int]) -> list[BinStock]:
        """Take units, first expired first, from bins that make a short walk; return the quantities.

        Raises:
            StockViolation: the bins hold less than what is wanted.

        """
        offers, needs = {}, {}
        for sku, quantity in sorted(wanted.items()):
            for nth, (need, places) in enumerate(self._due(sku, quantity)):
                offers[f"{sku} {nth}"], needs[f"{sku} {nth}"] = places, need
        shelved = {
            Shelved(str(position), name, place.quantity, self.spot(place)): place
            for name, places in offers.items()
            for position, place in enumerate(places)
        }
        chosen = choose_bins(needs, shelved, self._grid, MOST_WEIGHED)
        whole = {(one.sku, one.bin_id): place for one, place in shelved.items()}
        taken = [
            whole[one.sku, one.bin_id].model_copy(update={"quantity": one.quantity})
            for one in chosen
        ]
        self._give(taken)
        return taken

    def _due(self, sku: str, quantity: int) -> list[tuple[int, list[BinStock]]]:
        """Return which places expire together, with how many units must come from them."""
        groups: dict[date, list[BinStock]] = defaultdict(list)
        for place in self._held[sku]:
            groups[expires(place)].append(place)
        due, left = [], quantity
        for day in sorted(groups):
            need = min(left, sum(place.quantity for place in groups[day]))
            if need:
                due.append((need, groups[day]))
            left -= need
        if left:
            due.append((left, []))
        return due

    def _give(self, taken: Sequence[BinStock]) -> None:
        gone = {(one.sku, one.bin_id, one.lot): one.quantity for one in taken}
        for sku in {one.sku for one in taken}:
            left = [
                place.model_copy(
                    update={
                        "quantity": place.quantity - gone.get((sku, place.bin_id, place.lot), 0)
                    }
                )
                for place in self._held[sku]
            ]
            self._held[sku] = [place for place in left if place.quantity]


def expires(place: BinStock) -> date:
    """Return the last day of goods; those that keep for ever have the last day of all."""
    return place.expires_on or date.max


class NearestSpots:
    """Estimates the walk along articles before it is decided which of their bins they come from."""

    def __init__(self, options: Mapping[str, Sequence[Spot]], grid: Grid) -> None:
        """Measure the ways between all spots.

        Args:
            options: the spots of each article.
            grid: the aisles.

        """
        spots = sorted({grid.depot, *(spot for places in options.values() for spot in places)})
        number = {spot: nth for nth, spot in enumerate(spots)}
        self._grid, self._spots, self._depot = grid, spots, number[grid.depot]
        self._options = {sku: [number[spot] for spot in at] for sku, at in options.items()}
        choosing = {spot for at in self._options.values() if len(at) > 1 for spot in at}
        self._ways_mm = {
            n: [grid.distance_mm(spots[n], other) for other in spots] for n in choosing
        }

    def length_mm(self, skus: Iterable[str]) -> int:
        """Return the walk along a spot of each, chosen near to those of the others.

        Articles in one place come first; each further one is taken where it is nearest.
        """
        options = sorted((self._options[sku] for sku in skus), key=lambda at: (len(at), at))
        chosen: set[int] = set()
        for at in options:
            if len(at) == 1:
                chosen.add(at[0])
            elif chosen.isdisjoint(at):
                chosen.add(min(at, key=self._way_mm(chosen or {self._depot})))
        return shortest_length_mm((self._spots[n] for n in chosen), self._grid)

    def _way_mm(self, chosen: Iterable[int]) -> Callable[[int], tuple[int, int]]:
        seen = list(chosen)
        return lambda spot: (min(map(self._ways_mm[spot].__getitem__, seen)), spot)
