"""Reading orders from a file: one, a list, or `{"orders": [...]}`; a bad one costs no good one.

Orders of Shopify and WooCommerce are recognized by their shape and mapped to ours.
"""

from typing import Any

from fulfillment.domain.base import Value, content_hash
from fulfillment.domain.errors import InvalidOrder, OrderConflict, Problem, Refused
from fulfillment.domain.orders import Order, parse_order
from fulfillment.operations.json_files import parse_json
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.recognize import order_id_of, order_of, orders_in

_MERCHANT_OF_ONE = Merchant()


class FiledOrder(Value):
    """A good order, and where in its file it stands."""

    path: str
    """As `orders[3]`, from 0; "" for the only one of its file."""
    order: Order


class RefusedOrder(Value):
    """An order of a file that can't be submitted, and why."""

    path: str
    order_id: str | None
    """The id, as far as it can be read."""
    code: str
    problems: tuple[Problem, ...]


class OrderFile(Value):
    """What a file of orders holds; an order that stands in it twice is there once."""

    source: str
    orders: tuple[FiledOrder, ...]
    refused: tuple[RefusedOrder, ...]


def read_orders(
    text: str | bytes, source: str = "standard input", merchant: Merchant = _MERCHANT_OF_ONE
) -> OrderFile:
    """Return the good and the bad orders of a JSON text.

    Args:
        text: the JSON, or its bytes.
        source: where it came from, for the messages.
        merchant: how a storefront's orders are read.

    Raises:
        InvalidOrder: it is no JSON, or holds neither an order nor a list of orders.

    """
    entries = _entries(parse_json(text, source, InvalidOrder), source)
    good: dict[str, FiledOrder] = {}
    refused: list[RefusedOrder] = []
    for path, data in entries:
        try:
            order = order_of(data, merchant) or parse_order(data)
            filed = FiledOrder(path=path, order=order)
            first = good.setdefault(filed.order.order_id, filed)
            _require_same(first, filed)
        except Refused as refusal:
            refused.append(_refusal(path, _order_id(data, merchant), refusal))
    return OrderFile(source=source, orders=tuple(good.values()), refused=tuple(refused))


def _entries(data: Any, source: str) -> list[tuple[str, Any]]:  # noqa: ANN401 - whatever came
    entries = orders_in(data)
    if not entries and data not in ([], {"orders": []}):
        came = f"a {type(data).__name__}"
        raise InvalidOrder.of(
            Problem(
                path=source,
                expected='an order, a list of orders, or {"orders": [...]}',
                came=came,
                remedy="`fulfillment orders schema` prints what an order is",
            )
        )
    return entries


def _require_same(first: FiledOrder, filed: FiledOrder) -> None:
    if content_hash(first.order) != content_hash(filed.order):
        raise OrderConflict.of(
            Problem(
                path="order_id",
                expected=f"an id of its own, or the content of {first.path}",
                came=f"{filed.order.order_id} with other content",
                remedy="give each order its own id",
            )
        )


def _refusal(path: str, order_id: str | None, refusal: Refused) -> RefusedOrder:
    return RefusedOrder(
        path=path,
        order_id=order_id,
        code=refusal.code,
        problems=tuple(_inside(path, problem) for problem in refusal.problems),
    )


def _order_id(data: Any, merchant: Merchant) -> str | None:  # noqa: ANN401 - whatever came
    name = data.get("order_id") if isinstance(data, dict) else None
    return name if isinstance(name, str) else order_id_of(data, merchant)


def _inside(path: str, problem: Problem) -> Problem:
    if not path:
        return problem
    inner = f"{path}.{problem.path}" if problem.path else path
    return problem.model_copy(update={"path": inner})
