"""What an order workflow asks its activities for: from the record to closed books."""

from fulfillment.domain.addresses import Address
from fulfillment.domain.base import Instant, Value
from fulfillment.domain.confirmations import Person, Remark
from fulfillment.domain.holds import Finding, HoldKind
from fulfillment.domain.lifecycle import Outcome, Policies
from fulfillment.domain.money import Money
from fulfillment.domain.orders import LineQuantity, Order, PaymentMethod
from fulfillment.domain.risk import RiskAssessment


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
    """Check availability, shipping data and destination; `waived` lets doubts pass."""

    key: str
    order_id: str
    waived: bool = False


class Verification(Value):
    """What verification found; no findings means that the order can go on."""

    findings: tuple[Finding, ...] = ()
    to_authorize: bool = False
    expected_back_orders: tuple[LineQuantity, ...] = ()
    remarks: tuple[str, ...] = ()
    """What is worth knowing and holds nothing."""
    risk: RiskAssessment | None = None
    """What the rules of risk say; None where none is on."""


class HoldOrder(Value):
    """Put the order on hold for a reason, until a time."""

    key: str
    order_id: str
    reason: str
    kinds: tuple[HoldKind, ...] = ()
    until: Instant


class Held(Value):
    """The order is on hold; or it was, and this is how it was answered.

    Anything but the first can only be where the order's workflow was started again.
    """

    released: bool | None = None
    """Whether it was released or corrected; None where neither."""
    rejected: str | None = None
    """Why it was rejected, as far as somebody said so; None where it was not."""
    question: str | None = None
    """What the customer was asked and has not answered; None where they were not asked."""
    until: Instant | None = None
    """By when they shall answer."""
    lapsed: bool = False
    """Whether they were asked and have not answered in time, so that staff is waited for."""


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


class RecordRelease(Value):
    """Put on record that a person let an order go on."""

    key: str
    order_id: str
    release: ReleaseHold


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
    expires_at: Instant | None = None
    """Until when an amount is held; None where the gateway does not say."""

    @property
    def amount(self) -> Money:
        """Return the amount as money."""
        return Money(amount_minor=self.amount_minor, currency=self.currency)
