"""Properties that can't be taken are named by where they stand, never by their names."""

from typing import Any

import pytest

from fulfillment.domain.errors import InvalidOrder
from fulfillment.storefronts.recognize import order_of
from storefront_payloads import shopify_line, shopify_order, woo_line, woo_order

WHO = "For Ada Lovelace, 12 St James Sq"
WRONG = [
    {"name": f"{WHO} {'z' * 100}", "value": "yes"},
    {"name": f"{WHO}\nERROR forged", "value": "y" * 5_001},
    {"name": f"{WHO}\x00", "value": "yes"},
    {"name": f"{WHO}\ud800", "value": "yes"},
    {"name": WHO, "value": "yes\x00"},
]


def paths_of(storefront: str, *entries: dict[str, Any]) -> list[str]:
    """Return the paths by which an order of a line with these properties is refused."""
    named = [{"key": entry["name"], "value": entry["value"]} for entry in entries]
    payload = {
        "shopify": shopify_order(shopify_line(properties=entries)),
        "woocommerce": woo_order(woo_line(meta_data=named)),
    }[storefront]
    with pytest.raises(InvalidOrder) as refused:
        order_of(payload)
    return [problem.path for problem in refused.value.problems]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_property_is_named_by_its_position(wrong: dict[str, Any]) -> None:
    """Its name may be somebody's address, of any length, and forge a line of the log."""
    fine = {"name": "Color", "value": "red"}
    hidden = {"name": "_id", "value": "y" * 9_000}
    field = "value" if len(wrong["value"]) > len("yes") else "name"
    assert [f"line_items[0].properties[2].{field}"] == paths_of("shopify", fine, hidden, wrong)
    field = field.replace("name", "key")
    assert [f"line_items[0].meta_data[2].{field}"] == paths_of("woocommerce", fine, hidden, wrong)


@pytest.mark.parametrize(
    ("storefront", "field"), [("shopify", "properties"), ("woocommerce", "meta_data")]
)
def test_properties_that_are_too_long_together_are_not_named(storefront: str, field: str) -> None:
    """One of the same name is joined to the other."""
    half = {"name": WHO, "value": "y" * 3_000}
    assert [f"line_items[0].{field}"] == paths_of(storefront, half, half)
