"""A basket: what an order would be, before it is one."""

from datetime import date
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Currency, Identifier, StrictValue
from fulfillment.domain.errors import InvalidOrder
from fulfillment.domain.orders import (
    LineQuantity,
    Order,
    OrderLine,
    Quantity,
    Urgency,
    problems_of,
)

NO_CURRENCY = "XXX"
"""ISO 4217's code where no currency is involved."""


class _PartOfOrder(StrictValue):
    """Some fields of an order's; the others may stand there too, and are not looked at."""

    @model_validator(mode="before")
    @classmethod
    def _without_the_rest(cls, data: Any) -> Any:  # noqa: ANN401 - whatever came
        whole = cls.whole()
        if not isinstance(data, dict):
            return data
        unused = set(whole.model_fields) - set(cls.model_fields)
        return {name: value for name, value in data.items() if name not in unused}

    @classmethod
    def whole(cls) -> type[Order] | type[OrderLine]:
        """Return the model that this is a part of."""
        raise NotImplementedError


class BasketLine(_PartOfOrder):
    """So many units of an article, and what the customer takes instead."""

    sku: Identifier
    quantity: Quantity
    substitutes: Annotated[tuple[Identifier, ...], Field(max_length=20)] = ()

    @classmethod
    def whole(cls) -> type[OrderLine]:
        """Return what a line of an order has."""
        return OrderLine


class Basket(_PartOfOrder):
    """What a customer wants, where, and how urgently; an order is one too.

    Fields of an order that are not here (payment, prices, the customer) may be there, and change
    nothing; a field that no order has is refused.
    """

    ship_to: Address
    lines: Annotated[tuple[BasketLine, ...], Field(min_length=1, max_length=500)]
    urgency: Urgency = Urgency.STANDARD
    deliver_by: date | None = None
    """The day by which the customer wants it."""
    currency: Currency = NO_CURRENCY
    """Of the prices; shipping costs are in that of the carriers."""

    @classmethod
    def whole(cls) -> type[Order]:
        """Return what an order has."""
        return Order

    @property
    def wanted(self) -> tuple[LineQuantity, ...]:
        """Return the lines, numbered from 1."""
        return tuple(
            LineQuantity(line_no=number, sku=line.sku, quantity=line.quantity)
            for number, line in enumerate(self.lines, 1)
        )

    @classmethod
    def of(cls, order: Order) -> Self:
        """Return what of an order decides when it arrives."""
        return cls.model_validate(order.model_dump())


def parse_basket(data: Any) -> Basket:  # noqa: ANN401 - whatever came in
    """Return the basket that the data describes.

    Raises:
        InvalidOrder: naming each wrong field by its path, with what was expected and what came.

    """
    try:
        return Basket.model_validate(data)
    except ValidationError as error:
        raise InvalidOrder.of(*problems_of(error)) from error
