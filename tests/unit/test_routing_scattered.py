"""Bins chosen among several: quantities honored, and a walk near to the shortest there is."""

from collections import Counter
from itertools import pairwise, product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.errors import StockViolation
from fulfillment.domain.routing_exact import shortest_walk
from fulfillment.domain.routing_grid import Grid, Spot
from fulfillment.domain.routing_scattered import Shelved, choose_bins
from fulfillment.domain.routing_tour import Tour, shortest_length_mm

GRID = Grid((0, 12), aisle_distance_mm=3, depot_aisle=2)
TWO_BLOCKS = Grid((0, 6, 12), aisle_distance_mm=3, depot_aisle=2)
GRIDS = pytest.mark.parametrize("grid", [GRID, TWO_BLOCKS])


def walk_mm(spots: set[Spot], grid: Grid) -> int:
    """Return the length of the shortest walk along the spots."""
    walk = [grid.depot, *shortest_walk(spots, grid), grid.depot]
    return sum(grid.distance_mm(start, end) for start, end in pairwise(walk))


cells = [cell for cell in range(1, 12) if cell not in TWO_BLOCKS.cross_mm]
spots = st.builds(Spot, st.integers(0, 5), st.sampled_from(cells))
places = st.lists(
    st.builds(Shelved, st.just(""), st.sampled_from("ABC"), st.integers(1, 4), spots),
    min_size=1,
    max_size=12,
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(places, st.data())
def test_what_is_wanted_is_taken_and_nothing_else(
    drawn: list[Shelved], data: st.DataObject
) -> None:
    """No unit too many or too few, none that a bin has not, no bin in vain."""
    stock = [place._replace(bin_id=f"B{number}") for number, place in enumerate(drawn)]
    held = Counter[str]()
    for place in stock:
        held[place.sku] += place.quantity
    wanted = {sku: data.draw(st.integers(1, most)) for sku, most in held.items()}

    taken = choose_bins(wanted, stock, GRID)

    found = Counter[str]()
    for place in taken:
        found[place.sku] += place.quantity
        (here,) = (whole for whole in stock if whole.bin_id == place.bin_id)
        assert here == place._replace(quantity=here.quantity)
        assert 0 < place.quantity <= here.quantity
    assert wanted == dict(found)
    assert len(taken) == len({place.bin_id for place in taken})
    assert taken == choose_bins(wanted, stock[::-1], GRID)


def test_more_than_the_bins_hold_is_refused() -> None:
    """What is missing is named by article."""
    stock = [Shelved("B1", "A", 2, Spot(0, 1)), Shelved("B2", "A", 1, Spot(3, 1))]

    with pytest.raises(StockViolation, match=r"A: expected 4 in the bins, came 3"):
        choose_bins({"A": 4}, stock, GRID)


def test_one_bin_with_all_units_is_nearer_than_two_with_some() -> None:
    """A bin's way is weighed by how many of the units it gives."""
    stock = [
        Shelved("B1", "A", 1, Spot(2, 3)),
        Shelved("B2", "A", 1, Spot(3, 3)),
        Shelved("B3", "A", 2, Spot(2, 4)),
    ]

    assert choose_bins({"A": 2}, stock, GRID) == [stock[2]]


@GRIDS
def test_walks_are_within_3_percent_of_the_best_choice_of_bins(grid: Grid) -> None:
    """On small floors of one block or two, where all choices can be tried."""
    gaps = []
    for seed in range(12):
        rng = Random(seed)
        stock = [
            Shelved(f"B{sku}{n}", sku, 1, Spot(rng.randrange(6), rng.choice(cells)))
            for sku in "ABCDE"
            for n in range(3)
        ]
        taken = choose_bins(dict.fromkeys("ABCDE", 1), stock, grid)
        choices = product(*([p.spot for p in stock if p.sku == sku] for sku in "ABCDE"))
        best = min(shortest_length_mm(choice, grid) for choice in choices)
        gaps.append(walk_mm({place.spot for place in taken}, grid) / best - 1)

    assert min(gaps) >= 0
    assert sum(gaps) / len(gaps) <= 0.03


@GRIDS
@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    stops=st.lists(spots, max_size=12),
    further=spots,
    chance=st.randoms(use_true_random=False),
)
def test_a_tour_knows_the_length_of_the_shortest_walk(
    grid: Grid, stops: list[Spot], further: Spot, chance: Random
) -> None:
    """After any additions and removals, and for a stop that may come."""
    tour = Tour(range(6), grid)
    held: list[Spot] = []
    for stop in stops:
        tour.add(stop)
        held.append(stop)
        assert walk_mm({*held, further}, grid) == tour.cost_with_mm(further)
        assert walk_mm({*held}, grid) == shortest_length_mm(held, grid)
        if chance.random() < 0.4:
            gone = held.pop(chance.randrange(len(held)))
            tour.remove(gone)
        assert walk_mm(set(held), grid) == tour.cost_mm()
