"""Inputs and results of workflows, activities, signals, updates and queries.

Requests to activities with an effect carry `key`: workflow id, step, subject and occurrence, never
the attempt or the run. The same key returns the first result; with another request it is refused.
`at` is the workflow's time, where the rule decides by time.
"""

from datetime import date
from enum import StrEnum

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.confirmations import (
    HandoverConfirmation,
    PackConfirmation,
    Person,
    PickConfirmation,
    Remark,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.decisions import Decision
from fulfillment.domain.lifecycle import (
    Nudge,
    OrderStage,
    Outcome,
    Policies,
    Stage,
    TaskKind,
)
from fulfillment.domain.orders import LineQuantity, Order, PaymentMethod
from fulfillment.domain.picking import PickItem

# --- The order -------------------------------------------------------------------------------


class RecordOrder(Value):
    """Put an order on record."""

    key: str
    order: Order


class OrderRecorded(Value):
    """The order is on record; `outcome` is set if it had ended before."""

    order_id: str
    content_hash: str
    policies: Policies
    sla_due: Instant
    outcome: Outcome | None = None


class Acknowledgment(Value):
    """What a storefront gets back: the order is on record, and it is this content that is."""

    order_id: str
    content_hash: str
    workflow_id: str


class VerifyOrder(Value):
    """Check availability, shipping data and destination; `waived` lets the findings pass."""

    key: str
    order_id: str
    waived: bool = False


class Finding(Value):
    """Something that verification found wrong with an order; it blocks until a person decides."""

    subject: str
    message: str


class Verification(Value):
    """What verification found; no findings means that the order can go on."""

    findings: tuple[Finding, ...] = ()
    to_authorize: bool = False
    expected_back_orders: tuple[LineQuantity, ...] = ()


class HoldOrder(Value):
    """Put the order on hold for a reason, until a time."""

    key: str
    order_id: str
    reason: str
    until: Instant


class Held(Value):
    """The order is on hold; or it was, and this is how it was answered."""

    released: bool | None = None
    """Whether it was released or corrected before its workflow was started again; else None."""


class CorrectAddress(Value):
    """Replace the address of an order on hold."""

    address: Address
    by: Person = "unknown"


class ReleaseHold(Value):
    """Let an order on hold go on in spite of what was found."""

    by: Person = "unknown"
    reason: Remark = ""


class RecordAddress(Value):
    """Put a corrected address on record."""

    key: str
    order_id: str
    correction: CorrectAddress


class SettleOrder(Value):
    """Close the order's books: what became of its lines, and how it ended."""

    key: str
    order_id: str
    rejection: str | None = None


class OrderResult(Value):
    """How an order ended, with the workflow ids of its parts."""

    order_id: str
    outcome: Outcome
    fulfillment_ids: tuple[str, ...] = ()


# --- Payment ---------------------------------------------------------------------------------


class AuthorizePayment(Value):
    """Reserve the order's amount at the payer's bank."""

    key: str
    order_id: str


class VoidPayment(Value):
    """Give back what was authorized and not captured."""

    key: str
    order_id: str


class CapturePayment(Value):
    """Take the money for what was handed over."""

    key: str
    order_id: str
    fulfillment_id: str


class PaymentResult(Value):
    """What the gateway has done, in minor units; `declined` says why it did not."""

    method: PaymentMethod
    amount_minor: int
    currency: str
    reference: str | None = None
    declined: str | None = None


# --- Stock -----------------------------------------------------------------------------------


class ReserveStock(Value):
    """Claim what can be had of what the order still needs; a retry asks as of the same time."""

    key: str
    order_id: str
    at: Instant


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
    asked_at: Instant
    repeated: bool = False
    """Whether this was answered to a run before: there may be later claims, or newer stock."""


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


# --- The floor -------------------------------------------------------------------------------


class FulfillmentRequest(Value):
    """Start one warehouse's share of an order."""

    order_id: str
    fulfillment_id: str
    warehouse_id: str
    policies: Policies
    sla_due: Instant
    to_capture: bool


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


class PackTask(Value):
    """Which cartons to take; the steps are with the task in the database."""

    task_id: str
    cartons: tuple[str, ...]
    confirmed: PackConfirmation | None = None


class RecordPacking(Value):
    """The goods are in their cartons."""

    key: str
    fulfillment_id: str
    confirmation: PackConfirmation


class Packed(Value):
    """The parcels that came out of packing."""

    parcel_ids: tuple[str, ...]


class BuyLabels(Value):
    """Choose the service, buy a label for each parcel, arrange the pickup."""

    key: str
    fulfillment_id: str
    at: Instant


class Labeled(Value):
    """Who carries the parcels, when they are fetched, and when they should arrive."""

    task_id: str
    carrier_id: str
    service_id: str
    tracking_numbers: tuple[str, ...]
    pickup_reference: str
    pickup_from: Instant
    pickup_until: Instant
    projected_delivery: date
    decision: Decision
    confirmed: HandoverConfirmation | None = None


class RebookPickup(Value):
    """The carrier did not come: book the next pickup."""

    key: str
    fulfillment_id: str
    at: Instant


class PickupBooked(Value):
    """When the carrier comes."""

    pickup_reference: str
    pickup_from: Instant
    pickup_until: Instant


class RecordHandover(Value):
    """The carrier has the parcels."""

    key: str
    fulfillment_id: str
    confirmation: HandoverConfirmation


class HandedOver(Value):
    """The parcels that left."""

    parcel_ids: tuple[str, ...]


class TrackingUpdate(Value):
    """What tracking says of a parcel; told to the workflow after the event is on record."""

    tracking_number: str
    status: str
    at: Instant | None = None


class RecordDelivery(Value):
    """All parcels have arrived: close the fulfillment."""

    key: str
    fulfillment_id: str


class Delivered(Value):
    """When the last parcel arrived; None while one is still on its way."""

    at: Instant | None


# --- People ----------------------------------------------------------------------------------


class NoticeKind(StrEnum):
    """What a customer is told."""

    ACKNOWLEDGED = "acknowledged"
    ON_HOLD = "on_hold"
    BACK_ORDERED = "back_ordered"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELED = "canceled"
    PARTLY_CANCELED = "partly_canceled"
    REJECTED = "rejected"


class NotifyCustomer(Value):
    """Tell the customer what has happened; never before it has."""

    key: str
    order_id: str
    kind: NoticeKind
    fulfillment_id: str | None = None
    detail: str = ""


class Notified(Value):
    """The message that was sent."""

    notice_id: str


class NudgeStaff(Value):
    """Remind the floor, tell the supervisor, or give the task back to the pool."""

    key: str
    order_id: str
    fulfillment_id: str | None = None
    task: TaskKind | None = None
    kind: Nudge
    reason: str


class AssignTask(Value):
    """Give the open task of a fulfillment to a person; None gives it back to the pool."""

    to: Person | None = None
    by: Person = "unknown"


class RecordAssignment(Value):
    """Put an assignment on record."""

    key: str
    fulfillment_id: str
    assignment: AssignTask


class RecordRefusal(Value):
    """Put on record that something was asked by signal and refused."""

    key: str
    order_id: str
    fulfillment_id: str | None = None
    action: str
    by: str
    reason: str


class Recorded(Value):
    """It is on record."""

    key: str


class Accepted(Value):
    """The answer to a confirmation: it holds, and this is the stage after it."""

    fulfillment_id: str
    stage: Stage
    message: str


class CancelRequest(Value):
    """Ask that an order be canceled."""

    reason: Remark = "canceled on request"
    by: Person = "unknown"
    back_ordered_only: bool = False
    """Cancel what waits for stock, and ship the rest."""


class RecordRelease(Value):
    """Put on record that a person let an order go on."""

    key: str
    order_id: str
    release: ReleaseHold


class CancelAnswer(Value):
    """What the cancellation did."""

    order_id: str
    done: tuple[str, ...]


# --- Queries ---------------------------------------------------------------------------------


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
