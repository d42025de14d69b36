"""Cartons: the rules of choosing and filling them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench._random_goods import broken_rules
from fulfillment.domain.carton_search import cartonize
from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackItem, PackPlan, PackRules
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.errors import PlanInvalid, Unpackable
from fulfillment.domain.units import Dimensions


def dimensions(length: int, width: int, height: int) -> Dimensions:
    """Return sizes given in millimeters."""
    return Dimensions(length_mm=length, width_mm=width, height_mm=height)


def carton(
    carton_id: str, size: tuple[int, int, int], max_weight_g: int = 20_000, cost_minor: int = 0
) -> CartonType:
    """Return a carton of this inner size that weighs 100 g empty."""
    return CartonType(
        carton_id=carton_id,
        inner=dimensions(*size),
        outer=dimensions(*(side + 6 for side in size)),
        empty_weight_g=100,
        max_weight_g=max_weight_g,
        cost_minor=cost_minor,
    )


def item(ref: str, size: tuple[int, int, int], weight_g: int = 200, **traits: object) -> PackItem:
    """Return one unit with these traits; its SKU is its line's."""
    line_no = ref.partition("/")[0]
    fields: dict[str, object] = {
        "item_ref": ref,
        "line_no": int(line_no),
        "sku": f"SKU-{line_no}",
        "name": f"Article {line_no}",
        "dimensions": dimensions(*size),
        "weight_g": weight_g,
    }
    return PackItem.model_validate(fields | traits)


UPRIGHT = Orientation.UPRIGHT
SMALL = carton("SMALL", (200, 150, 100))
MEDIUM = carton("MEDIUM", (300, 200, 150))
LARGE = carton("LARGE", (400, 300, 300))
CARTONS = [LARGE, SMALL, MEDIUM]


def carton_ids(plan: PackPlan) -> list[str]:
    """Return which cartons a plan takes."""
    return [packed.carton_id for packed in plan.cartons]


def test_nothing_needs_no_carton() -> None:
    """No items, no cartons."""
    assert PackPlan() == cartonize([], CARTONS)


def test_smallest_carton_that_fits_is_taken() -> None:
    """At equal cost the smallest carton wins."""
    assert carton_ids(cartonize([item("1/1", (90, 190, 140))], CARTONS)) == ["SMALL"]


def test_cheaper_carton_beats_smaller_one() -> None:
    """Cost comes before size."""
    dear = carton("DEAR", (200, 150, 100), cost_minor=90)
    cheap = carton("CHEAP", (400, 300, 300), cost_minor=40)

    assert carton_ids(cartonize([item("1/1", (100, 90, 80))], [dear, cheap])) == ["CHEAP"]


def test_one_large_carton_beats_two_cheap_ones() -> None:
    """The number of cartons comes before their cost."""
    cheap = carton("CHEAP", (200, 150, 100), cost_minor=10)
    dear = carton("DEAR", (400, 300, 300), cost_minor=900)
    items = [item("1/1", (200, 150, 100)), item("1/2", (200, 150, 100))]

    assert carton_ids(cartonize(items, [cheap, dear])) == ["DEAR"]


def test_a_perfect_fill_is_found() -> None:
    """Eight octants fill the carton and leave no void."""
    items = [item(f"1/{unit}", (200, 150, 150)) for unit in range(1, 9)]

    plan = cartonize(items, CARTONS)

    assert carton_ids(plan) == ["LARGE"]
    assert plan.cartons[0].void_mm3 == 0
    validate_plan(plan, items, CARTONS)


def test_weight_limit_counts_the_empty_carton() -> None:
    """Contents and carton together weigh at most what the carton takes."""
    box = carton("BOX", (200, 150, 100), max_weight_g=1_100)
    exact = [item("1/1", (50, 50, 50), 500), item("1/2", (50, 50, 50), 500)]
    over = [item("1/1", (50, 50, 50), 500), item("1/2", (50, 50, 50), 501)]

    assert [packed.gross_weight_g for packed in cartonize(exact, [box]).cartons] == [1_100]
    assert carton_ids(cartonize(over, [box])) == ["BOX", "BOX"]


def test_upright_item_keeps_its_height() -> None:
    """An upright item that would fit lying down takes the carton in which it stands."""
    plan = cartonize([item("1/1", (50, 60, 140), orientation=UPRIGHT)], CARTONS)

    assert carton_ids(plan) == ["MEDIUM"]
    assert plan.cartons[0].placements[0].dz_mm == 140


def test_segregation_groups_never_share_a_carton() -> None:
    """Food and bleach go apart, however small they are."""
    items = [
        item("1/1", (50, 50, 50), segregation_group="food"),
        item("2/1", (50, 50, 50), segregation_group="bleach"),
        item("3/1", (50, 50, 50), segregation_group="food"),
    ]

    plan = cartonize(items, CARTONS)

    packed = [[place.item_ref for place in packed.placements] for packed in plan.cartons]
    assert packed == [["2/1"], ["1/1", "3/1"]]


def test_fragile_item_goes_last_and_on_top() -> None:
    """The glass comes after the brick and above it where the floor is taken."""
    items = [
        item("1/1", (200, 150, 50), 100, fragile=True),
        item("2/1", (200, 150, 50), 900),
    ]

    places = cartonize(items, [SMALL]).cartons[0].placements

    assert [(place.item_ref, place.z_mm) for place in places] == [("2/1", 0), ("1/1", 50)]


def test_item_may_bridge_two_of_equal_height() -> None:
    """The glass plate rests on both bricks, half on each."""
    items = [
        item("1/1", (200, 150, 40), fragile=True),
        item("2/1", (100, 150, 60), orientation=UPRIGHT),
        item("2/2", (100, 150, 60), orientation=UPRIGHT),
    ]

    assert carton_ids(cartonize(items, [SMALL])) == ["SMALL"]


def test_two_fragile_items_are_not_stacked() -> None:
    """Where only a stack would fit, fragile items take a carton each."""
    items = [item(f"1/{unit}", (200, 150, 50), fragile=True) for unit in (1, 2)]

    assert carton_ids(cartonize(items, [SMALL])) == ["SMALL", "SMALL"]


def test_too_large_item_is_named_with_its_size_and_the_largest_carton() -> None:
    """The problem says what came, what fits at most, and what to do."""
    with pytest.raises(Unpackable) as caught:
        cartonize([item("7/1", (2_000, 90, 80), 300), item("8/1", (10, 10, 10))], CARTONS)

    (problem,) = caught.value.problems
    assert problem.path == "line 7"
    assert (
        problem.came
        == "Article 7 (SKU-7) of 2000 x 90 x 80 mm and 300 g, too large in every orientation"
    )
    assert "LARGE, is 400 x 300 x 300 mm inside and takes 19900 g" in problem.expected


@pytest.mark.parametrize(
    ("unfit", "reason"),
    [
        (item("1/1", (10, 10, 10), 19_901), "too heavy for each carton it fits into"),
        (item("1/1", (10, 10, 350), orientation=UPRIGHT), "too large standing upright"),
    ],
)
def test_reason_of_a_misfit_is_told(unfit: PackItem, reason: str) -> None:
    """Weight and orientation are told apart from size."""
    with pytest.raises(Unpackable, match=reason):
        cartonize([unfit], CARTONS)


def test_units_of_one_line_are_one_problem() -> None:
    """Three sofas of a line are one problem, not three."""
    sofas = [item(f"1/{unit}", (2_000, 900, 800)) for unit in (1, 2, 3)]

    with pytest.raises(Unpackable) as caught:
        cartonize(sofas, CARTONS)

    assert len(caught.value.problems) == 1


def test_without_cartons_everything_is_unpackable() -> None:
    """An empty list of cartons is told as such."""
    with pytest.raises(Unpackable, match="there is none"):
        cartonize([item("1/1", (10, 10, 10))], [])


def test_repeated_item_ref_is_refused() -> None:
    """Two units under one name could not be told apart."""
    with pytest.raises(PlanInvalid, match="the same for 2 units"):
        cartonize([item("1/1", (10, 10, 10)), item("1/1", (10, 10, 10))], CARTONS)


def test_an_item_bears_only_what_it_may() -> None:
    """Two bricks stand on a box that bears them, and nothing stands on bricks."""
    bricks = [item(f"2/{n}", (200, 75, 30), 900, bears_g=0) for n in (1, 2)]
    strong = item("1/1", (200, 150, 50), bears_g=1_800, orientation=Orientation.FLAT)
    weak = strong.model_copy(update={"bears_g": 1_799})

    assert carton_ids(cartonize([strong, *bricks], [SMALL])) == ["SMALL"]
    assert len(cartonize([weak, *bricks], [SMALL]).cartons) == 2


def test_load_counts_through_a_stack_and_by_area() -> None:
    """What lies at the bottom bears all that is above it, as much as its upper face may."""
    stack = [item(f"1/{n}", (200, 150, 30), 600, bears_g_per_dm2=400) for n in (1, 2, 3)]
    heavy = [unit.model_copy(update={"weight_g": 601}) for unit in stack]

    # Three square decimeters bear 1,200 g.
    assert carton_ids(cartonize(stack, [SMALL])) == ["SMALL"]
    assert carton_ids(cartonize(heavy, [SMALL])) == ["SMALL", "SMALL"]


def test_fragile_goods_are_padded_on_all_sides() -> None:
    """Padding counts in the fit, and two fragile items have twice of it between them."""
    rules = PackRules(padding_mm=10)
    glasses = [item(f"1/{n}", (80, 130, 80), fragile=True, orientation=UPRIGHT) for n in (1, 2)]
    larger = [item("1/1", (81, 131, 81), fragile=True, orientation=UPRIGHT)]

    plan = cartonize(glasses, [SMALL], rules)

    assert carton_ids(plan) == ["SMALL"]
    assert [(p.x_mm, p.y_mm, p.z_mm) for p in plan.cartons[0].placements] == [
        (10, 10, 10),
        (110, 10, 10),
    ]
    validate_plan(plan, glasses, [SMALL], rules)
    with pytest.raises(Unpackable, match="with 10 mm of padding on every side"):
        cartonize(larger, [SMALL], rules)


def test_flat_item_lies_on_its_largest_face() -> None:
    """A picture may not stand on edge, even where only that would fit."""
    picture = item("1/1", (30, 240, 190), orientation=Orientation.FLAT)

    plan = cartonize([picture], CARTONS)

    assert plan.cartons[0].placements[0].dz_mm == 30
    with pytest.raises(Unpackable, match="too large lying flat"):
        cartonize([picture], [SMALL])


def test_shipping_cost_of_volume_counts() -> None:
    """A dearer carton wins where its smaller volume saves more than it costs."""
    cheap = carton("CHEAP", (394, 294, 294), cost_minor=10)
    small = carton("SMALL", (194, 144, 94), cost_minor=60)
    goods = [item("1/1", (100, 90, 80))]

    # 7.2 l and 0.6 l more outer volume: 7,200 g and 600 g of chargeable weight.
    assert carton_ids(cartonize(goods, [cheap, small])) == ["CHEAP"]
    assert carton_ids(cartonize(goods, [cheap, small], PackRules(minor_per_kg=8))) == ["SMALL"]


def test_unit_in_its_own_box_is_a_parcel_of_its_own() -> None:
    """It needs no carton, may be of any size, and gets no fill."""
    sofa = item("1/1", (2_000, 900, 800), 40_000, ships_in_own_box=True)
    goods = [sofa, item("2/1", (50, 50, 50))]

    plan = cartonize(goods, [SMALL])

    assert [(c.carton_id, c.own_box) for c in plan.cartons] == [
        ("SKU-1", True),
        ("SMALL", False),
    ]
    validate_plan(plan, goods, [SMALL])


def test_a_plan_that_takes_too_long_is_the_best_so_far() -> None:
    """Once the time is up every item still has its place."""
    goods = [item(f"{line}/1", (60 + line, 50 + line, 40 + line)) for line in range(1, 30)]

    plan = cartonize(goods, CARTONS, expired=lambda: True)

    validate_plan(plan, goods, CARTONS)


sides = st.integers(min_value=5, max_value=150)
traits = st.fixed_dictionaries(
    {
        "orientation": st.sampled_from(Orientation),
        "fragile": st.sampled_from([False, False, True]),
        "segregation_group": st.sampled_from(["general", "general", "bleach"]),
    }
)


@st.composite
def orders(draw: st.DrawFn) -> list[PackItem]:
    """Return the units of an order with a few lines; each unit fits the largest carton."""
    items: list[PackItem] = []
    for line_no in range(1, draw(st.integers(min_value=1, max_value=7)) + 1):
        size = draw(st.tuples(sides, sides, sides))
        weight_g = draw(st.integers(min_value=1, max_value=6_000))
        line = draw(traits)
        quantity = draw(st.integers(min_value=1, max_value=4))
        items += [item(f"{line_no}/{n}", size, weight_g, **line) for n in range(1, quantity + 1)]
    return items


@settings(max_examples=100, deadline=None, derandomize=True)
@given(orders())
def test_every_plan_is_valid(items: list[PackItem]) -> None:
    """No plan loses, invents, squeezes, drops or crushes an item."""
    validate_plan(cartonize(items, CARTONS), items, CARTONS)


def test_hundreds_of_random_plans_keep_every_rule() -> None:
    """Sizes, weights, turns, loads, padding, groups, own boxes, and settings of the rules."""
    assert [] == [finding for seed in range(200) for finding in broken_rules(seed)]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(orders())
def test_same_input_gives_the_same_plan(items: list[PackItem]) -> None:
    """The plan depends on the items, and not on the sequence of the cartons."""
    assert cartonize(items, CARTONS) == cartonize(items, CARTONS[::-1])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(orders())
def test_no_more_cartons_than_items(items: list[PackItem]) -> None:
    """At worst each item has a carton of its own, and never fewer cartons than weight asks for."""
    plan = cartonize(items, CARTONS)

    payload_g = max(c.max_weight_g - c.empty_weight_g for c in CARTONS)
    weight_g = sum(unit.weight_g for unit in items)
    assert -(-weight_g // payload_g) <= len(plan.cartons) <= len(items)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(orders())
def test_fragile_items_come_last_in_each_carton(items: list[PackItem]) -> None:
    """The packing sequence of each carton has its sturdy items first."""
    fragile = {unit.item_ref for unit in items if unit.fragile}

    for packed in cartonize(items, CARTONS).cartons:
        sequence = [place.item_ref in fragile for place in packed.placements]
        assert sorted(sequence) == sequence
