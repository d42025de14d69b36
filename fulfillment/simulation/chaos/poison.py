"""Poison: orders as no storefront should start them, straight into Temporal."""

from collections.abc import Sequence
from random import Random
from typing import Any

from temporalio.client import Client

from fulfillment.domain.orders import Order
from fulfillment.temporal.identifiers import order_workflow_id

NO_ORDERS: Sequence[Any] = (
    None,
    [],
    7,
    "an order",
    {},
    {"order_id": 5},
    {"order_id": "x", "lines": "all of it"},
    [{"order_id": "x"}, {"order_id": "y"}],
    {"lines": [[[[[[]]]]]]},
)
"""What is not even like an order."""

WRONG_FIELDS: Sequence[dict[str, Any]] = (
    {"lines": []},
    {"currency": "EURO"},
    {"currency": None},
    {"placed_at": "yesterday"},
    {"urgency": "now!"},
    {"customer": {"name": ""}},
    {"payment": {"method": "barter"}},
    {"order_id": "../../etc/passwd"},
    {"order_id": "x" * 4_000},
)
"""What makes a good order wrong."""

WRONG_LINES: Sequence[dict[str, Any]] = (
    {"quantity": -1},
    {"quantity": 10**12},
    {"quantity": "many"},
    {"sku": "NOT-IN-THE-CATALOG"},
    {"sku": ""},
    {"unit_price_minor": -100},
    {"unit_price_minor": 1.5},
)
"""What makes one of its lines wrong."""


def poison(order: Order, luck: Random) -> Any:  # noqa: ANN401 - that is the point
    """Return something that is started as an order, and can't be one."""
    good = order.model_dump(mode="json")
    match luck.randrange(3):
        case 0:
            return luck.choice(NO_ORDERS)
        case 1:
            return {**good, **luck.choice(WRONG_FIELDS)}
        case _:
            first, *rest = good["lines"]
            return {**good, "lines": [{**first, **luck.choice(WRONG_LINES)}, *rest]}


async def start_poison(client: Client, task_queue: str, number: int, payload: Any) -> str:  # noqa: ANN401
    """Start an OrderWorkflow with it, as a storefront of one's own could; return its id."""
    name = order_workflow_id(f"POISON-{number:03d}")
    await client.start_workflow("OrderWorkflow", payload, id=name, task_queue=task_queue)
    return name
