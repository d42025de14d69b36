"""Carton plans to choose among: certified, few, different."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import _random_goods as random_goods
from fulfillment.domain.carton_candidates import MOST_PLANS, candidate_plans
from fulfillment.domain.carton_search import cartonize
from fulfillment.domain.carton_splits import PRICES, ParcelPrice
from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackItem, PackPlan, PackRules
from fulfillment.domain.catalog import CartonType
from fulfillment.domain.errors import Unpackable
from fulfillment.domain.units import Dimensions

RULES = PackRules()


def carton(name: str, side_mm: int, cost_minor: int, max_weight_g: int = 30_000) -> CartonType:
    """Return a cube of a carton."""
    size = Dimensions(length_mm=side_mm, width_mm=side_mm, height_mm=side_mm)
    return CartonType(
        carton_id=name,
        inner=size,
        outer=size,
        empty_weight_g=100,
        max_weight_g=max_weight_g,
        cost_minor=cost_minor,
    )


def cubes(count: int, side_mm: int, weight_g: int = 500) -> list[PackItem]:
    """Return so many units of a cube."""
    size = Dimensions(length_mm=side_mm, width_mm=side_mm, height_mm=side_mm)
    return [
        PackItem(
            item_ref=f"1/{unit}",
            line_no=1,
            sku="CUBE",
            name="Cube",
            dimensions=size,
            weight_g=weight_g,
        )
        for unit in range(1, count + 1)
    ]


SMALL, LARGE = carton("S", 200, 40), carton("L", 400, 120)


def used(plan: PackPlan) -> Counter[str]:
    """Return how many of each carton a plan takes."""
    return Counter(packed.carton_id for packed in plan.cartons)


def test_two_small_cartons_stand_beside_a_large_one_half_empty() -> None:
    """Two cubes of 18 cm: 64 liters that weigh a kilogram, or twice 8."""
    first, *others = candidate_plans(cubes(2, 180), [SMALL, LARGE], RULES)

    assert Counter(L=1) == used(first)
    assert [Counter(S=2)] == [used(plan) for plan in others]


def test_a_heavy_carton_stands_beside_lighter_ones() -> None:
    """Some services take no parcel of 26 kg."""
    found = candidate_plans(cubes(8, 90, weight_g=3_200), [carton("ONE", 200, 40)], RULES)
    heaviest = [max(packed.gross_weight_g for packed in plan.cartons) for plan in found]

    assert 25_700 == heaviest[0]
    assert min(heaviest) <= 25_700 * 6 // 10


def test_there_is_one_plan_where_nothing_else_could_be_cheaper() -> None:
    """A carton that just fits has no rival."""
    [only] = candidate_plans(cubes(1, 180), [SMALL, LARGE], RULES)

    assert Counter(S=1) == used(only)


def test_what_fits_no_carton_is_refused() -> None:
    """As by the usual plan."""
    with pytest.raises(Unpackable, match="line 1"):
        candidate_plans(cubes(1, 900), [SMALL, LARGE], RULES)


def test_no_time_leaves_the_usual_plan() -> None:
    """The deadline costs alternatives, never the plan."""
    goods = cubes(2, 180)
    found = candidate_plans(goods, [SMALL, LARGE], RULES, expired=lambda: True)

    assert [cartonize(goods, [SMALL, LARGE], RULES, expired=lambda: True)] == found


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_every_plan_is_certified_and_different(seed: int) -> None:
    """Random goods: the usual plan first, each plan valid, none twice, the same again."""
    luck = Random(seed)
    goods, cartons = random_goods.items(luck), random_goods.cartons(luck)
    rules = random_goods.rules(luck)
    try:
        usual = cartonize(goods, cartons, rules)
    except Unpackable:
        return
    found = candidate_plans(goods, cartons, rules)
    assert usual == found[0]
    assert len(found) <= MOST_PLANS
    for plan in found:
        validate_plan(plan, goods, cartons, rules)
    contents = [
        sorted((packed.carton_id, packed.gross_weight_g) for packed in plan.cartons)
        for plan in found
    ]
    assert all(one not in contents[:number] for number, one in enumerate(contents))
    assert found == candidate_plans(goods, cartons, rules)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10_000))
def test_by_each_price_the_best_plan_costs_at_most_what_the_usual_one_does(seed: int) -> None:
    """A choice among the plans never loses by having it."""
    luck = Random(seed)
    goods, cartons = random_goods.items(luck), random_goods.cartons(luck)
    goods = [item.model_copy(update={"ships_in_own_box": False}) for item in goods]
    by_id = {one.carton_id: one for one in cartons}

    def cost(plan: PackPlan, price: ParcelPrice) -> int:
        return sum(price.cost(by_id[c.carton_id], c.gross_weight_g) for c in plan.cartons)

    try:
        first, *others = candidate_plans(goods, cartons, RULES)
    except Unpackable:
        return
    for plan in others:
        heaviest = max(packed.gross_weight_g for packed in plan.cartons)
        lighter = heaviest < max(packed.gross_weight_g for packed in first.cartons)
        assert lighter or any(cost(plan, price) < cost(first, price) for price in PRICES)
