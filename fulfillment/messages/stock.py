"""What is asked of the stock: claim it for an order, or give the claims back."""

from fulfillment.domain.back_order_queue import Waiter
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.confirmations import Person, Remark
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


class StopWork(Value):
    """Stop an order, or one fulfillment of it, if the goods still lie in their bins."""

    key: str
    order_id: str
    fulfillment_id: str | None = None
    reason: str
    by: str
    back_ordered_only: bool = False
    """Stop waiting for stock; what was reserved is shipped."""


class WorkStopped(Value):
    """Whether the work was stopped, and what that gave back; if not, why it is too late."""

    too_late: str | None = None
    released_units: int = 0
    """How many units can be promised again."""
    canceled: tuple[LineQuantity, ...] = ()
    """What nobody had reserved, and nobody will."""
    batch_id: str | None = None
    """The pick batch that the one fulfillment was taken out of, now or before."""
    woken: tuple[Waiter, ...] = ()
    """Others, who get what was given back."""


class CancelRequest(Value):
    """Ask that an order be canceled."""

    reason: Remark = "canceled on request"
    by: Person = "unknown"
    back_ordered_only: bool = False
    """Cancel what waits for stock, and ship the rest."""


class CancelAnswer(Value):
    """What the cancellation did."""

    order_id: str
    done: tuple[str, ...]
