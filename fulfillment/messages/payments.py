"""What workflows ask of payments after the capture."""

from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Currency, Value
from fulfillment.domain.refunds import UnitNumber


class RefundPayment(Value):
    """Give back what units of an order cost, `extra_minor` more, `fee_minor` less."""

    key: str
    order_id: str
    units: tuple[UnitNumber, ...] = ()
    """Each as (line number, number of the unit in its line), both from 1."""
    extra_minor: Annotated[int, Field(ge=0)] = 0
    """Given back beyond the units' amounts, as for the return's own postage."""
    fee_minor: Annotated[int, Field(ge=0)] = 0
    """Kept, as for restocking."""
    reason: str


class Refunded(Value):
    """What was given back, in minor units; `declined` says why nothing was."""

    amount_minor: int
    currency: Currency
    declined: str | None = None
    owed: bool = False
    """Whether it was paid in the shop or on delivery, and is to be given back there."""
