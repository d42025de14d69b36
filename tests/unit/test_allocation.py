"""Which warehouse ships which quantities."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.allocation import Allocation, Candidate, allocate_order
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import LineQuantity

NEAR, FAR, FARTHER = (
    Candidate(warehouse_id=name, distance_km=km)
    for name, km in (("NEAR", 10), ("FAR", 500), ("FARTHER", 900))
)


def _line(line_no: int, sku: str, quantity: int) -> LineQuantity:
    return LineQuantity(line_no=line_no, sku=sku, quantity=quantity)


def _level(warehouse_id: str, sku: str, on_hand: int, claimed: int = 0) -> StockLevel:
    return StockLevel(warehouse_id=warehouse_id, sku=sku, on_hand=on_hand, claimed=claimed)


def _shipped(allocation: Allocation) -> dict[str, list[tuple[int, int]]]:
    return {
        share.warehouse_id: [(line.line_no, line.quantity) for line in share.lines]
        for share in allocation.shares
    }


def test_the_nearest_that_has_all_of_it_ships() -> None:
    """Both could; the near one does, and the far one is the alternative that lost."""
    levels = [_level("NEAR", "A", 5), _level("FAR", "A", 50)]
    allocation = allocate_order([_line(1, "A", 2)], levels, [FAR, NEAR])
    assert {"NEAR": [(1, 2)]} == _shipped(allocation)
    assert "FAR" == allocation.decision.alternatives[0].choice


def test_one_far_warehouse_beats_two_near_ones() -> None:
    """Fewer parcels come before a shorter way."""
    levels = [_level("NEAR", "A", 1), _level("FAR", "B", 1)]
    levels += [_level("FARTHER", "A", 1), _level("FARTHER", "B", 1)]
    wanted = [_line(1, "A", 1), _line(2, "B", 1)]
    allocation = allocate_order(wanted, levels, [NEAR, FAR, FARTHER])
    assert {"FARTHER": [(1, 1), (2, 1)]} == _shipped(allocation)


def test_an_order_that_no_one_has_all_of_is_split() -> None:
    """Each of two ships what only it has."""
    levels = [_level("NEAR", "A", 1), _level("FAR", "B", 1)]
    wanted = [_line(1, "A", 1), _line(2, "B", 1)]
    allocation = allocate_order(wanted, levels, [NEAR, FAR])
    assert {"NEAR": [(1, 1)], "FAR": [(2, 1)]} == _shipped(allocation)


def test_a_line_that_one_warehouse_has_whole_is_not_torn_apart() -> None:
    """The far one is needed for B anyway, and has all of A."""
    levels = [_level("NEAR", "A", 1), _level("NEAR", "C", 1)]
    levels += [_level("FAR", "A", 3), _level("FAR", "B", 1)]
    wanted = [_line(1, "A", 3), _line(2, "B", 1), _line(3, "C", 1)]
    allocation = allocate_order(wanted, levels, [NEAR, FAR])
    assert {"NEAR": [(3, 1)], "FAR": [(1, 3), (2, 1)]} == _shipped(allocation)


def test_what_is_claimed_is_not_promised_again() -> None:
    """Of five on the shelf, three are somebody else's."""
    allocation = allocate_order([_line(1, "A", 4)], [_level("NEAR", "A", 5, 3)], [NEAR])
    assert {"NEAR": [(1, 2)]} == _shipped(allocation)
    assert (_line(1, "A", 2),) == allocation.missing


def test_nothing_anywhere_is_all_missing() -> None:
    """No warehouse is chosen for nothing."""
    allocation = allocate_order([_line(1, "A", 4)], [], [NEAR, FAR])
    assert () == allocation.shares
    assert (_line(1, "A", 4),) == allocation.missing
    assert "no warehouse" == allocation.decision.chosen


skus = st.sampled_from("ABC")
places = st.sampled_from(["NEAR", "FAR", "FARTHER"])


@given(
    wanted=st.lists(st.tuples(skus, st.integers(1, 9)), min_size=1, max_size=6),
    stock=st.dictionaries(st.tuples(places, skus), st.integers(0, 9)),
)
def test_no_unit_is_lost_invented_or_taken_from_where_it_is_not(
    wanted: list[tuple[str, int]], stock: dict[tuple[str, str], int]
) -> None:
    """Shares and missing add up to what was wanted; missing is what all together lack."""
    lines = [_line(number, sku, quantity) for number, (sku, quantity) in enumerate(wanted, 1)]
    levels = [_level(place, sku, quantity) for (place, sku), quantity in stock.items()]
    allocation = allocate_order(lines, levels, [NEAR, FAR, FARTHER])
    total, drawn = Counter[int](), Counter[tuple[str, str]]()
    for share in allocation.shares:
        for line in share.lines:
            total[line.line_no] += line.quantity
            drawn[share.warehouse_id, line.sku] += line.quantity
    for line in allocation.missing:
        total[line.line_no] += line.quantity
    assert {line.line_no: line.quantity for line in lines} == dict(total)
    assert all(quantity <= stock.get(place, 0) for place, quantity in drawn.items())
    need, have = Counter[str](), Counter[str]()
    for line in lines:
        need[line.sku] += line.quantity
    for (_, sku), quantity in stock.items():
        have[sku] += quantity
    lacking = sum(max(0, quantity - have[sku]) for sku, quantity in need.items())
    assert lacking == sum(line.quantity for line in allocation.missing)
