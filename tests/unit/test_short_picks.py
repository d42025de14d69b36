"""Where units that a bin did not hold are taken instead."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.domain.catalog import Bin, Layout
from fulfillment.domain.inventory import BinStock
from fulfillment.domain.pick_batches import BatchPick
from fulfillment.domain.short_picks import find_elsewhere, with_detours

LAYOUT = Layout(aisles=4, cells=10)


def stock(bin_id: str, aisle: int, cell: int, quantity: int) -> BinStock:
    """Return units in a bin."""
    return BinStock(bin_id=bin_id, aisle=aisle, cell=cell, sku="MUG", quantity=quantity)


def stop(aisle: int, cell: int) -> Bin:
    """Return a bin of the walk."""
    return Bin(bin_id=f"A{aisle}-{cell}", warehouse_id="BER", aisle=aisle, cell=cell)


def pick(number: int, bin_id: str) -> BatchPick:
    """Return a pick of three."""
    return BatchPick(
        pick_no=number,
        bin_id=bin_id,
        sku="MUG",
        quantity=3,
        fulfillment_id="A-1",
        order_id="A",
        line_no=1,
        tote="T1",
    )


def test_the_nearest_bins_of_the_walk_are_taken_and_put_at_their_place() -> None:
    """A bin on the way costs nothing; a farther one gives the rest."""
    ahead = [stop(0, 1), stop(0, 8), stop(2, 5)]
    places = [stock("FAR", 3, 9, 9), stock("NEAR", 0, 4, 1)]
    found = find_elsewhere(3, places, ahead, LAYOUT)
    assert [("NEAR", 1, 0, 0), ("FAR", 2, 1, 8_000)] == [
        (d.stock.bin_id, d.stock.quantity, d.after, d.extra_mm) for d in found
    ]
    walk = with_detours([pick(n, place.bin_id) for n, place in enumerate(ahead, 1)], found, 7)
    assert [(1, "A0-1", 3), (7, "NEAR", 1), (2, "A0-8", 3), (8, "FAR", 2), (3, "A2-5", 3)] == [
        (p.pick_no, p.bin_id, p.quantity) for p in walk
    ]


def test_what_expires_first_is_taken_first_however_far() -> None:
    """A near bin with later goods waits."""
    soon = stock("FAR", 3, 9, 2).model_copy(update={"lot": "L1", "expires_on": date(2026, 12, 1)})
    late = stock("NEAR", 0, 4, 2).model_copy(update={"lot": "L2", "expires_on": date(2027, 1, 1)})
    found = find_elsewhere(3, [late, soon], [stop(0, 1)], LAYOUT)
    assert [("L1", 2), ("L2", 1)] == [(d.stock.lot, d.stock.quantity) for d in found]


SPOTS = st.tuples(st.integers(0, 3), st.integers(0, 9))


@settings(max_examples=60)
@given(
    st.integers(1, 9),
    st.lists(st.tuples(SPOTS, st.integers(1, 4)), max_size=4),
    st.lists(SPOTS, min_size=1, max_size=4),
)
def test_no_unit_is_lost_or_invented(
    missing: int, places: list[tuple[tuple[int, int], int]], stops: list[tuple[int, int]]
) -> None:
    """As many as are missing, or all there are; no bin gives more than it has; none goes first."""
    given_stock = [stock(f"B{n}", *spot, units) for n, (spot, units) in enumerate(places)]
    found = find_elsewhere(missing, given_stock, [stop(*one) for one in stops], LAYOUT)
    taken = {d.stock.bin_id: d.stock.quantity for d in found}
    assert sum(taken.values()) == min(missing, sum(units for _, units in places))
    assert all(0 < taken[s.bin_id] <= s.quantity for s in given_stock if s.bin_id in taken)
    assert len(taken) == len(found)
    walk = with_detours([pick(n, "X") for n in range(1, len(stops) + 1)], found, 90)
    assert [1, len(stops) + len(found)] == [walk[0].pick_no, len(walk)]
