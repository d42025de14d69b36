"""How long a bank holds an amount, and when that is to be renewed."""

from fulfillment.domain.base import Instant, Value


class HeldAuthorization(Value):
    """What the gateway holds for an order, in minor units, and until when.

    Without `expires_at` the gateway has not said how long.
    """

    key: str
    order_id: str
    reference: str
    amount_minor: int
    expires_at: Instant | None = None
