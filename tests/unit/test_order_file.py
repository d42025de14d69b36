"""Files of orders: the good go on, the bad are named by position and field."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.errors import InvalidOrder
from fulfillment.operations.order_file import read_orders
from plant import order_data


def read(value: Any) -> Any:
    """Read a value as a file of its JSON."""
    return read_orders(json.dumps(value), "orders.json")


@pytest.mark.parametrize(
    ("wrap", "paths"),
    [
        (lambda orders: orders[0], [""]),
        (lambda orders: orders, ["orders[0]", "orders[1]"]),
        (lambda orders: {"orders": orders}, ["orders[0]", "orders[1]"]),
    ],
)
def test_one_order_a_list_or_an_object_are_read(wrap: Any, paths: list[str]) -> None:
    """All three shapes of a file hold the same orders."""
    content = read(wrap([order_data("A1"), order_data("A2")]))
    assert [filed.path for filed in content.orders] == paths
    assert [filed.order.order_id for filed in content.orders] == ["A1", "A2"][: len(paths)]


def test_a_bad_order_is_named_by_position_and_field() -> None:
    """The good ones before and after it are read all the same."""
    bad = order_data("BAD", ("MUG", 0))
    content = read([order_data("A1"), bad, order_data("A2")])
    assert [filed.order.order_id for filed in content.orders] == ["A1", "A2"]
    [refused] = content.refused
    assert (refused.path, refused.order_id, refused.code) == ("orders[1]", "BAD", "invalid_order")
    assert [str(problem) for problem in refused.problems] == [
        "orders[1].lines[0].quantity: expected greater than 0, came 0"
    ]


def test_a_missing_field_came_as_nothing() -> None:
    """What is not there is told in plain words."""
    data = order_data("A1")
    del data["currency"]
    [refused] = read(data).refused
    assert [str(problem) for problem in refused.problems] == [
        "currency: expected a value, came nothing"
    ]


def test_an_unknown_field_is_a_typo() -> None:
    """Nothing of what a storefront sends is silently ignored."""
    [refused] = read([order_data("A1", lienes=[])]).refused
    assert refused.problems[0].path == "orders[0].lienes"
    assert refused.problems[0].expected == "no field of this name"


@pytest.mark.parametrize("entry", [None, 3, "order", []])
def test_an_entry_that_is_no_object_is_refused(entry: object) -> None:
    """Whatever stands in the list, it has its position."""
    [refused] = read([entry]).refused
    assert (refused.path, refused.order_id) == ("orders[0]", None)


def test_the_same_order_twice_is_one() -> None:
    """A copy in the same file is no second order."""
    content = read([order_data("A1"), order_data("A1")])
    assert [filed.path for filed in content.orders] == ["orders[0]"]
    assert content.refused == ()


def test_the_same_id_with_other_content_is_refused() -> None:
    """The first one stands, the second is told whose id it has."""
    content = read([order_data("A1"), order_data("A1", ("MUG", 9))])
    assert len(content.orders) == 1
    [refused] = content.refused
    assert (refused.path, refused.code) == ("orders[1]", "order_conflict")
    assert "the content of orders[0]" in refused.problems[0].expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": [1,}', r"orders.json: line 1, column 10: expected valid JSON"),
        ('[\n{"a" 1}]', r"line 2, column 6"),
        ("", r"line 1, column 1"),
        ('{"a": NaN}', r"NaN, which is no JSON number"),
        ('{"a": 1, "a": 2}', r"the field 'a' twice"),
        (b'{"a": "\xff"}', r"byte 0xff at offset 7, which is no UTF-8"),
        ("[" * 100_000, r"nested beyond reason"),
        ("3", r"expected an order, a list of orders"),
        ('"order"', r"orders schema"),
        ('{"orders": 3}', r"field|expected"),
    ],
)
def test_what_is_no_file_of_orders_is_told(text: str | bytes, message: str) -> None:
    """The message names the file, the place, and what to do."""
    with pytest.raises(InvalidOrder, match=message):
        read_orders(text, "orders.json")


def test_a_byte_order_mark_does_no_harm() -> None:
    """Files from an editor on Windows are read."""
    text = json.dumps([order_data("A1")]).encode("utf-8-sig")
    assert len(read_orders(text).orders) == 1


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(entries=st.lists(json_values, max_size=4))
def test_nothing_in_a_list_costs_a_good_order(entries: list[Any]) -> None:
    """Whatever else stands there is refused by its position, and the good order is read."""
    content = read([*entries, order_data("GOOD")])
    assert [filed.order.order_id for filed in content.orders] == ["GOOD"]
    assert [bad.path for bad in content.refused] == [f"orders[{n}]" for n in range(len(entries))]
