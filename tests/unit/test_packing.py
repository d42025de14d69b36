"""The packer's steps: what is said, in which sequence."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.cartonization import PackedCarton, PackItem, PackPlan, Placement
from fulfillment.domain.packing import fill_deciliters, pack_steps
from fulfillment.domain.units import Dimensions

CUBE = Dimensions(length_mm=100, width_mm=100, height_mm=100)


def mug(ref: str, *, fragile: bool = False) -> PackItem:
    """Return a cube of a mug."""
    return PackItem(
        item_ref=ref,
        line_no=int(ref.partition("/")[0]),
        sku="MUG-1",
        name="Mug",
        dimensions=CUBE,
        weight_g=300,
        fragile=fragile,
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


def texts(plan: PackPlan, items: list[PackItem], **extras: object) -> list[list[str]]:
    """Return the sentences per carton."""
    cartons = pack_steps(plan, items, **extras)  # type: ignore[arg-type]
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
        "Fill the void with 2.4 l of protective fill.",
        "Close and tape the carton.",
    ]

    assert [expected] == texts(plan, [mug("1/1"), mug("1/2")])


def test_fragile_item_is_announced() -> None:
    """The packer reads that it is fragile where it is put."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0)),))

    (steps,) = texts(plan, [mug("1/1", fragile=True)])

    assert steps[1].endswith("Fragile: pad it on every side and put nothing on top of it.")


def test_properties_are_checked_and_gifts_wrapped_before_the_item_is_put_in() -> None:
    """An engraving is checked while it can be seen."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0), place("2/1", 100, 0, 0)),))

    (steps,) = texts(
        plan,
        [mug("1/1"), mug("2/1")],
        properties={2: {"Engraving": "For\nAda", "Color": "red"}},
        gift_wrap=True,
    )

    expected = ["wrap it as a gift.", 'check that Color is "red".']
    assert expected == [steps[1].partition(": ")[2], steps[3].partition(": ")[2]]
    assert steps[4] == 'Item 2/1 (Mug, MUG-1): check that Engraving is "For Ada".'
    assert steps[5] == "Item 2/1 (Mug, MUG-1): wrap it as a gift."
    assert "put it on the bottom, 100 mm from the left" in steps[6]


def test_gift_message_goes_into_the_first_carton_alone() -> None:
    """One message per order, before its carton is closed."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0)), packed(place("1/2", 0, 0, 0))))

    first, second = texts(plan, [mug("1/1"), mug("1/2")], gift_message=" Happy\nbirthday! ")

    expected = ['Put in the gift message: "Happy birthday!".', "Close and tape the carton."]
    assert expected == first[-2:]
    assert not any("gift" in text for text in second)


def test_full_carton_needs_no_fill() -> None:
    """Without a void no fill is asked for."""
    plan = PackPlan(cartons=(packed(place("1/1", 0, 0, 0), void_mm3=0),))

    (carton,) = pack_steps(plan, [mug("1/1")])

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

    cartons = pack_steps(plan, items, gift_message=message, gift_wrap=gift_wrap)

    put = [
        [step.item_ref for step in carton.steps if ": put it " in step.text] for carton in cartons
    ]
    assert refs == put
    for carton in cartons:
        assert list(range(1, len(carton.steps) + 1)) == [step.number for step in carton.steps]
        assert not any("\n" in step.text for step in carton.steps)
