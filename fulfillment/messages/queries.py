"""What workflows answer to who only looks."""

from datetime import date
from typing import Annotated

from pydantic import Field

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.holds import HoldStatus
from fulfillment.domain.lifecycle import OrderStage, Outcome, Stage
from fulfillment.domain.orders import LineQuantity


class TimelineEntry(Value):
    """What happened when, by whom; a refused request is told apart."""

    at: Instant
    event: str
    by: str = "engine"
    refused: bool = False


class FulfillmentStatus(Value):
    """Where a fulfillment stands."""

    order_id: str
    fulfillment_id: str
    warehouse_id: str
    stage: Stage
    blocked_on: str
    assignee: str | None = None
    carrier_id: str | None = None
    tracking_numbers: tuple[str, ...] = ()
    projected_delivery: date | None = None


class OrderStatus(Value):
    """Where an order stands."""

    order_id: str
    stage: OrderStage
    blocked_on: str
    fulfillment_ids: tuple[str, ...] = ()
    missing: tuple[LineQuantity, ...] = ()
    outcome: Outcome | None = None
    hold: Annotated[HoldStatus | None, Field(exclude_if=lambda hold: hold is None)] = None
    """What holds it, and what can be done about that."""
