"""Rows of the record of things, as the stores give them out."""

from datetime import date
from enum import StrEnum
from typing import Any

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.lifecycle import OrderStage, Outcome, Stage, TaskKind
from fulfillment.domain.orders import Order, PaymentMethod
from fulfillment.domain.units import Dimensions


class OrderRecord(Value):
    """An order on record; `ship_to` inside `order` is the corrected one, if it was corrected."""

    order: Order
    content_hash: str
    """Of the order as it was handed in."""
    workflow_id: str
    stage: OrderStage
    blocked_on: str
    recorded_at: Instant
    stage_since: Instant
    sla_due: Instant
    outcome: Outcome | None = None


class FulfillmentLine(Value):
    """What one fulfillment has of an order line, in units."""

    line_no: int
    sku: str
    planned: int
    picked: int = 0
    packed: int = 0
    shipped: int = 0
    delivered: int = 0


class FulfillmentRecord(Value):
    """One warehouse's share of an order."""

    fulfillment_id: str
    order_id: str
    warehouse_id: str
    stage: Stage
    stage_since: Instant
    lines: tuple[FulfillmentLine, ...]
    slot: str | None = None
    """Its place in the put wall."""
    carrier_id: str | None = None
    service_id: str | None = None
    pickup_reference: str | None = None
    pickup_from: Instant | None = None
    pickup_until: Instant | None = None


class Claim(Value):
    """So many units that a fulfillment may take; bound to a bin and lot at pick planning."""

    claim_id: str
    order_id: str
    fulfillment_id: str
    line_no: int
    warehouse_id: str
    sku: str
    quantity: int
    bin_id: str | None = None
    lot: str = ""


class TaskState(StrEnum):
    """Whether work is still to be done."""

    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"
    """Not needed any more."""


class TaskRecord(Value):
    """Work for a person; `plan` is what the floor shows, in the words of its stage."""

    task_id: str
    kind: TaskKind
    fulfillment_id: str
    order_id: str
    warehouse_id: str
    plan: dict[str, Any]
    opened_at: Instant
    state: TaskState = TaskState.OPEN
    assignee: str | None = None
    closed_at: Instant | None = None
    closed_by: str | None = None
    reminders: int = 0
    escalations: int = 0


class ParcelRecord(Value):
    """A packed carton, and later its label."""

    parcel_id: str
    fulfillment_id: str
    order_id: str
    carton_id: str
    outer: Dimensions
    gross_weight_g: int
    contents: tuple[tuple[int, str, int], ...]
    """Line number, SKU, units."""
    sscc: str | None = None
    """Serial shipping container code, 18 digits."""


class LabelRecord(Value):
    """A label bought for a parcel; at most one live one each."""

    label_id: str
    parcel_id: str
    tracking_number: str
    carrier_id: str
    service_id: str
    cost_minor: int
    currency: str
    document_id: str
    carrier_reference: str = ""
    """What the carrier calls the purchase, where it goes by something else than the number."""
    voided: bool = False


class DocumentRecord(Value):
    """A printed thing, kept by reference."""

    document_id: str
    kind: str
    media_type: str
    content: bytes


class PaymentRecord(Value):
    """What the order's payment has come to, in minor units: authorized ≥ captured ≥ refunded."""

    order_id: str
    method: PaymentMethod
    currency: str
    reference: str | None = None
    authorized_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0
    voided_minor: int = 0


class NoticeRecord(Value):
    """A message to a customer, with the effect that is its cause."""

    key: str
    order_id: str
    kind: str
    recipient: str
    subject: str
    sent_at: Instant
    fulfillment_id: str | None = None


class TrackingRecord(Value):
    """What a carrier said of a parcel; `event_id` makes it once."""

    event_id: str
    tracking_number: str
    status: str
    at: Instant
    place: str = ""
    reason: str = ""
    exception: str | None = None
    projected_delivery: date | None = None
    raw_reference: str = ""
    received_at: Instant


class ActionRecord(Value):
    """Something a person did or tried."""

    at: Instant
    by: str
    action: str
    order_id: str | None = None
    fulfillment_id: str | None = None
    detail: str = ""
    refused: bool = False


class EffectRecord(Value):
    """Something that was done once: its key, the hash of what was asked, and the answer."""

    key: str
    step: str
    order_id: str | None
    request_hash: str
    result: str
    at: Instant


class BookFinding(Value):
    """A rule of the books that does not hold: which rows, and how to mend it."""

    rule: str
    rows: tuple[str, ...]
    message: str
    repair: str
