"""The packer's steps: what is said, in which sequence."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.cartonization import PackedCarton, PackItem, PackPlan, Placement
from fulfillment.domain.catalog import CartonType, Orientation
from fulfillment.domain.packing import PackSheet, Wishes, fill_deciliters, pack_sheet, pack_steps
from fulfillment.domain.units import Dimensions
from fulfillment.domain.weighing import Weighing
from plant import order

CUBE = Dimensions(length_mm=100, width_mm=100, height_mm=100)
INSIDE = Dimensions(length_mm=300, width_mm=200, height_mm=200)
CARTONS = [
    CartonType(carton_id="M", inner=INSIDE, outer=INSIDE, empty_weight_g=150, max_weight_g=9_000)
]


def mug(ref: str, *, fragile: bool = False, upright: bool = False) -> PackItem:
    """Return a cube of a mug."""
    return PackItem(
        item_ref=ref,
        line_no=int(ref.partition("/")[0]),
        sku="MUG-1",
        name="Mug",
        dimensions=CUBE,
        weight_g=300,
        fragile=fragile,
        orientation=Orientation.UPRIGHT if upright else Orientation.ANY,
    )


def place(ref: str, x: int, y: int, z: int) -> Placement:
    """Return where a mug stands."""
    return Placement(
        item_ref=ref,
        line_no=int(ref.partition("/")[0]),
        sku="MUG-1",
        x_mm=x,
        y_mm=y,
        z_mm=z,
        dx_mm=100,
        dy_mm=100,
        dz_mm=100,
    )


def packed(*places: Placement, void_mm3: int = 2_340_001) -> PackedCarton:
    """Return a carton with these placements."""
    return PackedCarton(carton_id="M", placements=places, gross_weight_g=1_000, void_mm3=void_mm3)


def texts(plan: PackPlan, items: list[PackItem], **wishes: Any) -> list[list[str]]:
    """Return the sentences per carton."""
    cartons = pack_steps(plan, items, CARTONS, Wishes(**wishes))
    return [[step.text for step in carton.steps] for carton in cartons]


def test_plain_carton_reads_like_a_recipe() -> None:
    """Take, put, put on top, fill, close."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0), place("1/2", 0, 20, 100)),))
    expected = [
        "Take carton M (1 of 1).",
        (
            "Item 1/1 (Mug, MUG-1): put it on the bottom, against the left, against the front; "
            "it lies 100 mm along the length, 100 mm deep, 100 mm high."
        ),
        (
            "Item 1/2 (Mug, MUG-1): put it on top of 1/1, 100 mm above the bottom, against the "
            "left, 20 mm from the front; it lies 100 mm along the length, 100 mm deep, 100 mm high."
        ),
        "Fill the void with 2.4 l of protective fill, about 24 g.",
        "Close and tape the carton.",
        "Weigh it: 1024 g, give or take 50 g; otherwise count the items again.",
    ]

    assert [expected] == texts(plan, [mug("1/1"), mug("1/2")])


def test_fragile_item_is_padded_before_it_is_put_in() -> None:
    """And the packer reads where it is put that nothing goes on top of it."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0)),))

    (steps,) = texts(plan, [mug("1/1", fragile=True)])

    assert "Item 1/1 (Mug, MUG-1): fragile, pad it on every side." == steps[1]
    assert steps[2].endswith("Put nothing on top of it.")


def test_walls_and_the_upper_side_are_named() -> None:
    """What touches a wall is put against it; what has an upper side keeps it up."""
    plan = PackPlan(cartons=(packed(place("1/1", 200, 100, 0), place("1/2", 50, 10, 100)),))

    (steps,) = texts(plan, [mug("1/1", upright=True), mug("1/2")])

    assert "on the bottom, against the right, against the back, this side up; it" in steps[1]
    assert "50 mm from the left, 10 mm from the front; it" in steps[2]


def test_the_sheet_keeps_all_that_is_needed_later() -> None:
    """It comes back from the database as it went, with the weights and the customer's wishes."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0), void_mm3=0),))
    placed = order("O-1", ("MUG", 1), gift={"message": "Hi", "wrap": True})

    sheet = pack_sheet(plan, [mug("1/1")], CARTONS, placed, Weighing())

    assert sheet == PackSheet.model_validate(sheet.model_dump(mode="json"))
    assert (("M",), (1000,)) == (sheet.carton_ids, sheet.weights_g)
    expected = ["take", "wrap", "put", "card", "close", "weigh"]
    assert expected == [step.kind.value for step in sheet.steps[0].steps]


def test_properties_are_checked_and_gifts_wrapped_before_the_item_is_put_in() -> None:
    """An engraving is checked while it can be seen."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0), place("2/1", 100, 0, 0)),))

    (steps,) = texts(
        plan,
        [mug("1/1"), mug("2/1")],
        properties={2: {"Engraving": "For\nAda", "Color": "red"}},
        wrap=True,
    )

    expected = ["wrap it as a gift.", 'check that Color is "red".']
    assert expected == [steps[1].partition(": ")[2], steps[3].partition(": ")[2]]
    assert steps[4] == 'Item 2/1 (Mug, MUG-1): check that Engraving is "For Ada".'
    assert steps[5] == "Item 2/1 (Mug, MUG-1): wrap it as a gift."
    assert "put it on the bottom, 100 mm from the left" in steps[6]


def test_gift_message_goes_into_the_first_carton_alone() -> None:
    """One message per order, before its carton is closed."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0)), packed(place("1/2", 0, 0, 0))))

    first, second = texts(plan, [mug("1/1"), mug("1/2")], message=" Happy\nbirthday! ")

    expected = ['Put in the gift message: "Happy birthday!".', "Close and tape the carton."]
    assert expected == first[-3:-1]
    assert not any("gift" in text for text in second)


def test_full_carton_needs_no_fill() -> None:
    """Without a void no fill is asked for."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0), void_mm3=0),))

    (carton,) = pack_steps(plan, [mug("1/1")], CARTONS)

    assert carton.fill_dl == 0
    assert not any("Fill" in step.text for step in carton.steps)


@pytest.mark.parametrize(
    ("void_mm3", "deciliters"), [(0, 0), (1, 1), (100_000, 1), (100_001, 2), (12_000_000, 120)]
)
def test_fill_is_rounded_up(void_mm3: int, deciliters: int) -> None:
    """A drop more is a deciliter more."""
    assert deciliters == fill_deciliters(void_mm3)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    counts=st.lists(st.integers(min_value=1, max_value=5), max_size=4),
    gift_wrap=st.booleans(),
    message=st.text(max_size=20),
)
def test_each_item_is_put_in_once_and_steps_are_numbered(
    counts: list[int], message: str, *, gift_wrap: bool
) -> None:
    """No carton's list skips a number, and no item is put in twice or never."""
    refs = [[f"{number}/{unit}" for unit in range(count)] for number, count in enumerate(counts)]
    plan = PackPlan(
        cartons=tuple(
            packed(*(place(ref, 100 * index, 0, 0) for index, ref in enumerate(group)))
            for group in refs
        )
    )
    items = [mug(ref) for group in refs for ref in group]

    cartons = pack_steps(plan, items, CARTONS, Wishes(message=message, wrap=gift_wrap))

    put = [
        [step.item_ref for step in carton.steps if ": put it " in step.text] for carton in cartons
    ]
    assert refs == put
    for carton in cartons:
        assert list(range(1, len(carton.steps) + 1)) == [step.number for step in carton.steps]
        assert not any("\n" in step.text for step in carton.steps)
