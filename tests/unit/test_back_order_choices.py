"""What a customer may choose for what is missing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.domain.back_order_choices import (
    BackOrderChoice,
    LineChoice,
    check_choices,
    default_choices,
    open_choices,
    still_told,
    untold,
)
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.orders import LineQuantity, Order, parse_order
from plant import order_data

MISSING = (LineQuantity(line_no=1, sku="MUG", quantity=3),)


def placed(*substitutes: str, ship_complete: bool = False) -> Order:
    """Return an order of three mugs and a book."""
    data = order_data("A-1", ("MUG", 3), ("BOOK", 1), ship_complete=ship_complete)
    data["lines"][0]["substitutes"] = list(substitutes)
    return parse_order(data)


def choice(**fields: Any) -> LineChoice:
    """Return a choice for the first line."""
    return LineChoice.model_validate({"line_no": 1, **fields})


@pytest.mark.parametrize(
    ("fields", "complete", "path"),
    [
        ({"choice": "wait", "line_no": 2}, False, "choices[0].line_no"),
        ({"choice": "cancel", "units": 4}, False, "choices[0].units"),
        ({"choice": "ship_rest"}, False, "choices[0].choice"),
        ({"choice": "substitute", "substitute": "LAMP"}, False, "choices[0].substitute"),
    ],
)
def test_what_does_not_fit_is_refused(fields: dict[str, Any], complete: bool, path: str) -> None:  # noqa: FBT001
    """By its path, with what was expected, what came and what to do."""
    with pytest.raises(ConfirmationRefused, match="choose again") as refusal:
        check_choices(placed("CUP", ship_complete=complete), MISSING, [choice(**fields)])
    assert [path] == [problem.path for problem in refusal.value.problems]


def test_each_line_is_chosen_for_once() -> None:
    """Two words about one line contradict each other."""
    with pytest.raises(ConfirmationRefused, match="line 1 more than once"):
        check_choices(placed(), MISSING, [choice(choice="wait"), choice(choice="cancel")])


@pytest.mark.parametrize(
    "fields",
    [
        {"choice": "wait", "units": 1},
        {"choice": "substitute"},
        {"choice": "cancel", "substitute": "CUP"},
        {"choice": "perhaps"},
    ],
)
def test_a_choice_says_what_it_needs(fields: dict[str, Any]) -> None:
    """Units go with cancel alone, an article with substitute alone."""
    with pytest.raises(ValidationError):
        choice(**fields)


@given(st.booleans(), st.booleans(), st.sampled_from(BackOrderChoice))
def test_what_is_offered_and_the_default_are_never_refused(
    instead: bool,  # noqa: FBT001
    complete: bool,  # noqa: FBT001
    default: BackOrderChoice,
) -> None:
    """Whatever the setting says: what does not fit an order, waits."""
    order = placed(*["CUP"] * instead, ship_complete=complete)
    offered = open_choices(order, MISSING)
    for one in offered:
        fields = {"substitute": "CUP"} if one is BackOrderChoice.SUBSTITUTE else {}
        check_choices(order, MISSING, [choice(choice=one, **fields)])
    chosen = default_choices(order, MISSING, default)
    check_choices(order, MISSING, chosen)
    assert [default if default in offered else BackOrderChoice.WAIT] == [c.choice for c in chosen]


def test_nothing_is_offered_where_nothing_is_missing() -> None:
    """An order that has all it wants has nothing to choose."""
    assert () == open_choices(placed("CUP"), ())


def missing(units: dict[int, int]) -> tuple[LineQuantity, ...]:
    """Return so many missing units of each line."""
    return tuple(LineQuantity(line_no=no, sku="MUG", quantity=n) for no, n in units.items())


UNITS = st.dictionaries(st.integers(1, 4), st.integers(1, 5))


@given(st.lists(UNITS, max_size=6))
def test_each_unit_that_goes_missing_is_told_once(steps: list[dict[int, int]]) -> None:
    """What is missing more than a step before is news, and nothing else is."""
    told: dict[int, int] = {}
    before: dict[int, int] = {}
    for units in steps:
        told = still_told(missing(units), told)
        news = {line.line_no: line.quantity for line in untold(missing(units), told)}
        assert {no: n for no, n in units.items() if n > before.get(no, 0)} == news
        told |= news
        before = units
