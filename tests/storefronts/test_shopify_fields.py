"""Whatever Shopify or somebody else sends is an order, or refused by its field."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.domain.errors import InvalidOrder
from fulfillment.storefronts.shopify import order_of
from storefront_payloads import (
    shopify_line,
    shopify_order,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(name=st.sampled_from(sorted(shopify_order())), value=json_values)
def test_whatever_stands_in_a_field_is_an_order_or_refused(name: str, value: Any) -> None:
    """Nothing but InvalidOrder comes out."""
    try:
        order = order_of(shopify_order() | {name: value})
    except InvalidOrder as refused:
        assert refused.problems  # noqa: PT017 - either outcome is right, another exception is not
    else:
        assert order.order_id.startswith("shopify-")


@given(name=st.sampled_from(sorted(shopify_line())), value=json_values)
def test_whatever_stands_in_a_line_is_an_order_or_refused(name: str, value: Any) -> None:
    """Nothing but InvalidOrder comes out."""
    try:
        order = order_of(shopify_order(shopify_line(**{name: value})))
    except InvalidOrder as refused:
        assert refused.problems  # noqa: PT017 - either outcome is right, another exception is not
    else:
        assert order.amount_minor == 2660
