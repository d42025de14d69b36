"""The order's documentation is true: its example is an order, and it names every field."""

import re
from pathlib import Path

from pydantic import BaseModel

from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article
from fulfillment.domain.orders import Customer, Gift, Order, OrderLine, Payment, parse_order
from fulfillment.domain.units import Place
from fulfillment.operations.catalog import Catalog

TEXT = (Path(__file__).parents[2] / "docs" / "orders.md").read_text(encoding="utf-8")
MODELS: tuple[type[BaseModel], ...] = (
    Order,
    Customer,
    Address,
    Place,
    OrderLine,
    Payment,
    Gift,
    Catalog,
)


def example() -> str:
    """Return the example of the page."""
    found = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_is_an_order() -> None:
    """As it stands, with every optional field filled."""
    order = parse_order(example())
    assert order.total_minor == order.amount_minor
    assert set(order.model_fields_set) == set(Order.model_fields)


def test_every_field_is_documented() -> None:
    """A field that is added is described too."""
    words = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", TEXT))))
    fields = {name for model in MODELS for name in model.model_fields}
    assert fields - words == set()


def test_the_schema_knows_what_must_be_there() -> None:
    """The exported schema and the page agree on what an order must have."""
    schema = Order.model_json_schema()
    needed = re.findall(r"^\| `(\w+)` \| yes \|", TEXT.split("**`ship_to`**")[0], re.MULTILINE)
    assert schema["required"] == needed
    assert schema["additionalProperties"] is False
    assert Article.model_json_schema()["additionalProperties"] is False
