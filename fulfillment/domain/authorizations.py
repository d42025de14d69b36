"""How long a bank holds an amount, and when that is to be renewed."""

from fulfillment.domain.base import Instant, Value

NO_CURRENCY = "XXX"
"""What ISO 4217 writes where no currency is involved; here: where the gateway was not told it."""


class HeldAuthorization(Value):
    """What the gateway holds for an order, in minor units, and until when.

    Without `expires_at` the gateway has not said how long.
    """

    key: str
    order_id: str
    reference: str
    amount_minor: int
    expires_at: Instant | None = None


class GatewayRequest(Value):
    """What the gateway is about to be asked under an effect's key, in minor units.

    It is on record before it is asked, so that an unclear answer can be asked for again, in the
    same words, whatever has happened meanwhile.
    """

    key: str
    order_id: str
    reference: str
    """By which it is captured; or which authorization it is to take the place of."""
    amount_minor: int
    is_open: bool = True
    """Whether its outcome is not on record yet."""
