"""Which warehouse ships which quantities."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.catalog import Article
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import LineQuantity, Urgency
from fulfillment.domain.service_choice import Wish
from fulfillment.domain.shipping_estimates import Room, Source
from fulfillment.domain.sourcing import Allocation, SourcingWeights, Terms, allocate_lines
from fulfillment.domain.sourcing_search import Item, Problem, Site, find_plans, plan_cost
from fulfillment.domain.units import Dimensions

TODAY = date(2026, 11, 23)
BOX = Dimensions(length_mm=100, width_mm=100, height_mm=100)
ARTICLES = {sku: Article(sku=sku, name=sku, dimensions=BOX, weight_g=1000) for sku in "ABC"}
ROOM = Room(weight_g=20_000, volume_mm3=60_000_000)


def _source(name: str, km: int, parcel_minor: int, days: int = 2, **changes: Any) -> Source:
    return Source(
        warehouse_id=name,
        distance_km=km,
        parcel_minor=parcel_minor,
        per_kg_minor=50,
        currency="EUR",
        arrives=TODAY + timedelta(days=days),
        how="overland/road-parcel",
        **changes,
    )


NEAR, FAR, FARTHER = (
    _source(name, km, price)
    for name, km, price in (("NEAR", 10, 400), ("FAR", 500, 500), ("FARTHER", 900, 700))
)


def _terms(deliver_by: date | None = None, urgency: Urgency = Urgency.STANDARD) -> Terms:
    wish = Wish(urgency=urgency, deliver_by=deliver_by)
    return Terms(wish, TODAY, "EUR", SourcingWeights(), ROOM)


def _line(line_no: int, sku: str, quantity: int) -> LineQuantity:
    return LineQuantity(line_no=line_no, sku=sku, quantity=quantity)


def _level(warehouse_id: str, sku: str, on_hand: int, claimed: int = 0) -> StockLevel:
    return StockLevel(warehouse_id=warehouse_id, sku=sku, on_hand=on_hand, claimed=claimed)


def _allocate(
    lines: Sequence[LineQuantity],
    levels: Sequence[StockLevel],
    sources: Sequence[Source],
    terms: Terms | None = None,
) -> Allocation:
    return allocate_lines(lines, levels, sources, ARTICLES, terms or _terms())


def _shipped(allocation: Allocation) -> dict[str, list[tuple[int, int]]]:
    return {
        share.warehouse_id: [(line.line_no, line.quantity) for line in share.lines]
        for share in allocation.shares
    }


def test_the_cheapest_that_has_all_of_it_ships() -> None:
    """Both could; the one whose parcel costs less does, and the other lost by the difference."""
    levels = [_level("NEAR", "A", 5), _level("FAR", "A", 50)]
    allocation = _allocate([_line(1, "A", 2)], levels, [FAR, NEAR])
    assert {"NEAR": [(1, 2)]} == _shipped(allocation)
    first, *_ = allocation.decision.alternatives
    assert ("FAR", "6.00 EUR") == (first.choice, str(first.cost))
    assert first.because.startswith("weighs 1.00 EUR more: 1 parcel(s) of 1 warehouse(s)")
    assert "the cheapest of all plans for 2 units" in allocation.decision.because


def test_one_far_warehouse_beats_two_near_ones() -> None:
    """One parcel from farther away costs less than two; what the near ones lack is told."""
    levels = [_level("NEAR", "A", 1), _level("FAR", "B", 1)]
    levels += [_level("FARTHER", "A", 1), _level("FARTHER", "B", 1)]
    allocation = _allocate([_line(1, "A", 1), _line(2, "B", 1)], levels, [NEAR, FAR, FARTHER])
    assert {"FARTHER": [(1, 1), (2, 1)]} == _shipped(allocation)
    lost = [one.choice for one in allocation.decision.alternatives]
    assert ["NEAR + FAR", "NEAR + FARTHER", "FAR + FARTHER"] == lost


def test_two_near_ones_beat_one_that_is_far_too_dear() -> None:
    """An order is split over warehouses where it pays."""
    dear = _source("FARTHER", 900, 5000)
    levels = [_level("NEAR", "A", 1), _level("FAR", "B", 1)]
    levels += [_level("FARTHER", "A", 1), _level("FARTHER", "B", 1)]
    allocation = _allocate([_line(1, "A", 1), _line(2, "B", 1)], levels, [NEAR, FAR, dear])
    assert {"NEAR": [(1, 1)], "FAR": [(2, 1)]} == _shipped(allocation)


def test_a_line_that_one_warehouse_has_whole_is_not_torn_apart() -> None:
    """The far one is needed for B anyway, and has all of A."""
    levels = [_level("NEAR", "A", 1), _level("NEAR", "C", 1)]
    levels += [_level("FAR", "A", 3), _level("FAR", "B", 1)]
    lines = [_line(1, "A", 3), _line(2, "B", 1), _line(3, "C", 1)]
    allocation = _allocate(lines, levels, [NEAR, FAR])
    assert {"NEAR": [(3, 1)], "FAR": [(1, 3), (2, 1)]} == _shipped(allocation)


def test_two_lines_of_one_article_stay_whole_where_their_units_come_from_two() -> None:
    """Three and two units of A: three lie in one warehouse, two in the other."""
    levels = [_level("NEAR", "A", 2), _level("FAR", "A", 3)]
    allocation = _allocate([_line(1, "A", 2), _line(2, "A", 3)], levels, [NEAR, FAR])
    assert {"NEAR": [(1, 2)], "FAR": [(2, 3)]} == _shipped(allocation)


def test_a_plan_that_keeps_the_promise_beats_a_cheaper_one() -> None:
    """Half the price is no use two days late; without a promise it is."""
    slow, fast = _source("SLOW", 10, 400, days=5), _source("FAST", 500, 1200, days=2)
    levels = [_level("SLOW", "A", 5), _level("FAST", "A", 5)]
    promise = _terms(TODAY + timedelta(days=3))
    kept = _allocate([_line(1, "A", 1)], levels, [slow, fast], promise)
    assert {"FAST": [(1, 1)]} == _shipped(kept)
    assert ", 2 day(s) late" in kept.decision.alternatives[0].because
    assert {"SLOW": [(1, 1)]} == _shipped(_allocate([_line(1, "A", 1)], levels, [slow, fast]))


def test_an_express_order_is_worth_a_dearer_way() -> None:
    """Two days sooner for eight euros: express takes it, economy does not."""
    slow, fast = _source("SLOW", 10, 400, days=3), _source("FAST", 500, 1200, days=1)
    levels = [_level("SLOW", "A", 5), _level("FAST", "A", 5)]
    taken = {
        urgency: list(_shipped(_allocate([_line(1, "A", 1)], levels, [slow, fast], terms)))
        for urgency in (Urgency.EXPRESS, Urgency.ECONOMY)
        if (terms := _terms(urgency=urgency))
    }
    assert {Urgency.EXPRESS: ["FAST"], Urgency.ECONOMY: ["SLOW"]} == taken


def test_a_crowded_warehouse_passes_work_on() -> None:
    """The far one costs a euro more, and four thousand units less wait there."""
    crowded = NEAR.model_copy(update={"open_units": 4000})
    levels = [_level("NEAR", "A", 5), _level("FAR", "A", 5)]
    assert {"FAR": [(1, 1)]} == _shipped(_allocate([_line(1, "A", 1)], levels, [crowded, FAR]))


def test_what_no_service_serves_is_the_last_resort() -> None:
    """It ships only what nobody else has: labeling then says what is in the way."""
    island = _source("ISLAND", 5, 100, served=False)
    levels = [_level("ISLAND", "A", 9), _level("FARTHER", "A", 9), _level("ISLAND", "B", 1)]
    assert ["FARTHER"] == list(_shipped(_allocate([_line(1, "A", 1)], levels, [island, FARTHER])))
    both = _allocate([_line(1, "A", 1), _line(2, "B", 1)], levels, [island, FARTHER])
    assert ["ISLAND"] == list(_shipped(both))


def test_an_order_of_several_parcels_counts_them() -> None:
    """Fifty kilograms are three parcels, whose price then weighs more than a share's."""
    levels = [_level("NEAR", "A", 50), _level("FAR", "A", 50)]
    decision = _allocate([_line(1, "A", 50)], levels, [NEAR, FAR]).decision
    assert ("NEAR", "37.00 EUR") == (decision.chosen, str(decision.cost))
    assert "3 parcel(s) of 1 warehouse(s)" in decision.because


def test_nothing_to_ship_is_no_warehouse() -> None:
    """No warehouse is chosen for nothing."""
    allocation = _allocate([], [], [NEAR, FAR])
    assert ((), "no warehouse") == (allocation.shares, allocation.decision.chosen)


skus = st.sampled_from("ABC")
places = st.sampled_from(["NEAR", "FAR", "FARTHER"])


@given(
    wanted=st.lists(st.tuples(skus, st.integers(1, 9)), min_size=1, max_size=6),
    stock=st.dictionaries(st.tuples(places, skus), st.integers(0, 9)),
)
@settings(max_examples=100)
def test_no_unit_is_lost_invented_or_taken_from_where_it_is_not(
    wanted: list[tuple[str, int]], stock: dict[tuple[str, str], int]
) -> None:
    """Shares add up to the lines, line by line and article by article, within the stock."""
    lines = [_line(number, sku, quantity) for number, (sku, quantity) in enumerate(wanted, 1)]
    for line in lines:  # the first warehouse gets what is lacking, since stock covers the lines
        stock["NEAR", line.sku] = stock.get(("NEAR", line.sku), 0) + line.quantity
    levels = [_level(place, sku, quantity) for (place, sku), quantity in stock.items()]
    allocation = _allocate(lines, levels, [NEAR, FAR, FARTHER])
    total, drawn = Counter[tuple[int, str]](), Counter[tuple[str, str]]()
    for share in allocation.shares:
        for line in share.lines:
            total[line.line_no, line.sku] += line.quantity
            drawn[share.warehouse_id, line.sku] += line.quantity
    assert {(line.line_no, line.sku): line.quantity for line in lines} == dict(total)
    assert all(quantity <= stock.get(place, 0) for place, quantity in drawn.items())


# --- the search against trying everything ----------------------------------------------------


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw up to four sites and three items, whose stock covers what is wanted."""
    number = draw(st.integers(1, 4))
    costs, times = st.integers(0, 60), st.sampled_from([0, 0, 5, 100])
    sites = tuple(Site(draw(costs), draw(times)) for _ in range(number))
    return Problem(
        sites, tuple(draw(_items(number)) for _ in range(draw(st.integers(1, 3)))), draw(costs) // 4
    )


@st.composite
def _items(draw: st.DrawFn, number: int) -> Item:
    stock = draw(st.lists(st.integers(0, 4), min_size=number, max_size=number).filter(any))
    unit_cost = draw(st.lists(st.integers(0, 20), min_size=number, max_size=number))
    return Item(draw(st.integers(1, min(4, sum(stock)))), tuple(stock), tuple(unit_cost))


def _every_way(units: int, stock: Sequence[int]) -> list[tuple[int, ...]]:
    ways = product(*(range(min(units, there) + 1) for there in stock))
    return [way for way in ways if sum(way) == units]


@given(problem=problems())
@settings(max_examples=200, deadline=None)
def test_the_plan_found_is_the_cheapest_there_is(problem: Problem) -> None:
    """Trying every way to deal every item finds nothing cheaper; costs are as defined."""
    found = find_plans(problem, 3)
    ways = product(*(_every_way(item.units, item.stock) for item in problem.items))
    assert min(plan_cost(problem, way) for way in ways) == found.plans[0].cost
    assert [plan_cost(problem, plan.units) for plan in found.plans] == [
        plan.cost for plan in found.plans
    ]
    assert found.exact
    assert len(found.plans) == len({plan.sites for plan in found.plans})


def test_beyond_eight_warehouses_the_search_is_bounded_and_still_covers_everything() -> None:
    """Twelve warehouses with one unit each of twelve that are wanted: all of them ship."""
    sites = tuple(Site(number, 0) for number in range(12))
    scarce = Problem(sites, (Item(12, (1,) * 12, (1,) * 12),), 1)
    found = find_plans(scarce, 4)
    assert (tuple(range(12)), False) == (found.plans[0].sites, found.exact)
    ample = Problem(sites, (Item(2, (9,) * 12, (5,) * 11 + (0,)),), 1)
    assert [(0,), (1,)] == [plan.sites for plan in find_plans(ample, 2).plans]
