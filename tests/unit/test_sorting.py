"""Sorting: clusters, and the sequence within them."""

from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fulfillment.domain.sorting import SortItem, sort_plan

CATALOG = {
    "ANVIL": ("general", 9_000, False),
    "BOOK": ("general", 800, False),
    "CARD": ("general", 10, False),
    "VASE": ("general", 2_000, True),
    "FLUTE": ("general", 150, True),
    "BLEACH": ("chemicals", 1_100, False),
}


def line(line_no: int, sku: str, quantity: int = 1) -> SortItem:
    """Return an order line of an article of the test's catalog."""
    group, weight_g, fragile = CATALOG[sku]
    return SortItem(
        line_no=line_no,
        sku=sku,
        name=sku.title(),
        quantity=quantity,
        segregation_group=group,
        weight_g=weight_g,
        fragile=fragile,
    )


def test_nothing_to_sort_is_no_cluster() -> None:
    """No items, no clusters."""
    assert sort_plan([]) == ()


def test_groups_are_apart_and_each_is_in_pack_sequence() -> None:
    """Heavy and sturdy goods come first, fragile ones last, chemicals by themselves."""
    skus = ["FLUTE", "CARD", "BLEACH", "VASE", "ANVIL", "BOOK"]

    clusters = sort_plan(line(number, sku) for number, sku in enumerate(skus, start=1))

    expected = [
        ("chemicals", ["BLEACH"]),
        ("general", ["ANVIL", "BOOK", "CARD", "VASE", "FLUTE"]),
    ]
    assert expected == [(c.segregation_group, [i.sku for i in c.items]) for c in clusters]


def test_lines_of_one_article_stand_side_by_side() -> None:
    """Two lines of one SKU are adjacent, in the sequence of the order."""
    (cluster,) = sort_plan([line(3, "BOOK"), line(2, "ANVIL"), line(1, "BOOK")])

    assert [item.line_no for item in cluster.items] == [2, 1, 3]


def test_similar_lines_stay_together_even_if_their_weights_differ() -> None:
    """A lot that weighs less than another of its SKU still lies beside it."""
    light = line(1, "BOOK").model_copy(update={"weight_g": 5})

    (cluster,) = sort_plan([light, line(2, "CARD"), line(3, "BOOK")])

    assert [item.line_no for item in cluster.items] == [3, 1, 2]


@pytest.mark.parametrize("quantity", [0, -1])
def test_quantity_must_be_positive(quantity: int) -> None:
    """A line of nothing can't be sorted."""
    with pytest.raises(ValidationError, match="greater than 0"):
        line(1, "BOOK", quantity)


lines = st.lists(
    st.builds(
        line,
        st.integers(min_value=1, max_value=30),
        st.sampled_from(sorted(CATALOG)),
        st.integers(min_value=1, max_value=9),
    ),
    max_size=15,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(lines)
def test_every_item_comes_exactly_once(items: list[SortItem]) -> None:
    """Nothing is lost, invented, or laid into another group."""
    clusters = sort_plan(items)

    assert Counter(items) == Counter(item for c in clusters for item in c.items)
    for cluster in clusters:
        assert {cluster.segregation_group} == {item.segregation_group for item in cluster.items}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(lines)
def test_every_cluster_is_in_pack_sequence(items: list[SortItem]) -> None:
    """Sturdy before fragile, then heavy before light, and each SKU in one stretch."""
    for cluster in sort_plan(items):
        sequence = [(item.fragile, -item.weight_g) for item in cluster.items]
        stretches = [sku for sku, _ in groupby(item.sku for item in cluster.items)]
        assert sorted(sequence) == sequence
        assert len(set(stretches)) == len(stretches)
