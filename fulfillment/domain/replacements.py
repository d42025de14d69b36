"""Orders that take the place of goods of another order: sent again, or exchanged, at no cost."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Identifier, Value
from fulfillment.domain.errors import InvalidOrder, Problem
from fulfillment.domain.orders import (
    Order,
    OrderLine,
    Payment,
    PaymentMethod,
    Quantity,
    ReplacementReason,
    Replaces,
    Urgency,
)

LONGEST_ID = 64
"""What an order's id may have."""

DIGEST = 8


class UnitWorth(Value):
    """What a unit is worth to its customer, in minor units of its order's currency."""

    amount_minor: int
    """Paid by the order whose goods came back."""
    elsewhere_minor: int = 0
    """Paid in the shop besides."""


class ReplacementLine(Value):
    """So many units of an article that are sent at no cost."""

    sku: Identifier
    quantity: Quantity
    line_no: int | None = None
    """The line of the order whose units these replace: wishes and substitutes are its own."""
    units: tuple[int, ...] = ()
    """The numbers of these units in that line, as many as are sent."""
    worth: tuple[UnitWorth, ...] = ()
    """Of an exchange: what each unit is worth."""


class ReplacementWish(Value):
    """What is sent in the place of which order's goods, why, how fast, and where to."""

    lines: tuple[ReplacementLine, ...]
    reason: ReplacementReason
    urgency: Urgency = Urgency.EXPRESS
    ship_to: Address | None = None
    """Another address than the order's; None for the same."""


def replacement_id(order_id: str, number: int) -> str:
    """Return the id of an order's replacement, as `A-1-R1`; a long one is shortened.

    Args:
        order_id: the order's that is replaced.
        number: counts its replacements, from 1.

    """
    suffix = f"-R{number}"
    if len(order_id) + len(suffix) <= LONGEST_ID:
        return order_id + suffix
    digest = hashlib.sha256(order_id.encode()).hexdigest()[:DIGEST]
    return f"{order_id[: LONGEST_ID - len(suffix) - DIGEST - 1]}.{digest}{suffix}"


def lines_of_units(order: Order, units: Mapping[int, Sequence[int]]) -> tuple[ReplacementLine, ...]:
    """Return lines that replace units of an order, by line in the order's sequence.

    Args:
        order: whose units they are.
        units: their numbers, from 1, by line.

    Raises:
        InvalidOrder: the order has no such line or unit.

    """
    ordered = {line.line_no: line.quantity for line in order.lines}
    wrong = [
        Problem(
            path=f"units of line {line_no}",
            expected=f"numbers from 1 to {ordered[line_no]}" if line_no in ordered else "none",
            came=", ".join(map(str, numbers)),
            remedy=f"see the lines of order {order.order_id}",
        )
        for line_no, numbers in units.items()
        if any(not 0 < number <= ordered.get(line_no, 0) for number in numbers)
    ]
    if wrong:
        raise InvalidOrder.of(*wrong)
    return tuple(
        ReplacementLine(
            sku=line.sku, quantity=len(numbers), line_no=line.line_no, units=tuple(numbers)
        )
        for line in order.lines
        if (numbers := sorted(set(units.get(line.line_no, ()))))
    )


def replacement_of(order: Order, number: int, wish: ReplacementWish, at: datetime) -> Order:
    """Return the order that is sent in the place of goods of another: linked, nothing to pay.

    It goes to the same customer, is paid by the order that it replaces, and each of its lines
    costs nothing; customs are told what the goods sell at.

    Args:
        order: whose goods are replaced.
        number: counts its replacements, from 1.
        wish: what is sent, why, how fast, and where to.
        at: when it was asked for.

    Raises:
        InvalidOrder: nothing is to be sent, or too much for one order.

    """
    if not wish.lines:
        remedy = "name at least one unit"
        raise InvalidOrder.of(
            Problem(path="lines", expected="what to send", came="nothing", remedy=remedy)
        )
    return Order(
        order_id=replacement_id(order.order_id, number),
        placed_at=at,
        currency=order.currency,
        customer=order.customer,
        ship_to=wish.ship_to or order.ship_to,
        lines=tuple(_line(order, line, line_no) for line_no, line in enumerate(wish.lines, 1)),
        payment=Payment(method=PaymentMethod.PAID, reference=f"order {order.order_id}"),
        gift=order.gift,
        urgency=wish.urgency,
        replaces=Replaces(order_id=order.order_id, reason=wish.reason),
    )


def _line(order: Order, wanted: ReplacementLine, line_no: int) -> OrderLine:
    own = next((line for line in order.lines if line.line_no == wanted.line_no), None)
    substitutes = () if own is None else own.substitutes
    return OrderLine(
        line_no=line_no,
        sku=wanted.sku,
        quantity=wanted.quantity,
        unit_price_minor=0,
        substitutes=tuple(sku for sku in substitutes if sku != wanted.sku),
        properties={} if own is None else own.properties,
    )
