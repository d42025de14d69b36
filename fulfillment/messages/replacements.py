"""What is asked so that an order is sent in the place of another's goods."""

from pydantic import Field

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.orders import Order, ReplacementReason, Urgency
from fulfillment.domain.replacements import ReplacementLine


class OrderReplacement(Value):
    """Make the order that is sent in the place of goods: of these units, or of these lines."""

    key: str
    order_id: str
    """The order whose goods are replaced."""
    reason: ReplacementReason
    units: dict[int, tuple[int, ...]] = Field(default_factory=dict)
    """Numbers of its units, from 1, by line: what is sent again as it was ordered."""
    lines: tuple[ReplacementLine, ...] = ()
    """What else is sent, as for an exchange."""
    urgency: Urgency = Urgency.EXPRESS
    ship_to: Address | None = None
    """Another address than the order's; None for the same."""
    at: Instant


class ReplacementOrdered(Value):
    """The order that is sent, under an id that no other order has."""

    order_id: str
    """Whose goods are replaced."""
    replacement_id: str
    number: int
    placed_at: Instant
    order: Order | None = None
    """To be started; never kept with the effect, since it names the customer."""
