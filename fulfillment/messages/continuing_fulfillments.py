"""What a fulfillment's workflow hands to its next run when it continues as new.

As with an order's: a new field needs a default, and none may get another meaning.
"""

from datetime import date

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.lifecycle import Nudge, Stage
from fulfillment.domain.refunds import UnitNumber
from fulfillment.messages.batches import BatchNews
from fulfillment.messages.continuing import (
    CancellationCarried,
    JournalCarried,
    Occurrences,
    RenewalCarried,
    Watched,
)
from fulfillment.messages.floor import PackTask, PickTask, SortTask
from fulfillment.messages.shipping import Labeled, RecordDelivery
from fulfillment.messages.tracking import Reviewed


class TrackingCarried(Value):
    """What was heard of the parcels, and what is due next."""

    heard_at: Instant
    news: bool
    silences_given: int
    silence: Nudge
    silent_at: Instant
    polls: int
    broke_off: bool
    poll_at: Instant
    told_arriving: tuple[str, ...]
    arrived: tuple[str, ...]
    projected: dict[str, date]
    delivery: RecordDelivery | None = None
    """What closes the fulfillment, with its keys; None before the parcels are followed."""


class ExceptionCarried(Value):
    """Which parcels are in trouble, who decides until when, and what was decided."""

    trouble: Reviewed
    deciding_by: Instant | None
    patient_until: Instant | None
    readdressed_to: Address | None
    decisions: int
    decided: str
    owed_once_captured: tuple[UnitNumber, ...]
    pressed: int
    next_nudge: Nudge


class FulfillmentCarried(Value):
    """What a fulfillment's workflow knows while it waits: for its people, or for its carrier."""

    stage: Stage
    blocked_on: str
    assignee: str | None
    retries: int
    tried: int
    batch: BatchNews | None
    picked: BatchNews | None
    sorted: BatchNews | None
    pick: PickTask | None
    sort: SortTask | None
    pack: PackTask | None
    labeled: Labeled | None
    captured_minor: int
    capture_declined: bool
    capture_key: str = ""
    unpaid_because: str
    gone_before: bool
    readdressed: bool
    watched: Watched
    on_floor: bool = False
    keys: tuple[Occurrences, ...]
    journal: JournalCarried
    renewal: RenewalCarried
    asked: tuple[CancellationCarried, ...]
    tracking: TrackingCarried
    exceptions: ExceptionCarried
