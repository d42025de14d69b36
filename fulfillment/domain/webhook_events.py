"""What a merchant's systems are told of an order: the kinds of events, and what each one says.

No personal data: neither name nor address, mail or phone, nor a text that a person or a carrier
has written. Reasons are words of a fixed list.
"""

import json
import re
from enum import StrEnum
from typing import Any

from fulfillment.domain.base import Currency, Instant, Value
from fulfillment.domain.holds import HoldChoice, HoldKind
from fulfillment.domain.lifecycle import OrderStage, OutcomeKind, Stage

TEST = "webhook.test"
"""Told on request only, of no order."""


class EventType(StrEnum):
    """A change of an order, or of one warehouse's share of it."""

    ORDER_ACKNOWLEDGED = "order.acknowledged"
    ORDER_VERIFIED = "order.verified"
    ORDER_ON_HOLD = "order.on_hold"
    ORDER_CUSTOMER_ASKED = "order.customer_asked"
    ORDER_CUSTOMER_ANSWERED = "order.customer_answered"
    ORDER_RELEASED = "order.released"
    ORDER_ADDRESS_CORRECTED = "order.address_corrected"
    ORDER_AMENDED = "order.amended"
    ORDER_BACK_ORDERED = "order.back_ordered"
    ORDER_BACK_ORDER_CHOSEN = "order.back_order_chosen"
    ORDER_SUBSTITUTED = "order.substituted"
    ORDER_PARTLY_CANCELED = "order.partly_canceled"
    ORDER_REPLACED = "order.replaced"
    ORDER_COMPLETED = "order.completed"
    ORDER_CANCELED = "order.canceled"
    ORDER_REJECTED = "order.rejected"
    PAYMENT_AUTHORIZED = "payment.authorized"
    PAYMENT_DECLINED = "payment.declined"
    PAYMENT_CAPTURED = "payment.captured"
    PAYMENT_VOIDED = "payment.voided"
    PAYMENT_REFUNDED = "payment.refunded"
    PAYMENT_REFUND_OWED = "payment.refund_owed"
    PAYMENT_DISPUTED = "payment.disputed"
    FULFILLMENT_RESERVED = "fulfillment.reserved"
    FULFILLMENT_PICKING = "fulfillment.picking"
    FULFILLMENT_SHORT_PICKED = "fulfillment.short_picked"
    FULFILLMENT_PICKED = "fulfillment.picked"
    FULFILLMENT_SORTED = "fulfillment.sorted"
    FULFILLMENT_PACKED = "fulfillment.packed"
    FULFILLMENT_LABELED = "fulfillment.labeled"
    FULFILLMENT_PICKUP_REBOOKED = "fulfillment.pickup_rebooked"
    FULFILLMENT_SHIPPED = "fulfillment.shipped"
    FULFILLMENT_IN_TRANSIT = "fulfillment.in_transit"
    FULFILLMENT_OUT_FOR_DELIVERY = "fulfillment.out_for_delivery"
    FULFILLMENT_EXCEPTION = "fulfillment.exception"
    FULFILLMENT_RETURNED = "fulfillment.returned"
    FULFILLMENT_DELIVERED = "fulfillment.delivered"
    FULFILLMENT_UNDELIVERED = "fulfillment.undelivered"
    FULFILLMENT_CANCELED = "fulfillment.canceled"
    FULFILLMENT_LABELS_VOIDED = "fulfillment.labels_voided"
    FULFILLMENT_INTERCEPTED = "fulfillment.intercepted"
    FULFILLMENT_PUT_BACK = "fulfillment.put_back"
    RETURN_REQUESTED = "return.requested"
    RETURN_APPROVED = "return.approved"
    RETURN_REFUSED = "return.refused"
    RETURN_LABELED = "return.labeled"
    RETURN_RECEIVED = "return.received"
    RETURN_INSPECTED = "return.inspected"
    RETURN_REFUNDED = "return.refunded"
    RETURN_RESOLVED = "return.resolved"
    RETURN_LAPSED = "return.lapsed"
    RETURN_CANCELED = "return.canceled"


FINAL = (EventType.ORDER_COMPLETED, EventType.ORDER_CANCELED, EventType.ORDER_REJECTED)
"""The last word about an order."""

MEANING = {
    EventType.ORDER_ACKNOWLEDGED: "the order is on record",
    EventType.ORDER_VERIFIED: "its articles, address and destination are in order",
    EventType.ORDER_ON_HOLD: "a person must decide; `hold` says about what, until when",
    EventType.ORDER_CUSTOMER_ASKED: "it waits on hold for its customer's answer",
    EventType.ORDER_CUSTOMER_ANSWERED: "the customer has answered; a person must decide",
    EventType.ORDER_RELEASED: "a person let it go on, or it is paid otherwise",
    EventType.ORDER_ADDRESS_CORRECTED: "its address was corrected, or it goes elsewhere",
    EventType.ORDER_AMENDED: "its customer has other wishes for its delivery, or its gift",
    EventType.ORDER_BACK_ORDERED: "units are missing, and waited for; `back_ordered` of each line",
    EventType.ORDER_BACK_ORDER_CHOSEN: "the customer chose what is done about missing units",
    EventType.ORDER_SUBSTITUTED: "another article, which the customer allows, ships; `substituted`",
    EventType.ORDER_PARTLY_CANCELED: "some of its units will not come; see `canceled`",
    EventType.ORDER_REPLACED: "goods are sent in its goods' place; see `replacement_order_id`",
    EventType.ORDER_COMPLETED: "its books are closed; what became of each unit, its lines say",
    EventType.ORDER_CANCELED: "it was canceled, and its books are closed",
    EventType.ORDER_REJECTED: "nobody could help it in time, and its books are closed",
    EventType.PAYMENT_AUTHORIZED: "`amount_minor` is held at the payer's bank",
    EventType.PAYMENT_DECLINED: "the payer's bank said no",
    EventType.PAYMENT_CAPTURED: "`amount_minor` was taken, for this fulfillment",
    EventType.PAYMENT_VOIDED: "`amount_minor` was given back uncaptured",
    EventType.PAYMENT_REFUNDED: "`amount_minor` of what was captured was given back",
    EventType.PAYMENT_REFUND_OWED: "`amount_minor` was not paid here: give it back where it was",
    EventType.PAYMENT_DISPUTED: "the payer's bank has taken `amount_minor` back, until it decides",
    EventType.FULFILLMENT_RESERVED: "a warehouse ships these units; they are claimed",
    EventType.FULFILLMENT_PICKING: "its pick list is open",
    EventType.FULFILLMENT_SHORT_PICKED: "a bin held less; the rest is looked for elsewhere",
    EventType.FULFILLMENT_PICKED: "the goods are in the cart",
    EventType.FULFILLMENT_SORTED: "the goods are in the put wall",
    EventType.FULFILLMENT_PACKED: "the goods are in their parcels",
    EventType.FULFILLMENT_LABELED: "each parcel has its tracking number, and a time of pickup",
    EventType.FULFILLMENT_PICKUP_REBOOKED: "it is fetched at another time than was said",
    EventType.FULFILLMENT_SHIPPED: "the carrier has the parcels",
    EventType.FULFILLMENT_IN_TRANSIT: "a parcel is on its way",
    EventType.FULFILLMENT_OUT_FOR_DELIVERY: "a parcel arrives today",
    EventType.FULFILLMENT_EXCEPTION: "a parcel is held up",
    EventType.FULFILLMENT_RETURNED: "a parcel is back at the sender",
    EventType.FULFILLMENT_DELIVERED: "all its parcels have arrived",
    EventType.FULFILLMENT_UNDELIVERED: "no parcel arrived: its goods are sent again or refunded",
    EventType.FULFILLMENT_CANCELED: "it was canceled; what was taken for it goes back to its bins",
    EventType.FULFILLMENT_LABELS_VOIDED: "its labels were given back to the carrier",
    EventType.FULFILLMENT_INTERCEPTED: "its parcels, which were on their way, come back",
    EventType.FULFILLMENT_PUT_BACK: "it is canceled, and its goods lie in their bins again",
    EventType.RETURN_REQUESTED: "units shall come back; `return_id` is the RMA number",
    EventType.RETURN_APPROVED: "a person has approved it",
    EventType.RETURN_REFUSED: "a person has refused it",
    EventType.RETURN_LABELED: "its label is printed, and sent to the customer",
    EventType.RETURN_RECEIVED: "goods of it have come back; see `returned`",
    EventType.RETURN_INSPECTED: "they were looked at, and lie where they belong",
    EventType.RETURN_REFUNDED: "`amount_minor` of it was given back, or is owed in the shop",
    EventType.RETURN_RESOLVED: "nothing is left to do for it",
    EventType.RETURN_LAPSED: "nothing came in time; its label was given back",
    EventType.RETURN_CANCELED: "nothing comes; its label was given back",
}
"""What each event says, for people."""


class LineState(Value):
    """What has become of an order line, in units."""

    line_no: int
    sku: str
    ordered: int
    canceled: int
    back_ordered: int
    reserved: int
    substituted: int
    """Of the reserved ones, those of another article; the fulfillments' lines name it."""
    picked: int
    packed: int
    shipped: int
    delivered: int
    returned: int = 0
    """Of the delivered ones, those that have come back."""
    resent: int = 0
    """Units that did not arrive, and are sent again as another order."""
    refunded: int = 0
    """Units that did not arrive, and are refunded."""


class OrderState(Value):
    """An order as it stood right after the change."""

    order_id: str
    external_id: str
    """The storefront's own number, where the id was made of it; else the id."""
    stage: OrderStage
    outcome: OutcomeKind | None = None
    amount_minor: int
    currency: Currency
    lines: tuple[LineState, ...]
    replaces: str | None = None
    """The order whose goods this one is sent in the place of, at no cost."""


class ShareLineState(Value):
    """What a fulfillment has of an order line, in units."""

    line_no: int
    sku: str
    planned: int
    picked: int
    packed: int
    shipped: int
    delivered: int


class ContentState(Value):
    """So many units of an order line in a parcel."""

    line_no: int
    sku: str
    quantity: int


class ParcelState(Value):
    """A parcel, and once it is labeled, by whom it goes."""

    parcel_id: str
    tracking_number: str | None = None
    carrier_id: str | None = None
    service_id: str | None = None
    contents: tuple[ContentState, ...]


class FulfillmentState(Value):
    """One warehouse's share as it stood right after the change."""

    fulfillment_id: str
    warehouse_id: str
    stage: Stage
    carrier_id: str | None = None
    service_id: str | None = None
    pickup_from: Instant | None = None
    pickup_until: Instant | None = None
    lines: tuple[ShareLineState, ...]
    parcels: tuple[ParcelState, ...] = ()


class HoldState(Value):
    """What holds an order, until when somebody must have decided, and what can be done."""

    kinds: tuple[HoldKind, ...]
    choices: tuple[HoldChoice, ...]
    until: Instant


class EventData(Value):
    """What an event says."""

    sequence: int
    """Counts an order's events, from 1 without gaps: they may arrive in another order."""
    order: OrderState
    fulfillment: FulfillmentState | None = None
    tracking_number: str | None = None
    """The parcel that a carrier's news is of."""
    amount_minor: int | None = None
    """The money that a payment's event is about, in the order's currency."""
    return_id: str | None = None
    """The RMA number that a return's event is of."""
    replacement_order_id: str | None = None
    """The order that is sent in the place of goods of this one."""
    reason: str | None = None
    """Words of a fixed list, commas between."""
    hold: HoldState | None = None


class Message(Value):
    """An event as it is delivered: the same id and the same body, however often."""

    message_id: str
    """As `msg_…`; what a receiver knows a repetition by."""
    order_id: str | None
    sequence: int
    type: str
    at: Instant
    data: dict[str, Any]

    @property
    def body(self) -> str:
        """Return what is signed and sent.

        Source: Standard Webhooks, "Payload structure": type, timestamp, data.
        """
        stamp = self.at.isoformat().replace("+00:00", "Z")
        content = {"type": self.type, "timestamp": stamp, "data": self.data}
        return json.dumps(content, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


_STOREFRONT = re.compile(r"(?:shopify|woo)(?:-[A-Za-z0-9]{1,20})?-([0-9]{1,24})")
_SUBJECT = re.compile(
    r"(?:^|; )(address|phone|label|destination|availability|customs|payment|risk)(?=: )",
    re.IGNORECASE,
)


def external_id(order_id: str) -> str:
    """Return the storefront's own number of an order, as 727 of `woo-berlin-727`."""
    known = _STOREFRONT.fullmatch(order_id)
    return known[1] if known else order_id


def reason_words(text: str) -> str | None:
    """Return what a hold is about, as `address, phone`, and nothing of its text.

    The text may quote what a customer has written: `address: expected …, came …; phone: …`.
    """
    words = dict.fromkeys(word.lower() for word in _SUBJECT.findall(text))
    return ", ".join(words) or None


def says_the_same(one: EventData, other: EventData) -> bool:
    """Return whether two events of one type differ in nothing but their number."""
    return one.model_copy(update={"sequence": other.sequence}) == other
