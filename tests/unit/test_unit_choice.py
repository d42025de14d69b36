"""Which units are canceled, and where goods go back to: nothing is lost, nothing invented."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.errors import Inconsistent, Refused, TooLate
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import NOT_LEFT, STEPS, Stage
from fulfillment.domain.put_backs import plan_put_backs
from fulfillment.domain.unit_choice import Holding, LineUnits, choose_units

HOLDINGS = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 5), st.sampled_from([None, *STEPS])), max_size=6
).map(
    lambda rows: [
        Holding(
            line_no=line_no,
            sku=f"S{line_no}",
            quantity=units,
            fulfillment_id=None if stage is None else f"F{number}",
            stage=stage,
        )
        for number, (line_no, units, stage) in enumerate(rows)
    ]
)


def wish(line_no: int, quantity: int) -> LineUnits:
    """Return a wish for so many units of a line."""
    return LineUnits(line_no=line_no, quantity=quantity)


@given(HOLDINGS, st.integers(1, 12))
def test_exactly_the_wished_units_are_chosen_or_none(holdings: list[Holding], units: int) -> None:
    """Never more of a holding than it has, never of another line, never what has left."""
    have = {one.fulfillment_id: one for one in holdings if one.line_no == 1}
    inside = sum(
        one.quantity for one in holdings if one.line_no == 1 and one.stage in {None, *NOT_LEFT}
    )
    total = sum(one.quantity for one in holdings if one.line_no == 1)
    try:
        chosen = choose_units([wish(1, units)], holdings)
    except TooLate:
        assert inside < units <= total
    except Refused:
        assert units > total
    else:
        assert units == sum(one.line.quantity for one in chosen)
        given_by: Counter[str | None] = Counter()
        for one in chosen:
            given_by[one.fulfillment_id] += one.line.quantity
        missing = sum(h.quantity for h in holdings if h.line_no == 1 and h.stage is None)
        assert given_by[None] <= missing
        for name, taken in given_by.items():
            assert name is None or taken <= have[name].quantity


@given(HOLDINGS, st.integers(1, 12))
def test_what_costs_least_is_chosen_first(holdings: list[Holding], units: int) -> None:
    """No unit of a later stage while one of an earlier stage is left."""
    mine = [one for one in holdings if one.line_no == 1 and one.stage in {None, *NOT_LEFT}]
    if units > sum(one.quantity for one in mine):
        return
    chosen = choose_units([wish(1, units)], holdings)
    stage_of = {one.fulfillment_id: one.stage for one in holdings}
    order = [
        -1 if s is None else STEPS.index(s) for s in (stage_of[c.fulfillment_id] for c in chosen)
    ]
    assert sorted(order) == order


def test_a_line_is_named_once_and_has_its_units() -> None:
    """The message says how many there are."""
    held = [Holding(line_no=1, sku="MUG", quantity=2, fulfillment_id="F", stage=Stage.PICKING)]
    with pytest.raises(Refused, match="at most the 2 units"):
        choose_units([wish(1, 3)], held)
    with pytest.raises(Refused, match="each line once"):
        choose_units([wish(1, 1), wish(1, 1)], held)
    gone = [held[0].model_copy(update={"stage": Stage.IN_TRANSIT})]
    with pytest.raises(TooLate, match="have left the warehouse"):
        choose_units([wish(1, 1)], gone)


def taken(bin_id: str, sku: str, units: int) -> Movement:
    """Return how goods left a bin."""
    return Movement(
        sku=sku,
        quantity=units,
        source=Account(kind=AccountKind.BIN, ref=bin_id),
        target=Account(kind=AccountKind.CART, ref="F"),
    )


@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.sampled_from(["MUG", "BOOK"]), st.integers(1, 4)),
        min_size=1,
        max_size=6,
    ),
    st.data(),
)
def test_all_goods_go_back_into_bins_they_came_from(
    moves: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    """What is there goes back, no bin gets more than it gave."""
    left = Counter[str]()
    gave = Counter[tuple[str, str]]()
    for bin_id, sku, units in moves:
        left[sku] += units
        gave[bin_id, sku] += units
    cartons = {sku: data.draw(st.integers(0, units)) for sku, units in left.items()}
    contents = [("carton:p1", sku, "", units) for sku, units in cartons.items() if units]
    contents += [
        ("cart:F", sku, "", units - cartons[sku])
        for sku, units in left.items()
        if units > cartons[sku]
    ]
    lines = plan_put_backs(contents, [taken(*move) for move in moves])
    back = Counter[tuple[str, str]]()
    for line in lines:
        back[line.bin_id, line.sku] += line.quantity
    assert gave == back


def test_goods_that_left_no_bin_are_not_put_back() -> None:
    """The books are wrong then, and nobody guesses."""
    with pytest.raises(Inconsistent, match="units that left a bin"):
        plan_put_backs([("cart:F", "MUG", "", 2)], [taken("A", "MUG", 1)])
