"""The line of those who wait for goods: nothing is given twice, and nobody waits for ever."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.back_order_queue import (
    LONGEST_AHEAD,
    Places,
    QueueEntry,
    Waiter,
    WaiterKind,
    less_set_aside,
    share_out,
)
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import Urgency

NOW = datetime(2026, 11, 30, tzinfo=UTC)
SKUS = ("A", "B")
HOURS = st.integers(0, 24 * 60).map(lambda hours: NOW + timedelta(hours=hours))


def entry(name: str, units: int = 1, sku: str = "A", **changes: object) -> QueueEntry:
    """Return the entry of an order with one line."""
    usual = {"line_no": 1, "promise_at": NOW, "since": NOW}
    waiter = Waiter(kind=WaiterKind.ORDER, waiter_id=name)
    return QueueEntry.model_validate(
        {"waiter": waiter, "sku": sku, "units": units, **usual, **changes}
    )


@st.composite
def lines(draw: st.DrawFn) -> list[QueueEntry]:
    """Return the entries of up to six lines, each of one article or of both."""
    made: list[QueueEntry] = []
    for number in range(draw(st.integers(0, 6))):
        skus = draw(st.permutations(SKUS))[: draw(st.integers(1, 2))]
        units = draw(st.integers(1, 5))
        of_line = {
            "promise_at": draw(HOURS),
            "since": draw(HOURS),
            "urgency": draw(st.sampled_from(Urgency)),
        }
        left = units
        for rank, sku in enumerate(skus):
            held = draw(st.integers(0, left))
            left -= held
            at = {"set_aside": held, "set_aside_at": NOW if held else None, "rank": rank}
            made.append(entry(f"O-{number}", units, sku, **of_line, **at))
    return made


FREE = st.fixed_dictionaries(dict.fromkeys(SKUS, st.integers(0, 12)))


def by_sku(entries: list[QueueEntry]) -> Counter[str]:
    """Return what is set aside of each article."""
    units: Counter[str] = Counter()
    for one in entries:
        units[one.sku] += one.set_aside
    return units


def by_line(entries: list[QueueEntry]) -> Counter[tuple[str, str, int]]:
    """Return what is set aside for each line."""
    units: Counter[tuple[str, str, int]] = Counter()
    for one in entries:
        units[one.line] += one.set_aside
    return units


@given(lines(), FREE)
def test_no_unit_is_set_aside_twice(entries: list[QueueEntry], free: dict[str, int]) -> None:
    """Nor for a line more than it misses; and the time of it stands with it."""
    shared = share_out(free, entries, NOW)
    assert all(by_sku(shared)[sku] <= units for sku, units in free.items())
    have = by_line(shared)
    assert all(have[one.line] <= one.units for one in shared)
    assert all((one.set_aside > 0) == (one.set_aside_at is not None) for one in shared)


@given(lines(), FREE)
def test_nothing_lies_idle_while_somebody_would_take_it(
    entries: list[QueueEntry], free: dict[str, int]
) -> None:
    """What is left of an article, no line misses that would take it."""
    shared = share_out(free, entries, NOW)
    have = by_line(shared)
    for one in shared:
        left = free[one.sku] - by_sku(shared)[one.sku]
        assert left == 0 or have[one.line] == one.units


@given(lines(), FREE)
def test_what_is_set_aside_stays_while_the_goods_are_there(
    entries: list[QueueEntry], free: dict[str, int]
) -> None:
    """Nobody loses to who comes later, however urgent; sharing out again changes nothing."""
    held = by_sku(entries)
    plenty = {sku: max(units, held[sku]) for sku, units in free.items()}
    shared = share_out(plenty, entries, NOW)
    before = {(one.line, one.sku): one.set_aside for one in entries}
    assert all(one.set_aside >= before[one.line, one.sku] for one in shared)
    assert share_out(plenty, shared, NOW) == shared


@given(lines(), FREE)
def test_who_is_first_in_line_gets_first(entries: list[QueueEntry], free: dict[str, int]) -> None:
    """Nobody gets a unit of what it ordered while one before it misses that article."""
    none = [one.model_copy(update={"set_aside": 0, "set_aside_at": None}) for one in entries]
    own = [one for one in share_out(free, none, NOW) if one.rank == 0]
    for sku in SKUS:
        line = [one for one in own if one.sku == sku]
        short = [number for number, one in enumerate(line) if one.set_aside < one.units]
        assert all(one.set_aside == 0 for one in line[min(short, default=len(line)) + 1 :])


@given(HOURS, HOURS, st.sampled_from(Urgency), HOURS, st.sampled_from(Urgency))
def test_nobody_is_passed_over_for_ever(
    since: datetime,
    promise_at: datetime,
    urgency: Urgency,
    other_promise_at: datetime,
    other_urgency: Urgency,
) -> None:
    """Who joins long after another one comes behind it, whatever was promised to whom."""
    waiting = entry("waits", since=since, promise_at=promise_at, urgency=urgency)
    late = entry(
        "late",
        since=since + LONGEST_AHEAD + timedelta(microseconds=1),
        promise_at=other_promise_at,
        urgency=other_urgency,
    )
    assert waiting.place < late.place


def test_the_line_goes_by_promise_then_urgency_then_age() -> None:
    """The earliest promise is first; of one promise the urgent, then who has waited longest."""
    later = NOW + timedelta(days=5)
    line = [
        entry("promised", promise_at=NOW + timedelta(days=1)),
        entry("express", promise_at=later, urgency=Urgency.EXPRESS),
        entry("old", promise_at=later, since=NOW - timedelta(hours=1)),
        entry("young", promise_at=later),
        entry("economy", promise_at=later, urgency=Urgency.ECONOMY),
    ]
    assert line == sorted(sorted(line, key=str), key=lambda one: one.place)


def test_goods_that_have_gone_are_given_back_by_the_last_in_line() -> None:
    """A count that finds fewer takes from who would have got last."""
    first = entry("first", 2, set_aside=2, set_aside_at=NOW)
    last = entry("last", 2, since=NOW + timedelta(days=1), set_aside=2, set_aside_at=NOW)
    shared = share_out({"A": 3}, [last, first], NOW)
    assert [2, 1] == [one.set_aside for one in shared]


def test_what_was_ordered_goes_before_what_is_taken_instead() -> None:
    """The first in line would take it too, but has not ordered it."""
    instead = entry("first", 1, "B", rank=1)
    ordered = entry("second", 1, "B", since=NOW + timedelta(days=1))
    shared = share_out({"B": 1}, [entry("first", 1), instead, ordered], NOW)
    assert [("first", 0), ("second", 1)] == [(o.waiter.waiter_id, o.set_aside) for o in shared]


@given(
    st.lists(st.tuples(st.sampled_from(SKUS), st.integers(0, 9)), max_size=6),
    st.fixed_dictionaries(dict.fromkeys(SKUS, st.integers(0, 20))),
)
def test_levels_without_what_is_set_aside(
    rows: list[tuple[str, int]], others: dict[str, int]
) -> None:
    """All warehouses together have so many fewer, and never fewer than none."""
    levels = [
        StockLevel(warehouse_id=f"W{number}", sku=sku, on_hand=units, claimed=0)
        for number, (sku, units) in enumerate(rows)
    ]
    less = less_set_aside(levels, others)
    for sku in SKUS:
        had = sum(level.available for level in levels if level.sku == sku)
        left = sum(level.available for level in less if level.sku == sku)
        assert max(0, had - others[sku]) == left


def made(name: str, units: int = 1, **changes: object) -> QueueEntry:
    """Return the entry of a production."""
    waiter = Waiter(kind=WaiterKind.SUPPLY, waiter_id=name)
    return entry(name, units).model_copy(update={"waiter": waiter, **changes})


@given(lines(), st.lists(st.integers(1, 5), max_size=4), st.integers(0, 8), st.integers(0, 8))
def test_a_production_gets_what_is_in_its_own_warehouse(
    orders: list[QueueEntry], wanted: list[int], here: int, elsewhere: int
) -> None:
    """No more than is there, together with others of that warehouse; and what is there, if free."""
    makes = [made(f"S-{number}", units) for number, units in enumerate(wanted)]
    places = Places(
        of={one.waiter: "BER" for one in makes},
        free={("BER", "A"): here, ("HAM", "A"): elsewhere},
    )
    shared = share_out({"A": here + elsewhere}, [*orders, *makes], NOW, places)
    given_to = sum(one.set_aside for one in shared if one.waiter in places.of)
    left = here + elsewhere - by_sku(shared)["A"]
    assert given_to <= here
    assert left >= 0
    assert min(left, here - given_to) == 0 or given_to == sum(wanted)


def test_a_production_gives_back_what_is_no_longer_in_its_warehouse() -> None:
    """Though another warehouse has plenty."""
    one = made("S-1", 3, set_aside=3, set_aside_at=NOW)
    places = Places(of={one.waiter: "BER"}, free={("BER", "A"): 1, ("HAM", "A"): 9})
    assert [1] == [entry.set_aside for entry in share_out({"A": 10}, [one], NOW, places)]
