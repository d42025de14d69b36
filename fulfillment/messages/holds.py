"""How an order on hold is answered: by staff, and by the customer who was asked."""

from typing import Annotated

from pydantic import StringConstraints

from fulfillment.domain.base import Instant, StrictValue, Value
from fulfillment.domain.confirmations import Person, Remark

Question = Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class AskCustomer(StrictValue):
    """Ask the customer of an order on hold; no question of its own asks about the reason."""

    question: Question = ""
    by: Person = "unknown"


class AnswerQuestion(StrictValue):
    """What the customer answered; staff decides what follows from it."""

    answer: Question = ""
    by: Person = "unknown"


class RejectOrder(StrictValue):
    """Close an order on hold; the customer is told the reason, or that of the hold."""

    reason: Remark = ""
    by: Person = "unknown"


class PayOtherwise(StrictValue):
    """Have an order whose payment was declined paid by other means."""

    reference: Reference
    """The card's or the customer's payment means, as the gateway knows it; of an order that came
    authorized, another authorization.
    """
    by: Person = "unknown"


class RecordQuestion(Value):
    """Put on record what the customer is asked, until when; the order waits for that."""

    key: str
    order_id: str
    question: Question
    by: Person
    shown: str
    """What the order is blocked on meanwhile."""
    until: Instant


class RecordReply(Value):
    """Put on record what the customer answered; staff has until then to decide."""

    key: str
    order_id: str
    reply: AnswerQuestion
    shown: str
    """What the order is blocked on from now on."""
    until: Instant


class RecordLapse(Value):
    """Put on record that the customer has not answered in time; staff has until then to decide."""

    key: str
    order_id: str
    shown: str
    """What the order is blocked on from now on."""
    until: Instant


class RecordRejection(Value):
    """Put on record who rejected an order on hold, and why."""

    key: str
    order_id: str
    rejection: RejectOrder


class RecordOtherMeans(Value):
    """Put on record by what is paid what an order that is under way still costs."""

    key: str
    order_id: str
    payment: PayOtherwise


class RecordPaymentMeans(Value):
    """Put on record by what an order is paid from now on."""

    key: str
    order_id: str
    payment: PayOtherwise
