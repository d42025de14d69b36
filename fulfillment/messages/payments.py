"""What workflows ask of payments after the capture."""

from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Currency, Instant, Value
from fulfillment.domain.refunds import UnitNumber


class RefundPayment(Value):
    """Give back what units of an order cost, `extra_minor` more, `fee_minor` less."""

    key: str
    order_id: str
    units: tuple[UnitNumber, ...] = ()
    """Each as (line number, number of the unit in its line), both from 1."""
    canceled: bool = False
    """Whether it is for all canceled units that are not given back yet, whichever these are."""
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
    free_units: int = 0
    """How many canceled units were asked for that cost nothing, as those of a replacement."""


class RenewAuthorization(Value):
    """Have what is still to be captured held anew, if it lapses before `until`."""

    key: str
    order_id: str
    until: Instant
    lapsed: bool = False
    """Whether it could not be captured, so that it is due whatever the gateway said before."""


class AuthorizationRenewed(Value):
    """Until when the amount is held now; None where nothing is held that lapses."""

    expires_at: Instant | None = None
    declined: str | None = None
    """Why the bank does not hold it anew."""
    amount_minor: int = 0
    """What was held anew, in minor units; 0 if nothing was due."""
    given_up: str | None = None
    """The reference that is not needed any more, and is voided."""


class WriteOffPayment(Value):
    """Give up what a fulfillment's units cost and no capture was accepted for."""

    key: str
    order_id: str
    fulfillment_id: str


class WrittenOff(Value):
    """What nobody asks for any more, in minor units."""

    amount_minor: int
    currency: Currency
