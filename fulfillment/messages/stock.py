"""What is asked of the stock: claim it for an order."""

from fulfillment.domain.back_order_queue import Waiter
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.decisions import Decision
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.substitution import Substitution


class ReserveStock(Value):
    """Claim what can be had of what the order still needs; a retry asks as of the same time."""

    key: str
    order_id: str
    at: Instant
    substitute: bool = True
    """Whether articles that the customer allows may take the place of what nobody has."""


class FulfillmentStarted(Value):
    """One warehouse's share, claimed."""

    fulfillment_id: str
    warehouse_id: str
    units: int


class Reservation(Value):
    """What was claimed where, what is missing, and why so."""

    fulfillments: tuple[FulfillmentStarted, ...]
    missing: tuple[LineQuantity, ...]
    decision: Decision
    substitutions: tuple[Substitution, ...] = ()
    substituting: Decision | None = None
    """Why something was substituted."""
    asked_at: Instant
    repeated: bool = False
    """Whether this was answered to a run before: there may be later claims, or newer stock."""
    woken: tuple[Waiter, ...] = ()
    """Others, whose turn it is: units were set aside for them."""
