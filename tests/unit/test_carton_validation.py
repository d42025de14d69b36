"""The check of pack plans: each rule, broken once by hand, is caught."""

import pytest

from fulfillment.domain.carton_validation import validate_plan
from fulfillment.domain.cartonization import PackedCarton, PackItem, PackPlan, PackRules, Placement
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.errors import PlanInvalid
from fulfillment.domain.units import Dimensions

BOX = CartonType(
    carton_id="BOX",
    inner=Dimensions(length_mm=300, width_mm=200, height_mm=200),
    outer=Dimensions(length_mm=306, width_mm=206, height_mm=206),
    empty_weight_g=100,
    max_weight_g=2_000,
)


def unit(ref: str, weight_g: int = 300, *, fragile: bool = False) -> PackItem:
    """Return a unit of 100 x 80 x 60 mm."""
    return PackItem(
        item_ref=ref,
        line_no=1,
        sku="BRICK",
        name="Brick",
        dimensions=Dimensions(length_mm=100, width_mm=80, height_mm=60),
        weight_g=weight_g,
        fragile=fragile,
    )


def place(ref: str, x: int, y: int, z: int) -> Placement:
    """Return the placement of a unit that lies flat."""
    return Placement(
        item_ref=ref,
        line_no=1,
        sku="BRICK",
        x_mm=x,
        y_mm=y,
        z_mm=z,
        dx_mm=100,
        dy_mm=80,
        dz_mm=60,
    )


ITEMS = [unit("1/1"), unit("1/2"), unit("1/3")]
PLACES = (place("1/1", 0, 0, 0), place("1/2", 100, 0, 0), place("1/3", 0, 0, 60))
PACKED = PackedCarton(
    carton_id="BOX", placements=PLACES, gross_weight_g=1_000, void_mm3=12_000_000 - 3 * 480_000
)


def packed_as(*places: Placement) -> PackPlan:
    """Return the plan with other placements, and with the figures of the three units."""
    return PackPlan(cartons=(PACKED.model_copy(update={"placements": places}),))


def rules_broken(
    plan: PackPlan, items: list[PackItem] | None = None, box: CartonType = BOX
) -> list[str]:
    """Return what the check finds."""
    with pytest.raises(PlanInvalid) as caught:
        validate_plan(plan, ITEMS if items is None else items, [box])
    return [str(problem) for problem in caught.value.problems]


def test_sound_plan_passes() -> None:
    """The plan that the other tests break is sound."""
    validate_plan(PackPlan(cartons=(PACKED,)), ITEMS, [BOX])


def test_empty_plan_of_nothing_passes() -> None:
    """No items need no cartons."""
    validate_plan(PackPlan(), [], [BOX])


def moved(index: int, **changes: object) -> PackPlan:
    """Return the plan with one placement changed."""
    places = list(PLACES)
    places[index] = places[index].model_copy(update=changes)
    return packed_as(*places)


@pytest.mark.parametrize(
    ("plan", "finding"),
    [
        (moved(1, x_mm=201), "out of bounds, 201 to 301 mm"),
        (moved(1, y_mm=-1), "out of bounds, -1 to 79 mm"),
        (moved(2, z_mm=141), "out of bounds, 141 to 201 mm"),
        (moved(1, x_mm=99), "expected no overlap, came an overlap with 1/2"),
        (moved(1, x_mm=99, z_mm=59), "expected no overlap"),
        (moved(2, z_mm=61), "a floating item, 0 % supported"),
        (moved(2, y_mm=17), "a floating item, 78 % supported"),
        (moved(1, dz_mm=61), "expected the sides [60, 80, 100] mm in some orientation"),
        (moved(1, sku="STONE"), "expected line 1, BRICK, came line 1, STONE"),
        (moved(1, line_no=2), "expected line 1, BRICK, came line 2, BRICK"),
        (packed_as(PLACES[2], *PLACES[:2]), "expected it packed after 1/1 below it"),
    ],
)
def test_broken_placement_is_caught(plan: PackPlan, finding: str) -> None:
    """Bounds, overlap, support, size, identity and sequence are checked one by one."""
    assert any(finding in rule for rule in rules_broken(plan))


def test_eighty_percent_of_support_is_enough() -> None:
    """An item may stick out by a fifth of its base."""
    validate_plan(moved(2, y_mm=16), ITEMS, [BOX])


def test_lost_item_is_caught() -> None:
    """An item of the order that lies in no carton is named."""
    fourth = unit("1/4")

    expected = "1/4: expected the item in a carton, came no place: the item is lost"
    assert f"{expected}; plan this order again" in rules_broken(
        PackPlan(cartons=(PACKED,)), [*ITEMS, fourth]
    )


def test_invented_item_is_caught() -> None:
    """An item that nobody ordered is named."""
    plan = packed_as(*PLACES, place("9/9", 200, 0, 0))

    assert any("an invented item" in rule for rule in rules_broken(plan))


def test_duplicated_item_is_caught() -> None:
    """An item that lies in two places is named."""
    plan = packed_as(*PLACES, place("1/3", 200, 0, 0))

    assert any("2 places: the item is duplicated" in rule for rule in rules_broken(plan))


def test_two_items_of_one_name_are_caught() -> None:
    """Items that can't be told apart can't be checked."""
    rules = rules_broken(PackPlan(cartons=(PACKED,)), [*ITEMS, unit("1/3")])

    assert any("expected one item of this item_ref, came 2 items" in rule for rule in rules)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"carton_id": "CRATE"}, "expected a known carton (BOX), came CRATE"),
        ({"gross_weight_g": 999}, "expected a gross weight of 1000 g, came 999 g"),
        ({"void_mm3": 1}, "expected a void of 10560000 mm3, came 1 mm3"),
    ],
)
def test_wrong_figure_is_caught(change: dict[str, object], finding: str) -> None:
    """The carton, its gross weight and its void are recomputed."""
    plan = PackPlan(cartons=(PACKED.model_copy(update=change),))

    assert [f"carton 1: {finding}; plan this order again"] == rules_broken(plan)


def test_empty_carton_is_caught() -> None:
    """A carton with nothing in it is not shipped."""
    empty = PackedCarton(
        carton_id="BOX", placements=(), gross_weight_g=100, void_mm3=BOX.inner.volume_mm3
    )

    rules = rules_broken(PackPlan(cartons=(PACKED, empty)))

    assert rules == [
        "carton 2: expected at least one item, came an empty carton; plan this order again"
    ]


def test_too_heavy_carton_is_caught() -> None:
    """The empty carton counts toward its limit."""
    weak = BOX.model_copy(update={"max_weight_g": 999})

    (rule,) = rules_broken(PackPlan(cartons=(PACKED,)), box=weak)

    assert "expected a weight of at most 999 g, came 1000 g" in rule


def altered(index: int, **changes: object) -> list[PackItem]:
    """Return the items with one of them changed."""
    items = list(ITEMS)
    items[index] = items[index].model_copy(update=changes)
    return items


def test_tipped_upright_item_is_caught() -> None:
    """An item that must stand upright may not lie on its side."""
    items = altered(1, orientation=Orientation.UPRIGHT)

    (rule,) = rules_broken(moved(1, dx_mm=60, dz_mm=100), items)

    assert "expected it upright, 60 mm high, came an orientation 100 mm high" in rule


def test_upright_item_may_be_turned_about_its_axis() -> None:
    """Length and width change places, the height stays."""
    items = altered(1, orientation=Orientation.UPRIGHT)

    validate_plan(moved(1, dx_mm=80, dy_mm=100), items, [BOX])


def test_mixed_segregation_groups_are_caught() -> None:
    """Groups that must stay apart may not share a carton."""
    (rule,) = rules_broken(PackPlan(cartons=(PACKED,)), altered(0, segregation_group="bleach"))

    assert "expected one segregation group, came mixed groups bleach, general" in rule


def test_item_on_a_fragile_one_is_caught() -> None:
    """Nothing lies on a fragile item."""
    (rule,) = rules_broken(PackPlan(cartons=(PACKED,)), altered(0, fragile=True))

    assert "carton 1, 1/1: expected nothing on top of a fragile item, came 1/3" in rule


def test_fragile_item_may_lie_on_others() -> None:
    """Fragile items belong on top."""
    validate_plan(PackPlan(cartons=(PACKED,)), altered(2, fragile=True), [BOX])


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"bears_g": 299}, "expected a load of at most 299 g, came 300 g on top of it"),
        ({"bears_g_per_dm2": 374}, "expected a load of at most 299 g, came 300 g on top of it"),
        ({"fragile": True}, "expected nothing on top of a fragile item, came 1/3"),
        ({"ships_in_own_box": True}, "expected the item in its own box"),
        ({"segregation_group": "bleach"}, "expected one segregation group"),
    ],
)
def test_what_an_item_asks_for_is_checked(change: dict[str, object], finding: str) -> None:
    """The lowest of the stack may not bear, be near or be packed what and where it is."""
    assert any(finding in rule for rule in rules_broken(moved(0), altered(0, **change)))


def test_load_is_passed_down_by_area_of_contact() -> None:
    """Of an item on two others each bears its part of it, and of what stands on it."""
    bridge = place("1/3", 50, 0, 60)
    light = altered(0, bears_g=150)
    lighter = altered(0, bears_g=149)

    validate_plan(packed_as(*PLACES[:2], bridge), light, [BOX])
    (rule,) = rules_broken(packed_as(*PLACES[:2], bridge), lighter)
    assert "expected a load of at most 149 g, came 150 g" in rule


def test_item_that_does_not_lie_flat_is_caught() -> None:
    """It lies on one of its two largest faces."""
    items = altered(1, orientation=Orientation.FLAT)

    (rule,) = rules_broken(moved(1, dx_mm=60, dz_mm=100), items)

    assert "expected it flat, 60 mm high, came an orientation 100 mm high" in rule


def test_padding_is_checked_all_around() -> None:
    """A fragile item states its padding, and keeps it from walls and from others."""
    items, rules = altered(1, fragile=True), PackRules(padding_mm=10)
    padded = {"padding_mm": 10, "y_mm": 10, "z_mm": 10}

    validate_plan(moved(1, x_mm=110, **padded), items, [BOX], rules)
    for plan, finding in (
        (moved(1, x_mm=110), "expected 10 mm of padding, came 0 mm"),
        (moved(1, x_mm=109, **padded), "expected no overlap, came an overlap with 1/2"),
        (moved(1, x_mm=191, **padded), "out of bounds, 181 to 301 mm"),
    ):
        with pytest.raises(PlanInvalid, match=finding):
            validate_plan(plan, items, [BOX], rules)


OWN = unit("1/1").model_copy(update={"ships_in_own_box": True})
BOXED = PackedCarton(
    carton_id="BRICK", placements=PLACES[:1], gross_weight_g=300, void_mm3=0, own_box=True
)


def test_item_in_its_own_box_passes() -> None:
    """Its weight is all there is, and it needs no carton."""
    validate_plan(PackPlan(cartons=(BOXED,)), [OWN], [])


@pytest.mark.parametrize(
    ("items", "change", "finding"),
    [
        ([unit("1/1")], {}, "expected one item that ships in its own box, came 1/1"),
        ([OWN], {"gross_weight_g": 301}, "expected BRICK of 300 g, no void"),
        ([OWN], {"carton_id": "STONE"}, "expected BRICK of 300 g, no void"),
    ],
)
def test_wrong_own_box_is_caught(
    items: list[PackItem], change: dict[str, object], finding: str
) -> None:
    """Only what ships in its own box does, with its own weight and name."""
    plan = PackPlan(cartons=(BOXED.model_copy(update=change),))

    assert any(finding in rule for rule in rules_broken(plan, items))


def test_without_hands_nothing_is_lowered_and_nothing_bears() -> None:
    """A machine may pack in any sequence; then only sizes, support and weights count."""
    rules = PackRules(by_hand=False)

    validate_plan(packed_as(PLACES[2], *PLACES[:2]), altered(0, bears_g=1), [BOX], rules)
