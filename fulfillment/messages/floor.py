"""What a fulfillment workflow asks its activities for on the floor: pick, sort, pack."""

from typing import Any

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.confirmations import (
    CartonChange,
    PackConfirmation,
    PickConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.decisions import Decision
from fulfillment.domain.lifecycle import Policies, Stage
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.picking import PickItem
from fulfillment.domain.weighing import Weighing


class FulfillmentRequest(Value):
    """Start one warehouse's share of an order."""

    order_id: str
    fulfillment_id: str
    warehouse_id: str
    policies: Policies
    sla_due: Instant
    to_capture: bool
    authorized_until: Instant | None = None
    """When the order's authorization lapses, as far as its workflow knows."""
    carried: dict[str, Any] | None = None
    """What the run before this one hands over, as `FulfillmentCarried`, where it continues."""


class FulfillmentResult(Value):
    """How one warehouse's share ended."""

    fulfillment_id: str
    stage: Stage
    tracking_numbers: tuple[str, ...] = ()
    captured_minor: int = 0
    capture_declined: bool = False


class PlanPicking(Value):
    """Bind the claims to bins and open the pick task."""

    key: str
    fulfillment_id: str


class PickTask(Value):
    """What to pick where, in walking order; `confirmed` if it was done before a reset."""

    task_id: str
    items: tuple[PickItem, ...]
    distance_mm: int
    confirmed: PickConfirmation | None = None


class RecordPicking(Value):
    """The goods are in the cart."""

    key: str
    fulfillment_id: str
    confirmation: PickConfirmation


class SortTask(Value):
    """Which slot of the put wall the goods belong in."""

    task_id: str
    slot: str
    confirmed: SortConfirmation | None = None


class RecordShortPick(Value):
    """A bin held less than planned: correct the bin, free the claims, plan with what is there."""

    key: str
    fulfillment_id: str
    short: ShortPick


class Shortened(Value):
    """What is left to pick and what is missing now."""

    items: tuple[PickItem, ...]
    missing: tuple[LineQuantity, ...]


class RecordSorting(Value):
    """The goods are in their slot."""

    key: str
    fulfillment_id: str
    confirmation: SortConfirmation
    weighing: Weighing = Weighing()
    at: Instant | None = None
    """From when on the carriers could have the goods."""


class PackTask(Value):
    """Which cartons to take; the steps are with the task in the database."""

    task_id: str
    cartons: tuple[str, ...]
    weights_g: tuple[int, ...] = ()
    """What each should weigh once it is packed."""
    confirmed: PackConfirmation | None = None
    decision: Decision | None = None
    """Of the cartons and the service that they are for."""


class ChangeCartons(Value):
    """The packer wants other cartons: plan the open task with just those."""

    key: str
    fulfillment_id: str
    change: CartonChange
    weighing: Weighing
    at: Instant | None = None
    """From when on the carriers could have the goods."""


class CartonsChanged(Value):
    """The cartons of the new plan, and what each should weigh once it is packed."""

    cartons: tuple[str, ...]
    weights_g: tuple[int, ...]
    decision: Decision | None = None
    """Of the service that they are for."""


class RecordPacking(Value):
    """The goods are in their cartons."""

    key: str
    fulfillment_id: str
    confirmation: PackConfirmation
    weighing: Weighing = Weighing()


class Packed(Value):
    """The parcels that came out of packing."""

    parcel_ids: tuple[str, ...]


class Accepted(Value):
    """The answer to a confirmation: it holds, and this is the stage after it."""

    fulfillment_id: str
    stage: Stage
    message: str
