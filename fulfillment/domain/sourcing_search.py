"""The cheapest set of warehouses for an order, and what each ships of it.

Facility location with stock: a warehouse that ships anything costs its opening, each unit costs by
article and warehouse, an article that comes from several is torn apart, which costs for each one
more, and the plan costs the time of its latest share. For a given set of warehouses the articles do
not concern each other, so that each is dealt out at its own least cost; the sets are looked at in
the order of a lower bound, until none can be cheaper than what was found.

Source: Cornuéjols, Nemhauser, Wolsey, "The Uncapacitated Facility Location Problem", in: Discrete
Location Theory, 1990 (the problem); Land, Doig, "An Automatic Method of Solving Discrete
Programming Problems", Econometrica 28(3), 1960 (bounds).
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, chain, combinations, islice
from math import inf
from typing import NamedTuple

EXACT_SITES = 8
"""Among so many warehouses each set is considered; of more, so many are chosen beforehand ..."""

MOST_PAIRS = 1_000
"""... and besides them single ones and pairs of all, at most so many, the cheapest first."""

MOST_WAYS = 50_000
"""After so many ways to tear articles apart an order takes the best so far; counted, not timed."""


class Site(NamedTuple):
    """A warehouse that could ship: what it costs that it does, and that it arrives when it does."""

    opening: int
    time: int


class Item(NamedTuple):
    """So many units of an article; what each site has of it, and what a unit costs from there."""

    units: int
    stock: tuple[int, ...]
    """By site; together at least `units`."""
    unit_cost: tuple[int, ...]
    """By site; at least 0."""


class Problem(NamedTuple):
    """All that a plan is made of; costs are integers of one unit, at least 0."""

    sites: tuple[Site, ...]
    items: tuple[Item, ...]
    split: int
    """What each site more costs that an item comes from."""


class Plan(NamedTuple):
    """What a plan costs, the sites that ship, and the units of each item from each site."""

    cost: int
    sites: tuple[int, ...]
    units: tuple[tuple[int, ...], ...]


class Found(NamedTuple):
    """The cheapest plans of different sets of sites, in their order; whether that is proven."""

    plans: tuple[Plan, ...]
    exact: bool


def plan_cost(problem: Problem, units: Sequence[Sequence[int]]) -> int:
    """Return what a plan costs: the definition, which the search only computes faster."""
    used = [any(column) for column in zip(*units, strict=True)]
    sites = [site for site, ships in zip(problem.sites, used, strict=True) if ships]
    goods = sum(
        cost * taken
        for item, row in zip(problem.items, units, strict=True)
        for cost, taken in zip(item.unit_cost, row, strict=True)
    )
    torn = sum(max(0, sum(map(bool, row)) - 1) for row in units)
    latest = max((site.time for site in sites), default=0)
    return goods + problem.split * torn + sum(site.opening for site in sites) + latest


def find_plans(problem: Problem, most: int) -> Found:
    """Return the cheapest plan, and the cheapest of other sets of sites, up to `most` in all.

    Exact with up to `EXACT_SITES` sites, for any number of items. Always the same for the same
    problem: equal costs are settled by the sites' order.
    """
    search = _Search(problem)
    found: list[Plan] = []
    for bound, group in search.groups():
        full = len(found) == most
        worst = found[-1].cost if full else inf
        if bound >= worst:
            break
        plan = search.plan(group, worst)
        if plan is not None:
            found = sorted([*found, plan])[:most]
    return Found(tuple(found), search.exact)


class _Search:
    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._dealt: dict[tuple[int, tuple[int, ...]], tuple[int, tuple[int, ...]]] = {}
        self._ways_left = MOST_WAYS
        self.exact = True

    # --- which sets of sites -------------------------------------------------------------

    def groups(self) -> list[tuple[int, tuple[int, ...]]]:
        """Return the sets that have all that is wanted, by their bound, the smaller ones first."""
        found = {group for group in self._sets() if self._covers(group)}
        bounded = [(self._bound(group), group) for group in found]
        return sorted(bounded, key=lambda one: (one[0], len(one[1]), one[1]))

    def _sets(self) -> Iterator[tuple[int, ...]]:
        sites = self._problem.sites
        cheapest = sorted(range(len(sites)), key=lambda n: (sum(sites[n]), n))
        if len(sites) <= EXACT_SITES:
            return _subsets(range(len(sites)), len(sites))
        self.exact = False
        needed = self._needed(cheapest)
        others = (number for number in cheapest if number not in needed)
        pool = sorted([*needed, *islice(others, max(0, EXACT_SITES - len(needed)))])
        subsets = _subsets(pool, len(pool)) if len(pool) <= EXACT_SITES else iter([tuple(pool)])
        return chain(subsets, islice(_subsets(cheapest, 2), MOST_PAIRS))

    def _needed(self, cheapest: Sequence[int]) -> set[int]:
        """Return sites that have all that is wanted, and none too many, without the dearest."""
        needed = set(cheapest)
        for number in reversed(cheapest):
            if self._covers(needed - {number}):
                needed.discard(number)
        return needed

    def _covers(self, group: Collection[int]) -> bool:
        return all(sum(item.stock[n] for n in group) >= item.units for item in self._problem.items)

    def _bound(self, group: Sequence[int]) -> int:
        goods = sum(
            item.units * min(item.unit_cost[n] for n in group if item.stock[n])
            for item in self._problem.items
        )
        return goods + self._open(group)

    def _open(self, group: Sequence[int]) -> int:
        sites = [self._problem.sites[number] for number in group]
        return sum(site.opening for site in sites) + max(site.time for site in sites)

    # --- what each ships -----------------------------------------------------------------

    def plan(self, group: Sequence[int], worst: float) -> Plan | None:
        """Return the cheapest plan in which all of these sites ship, if it costs less than that."""
        cost, rows = self._open(group), []
        for index, item in enumerate(self._problem.items):
            having = tuple(number for number in group if item.stock[number])
            if (index, having) not in self._dealt:
                self._dealt[index, having] = self._deal(item, having)
            least, row = self._dealt[index, having]
            cost += least
            if cost >= worst:
                return None
            rows.append(row)
        used = tuple(number for number in group if any(row[number] for row in rows))
        # Where one has nothing to ship, the set without it is cheaper, and stands for itself.
        return Plan(cost, used, tuple(rows)) if used == tuple(sorted(group)) else None

    def _deal(self, item: Item, having: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """Return the least cost of an item from these sites, and the units from each site."""
        by_cost = sorted(having, key=lambda number: (item.unit_cost[number], number))
        best: tuple[int, dict[int, int]] | None = None
        for size, least in self._sizes(item, by_cost):
            if best is not None and least >= best[0]:
                break  # what tearing apart costs, the cheaper units do not bring in
            for chosen in combinations(by_cost, size):
                if best is not None and self._ways_left <= 0:
                    self.exact = False
                    break
                self._ways_left -= 1
                if sum(item.stock[number] for number in chosen) >= item.units:
                    way = self._fill(item, chosen)
                    best = way if best is None or way[0] < best[0] else best
        cost, taken = best or (0, {})
        return cost, tuple(taken.get(number, 0) for number in range(len(self._problem.sites)))

    def _sizes(self, item: Item, by_cost: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield from how many sites an item may come, and what that costs at least."""
        most = accumulate(sorted((item.stock[number] for number in by_cost), reverse=True))
        goods = self._fill(item, by_cost)[0] - self._problem.split * (len(by_cost) - 1)
        for size, there in enumerate(most, 1):
            if there >= item.units:
                yield size, goods + self._problem.split * (size - 1)

    def _fill(self, item: Item, chosen: Sequence[int]) -> tuple[int, dict[int, int]]:
        """Return what an item costs from these sites, the cheapest first, and the units."""
        need, cost, taken = item.units, self._problem.split * (len(chosen) - 1), {}
        for number in chosen:
            taken[number] = min(need, item.stock[number])
            cost, need = cost + taken[number] * item.unit_cost[number], need - taken[number]
        return cost, taken


def _subsets(of: Sequence[int], most: int) -> Iterator[tuple[int, ...]]:
    sizes = range(1, min(most, len(of)) + 1)
    return (tuple(sorted(one)) for size in sizes for one in combinations(of, size))
