"""What is ordered of a supplier, what goes into a production, and what is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.supply import (
    UNDER_WAY,
    SupplySource,
    SupplyState,
    check_end,
    check_report,
    cycle_in,
    left_components,
    needed_components,
    purchase_letter,
    to_order,
)

UNITS = st.integers(0, 10_000)
LOTS = st.integers(1, 500)
PLACE = {"warehouse_id": "BER", "bin_id": "BER-1", "lead_time_days": 3}


def source(**fields: Any) -> SupplySource:
    """Return how a kit is produced of two legs and a board."""
    parts = [{"sku": "LEG", "quantity": 2}, {"sku": "BOARD", "quantity": 1}]
    usual = {"sku": "KIT", "method": "production", "components": parts, **PLACE}
    return SupplySource.model_validate({**usual, **fields})


@given(UNITS, UNITS, LOTS)
def test_as_many_lots_are_ordered_as_are_missing(missing: int, outstanding: int, lot: int) -> None:
    """None is missing afterwards, and no lot is ordered that is not needed."""
    more = to_order(missing, outstanding, lot)
    assert 0 == more % lot
    assert outstanding + more >= missing
    assert more == 0 or outstanding + more - lot < missing


@given(st.integers(1, 1_000), st.data())
def test_components_are_in_finished_units_or_left(ordered: int, data: st.DataObject) -> None:
    """What was issued is in what was completed, and all else is left; nothing is lost."""
    received = data.draw(st.integers(0, ordered))
    needed = needed_components(source(), ordered)
    left = left_components(needed, needed, ordered, received)
    used = needed_components(source(), received)
    assert needed == {sku: used[sku] + left.get(sku, 0) for sku in needed}
    assert {} == left_components(needed, {}, ordered, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "purchase"},
        {"method": "purchase", "components": [], "supplier_id": None},
        {"supplier_id": "ACME"},
        {"components": []},
        {"components": [{"sku": "KIT", "quantity": 1}]},
        {"components": [{"sku": "LEG", "quantity": 1}, {"sku": "LEG", "quantity": 2}]},
        {"lot_size": 0},
    ],
)
def test_a_source_fits_its_method(fields: dict[str, Any]) -> None:
    """A purchase has a supplier, a production has components, and none of itself."""
    with pytest.raises(ValidationError):
        source(**fields)


@given(st.sampled_from(SupplyState), st.integers(0, 9), st.integers(1, 12) | st.none())
def test_only_what_is_outstanding_can_come(
    state: SupplyState, outstanding: int, quantity: int | None
) -> None:
    """Neither before it was ordered, nor after its end, nor more than that."""
    fits = (
        state in {SupplyState.ORDERED, SupplyState.PRODUCING}
        and outstanding > 0
        and (quantity or 0) <= outstanding
    )
    if fits:
        check_report(state, outstanding, quantity)
        return
    with pytest.raises(ConfirmationRefused, match="expected"):
        check_report(state, outstanding, quantity)


@pytest.mark.parametrize("state", SupplyState)
def test_what_has_ended_can_not_end_again(state: SupplyState) -> None:
    """What is under way can be failed or canceled."""
    if state in UNDER_WAY:
        check_end(state)
        return
    with pytest.raises(ConfirmationRefused, match="under way"):
        check_end(state)


def test_a_purchase_order_says_whether_it_replaces_one() -> None:
    """A supplier must not deliver both."""
    first, other = (purchase_letter("S-1", "ACME", ["5 x MUG"], again=a) for a in (False, True))
    assert "5 x MUG" in first.body
    assert ("replaces" in first.subject, "replaces" in other.subject) == (False, True)


@pytest.mark.parametrize(
    ("parts", "cycle"),
    [
        ({}, ()),
        ({"KIT": ["LEG", "BOARD"], "LEG": ["BOARD"]}, ()),
        ({"A": ["B"], "B": ["A"]}, ("A", "B", "A")),
        ({"X": ["A", "B"], "A": ["B"], "B": ["C"], "C": ["B"]}, ("B", "C", "B")),
    ],
)
def test_articles_that_are_made_of_each_other_are_found(
    parts: dict[str, list[str]], cycle: tuple[str, ...]
) -> None:
    """Named in their sequence; an article that goes into two others is no circle."""
    assert cycle == cycle_in(parts)
