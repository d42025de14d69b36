"""Returns: what may come back, on which terms, and what becomes of it.

Sources: Directive 2011/83/EU (withdrawal: articles 9, 13, 14, 16), Directive (EU) 2019/771
(goods that are not as agreed: articles 10, 13, 14).
"""

import hashlib
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.domain.base import Identifier, StrictValue, Value
from fulfillment.domain.confirmations import UNKNOWN, Person, Remark
from fulfillment.domain.lifecycle import Patience, Policy
from fulfillment.domain.orders import Minor, Quantity

LineNumber = Annotated[int, Field(gt=0, le=1_000)]
Percent = Annotated[int, Field(ge=0, le=100)]
Days = Annotated[int, Field(ge=0, le=3_650)]
Reference = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]

RMA_DIGITS = 12


class ReturnReason(StrEnum):
    """Why goods come back."""

    WRONG = "wrong"
    DAMAGED = "damaged"
    UNWANTED = "unwanted"
    MISSING_PARTS = "missing_parts"
    NOT_NAMED = "not_named"
    """It came without a word."""


OUR_FAULT = frozenset({ReturnReason.WRONG, ReturnReason.DAMAGED, ReturnReason.MISSING_PARTS})
"""The goods are not as agreed: nothing of it costs the customer anything."""

ASKED = (*sorted(OUR_FAULT), ReturnReason.UNWANTED)
"""What a customer can say."""


class ReturnWish(StrEnum):
    """What the customer wants for what comes back."""

    REFUND = "refund"
    EXCHANGE = "exchange"
    """Other articles in its place."""
    REPLACEMENT = "replacement"
    """The same once more, at no cost; for goods that are not as agreed."""
    NONE = "none"
    """Nothing, unless a person decides so when it is inspected."""


class ReturnOrigin(StrEnum):
    """How a return began."""

    CUSTOMER = "customer"
    DOCK = "dock"
    """A parcel came that nobody had announced."""


class ReturnStage(StrEnum):
    """Where a return stands: what is next to happen."""

    REQUESTED = "requested"
    """A person must approve it."""
    AWAITING_GOODS = "awaiting_goods"
    INSPECTING = "inspecting"
    RESOLVED = "resolved"
    REFUSED = "refused"
    LAPSED = "lapsed"
    """Nothing came in time."""
    CANCELED = "canceled"


OPEN_STAGES = (ReturnStage.REQUESTED, ReturnStage.AWAITING_GOODS, ReturnStage.INSPECTING)


class Condition(StrEnum):
    """How a person finds what came back."""

    AS_NEW = "as_new"
    OPENED = "opened"
    USED = "used"
    DAMAGED = "damaged"
    INCOMPLETE = "incomplete"


class Disposition(StrEnum):
    """Where goods go that came back."""

    RESTOCK = "restock"
    """Into a bin, to be sold again."""
    REFURBISH = "refurbish"
    QUARANTINE = "quarantine"
    SCRAP = "scrap"
    SUPPLIER = "supplier"


SELLABLE = frozenset({Condition.AS_NEW, Condition.OPENED})
"""Conditions in which goods may lie in a bin."""


class Undecided(StrEnum):
    """What becomes of a return that nobody has decided in time."""

    APPROVE = "approve"
    REFUSE = "refuse"


def _hours(remind: int, escalate: int, then: int, policy: Policy) -> Patience:
    spans = (timedelta(hours=each) for each in (remind, escalate, then))
    return Patience.model_validate(
        dict(zip(("remind_after", "escalate_after", "then_after"), spans, strict=True))
        | {"policy": policy}
    )


class ReturnPolicy(Value):
    """The terms of returns, which each return keeps for its life."""

    window_days: Days = 30
    """From delivery, for what is merely unwanted; an article may have another one."""
    fault_window_days: Days = 730
    """From delivery, for what is not as agreed."""
    restocking_fee_percent: Percent = 0
    """Of the goods' price, kept for what is unwanted; an article may have another one."""
    shipping_back_on_whole: bool = True
    """Whether what the way to the customer cost is given back once the whole order is returned."""
    customer_pays_label: bool = False
    """Whether the label's cost is kept from the refund of what is merely unwanted."""
    approval_over_minor: Minor | None = None
    """From which value on a person must approve; None: never."""
    photo_over_minor: Minor | None = None
    """From which value on a claim of damage, without a photo, must be approved; None: never."""
    approval: Patience = _hours(24, 24, 48, Policy.CANCEL)
    undecided: Undecided = Undecided.APPROVE
    """Who sends goods back can't help that nobody has looked; they are inspected in any case."""
    remind_after: timedelta = timedelta(days=7)
    """When a customer is reminded whose goods have not come."""
    lapse_after: timedelta = timedelta(days=21)
    """How long after that the return lapses, and its label is given back."""
    inspection: Patience = _hours(24, 24, 48, Policy.KEEP_WAITING)
    carrier_rest: timedelta = timedelta(minutes=5)
    """How long carriers that are down are left alone before the label is asked for again."""


class ReturnItem(StrictValue):
    """So many units of an order's line come back, for a reason."""

    line_no: LineNumber
    quantity: Quantity
    reason: ReturnReason
    photos: Annotated[tuple[Reference, ...], Field(max_length=20)] = ()
    """Where pictures of the damage are."""
    units: Annotated[tuple[Quantity, ...], Field(max_length=9_999)] = ()
    """Which units of the line, by their numbers from 1; none named means the lowest."""

    @model_validator(mode="after")
    def _names_as_many(self) -> Self:
        if self.units and len(set(self.units)) != self.quantity:
            message = f"{self.quantity} different units, or none named"
            raise ValueError(message)
        return self


class ExchangeItem(StrictValue):
    """What the customer wants in place of what comes back, at the shop's price."""

    sku: Identifier
    quantity: Quantity
    unit_price_minor: Minor
    """With tax, in the order's currency."""


class ReturnRequest(StrictValue):
    """What somebody wants to send back, and what for."""

    order_id: Identifier
    items: Annotated[tuple[ReturnItem, ...], Field(min_length=1, max_length=500)]
    wish: ReturnWish = ReturnWish.REFUND
    exchange: Annotated[tuple[ExchangeItem, ...], Field(max_length=100)] = ()
    paid_minor: Minor = 0
    """What was paid in the shop for it, where an exchange costs more than comes back."""
    payment_reference: Reference | None = None
    """Of that payment."""
    note: Remark = ""
    by: Person = UNKNOWN
    origin: ReturnOrigin = ReturnOrigin.CUSTOMER
    warehouse_id: Identifier | None = None
    """Where it goes; None: to the warehouse that has shipped it."""

    @property
    def exchange_minor(self) -> int:
        """Return what the exchange costs in all."""
        return sum(item.quantity * item.unit_price_minor for item in self.exchange)

    @model_validator(mode="after")
    def _fits_its_wish(self) -> Self:
        if bool(self.exchange) != (self.wish is ReturnWish.EXCHANGE):
            message = "exchange items for the wish exchange, and for no other"
            raise ValueError(message)
        if bool(self.paid_minor) != bool(self.payment_reference):
            message = "paid_minor together with its payment_reference"
            raise ValueError(message)
        reasons = {item.reason for item in self.items}
        if self.origin is ReturnOrigin.CUSTOMER and not reasons <= set(ASKED):
            message = f"a reason among {', '.join(ASKED)}"
            raise ValueError(message)
        if self.wish is ReturnWish.REPLACEMENT and not reasons <= OUR_FAULT:
            message = f"a replacement for {', '.join(sorted(OUR_FAULT))} only"
            raise ValueError(message)
        if len({item.line_no for item in self.items}) < len(self.items):
            message = "each line_no once"
            raise ValueError(message)
        return self


def rma_number(order_id: str, key: str) -> str:
    """Return the RMA number of a request: the same key of an order is the same return."""
    digest = hashlib.sha256(f"{order_id}/{key}".encode()).hexdigest()[:RMA_DIGITS]
    return f"RMA-{digest.upper()}"
