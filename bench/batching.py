"""Plans pick batches of seeded orders: ``python -m bench.batching [--rounds N] [--out FILE]``.

Compares the walks with those of carts that are filled first come, first served, by the same router
and the same choice of bins; and, on small cases, with the best division of all. Prints JSON.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import inf
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from fulfillment.domain.batch_bins import Shelves
from fulfillment.domain.batch_picks import Packed, draft_batch
from fulfillment.domain.batch_totes import loads_of, stowed
from fulfillment.domain.batching import (
    BatchRules,
    Cart,
    Released,
    ReleasedLine,
    Tote,
    plan_batches,
)
from fulfillment.domain.catalog import Layout
from fulfillment.domain.inventory import BinStock
from fulfillment.domain.routing_grid import grid_of, spot_of
from fulfillment.domain.routing_tour import shortest_length_mm

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
AT_ONCE = BatchRules(fewest_members=1)
ONE_BLOCK = Layout(aisles=10, cells=45, aisle_distance_mm=5000, cell_distance_mm=1000)
TWO_BLOCKS = ONE_BLOCK.model_copy(update={"middle_cross_aisle_at": 22})


class Case(NamedTuple):
    """A morning's work."""

    released: list[Released]
    stock: list[BinStock]
    layout: Layout
    cart: Cart


def cart_of(totes: int) -> Cart:
    """Return a cart of equal totes."""
    return Cart(
        totes=tuple(
            Tote(tote=f"T{n}", units=40, volume_mm3=60_000_000, weight_g=15_000)
            for n in range(1, totes + 1)
        )
    )


def seeded_case(seed: int, orders: int, layout: Layout, totes: int, places: int = 1) -> Case:
    """Return orders of a few lines; a fifth of the articles makes half of the demand.

    Args:
        seed: makes the case.
        orders: how many.
        layout: the floor.
        totes: the cart's.
        places: in how many bins an article lies at most.

    """
    rng = Random(seed)
    skus = [f"S{n:03}" for n in range(400)]
    stock = [
        BinStock(
            bin_id=f"B-{sku}-{n}",
            aisle=rng.randrange(layout.aisles),
            cell=rng.randrange(layout.cells),
            sku=sku,
            quantity=500,
        )
        for sku in skus
        for n in range(rng.randint(1, places))
    ]
    released = [
        Released(
            fulfillment_id=f"O{n:04}-F1",
            order_id=f"O{n:04}",
            ship_by=NOW + timedelta(hours=8),
            released_at=NOW - timedelta(seconds=orders - n),
            lines=tuple(_lines(rng, skus)),
        )
        for n in range(orders)
    ]
    return Case(released, stock, layout, cart_of(totes))


def _lines(rng: Random, skus: Sequence[str]) -> Iterator[ReleasedLine]:
    for line_no in range(1, rng.choice((1, 1, 2, 2, 3, 4, 6)) + 1):
        often = rng.random() < 0.5  # noqa: PLR2004 - half of the demand
        sku = rng.choice(skus[: len(skus) // 5] if often else skus[len(skus) // 5 :])
        quantity = rng.choice((1, 1, 1, 2, 3))
        yield ReleasedLine(
            line_no=line_no, sku=sku, quantity=quantity, volume_mm3=1_500_000, weight_g=400
        )


def planned_mm(case: Case) -> tuple[int, float]:
    """Return the length of the planned walks, and the CPU seconds that planning took."""
    began = time.process_time()
    plan = plan_batches(case.released, case.stock, case.layout, case.cart, AT_ONCE, NOW)
    seconds = time.process_time() - began
    return sum(batch.distance_mm for batch in plan.batches), seconds


def first_come_mm(case: Case) -> int:
    """Return the length of the walks of carts that are filled as orders come."""
    batches: list[list[Packed]] = []
    for one in case.released:
        packed = Packed(one, loads_of(one, case.cart) or [])
        together = [*(batches[-1] if batches else []), packed]
        if batches and stowed([load for each in together for load in each.loads]) is not None:
            batches[-1].append(packed)
        else:
            batches.append([packed])
    shelves = Shelves(case.stock, case.layout)
    return sum(draft_batch(batch, shelves, case.cart).distance_mm for batch in batches)


def best_mm(case: Case) -> int:
    """Return the least length of all divisions, where each article lies in one bin.

    By dynamic programming over sets of orders: the batch of the first one not yet served is tried
    in all ways.
    """
    grid = grid_of(case.layout)
    spot = {place.sku: spot_of(place, case.layout) for place in case.stock}
    loads = [loads_of(one, case.cart) or [] for one in case.released]
    everyone = (1 << len(loads)) - 1
    walk_mm: dict[int, int] = {}
    for size in range(1, len(loads) + 1):
        for batch in combinations(range(len(loads)), size):
            if stowed([load for one in batch for load in loads[one]]) is not None:
                stops = {spot[line.sku] for one in batch for line in case.released[one].lines}
                walk_mm[sum(1 << one for one in batch)] = shortest_length_mm(stops, grid)
    least: list[float] = [0] + [inf] * everyone
    for served in range(everyone):
        first = (served + 1) & ~served
        for chosen, length_mm in walk_mm.items():
            if chosen & first and not chosen & served:
                least[served | chosen] = min(least[served | chosen], least[served] + length_mm)
    return int(least[everyone])


def against_first_come(rounds: int) -> Iterator[dict[str, Any]]:
    """Yield, by kind of case, by how much the walks get shorter, and the seconds of a plan."""
    kinds = [
        (name, layout, orders, totes, places)
        for name, layout in (("one block", ONE_BLOCK), ("two blocks", TWO_BLOCKS))
        for orders, totes, places in ((40, 8, 1), (100, 8, 1), (100, 16, 1), (60, 8, 3))
    ]
    for name, layout, orders, totes, places in kinds:
        cases = [seeded_case(seed, orders, layout, totes, places) for seed in range(rounds)]
        plans = [planned_mm(case) for case in cases]
        saved = [
            1 - length_mm / first_come_mm(case)
            for (length_mm, _), case in zip(plans, cases, strict=True)
        ]
        yield {
            "layout": name,
            "orders": orders,
            "totes": totes,
            "bins_an_article_at_most": places,
            "shorter_mean": round(statistics.mean(saved), 4),
            "shorter_least": round(min(saved), 4),
            "cpu_seconds_median": round(statistics.median(seconds for _, seconds in plans), 3),
            "cpu_seconds_most": round(max(seconds for _, seconds in plans), 3),
        }


def against_the_best(rounds: int) -> Iterator[dict[str, Any]]:
    """Yield, by kind of case, how much longer the walks are than the best ones."""
    for name, layout in (("one block", ONE_BLOCK), ("two blocks", TWO_BLOCKS)):
        for orders, totes in ((8, 3), (10, 4)):
            cases = [seeded_case(1000 + seed, orders, layout, totes) for seed in range(rounds)]
            gaps = [planned_mm(case)[0] / best_mm(case) - 1 for case in cases]
            yield {
                "layout": name,
                "orders": orders,
                "totes": totes,
                "gap_mean": round(statistics.mean(gaps), 5),
                "gap_most": round(max(gaps), 5),
                "equal_to_best": sum(gap < 1e-9 for gap in gaps),  # noqa: PLR2004 - rounding
                "cases": len(gaps),
            }


def main() -> None:
    """Plan all cases and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    found = {
        "against_first_come": list(against_first_come(asked.rounds)),
        "against_the_best": list(against_the_best(4 * asked.rounds)),
    }
    text = json.dumps(found, indent=2)
    if asked.out:
        asked.out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
