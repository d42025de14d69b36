"""The put wall: the slot of each item, and what is refused."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.put_wall import (
    PutWall,
    WallItem,
    check_sorted_all,
    plan_puts,
)
from fulfillment.domain.scans import Scan, ScanKind


def item(  # noqa: PLR0913, PLR0917 - a test's table
    member: str, sku: str, quantity: int, weight_g: int, group: str = "general", line_no: int = 1
) -> WallItem:
    """Return an item; whatever weighs 1 g is fragile."""
    return WallItem(
        line_no=line_no,
        sku=sku,
        name=sku.title(),
        quantity=quantity,
        segregation_group=group,
        weight_g=weight_g,
        fragile=weight_g == 1,
        fulfillment_id=member,
        order_id=member[0],
        slot=f"S-{member[0]}",
    )


ITEMS = (
    item("A-1", "GLASS", 1, 1, line_no=2),
    item("A-1", "ANVIL", 2, 9000),
    item("A-1", "BREAD", 1, 500, "food", line_no=3),
    item("C-1", "ANVIL", 1, 9000),
    item("C-1", "PEN", 1, 10, line_no=2),
)
WALL = PutWall(puts=plan_puts(ITEMS))


def after(wall: PutWall, *scans: tuple[str, str]) -> PutWall:
    """Return the wall after these scans."""
    for kind, code in scans:
        accepted = wall.accept(Scan(kind=ScanKind(kind), code=code), len(wall.scans) + 1)
        wall = wall.model_copy(update={"scans": (*wall.scans, accepted)})
    return wall


def test_like_items_are_side_by_side_and_groups_apart() -> None:
    """Of all orders together, heavy ones first and fragile ones last; a part of a slot a group."""
    expected = [
        ("BREAD", "S-A-food"),
        ("ANVIL", "S-A-general"),
        ("ANVIL", "S-C"),
        ("PEN", "S-C"),
        ("GLASS", "S-A-general"),
    ]
    assert expected == [(put.sku, put.slot) for put in WALL.puts]


def test_an_item_s_slot_is_shown_and_another_one_refused() -> None:
    """Any item of the batch may come next; two orders of one article are filled in turn."""
    wall = after(WALL, ("item", "PEN"))
    assert "put 1 of PEN into slot S-C and scan it" == str(wall.next_scan())
    with pytest.raises(ConfirmationRefused) as refused:
        after(wall, ("slot", "S-A-general"))
    assert "slot S-C" == refused.value.problems[0].expected
    wall = after(wall, ("slot", "S-C"), ("item", "ANVIL"), ("slot", "S-A-general"))
    wall = after(wall, ("item", "ANVIL"), ("slot", "S-A-general"), ("item", "ANVIL"))
    assert "put 1 of ANVIL into slot S-C and scan it" == str(wall.next_scan())
    assert (3, 6) == wall.progress()
    wall = after(wall, ("undo", ""), ("undo", ""))
    assert "put 1 of ANVIL into slot S-A-general and scan it" == str(wall.next_scan())


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (Scan(kind=ScanKind.ITEM, code="CUP"), "one of BREAD, ANVIL, PEN, GLASS"),
        (Scan(kind=ScanKind.ITEM, code="ANVIL", quantity=3), "at most 2"),
        (Scan(kind=ScanKind.SLOT, code="S-A"), "item BREAD"),
        (Scan(kind=ScanKind.QUANTITY, quantity=3), "item BREAD"),
        (Scan(kind=ScanKind.UNDO), "a scan to take back"),
    ],
)
def test_a_wrong_scan_is_refused(wrong: Scan, expected: str) -> None:
    """It says what was expected."""
    with pytest.raises(ConfirmationRefused) as refused:
        WALL.accept(wrong, 1)
    assert expected == refused.value.problems[0].expected


CODES = ("ANVIL", "PEN", "GLASS", "BREAD", "S-A", "S-C", "S-A-food", "S-A-general", "?")


@settings(max_examples=100)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("item", "slot", "undo", "quantity", "tote")), st.sampled_from(CODES)
        ),
        max_size=20,
    )
)
def test_scans_in_any_order_never_put_too_much_and_the_wall_can_always_be_filled(
    scans: list[tuple[str, str]],
) -> None:
    """What is refused changes nothing; at the end each slot holds what its order wants."""
    wall = WALL
    for one in scans:
        try:
            wall = after(wall, one)
        except ConfirmationRefused:
            continue
        assert 0 <= wall.progress()[0] <= wall.progress()[1]
    while (expected := wall.next_scan()) is not None:
        wall = after(wall, (expected.kind.value, expected.code))
    check_sorted_all(wall)
    placed: Counter[int] = Counter()
    undone = {scan.undoes for scan in wall.scans if scan.undoes}
    for scan in wall.scans:
        if not scan.undoes and scan.scan_no not in undone:
            placed[scan.pick_no] += scan.units
    assert {put.put_no: put.quantity for put in wall.puts} == dict(placed)


def test_an_order_that_is_canceled_meanwhile_is_not_due_any_more() -> None:
    """Its puts keep their numbers, so that the scans of the others mean what they meant."""
    wall = after(WALL, ("item", "PEN"), ("slot", "S-C"), ("item", "GLASS"))
    gone = wall.model_copy(update={"withdrawn": frozenset({"A-1"})})
    assert (1, 2) == gone.progress()
    assert "take ANVIL from the cart" in str(gone.next_scan())
    with pytest.raises(ConfirmationRefused, match="its order is canceled"):
        gone.accept(Scan(kind=ScanKind.UNDO, code="undo"), 4)
    done = after(gone, ("item", "ANVIL"), ("slot", "S-C"))
    check_sorted_all(done)
    assert (2, 2) == done.progress()
