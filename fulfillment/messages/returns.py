"""What a return's workflow is told, asks its activities for, and answers."""

from pydantic import Field

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.confirmations import UNKNOWN, Person, Remark
from fulfillment.domain.decisions import Decision
from fulfillment.domain.lifecycle import Nudge, TaskKind
from fulfillment.domain.notices import NoticeKind
from fulfillment.domain.orders import ReplacementReason
from fulfillment.domain.refunds import UnitNumber
from fulfillment.domain.replacements import ReplacementLine
from fulfillment.domain.return_receipts import ReceivedGoods, ReturnInspection, ReturnReceipt
from fulfillment.domain.return_units import ReturnLine
from fulfillment.domain.return_waiting import ParcelSeen
from fulfillment.domain.returns import ReturnPolicy, ReturnRequest, ReturnStage


class StartReturn(Value):
    """Start a return under its RMA number."""

    return_id: str
    request: ReturnRequest


class RecordReturn(Value):
    """Put a return on record, if its units may come back."""

    key: str
    return_id: str
    request: ReturnRequest
    at: Instant


class RefundToMake(Value):
    """A refund that is on record as due: these units' amounts, plus extra, less fee."""

    refund_no: int
    units: tuple[UnitNumber, ...]
    extra_minor: int
    fee_minor: int
    amount_minor: int
    """What the customer gets."""
    elsewhere_minor: int = 0
    """What is to be given back in the shop besides, where it was paid."""


class ReturnRecorded(Value):
    """The return is on record, on these terms."""

    return_id: str
    order_id: str
    warehouse_id: str
    requested_at: Instant
    policy: ReturnPolicy
    lines: tuple[ReturnLine, ...]
    approval: tuple[str, ...]
    """Why a person must approve it; empty if nobody must."""
    decision: Decision
    stage: ReturnStage
    """Where it stands; further than its begin only after its workflow was started again."""
    refunds: tuple[RefundToMake, ...] = ()
    """Still due, where its workflow was started again."""
    awaited_since: Instant | None = None
    """Since when it stands there: its goods are waited for from then on."""
    seen: tuple[ParcelSeen, ...] = ()
    """What carriers have said of its parcels, where its workflow was started again."""
    outcome: str = ""


class ReturnAcknowledged(Value):
    """What who asks for a return gets back."""

    return_id: str
    order_id: str
    stage: ReturnStage
    lines: tuple[ReturnLine, ...]


class DecideReturn(Value):
    """A person approves a return, or refuses it with a reason that the customer is told."""

    approve: bool = True
    reason: Remark = ""
    by: Person = UNKNOWN


class RecordReturnDecision(Value):
    """Put the decision on record."""

    key: str
    return_id: str
    order_id: str
    decision: DecideReturn


class IssueReturnLabel(Value):
    """Buy and print the labels of the parcels that are expected back."""

    key: str
    return_id: str
    order_id: str
    at: Instant


class ReturnLabeled(Value):
    """The labels, or why there are none: the customer then sends it as they like."""

    tracking_numbers: tuple[str, ...] = ()
    carrier_id: str | None = None
    decision: Decision | None = None
    why_none: str = ""


class RecordReturnReceipt(Value):
    """A parcel came back."""

    key: str
    return_id: str
    order_id: str
    receipt: ReturnReceipt


class ReturnReceived(Value):
    """What of a parcel was of the return, and what was not."""

    lines: tuple[ReturnLine, ...]
    units: int
    further: int
    """Of these, units of the order that had not been announced."""
    strays: tuple[ReceivedGoods, ...] = ()
    instead: str = ""
    """Which articles came for others that were ordered, in words."""


class RecordReturnInspection(Value):
    """A person has found how goods are, and says where they go."""

    key: str
    return_id: str
    order_id: str
    inspection: ReturnInspection
    at: Instant


class ReturnInspected(Value):
    """What an inspection came to, and what is to be given back for it now."""

    lines: tuple[ReturnLine, ...]
    units: int
    accepted: int
    """Of these, units for which the customer gets what the return is for."""
    refund: RefundToMake | None = None
    restocked: tuple[str, ...] = ()
    """SKUs of what lies in bins again."""


class SettleInKind(Value):
    """Find what is sent in the place of what came back, and what is given back besides."""

    key: str
    return_id: str
    order_id: str


class InKind(Value):
    """What is to be sent, and the refund of what an exchange leaves; or why nothing is sent."""

    units: dict[int, tuple[int, ...]] = Field(default_factory=dict)
    """Numbers of units that are sent once more, by line."""
    lines: tuple[ReplacementLine, ...] = ()
    reason: ReplacementReason = ReplacementReason.EXCHANGE
    refund: RefundToMake | None = None
    why_not: str = ""


class RecordReturnRefund(Value):
    """Put on record what became of a refund."""

    key: str
    return_id: str
    order_id: str
    refund_no: int
    amount_minor: int
    declined: str | None = None


class CloseReturn(Value):
    """End a return: release what did not come, give back labels that were not used."""

    key: str
    return_id: str
    order_id: str
    stage: ReturnStage
    reason: Remark = ""
    by: Person = UNKNOWN
    linked_order_id: str | None = None
    """The order that ships what comes in its place."""


class ReturnClosed(Value):
    """How a return ended."""

    return_id: str
    stage: ReturnStage
    outcome: str
    voided: tuple[str, ...] = ()
    """Labels that were given back, by their tracking numbers."""


class CancelReturn(Value):
    """Nothing comes, or nothing more."""

    reason: Remark = "canceled on request"
    by: Person = UNKNOWN


class NotifyReturner(Value):
    """Tell the customer what has happened to a return; never before it has."""

    key: str
    return_id: str
    order_id: str
    kind: NoticeKind
    detail: str = ""
    amount_minor: int | None = None
    until: Instant | None = None


class NudgeReturnStaff(Value):
    """Remind those who open parcels, or tell the supervisor."""

    key: str
    return_id: str
    order_id: str
    kind: Nudge
    reason: str
    task: TaskKind | None = None


class ReturnAnswer(Value):
    """What somebody's word to a return came to."""

    return_id: str
    stage: ReturnStage
    message: str
    lines: tuple[ReturnLine, ...] = ()


class ReturnStatus(Value):
    """Where a return stands."""

    return_id: str
    order_id: str
    stage: ReturnStage
    blocked_on: str
    lines: tuple[ReturnLine, ...] = ()
    tracking_numbers: tuple[str, ...] = ()
    refunded_minor: int = 0
    linked_order_id: str | None = None
    outcome: str = ""
