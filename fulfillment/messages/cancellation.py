"""What is asked of an order that shall not ship as it was ordered, or not at all."""

from typing import Annotated

from pydantic import Field, ValidationError

from fulfillment.domain.addresses import Address
from fulfillment.domain.amendments import Wishes
from fulfillment.domain.back_order_queue import Waiter
from fulfillment.domain.base import FulfillmentId, Value
from fulfillment.domain.cancellation import CancellationPlan, Treatment
from fulfillment.domain.confirmations import Person, PutBackConfirmation, Remark
from fulfillment.domain.errors import Refused
from fulfillment.domain.orders import LineQuantity, problems_of
from fulfillment.domain.unit_choice import LineUnits


class CancelRequest(Value):
    """Ask that an order be canceled, or a part of it: one fulfillment, or units of lines."""

    reason: Remark = "canceled on request"
    by: Person = "unknown"
    back_ordered_only: bool = False
    """Cancel what waits for stock, and ship the rest."""
    fulfillment_id: FulfillmentId | None = None
    """Cancel what this one has, and nothing else."""
    lines: Annotated[tuple[LineUnits, ...], Field(max_length=500)] = ()
    """Cancel so many units of these lines, and nothing else."""
    in_bins_only: bool = False
    """Not, where goods have left their bins."""
    wishes: Wishes = Wishes()
    """What else shall be otherwise; that and the cancellation are done, or neither."""

    @property
    def is_whole(self) -> bool:
        """Return whether the whole order is meant, and not a part of it."""
        return not (self.back_ordered_only or self.fulfillment_id or self.lines)


def parse_cancellation(said: object) -> CancelRequest:
    """Return what a signal asks to cancel: nothing, null or a name alone means the whole order.

    Raises:
        Refused: it says more, and that can't be read: it may have meant a part.

    """
    if said is None or said in ("", {}):
        return CancelRequest()
    try:
        return CancelRequest.model_validate({"by": said} if isinstance(said, str) else said)
    except ValidationError as error:
        raise Refused.of(*problems_of(error)) from error


class CancelAnswer(Value):
    """What the cancellation does, what it gives back and costs, in minor units."""

    order_id: str
    done: tuple[str, ...]
    treatments: tuple[Treatment, ...] = ()
    refund_minor: int = 0
    void_minor: int = 0
    fee_minor: int = 0
    currency: str = ""


class StopWork(Value):
    """Stop an order, one fulfillment of it, or units of its lines."""

    key: str
    order_id: str
    fulfillment_id: str | None = None
    reason: str
    by: str
    back_ordered_only: bool = False
    """Stop waiting for stock; what was reserved is shipped."""
    lines: tuple[LineUnits, ...] = ()
    in_bins_only: bool = False
    """Not, where the goods have left their bins."""
    wishes: Wishes = Wishes()
    """What is put on record with it, or nothing of it is done."""


class UnitsToRefund(Value):
    """Units of a fulfillment that had left, by line number and unit number."""

    fulfillment_id: str
    units: tuple[tuple[int, int], ...]


class WorkStopped(Value):
    """Whether the work was stopped, and what follows from it; if not, why it is too late."""

    too_late: str | None = None
    to_intercept: tuple[str, ...] = ()
    """Fulfillments whose parcels must come back first; nothing was changed yet."""
    released_units: int = 0
    """How many units can be promised again."""
    canceled: tuple[LineQuantity, ...] = ()
    """Of a part that was canceled: its units; of an order, what nobody had reserved."""
    batch_id: str | None = None
    """The pick batch that the one fulfillment was taken out of, now or before."""
    stopped: tuple[str, ...] = ()
    """The fulfillments that are not done any more."""
    refunds: tuple[UnitsToRefund, ...] = ()
    nothing_left: bool = False
    """Whether the order has no unit left that is not canceled."""
    plan: CancellationPlan | None = None
    """What happens with each thing that they held."""
    labels_live: bool = False
    """Whether labels or a pickup of the one fulfillment are still to be given back."""
    woken: tuple[Waiter, ...] = ()
    """Others, who get what was given back."""
    to_put_back: bool = False
    """Whether goods of the one fulfillment wait to be put back by a person."""


class InterceptParcels(Value):
    """Ask the carriers to bring back the parcels of these fulfillments."""

    key: str
    order_id: str
    fulfillment_ids: tuple[str, ...]


class Intercepted(Value):
    """The parcels come back; or why one does not."""

    tracking_numbers: tuple[str, ...] = ()
    refused: str | None = None


class GiveBackLabels(Value):
    """Void a fulfillment's labels at the carrier, and call its pickup off."""

    key: str
    fulfillment_id: str


class LabelsGivenBack(Value):
    """What the carrier took back, and what it did not."""

    tracking_numbers: tuple[str, ...] = ()
    pickup_reference: str | None = None
    refused: tuple[str, ...] = ()
    needless: bool = False
    """Whether the labels are good as they are: bought since, or for the same address."""


class RecordPutBack(Value):
    """The goods of a canceled fulfillment are back in their bins."""

    key: str
    fulfillment_id: str
    confirmation: PutBackConfirmation | None = None
    """None to end it only if nothing is left to be put back, as all has arrived."""


class PutAway(Value):
    """What can be promised again."""

    skus: tuple[str, ...]
    units: int
    not_back: int = 0
    """How many units were written off."""
    left: int = 0
    """How many units are still to be put back."""


class StoppedNews(Value):
    """A fulfillment tells its order that it does nothing any more that costs money."""

    fulfillment_id: str
    captured_minor: int = 0


class ChangeAddress(Value):
    """Send the order elsewhere."""

    address: Address
    by: Person = "unknown"


class RecordNewAddress(Value):
    """Put another address on record, if it can be served from where the goods are."""

    key: str
    order_id: str
    change: ChangeAddress


class AddressChanged(Value):
    """The new address is on record, and these fulfillments get new labels; or why not."""

    problems: tuple[str, ...] = ()
    """What is wrong with the new address; the old one stays."""
    because: str = ""
    """What the audit says of it besides, and who asks is not told."""
    too_late: str | None = None
    relabel: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    """Which fields of the address have changed."""


class ReaddressAnswer(Value):
    """The order goes to the new address."""

    order_id: str
    done: tuple[str, ...]


class AmendOrder(Value):
    """Amend an order: units less of its lines, or other wishes."""

    by: Person = "unknown"
    less: Annotated[tuple[LineUnits, ...], Field(max_length=500)] = ()
    """So many units of these lines are not wanted any more."""
    wishes: Wishes = Wishes()


class RecordAmendment(Value):
    """Put other wishes on record."""

    key: str
    order_id: str
    by: str
    wishes: Wishes


class Amended(Value):
    """What was amended, or why it is too late."""

    fields: tuple[str, ...] = ()
    too_late: str | None = None


class AmendAnswer(Value):
    """What the amendment did."""

    order_id: str
    done: tuple[str, ...]
    void_minor: int = 0
    """What was authorized for units that are not wanted any more, in minor units."""
    currency: str = ""
