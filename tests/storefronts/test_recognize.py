"""Whose order a payload is, by its shape; and files of them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.operations.order_file import read_orders
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.recognize import order_id_of, order_of, orders_in, recognize
from plant import order_data
from storefront_payloads import shopify_line, shopify_order, woo_line, woo_order


@pytest.mark.parametrize(
    ("payload", "storefront"),
    [
        (shopify_order(), "shopify"),
        (woo_order(), "woocommerce"),
        (order_data("A1"), None),
        ({"line_items": []}, None),
        ({}, None),
        ([], None),
        (None, None),
        ("order", None),
    ],
)
def test_an_order_is_recognized_by_its_shape(payload: Any, storefront: str | None) -> None:
    """What is of no storefront is left to the caller."""
    assert recognize(payload) == storefront
    assert (order_of(payload) is None) == (storefront is None)


@pytest.mark.parametrize(
    ("payload", "entries"),
    [
        ({"id": 1}, [("", {"id": 1})]),
        ({"order": {"id": 1}}, [("order", {"id": 1})]),
        ({"orders": [{"id": 1}, 2]}, [("orders[0]", {"id": 1}), ("orders[1]", 2)]),
        ([{"id": 1}], [("orders[0]", {"id": 1})]),
        ({"orders": {"id": 1}}, [("", {"id": 1})]),
        ({"orders": 3}, []),
        ([], []),
        (3, []),
    ],
)
def test_orders_come_alone_in_lists_and_in_envelopes(
    payload: Any, entries: list[tuple[str, Any]]
) -> None:
    """Each with its path."""
    assert orders_in(payload) == entries


@pytest.mark.parametrize(
    ("payload", "order_id"),
    [
        (shopify_order(), "shopify-450789469"),
        (woo_order(id=5), "woo-5"),
        (woo_order(id="../5"), None),
        (order_data("A1"), None),
    ],
)
def test_the_id_is_known_before_the_order_is(payload: Any, order_id: str | None) -> None:
    """So that a refused order can be named."""
    assert order_id_of(payload) == order_id


def test_a_file_holds_orders_of_all_kinds() -> None:
    """A bad one costs none of the good, and is named by its place and id."""
    entries = [order_data("A1"), shopify_order(), woo_order(status="pending"), woo_order(id=728)]
    content = read_orders(json.dumps({"orders": entries}))
    assert [filed.order.order_id for filed in content.orders] == [
        "A1",
        "shopify-450789469",
        "woo-728",
    ]
    [refused] = content.refused
    assert (refused.path, refused.order_id) == ("orders[2]", "woo-727")
    assert [problem.path for problem in refused.problems] == ["orders[2].status"]


def test_the_api_envelope_of_one_order_is_read() -> None:
    """Paths go through it."""
    content = read_orders(json.dumps({"order": shopify_order(shopify_line(sku=""))}))
    assert [p.path for bad in content.refused for p in bad.problems] == ["order.line_items[0].sku"]


def test_a_file_is_read_as_the_merchant_says() -> None:
    """SKUs are mapped."""
    merchant = Merchant(skus={"91": "CUP"}, shop="berlin")
    content = read_orders(json.dumps(woo_order(woo_line(sku=""))), "file", merchant)
    assert [(f.order.order_id, f.order.lines[0].sku) for f in content.orders] == [
        ("woo-berlin-727", "CUP")
    ]


def test_a_repeated_delivery_in_a_file_is_one_order_and_an_edited_one_a_conflict() -> None:
    """As with orders of our own."""
    again = woo_order(date_modified_gmt="2026-12-01T00:00:00")
    edited = woo_order(woo_line(quantity=3))
    content = read_orders(json.dumps([woo_order(), again, edited]))
    assert len(content.orders) == 1
    assert [(bad.path, bad.code) for bad in content.refused] == [("orders[2]", "order_conflict")]


def test_the_public_payloads_are_told_apart() -> None:
    """Orders are orders; refunds, fulfillments and the like are none."""
    root = os.environ.get("FULFILLMENT_DATA")
    if not root or not (Path(root) / "orders").is_dir():
        pytest.skip("FULFILLMENT_DATA does not name the folder of the public data")
    found = {
        path.stem: [recognize(entry) for _, entry in orders_in(json.loads(path.read_text("utf-8")))]
        for path in sorted((Path(root) / "orders").glob("*.json"))
    }
    assert found.pop("shopify_order") == ["shopify"]
    assert found.pop("woocommerce_orders_0") == ["woocommerce"]
    assert found
    assert {kind for kinds in found.values() for kind in kinds} == {None}


@given(
    payload=st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["order", "orders", "line_items", "id"]), inner)
        ),
        max_leaves=8,
    )
)
def test_any_json_can_be_asked(payload: Any) -> None:
    """Nothing is raised for what is no order."""
    assert [recognize(entry) for _, entry in orders_in(payload)] == [None] * len(orders_in(payload))
