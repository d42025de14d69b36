"""Measures the choice of warehouses: ``python -m bench.sourcing`` prints JSON.

Seeded orders over seeded warehouses, each of which has a part of the articles. Of every size it
tells the CPU milliseconds of a decision with its alternatives, how many decisions are proven to be
the cheapest, and how much less they cost, all weights counted, than the fewest and nearest
warehouses that have it all.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations
from random import Random
from typing import Any

from fulfillment.domain.catalog import Article
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import LineQuantity, Urgency
from fulfillment.domain.service_choice import Wish
from fulfillment.domain.shipping_estimates import Room, Source
from fulfillment.domain.sourcing import SourcingWeights, Terms, allocate_lines, sourcing_problem
from fulfillment.domain.sourcing_search import EXACT_SITES, Problem, find_plans, plan_cost
from fulfillment.domain.units import Dimensions

SIZES = ((2, 3), (5, 20), (8, 20), (8, 100), (20, 50))
"""Warehouses and lines."""

TODAY = date(2026, 11, 23)
ROOM = Room(weight_g=25_000, volume_mm3=67_000_000)

Case = tuple[list[LineQuantity], list[StockLevel], list[Source], dict[str, Article], Terms]


def case(rng: Random, warehouses: int, lines: int) -> Case:
    """Return an order of so many lines, and who has what of it; together they have all."""
    names = [f"W{number:02}" for number in range(warehouses)]
    articles = {f"A{number:03}": _article(rng, f"A{number:03}") for number in range(lines)}
    wanted = [
        LineQuantity(line_no=number, sku=sku, quantity=rng.choice((1, 1, 1, 2, 3, 6)))
        for number, sku in enumerate(articles, 1)
    ]
    levels = [level for line in wanted for level in _levels(rng, line, names)]
    sources = [_source(rng, name) for name in names]
    by = rng.choice([None, TODAY + timedelta(days=rng.randint(2, 6))])
    wish = Wish(urgency=rng.choice(tuple(Urgency)), deliver_by=by)
    return wanted, levels, sources, articles, Terms(wish, TODAY, "EUR", SourcingWeights(), ROOM)


def _article(rng: Random, sku: str) -> Article:
    length_mm, width_mm, height_mm = (rng.randint(40, 250) for _ in range(3))
    size = Dimensions(length_mm=length_mm, width_mm=width_mm, height_mm=height_mm)
    return Article(sku=sku, name=sku, dimensions=size, weight_g=rng.randint(50, 3000))


def _levels(rng: Random, line: LineQuantity, names: Sequence[str]) -> list[StockLevel]:
    having = rng.sample(names, max(1, round(0.6 * len(names))))
    units = {name: rng.randint(1, 2 * line.quantity) for name in having}
    units[having[0]] += line.quantity
    return [
        StockLevel(warehouse_id=name, sku=line.sku, on_hand=quantity, claimed=0)
        for name, quantity in units.items()
    ]


def _source(rng: Random, name: str) -> Source:
    km = rng.randint(20, 1500)
    return Source(
        warehouse_id=name,
        distance_km=km,
        parcel_minor=420 + km * 45 // 100,
        per_kg_minor=25 + km * 4 // 100,
        currency="EUR",
        arrives=TODAY + timedelta(days=1 + km // 400),
        how="overland/road-parcel",
        open_units=rng.randint(0, 3000),
    )


def nearest_first(problem: Problem) -> int:
    """Return what the fewest sites cost that have it all, the nearest of them; each fills first."""
    group = _fewest(problem)
    rows = []
    for item in problem.items:
        row, need = [0] * len(problem.sites), item.units
        for number in group:
            row[number] = min(need, item.stock[number])
            need -= row[number]
        rows.append(row)
    return plan_cost(problem, rows)


def _fewest(problem: Problem) -> Sequence[int]:
    numbers = range(len(problem.sites))
    if len(numbers) > EXACT_SITES:  # too many sets to try: as many of the nearest as it takes
        return next(numbers[:size] for size in numbers if _covers(problem, numbers[:size]))
    sets = (one for size in numbers for one in combinations(numbers, size + 1))
    return next(one for one in sets if _covers(problem, one))


def _covers(problem: Problem, group: Sequence[int]) -> bool:
    return all(sum(item.stock[n] for n in group) >= item.units for item in problem.items)


def measured(warehouses: int, lines: int, orders: int) -> dict[str, Any]:
    """Return the figures of one size."""
    seconds, exact, less = [], 0, []
    for seed in range(orders):
        one = case(Random(f"{warehouses}/{lines}/{seed}"), warehouses, lines)
        began = time.process_time()
        allocate_lines(*one)
        seconds.append(time.process_time() - began)
        found = find_plans(problem := sourcing_problem(*one), 4)
        exact += found.exact
        less.append(1 - found.plans[0].cost / nearest_first(problem))
    return {
        "warehouses": warehouses,
        "lines": lines,
        "orders": orders,
        "median_cpu_ms": round(statistics.median(seconds) * 1000, 2),
        "p99_cpu_ms": round(sorted(seconds)[orders * 99 // 100] * 1000, 2),
        "proven": exact,
        "mean_cost_below_nearest_first": round(statistics.mean(less), 4),
    }


def figures(orders: int) -> Iterator[dict[str, Any]]:
    """Yield the figures of each size."""
    for warehouses, lines in SIZES:
        yield measured(warehouses, lines, orders)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100, help="of each size")
    print(json.dumps(list(figures(parser.parse_args().orders)), indent=2))


if __name__ == "__main__":
    main()
