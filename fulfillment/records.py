"""Rows of the record of things, as the stores give them out."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.decisions import Decision
from fulfillment.domain.lifecycle import OrderStage, Outcome, Stage, TaskKind
from fulfillment.domain.orders import Order, PaymentMethod
from fulfillment.domain.pick_batches import BatchMember, BatchPick, BatchStage
from fulfillment.domain.repairs import Repair
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
    resent: int = 0
    """Units that did not arrive, and were sent again."""
    refunded: int = 0
    """Units that did not arrive, and were refunded."""


class FulfillmentRecord(Value):
    """One warehouse's share of an order."""

    fulfillment_id: str
    order_id: str
    warehouse_id: str
    stage: Stage
    stage_since: Instant
    lines: tuple[FulfillmentLine, ...]
    released_at: Instant | None = None
    """Since when it may be taken into a pick batch; None where it is picked by itself."""
    ship_by: Instant | None = None
    urgent: bool = False
    """It goes with the next walk."""
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


class Taken(Value):
    """Units of a line that leave the bin where they were claimed."""

    line_no: int
    sku: str
    bin_id: str
    lot: str = ""
    quantity: Annotated[int, Field(gt=0)]


class TaskState(StrEnum):
    """Whether work is still to be done."""

    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"
    """Not needed any more."""


class TaskRecord(Value):
    """Work for a person, of a fulfillment or of a pick batch."""

    task_id: str
    kind: TaskKind
    warehouse_id: str
    plan: dict[str, Any]
    """What the floor shows, in the words of its stage."""
    opened_at: Instant
    fulfillment_id: str = ""
    """Whose work it is; "" where it is a batch's."""
    order_id: str = ""
    batch_id: str = ""
    """Of the pick batch; "" where it is a fulfillment's."""
    state: TaskState = TaskState.OPEN
    assignee: str | None = None
    closed_at: Instant | None = None
    closed_by: str | None = None
    reminders: int = 0
    escalations: int = 0


class MemberState(StrEnum):
    """Whether a fulfillment is still part of its batch."""

    IN = "in"
    WITHDRAWN = "withdrawn"
    """Canceled, or nothing of it was found: what lies in the cart is put back."""
    GIVEN_BACK = "given_back"
    """Released again, since the batch was called off."""


class MemberRecord(BatchMember):
    """A fulfillment of a batch, and whether it still is."""

    state: MemberState = MemberState.IN


class PickRecord(BatchPick):
    """A row of a batch's pick list, and how far it is: done when picked and short add up to it."""

    picked: int = 0
    """Units that a scan has moved to the cart; closing the walk moves the rest."""
    short: int = 0
    """Units that were not there."""


class BatchRecord(Value):
    """A pick batch on record; members in the sequence in which they must ship."""

    batch_id: str
    warehouse_id: str
    stage: BatchStage
    planned_at: Instant
    stage_since: Instant
    distance_mm: int
    decision: Decision
    members: tuple[MemberRecord, ...]

    @property
    def live(self) -> tuple[MemberRecord, ...]:
        """Return the members that are still part of it."""
        return tuple(one for one in self.members if one.state is MemberState.IN)


class PutBackRecord(Value):
    """Units in the cart of a fulfillment that was withdrawn: they go back to their bin."""

    put_back_id: str
    batch_id: str
    fulfillment_id: str
    sku: str
    lot: str = ""
    quantity: int
    bin_id: str
    tote: str
    opened_at: Instant
    done_at: Instant | None = None
    done_by: str | None = None


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
    """A printed thing, kept by reference; printed again it is the same bytes."""

    document_id: str
    kind: str
    media_type: str
    content: bytes
    order_id: str | None = None
    """None if it is of several, as a manifest is."""
    parcel_id: str | None = None
    says: dict[str, Any] | None = None
    """What it was drawn from, where it can be drawn for another kind of printer, too."""


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
    safe_repair: Repair | None = None
    """What `verify --repair` does about it; None where a person must look first."""


class AmendmentRecord(Value):
    """A change of an order on the customer's wish, in words that don't say who that is."""

    amendment_id: str
    """The key of its effect."""
    order_id: str
    at: Instant
    by: str
    kind: str
    """`amend` or `address`."""
    change: dict[str, Any]
    """Which fields have changed, and to what where that is no personal data."""
