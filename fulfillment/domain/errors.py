"""What can go wrong, as facts; one tree, each with a stable code.

FulfillmentError
├── Refused                   asked for something that can't be; a retry can't help
│   ├── InvalidOrder          the order itself is wrong; names each field
│   ├── OrderConflict         an order of this id with other content is on record
│   ├── RefundedInPart        goods of an order on record were refunded in the storefront
│   ├── EndedInStorefront     the storefront has canceled or refunded it before it came
│   ├── HeldInStorefront      the storefront waits with an order that is on record
│   ├── ConfirmationRefused   wrong item, quantity, bin, stage or person
│   │   └── StaleScan         of a session that has moved on, or is held by another device
│   ├── TooLate               the goods have moved beyond what can be taken back
│   ├── NotFound              nothing of that id is on record
│   ├── InvalidReceipt        a delivery, count or catalog entry that can't be booked
│   └── ReturnRefused         goods that may not come back, or not so; names each reason
├── Impossible                the world as it is does not allow it; a person must decide
│   ├── PaymentDeclined
│   ├── OutOfStock            another order took the last units; reserve again
│   ├── NoServiceAvailable    no carrier service reaches the destination with this parcel
│   ├── NoCarrierAnswers      no service is left, and one that might serve does not answer now
│   ├── CarrierRefused        the carrier said no to what was asked
│   ├── Unpackable            an item fits no carton
│   ├── Unprintable           a text has characters that no font has, or is too long for its place
│   └── CustomsDataMissing    a parcel crosses a customs border, but an article lacks code or origin
├── FulfillmentCanceled       the work was canceled while it was being done
├── Inconsistent              a rule of the books would be broken; nothing was written
│   ├── EffectConflict        an effect's key came back with another request
│   ├── StockViolation        an account would go negative, or claims exceed stock
│   └── PlanInvalid           a plan failed its independent check
├── PayloadUnreadable         what came through Temporal can't be read with the keys that are set
│   ├── PlaintextRefused      it is not encrypted, and only what is encrypted is taken
│   ├── EncryptionKeyUnknown  it was encrypted with a key that is not set
│   └── PayloadTampered       it was changed, or the key of that id is another one
└── Unavailable               a machine did not answer; a retry can help
    ├── StoreBusy
    ├── CarrierUnavailable
    │   └── CarrierAnswerInvalid  it answered with something else than its interface says
    ├── PaymentUnclear        the gateway may or may not have acted; ask with the same key
    └── NotifierUnavailable
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

from fulfillment.domain.base import Value


class Problem(Value):
    """One thing that is wrong with what came in: where, expected, came, what to do."""

    path: str
    expected: str
    came: str
    remedy: str = ""

    def __str__(self) -> str:
        """Return the problem as one line for a person."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        where = f"{self.path}: " if self.path else ""
        return f"{where}expected {self.expected}, came {self.came}{remedy}"


class FulfillmentError(Exception):
    """The root of everything this product refuses or fails at.

    Attributes:
        code: stable identifier for machines; also Temporal's error type.
        retryable: whether doing the same again can help.
        problems: the single findings, where there are several.

    """

    code: ClassVar[str] = "fulfillment_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        """Keep the message for people and the single problems for machines."""
        super().__init__(message)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, *problems: Problem) -> "FulfillmentError":
        """Make the error whose message is the problems, one after the other."""
        return cls("; ".join(str(problem) for problem in problems), problems)


class Refused(FulfillmentError):
    """What was asked for can't be done, and doing it again won't help."""

    code = "refused"


class InvalidOrder(Refused):
    """The order is wrong in itself; each problem names the field."""

    code = "invalid_order"


class OrderConflict(Refused):
    """An order of this id with other content is on record already."""

    code = "order_conflict"


class RefundedInPart(Refused):
    """Goods of an order on record were refunded in its storefront; a person sees to the rest."""

    code = "refunded_in_part"


class EndedInStorefront(Refused):
    """The storefront has canceled or refunded the order before it came; nothing is to ship."""

    code = "ended_in_storefront"


class HeldInStorefront(Refused):
    """The storefront waits with an order that is on record; a person decides what becomes of it."""

    code = "held_in_storefront"


class ConfirmationRefused(Refused):
    """A person confirmed something that does not match the plan or the stage."""

    code = "confirmation_refused"


class StaleScan(ConfirmationRefused):
    """A scan of a session that has moved on meanwhile, or that another device has taken over."""

    code = "stale_scan"


class TooLate(Refused):
    """The goods have moved beyond the point where this can be taken back."""

    code = "too_late"


class NotFound(Refused):
    """Nothing of that id is on record."""

    code = "not_found"


class InvalidReceipt(Refused):
    """A delivery, a count or a catalog entry that can't be booked."""

    code = "invalid_receipt"


class ReturnRefused(Refused):
    """Goods may not come back, or not in this way; each problem names a reason."""

    code = "return_refused"


class Impossible(FulfillmentError):
    """The world as it is does not allow it; a person must decide."""

    code = "impossible"


class PaymentDeclined(Impossible):
    """The payer's bank said no."""

    code = "payment_declined"


class OutOfStock(Impossible):
    """Another order took the last units between the look and the claim; nothing was claimed."""

    code = "out_of_stock"
    retryable = True


class NoServiceAvailable(Impossible):
    """No carrier service takes this parcel to this destination."""

    code = "no_service_available"


class NoCarrierAnswers(Impossible):
    """No carrier service is left, and one that might serve does not answer; it may do so soon."""

    code = "no_carrier_answers"


class CarrierRefused(Impossible):
    """The carrier said no to what was asked: an address, a parcel, a rate or a refund.

    Attributes:
        reason: the carrier's own code for it; never its text, which may quote the customer.

    """

    code = "carrier_refused"

    def __init__(self, message: str, problems: Iterable[Problem] = (), *, reason: str = "") -> None:
        """Keep the carrier's code."""
        super().__init__(message, problems)
        self.reason = reason


class Unpackable(Impossible):
    """At least one item fits no carton; each problem names the item and the reason."""

    code = "unpackable"


class Unprintable(Impossible):
    """A document's text has characters that no font here has, or is too long for its place."""

    code = "unprintable"


class CustomsDataMissing(Impossible):
    """A parcel crosses a customs border, and the catalog does not say how to declare its goods."""

    code = "customs_data_missing"


class FulfillmentCanceled(FulfillmentError):
    """The work was canceled while it was being done; nothing was changed by this step."""

    code = "fulfillment_canceled"


class Inconsistent(FulfillmentError):
    """A rule of the books would have been broken; nothing was written."""

    code = "inconsistent"


class EffectConflict(Inconsistent):
    """An effect's key came back with another request than the first time."""

    code = "effect_conflict"


class StockViolation(Inconsistent):
    """A physical account would go negative, or claims would exceed the stock."""

    code = "stock_violation"


class PlanInvalid(Inconsistent):
    """A plan failed its independent check; each problem names the broken rule."""

    code = "plan_invalid"


class PayloadUnreadable(FulfillmentError):
    """What came through Temporal can't be read; nothing of it is shown."""

    code = "payload_unreadable"


class PlaintextRefused(PayloadUnreadable):
    """It is not encrypted, and only what is encrypted is taken."""

    code = "plaintext_refused"


class EncryptionKeyUnknown(PayloadUnreadable):
    """It was encrypted with a key whose id is not among those that are set."""

    code = "encryption_key_unknown"


class PayloadTampered(PayloadUnreadable):
    """It was changed on its way, or the key of that id is another one."""

    code = "payload_tampered"


class Unavailable(FulfillmentError):
    """A machine did not answer; the same again, later, can help.

    Attributes:
        retry_after: how long it asked to be left alone; None where it said nothing.

    """

    code = "unavailable"
    retryable = True
    retry_after: timedelta | None = None


class StoreBusy(Unavailable):
    """Another writer held the database for longer than the busy time-out."""

    code = "store_busy"


class CarrierUnavailable(Unavailable):
    """The carrier did not answer."""

    code = "carrier_unavailable"


class CarrierAnswerInvalid(CarrierUnavailable):
    """The carrier answered with something else than its interface says; names what is missing."""

    code = "carrier_answer_invalid"


class PaymentUnclear(Unavailable):
    """The gateway may or may not have acted: ask again with the same key."""

    code = "payment_unclear"


class NotifierUnavailable(Unavailable):
    """The message could not be handed over."""

    code = "notifier_unavailable"
