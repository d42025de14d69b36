"""Binding bins, and checking what people say they picked."""

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.errors import ConfirmationRefused, StockViolation
from fulfillment.domain.inventory import BinStock
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.picking import Picked, PickItem, Shortage, bind_bins, check_picked, shorten


def _bin(bin_id: str, sku: str, quantity: int, lot: str = "") -> BinStock:
    return BinStock(bin_id=bin_id, aisle=0, cell=0, sku=sku, lot=lot, quantity=quantity)


def _item(line_no: int, sku: str, bin_id: str, quantity: int) -> PickItem:
    return PickItem(line_no=line_no, sku=sku, name=sku, bin_id=bin_id, quantity=quantity)


PLAN = (_item(1, "MUG", "A-1", 2), _item(1, "MUG", "A-2", 1), _item(2, "BOOK", "B-1", 1))
ALL = (Picked(sku="MUG", quantity=3), Picked(sku="BOOK", quantity=1))


def test_the_bin_that_empties_soonest_is_used_up_first() -> None:
    """So that bins get free."""
    stock = [_bin("A-1", "MUG", 9), _bin("A-2", "MUG", 2)]
    bound = bind_bins([LineQuantity(line_no=1, sku="MUG", quantity=3)], stock)
    assert [("A-2", 2), ("A-1", 1)] == [(place.bin_id, place.quantity) for _, place in bound]


def test_what_expires_first_is_taken_first() -> None:
    """Before what lies in an emptier bin, and long before what keeps."""
    stock = [
        _bin("A-1", "MUG", 1),
        _bin("A-2", "MUG", 2, "L2").model_copy(update={"expires_on": date(2026, 5, 1)}),
        _bin("A-3", "MUG", 9, "L1").model_copy(update={"expires_on": date(2026, 4, 1)}),
    ]
    bound = bind_bins([LineQuantity(line_no=1, sku="MUG", quantity=12)], stock)
    assert [("L1", 9), ("L2", 2), ("", 1)] == [(place.lot, place.quantity) for _, place in bound]


def test_bins_that_hold_less_than_was_claimed_are_a_violation() -> None:
    """The books are wrong then, and say how to mend them."""
    with pytest.raises(StockViolation, match="expected 3 of MUG in the bins, not expired, came 2"):
        bind_bins([LineQuantity(line_no=1, sku="MUG", quantity=3)], [_bin("A-1", "MUG", 2)])


@given(
    wanted=st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 5)), max_size=5),
    stock=st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 9)), max_size=6),
)
def test_binding_takes_each_unit_once_and_no_more_than_lies_there(
    wanted: list[tuple[str, int]], stock: list[tuple[str, int]]
) -> None:
    """Bound units are what was wanted per line, and at most what each bin holds."""
    lines = [LineQuantity(line_no=n, sku=s, quantity=q) for n, (s, q) in enumerate(wanted, 1)]
    bins = [_bin(f"A-{n}", sku, quantity) for n, (sku, quantity) in enumerate(stock)]
    need, have = Counter[str](), Counter[str]()
    for sku, quantity in wanted:
        need[sku] += quantity
    for sku, quantity in stock:
        have[sku] += quantity
    if any(quantity > have[sku] for sku, quantity in need.items()):
        with pytest.raises(StockViolation):
            bind_bins(lines, bins)
        return
    bound = bind_bins(lines, bins)
    per_line, per_bin = Counter[int](), Counter[str]()
    for line_no, place in bound:
        per_line[line_no] += place.quantity
        per_bin[place.bin_id] += place.quantity
    assert {line.line_no: line.quantity for line in lines} == dict(per_line)
    assert all(per_bin[place.bin_id] <= place.quantity for place in bins)


@pytest.mark.parametrize(
    "picked",
    [
        (),
        ALL,
        (
            Picked(sku="MUG", quantity=2, bin_id="A-1"),
            Picked(sku="MUG", quantity=1, bin_id="A-2"),
            Picked(sku="BOOK", quantity=1, bin_id="B-1"),
        ),
    ],
)
def test_what_fits_the_plan_is_right(picked: tuple[Picked, ...]) -> None:
    """Nothing named means as planned; bins may be named or not."""
    check_picked(PLAN, picked)


@pytest.mark.parametrize(
    ("picked", "problem"),
    [
        ((*ALL, Picked(sku="LAMP", quantity=1)), "item LAMP: expected one of MUG, BOOK, came LAMP"),
        ((Picked(sku="MUG", quantity=3),), "quantity of BOOK: expected 1, came 0"),
        ((Picked(sku="MUG", quantity=4), ALL[1]), "quantity of MUG: expected 3, came 4"),
        (
            (Picked(sku="MUG", quantity=3, bin_id="C-9"), ALL[1]),
            "bin of MUG: expected A-1 or A-2, came C-9",
        ),
        (
            (Picked(sku="MUG", quantity=3, bin_id="A-1"), ALL[1]),
            "quantity of MUG in A-1: expected 2, came 3",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_what_was_expected(
    picked: tuple[Picked, ...], problem: str
) -> None:
    """Wrong item, quantity or bin; the message says what to do."""
    with pytest.raises(ConfirmationRefused) as refused:
        check_picked(PLAN, picked)
    assert str(refused.value).startswith(problem)


def test_a_quantity_is_at_least_one() -> None:
    """A negative count can't balance a wrong one."""
    with pytest.raises(ValueError, match="greater than 0"):
        Picked(sku="MUG", quantity=-1)


@given(found=st.integers(0, 4))
def test_a_short_pick_keeps_what_was_found_and_misses_the_rest(found: int) -> None:
    """Five of two lots were planned in the bin; kept and missing add up to the plan.

    A line and its article are named once, whatever lots are missing.
    """
    other_lot = _item(1, "MUG", "A-1", 3).model_copy(update={"lot": "L2"})
    kept, missing = shorten((*PLAN, other_lot), Shortage(sku="MUG", bin_id="A-1", found=found))
    assert 7 == sum(item.quantity for item in kept) + sum(line.quantity for line in missing)
    assert [LineQuantity(line_no=1, sku="MUG", quantity=5 - found)] == missing


@pytest.mark.parametrize(
    ("sku", "bin_id", "found"), [("MUG", "A-1", 2), ("MUG", "B-1", 0), ("LAMP", "A-1", 0)]
)
def test_a_short_pick_that_is_none_is_refused(sku: str, bin_id: str, found: int) -> None:
    """All is there, or nothing is planned there."""
    with pytest.raises(ConfirmationRefused, match="short pick of"):
        shorten(PLAN, Shortage(sku=sku, bin_id=bin_id, found=found))
