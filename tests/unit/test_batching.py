"""Pick batches: nobody forgotten, carts not overloaded, the first to leave first, short walks."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.batching import TWO_BLOCKS, best_mm, first_come_mm, planned_mm, seeded_case
from fulfillment.domain.batching import (
    BatchRules,
    Cart,
    PlannedBatches,
    Released,
    ReleasedLine,
    Tote,
    plan_batches,
)
from fulfillment.domain.catalog import Layout
from fulfillment.domain.inventory import BinStock
from fulfillment.domain.routing_grid import grid_of, spot_of

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LAYOUT = Layout(aisles=5, cells=8, middle_cross_aisle_at=4)
CART = Cart(
    totes=(
        Tote(tote="S", units=3, volume_mm3=30, weight_g=300),
        Tote(tote="M", units=5, volume_mm3=60, weight_g=500),
        Tote(tote="L", units=6, volume_mm3=90, weight_g=600),
    )
)
RULES = BatchRules(fewest_members=3)


def _bin(bin_id: str, sku: str, quantity: int, **fields: Any) -> BinStock:
    place: dict[str, Any] = {"bin_id": bin_id, "aisle": 0, "cell": 0}
    return BinStock(**place | fields, sku=sku, quantity=quantity)


def _line(line_no: int, sku: str, quantity: int = 1, **fields: Any) -> ReleasedLine:
    sizes: dict[str, Any] = {"volume_mm3": 10, "weight_g": 100} | fields
    return ReleasedLine(line_no=line_no, sku=sku, quantity=quantity, **sizes)


def _released(name: str, *lines: ReleasedLine, **fields: Any) -> Released:
    times: dict[str, Any] = {"ship_by": NOW + timedelta(hours=6), "released_at": NOW}
    return Released(fulfillment_id=name, order_id=f"O-{name}", lines=lines, **times | fields)


def _plan(
    released: list[Released], stock: list[BinStock], rules: BatchRules = RULES
) -> PlannedBatches:
    return plan_batches(released, stock, LAYOUT, CART, rules, NOW)


def _together(plan: PlannedBatches) -> list[list[str]]:
    return [[name for name, _ in batch.members] for batch in plan.batches]


lines = st.builds(
    _line,
    st.just(0),
    st.sampled_from("ABCDE"),
    st.integers(1, 4),
    volume_mm3=st.sampled_from([0, 9, 25, 95]),
    weight_g=st.sampled_from([10, 90, 250]),
    segregation_group=st.sampled_from(["general", "food"]),
)
orders = st.lists(
    st.tuples(
        st.lists(lines, min_size=1, max_size=3),
        st.integers(0, 9),
        st.integers(0, 50),
        st.booleans(),
    ),
    max_size=8,
)
shelves = st.lists(
    st.builds(
        _bin,
        st.just(""),
        st.sampled_from("ABCDE"),
        st.integers(1, 20),
        aisle=st.integers(0, 4),
        cell=st.integers(0, 7),
        expires_on=st.sampled_from([None, date(2026, 4, 1), date(2026, 5, 1)]),
    ),
    max_size=14,
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(orders, shelves)
def test_each_fulfillment_is_planned_once_and_all_rules_hold(
    drawn: list[tuple[list[ReleasedLine], int, int, bool]], places: list[BinStock]
) -> None:
    """Whatever is released, lies in the bins and may wait."""
    stock = [place.model_copy(update={"bin_id": f"B{n}"}) for n, place in enumerate(places)]
    released = [
        _released(
            f"F{n}",
            *_numbered(wanted),
            ship_by=NOW + timedelta(hours=hours),
            released_at=NOW - timedelta(minutes=minutes),
            urgent=urgent and minutes % 2 == 0,
        )
        for n, (wanted, hours, minutes, urgent) in enumerate(drawn)
    ]

    plan = _plan(released, stock)

    planned = [name for batch in _together(plan) for name in batch]
    named = [
        *planned,
        *(one.fulfillment_id for one in plan.waiting),
        *(one.fulfillment_id for one in plan.left_out),
    ]
    assert sorted(one.fulfillment_id for one in released) == sorted(named)
    _check_picks(plan, released, stock)
    _check_totes(plan, released)
    _check_walks(plan, stock)
    _check_waiting(plan, released)
    assert plan == _plan(released[::-1], stock[::-1])


def _numbered(wanted: list[ReleasedLine]) -> Iterator[ReleasedLine]:
    """Give lines of different articles the same number, as those substituted in part have it."""
    times = Counter[str]()
    for line in wanted:
        times[line.sku] += 1
        yield line.model_copy(update={"line_no": times[line.sku]})


def _check_picks(plan: PlannedBatches, released: list[Released], stock: list[BinStock]) -> None:
    wanted, picked, taken = Counter[Any](), Counter[Any](), Counter[str]()
    planned = {name for batch in _together(plan) for name in batch}
    for one in released:
        for line in one.lines if one.fulfillment_id in planned else ():
            wanted[one.fulfillment_id, line.line_no, line.sku] += line.quantity
    for batch in plan.batches:
        assert list(range(1, len(batch.picks) + 1)) == [pick.pick_no for pick in batch.picks]
        for pick in batch.picks:
            picked[pick.fulfillment_id, pick.line_no, pick.sku] += pick.quantity
            taken[pick.bin_id] += pick.quantity
            assert (pick.fulfillment_id, pick.order_id) in batch.members
    assert wanted == picked
    assert all(taken[place.bin_id] <= place.quantity for place in stock)
    _check_first_expired_first_out(taken, stock)


def _check_first_expired_first_out(taken: Counter[str], stock: list[BinStock]) -> None:
    for place in stock:
        sooner = [
            other
            for other in stock
            if other.sku == place.sku
            and (other.expires_on or date.max) < (place.expires_on or date.max)
        ]
        if taken[place.bin_id]:
            assert all(taken[other.bin_id] == other.quantity for other in sooner)


def _check_totes(plan: PlannedBatches, released: list[Released]) -> None:
    line_of = {
        (one.fulfillment_id, line.line_no, line.sku): line for one in released for line in one.lines
    }
    totes = {tote.tote: tote for tote in CART.totes}
    for batch in plan.batches:
        content = defaultdict(list)
        for pick in batch.picks:
            line = line_of[pick.fulfillment_id, pick.line_no, pick.sku]
            content[pick.tote].append((pick, line))
        if batch.beyond_cart:
            assert [""] == list(content)
            assert 1 == len(batch.members)
            continue
        for name, rows in content.items():
            assert 1 == len({(pick.fulfillment_id, li.segregation_group) for pick, li in rows})
            assert totes[name].units >= sum(pick.quantity for pick, _ in rows)
            assert totes[name].weight_g >= sum(pick.quantity * li.weight_g for pick, li in rows)
            assert totes[name].volume_mm3 >= sum(pick.quantity * li.volume_mm3 for pick, li in rows)


def _check_walks(plan: PlannedBatches, stock: list[BinStock]) -> None:
    grid = grid_of(LAYOUT)
    spot = {place.bin_id: spot_of(place, LAYOUT) for place in stock}
    for batch in plan.batches:
        walk = [grid.depot, *(spot[pick.bin_id] for pick in batch.picks), grid.depot]
        assert batch.distance_mm == sum(grid.distance_mm(a, b) for a, b in pairwise(walk))


def _check_waiting(plan: PlannedBatches, released: list[Released]) -> None:
    by_id = {one.fulfillment_id: one for one in released}
    for held in plan.waiting:
        one = by_id[held.fulfillment_id]
        assert not one.urgent
        assert NOW < held.until <= one.released_at + RULES.max_wait
        assert held.until <= one.ship_by - RULES.urgent_within


def test_a_few_wait_for_company_until_one_of_them_may_not() -> None:
    """Not beyond the wait that is settled, nor until it is too late to ship; urgent ones never."""
    stock = [_bin("B1", "A", 9)]
    early = _released("F1", _line(1, "A"), released_at=NOW - timedelta(minutes=10))
    late = _released("F2", _line(1, "A"), ship_by=NOW + timedelta(hours=2, minutes=5))
    urgent = _released("F3", _line(1, "A"), urgent=True)

    held = _plan([early, late], stock)

    assert [("F1", 20), ("F2", 5)] == sorted(
        (one.fulfillment_id, (one.until - NOW) // timedelta(minutes=1)) for one in held.waiting
    )
    assert () == held.batches
    assert [["F3", "F2", "F1"]] == _together(_plan([early, late, urgent], stock))
    waited = early.model_copy(update={"released_at": NOW - RULES.max_wait})
    assert [["F2", "F1"]] == _together(_plan([waited, late], stock))


def test_what_must_leave_first_is_fetched_in_the_fewest_walks() -> None:
    """Though it lies near to later goods, these only take the room that is left."""
    stock = [_bin(f"B{n}", f"S{n}", 9, aisle=n % 2 * 4, cell=7) for n in range(8)]
    soon = [_released(f"A{n}", _line(1, f"S{n}"), ship_by=NOW) for n in range(4)]
    later = [_released(f"B{n}", _line(1, f"S{n}")) for n in range(4, 8)]

    together = _together(_plan([*later, *soon], stock, BatchRules(fewest_members=1)))

    assert [True, True, False] == [any(name[0] == "A" for name in batch) for batch in together]


def test_what_no_cart_holds_goes_alone_and_what_is_not_there_is_left_out() -> None:
    """Neither stops the others, and the reason is told."""
    stock = [_bin("B1", "A", 9), _bin("B2", "C", 1)]
    heavy = _released("F1", _line(1, "A", weight_g=700))
    plain = _released("F2", _line(1, "A"), urgent=True)
    short = _released("F3", _line(1, "C", 2))

    plan = _plan([heavy, plain, short], stock)

    assert [["F2"], ["F1"]] == _together(plan)
    assert [False, True] == [batch.beyond_cart for batch in plan.batches]
    assert [("F3", "C: expected 2 in the bins, not bound and not expired, came 1")] == [
        (one.fulfillment_id, str(one.problem).split(";")[0]) for one in plan.left_out
    ]


def test_small_plans_are_near_to_the_best_and_large_ones_beat_first_come() -> None:
    """The figures that `python -m bench.batching` reports, on a few cases."""
    small = [seeded_case(seed, 6, TWO_BLOCKS, 3) for seed in range(3)]
    assert 1.02 >= sum(planned_mm(case)[0] / best_mm(case) for case in small) / len(small)
    large = seeded_case(1, 20, TWO_BLOCKS, 8, places=2)
    assert 0.85 >= planned_mm(large)[0] / first_come_mm(large)
