"""The store of returns, and its rows: what was announced, came, was found, and was given back."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.refunds import UnitNumber
from fulfillment.domain.return_parcels import ComesIn
from fulfillment.domain.return_receipts import ReceivedGoods
from fulfillment.domain.return_refunds import Refunded
from fulfillment.domain.return_units import ReturnLine, ReturnUnit, ShippedUnit, lines_of
from fulfillment.domain.returns import ReturnPolicy, ReturnRequest, ReturnStage
from fulfillment.domain.shipping import LabelReference


class ReturnRecord(Value):
    """A return on record, with its units; its id is the RMA number."""

    return_id: str
    order_id: str
    warehouse_id: str
    """Where it goes."""
    stage: ReturnStage
    stage_since: Instant
    requested_at: Instant
    request: ReturnRequest
    policy: ReturnPolicy
    approval: tuple[str, ...] = ()
    """Why a person must approve it."""
    outcome: str = ""
    """How it ended, in words."""
    label_due_minor: int = 0
    """What the customer bears of its label, kept from the refund."""
    linked_order_id: str | None = None
    """The order that ships what comes in its place."""
    units: tuple[ReturnUnit, ...] = ()

    @property
    def lines(self) -> tuple[ReturnLine, ...]:
        """Return its units counted by line."""
        return lines_of(self.units)


class ReturnParcelRecord(ComesIn):
    """A parcel that is expected back, and its label once there is one."""

    parcel_id: str
    return_id: str
    sscc: str
    tracking_number: str | None = None
    carrier_id: str | None = None
    service_id: str | None = None
    cost_minor: int = 0
    currency: str = ""
    document_id: str | None = None
    carrier_reference: str = ""
    voided: bool = False

    @property
    def label(self) -> LabelReference | None:
        """Return what the carrier knows its live label by."""
        if self.carrier_id is None or self.tracking_number is None or self.voided:
            return None
        return LabelReference(
            carrier_id=self.carrier_id,
            tracking_number=self.tracking_number,
            carrier_reference=self.carrier_reference,
        )


class ReturnReceiptRecord(Value):
    """A parcel that came back, as it was scanned."""

    return_id: str
    receipt_no: int
    receipt_id: str
    at: Instant
    by: str
    items: tuple[ReceivedGoods, ...]
    strays: tuple[ReceivedGoods, ...] = ()
    """Of these, goods that the order never had."""


class RefundState(StrEnum):
    """Whether a refund has been made."""

    DUE = "due"
    DONE = "done"
    DECLINED = "declined"


class ReturnRefundRecord(Value):
    """One refund of a return, in minor units of its order's currency."""

    return_id: str
    refund_no: int
    units: int
    amount_minor: int
    extra_minor: int
    fee_minor: int
    """All that is kept, of which these are parts: shipping, label, exchange; the rest is fees."""
    shipping_kept_minor: int
    label_minor: int
    exchange_minor: int
    elsewhere_minor: int = 0
    """What is to be given back in the shop besides, where it was paid."""
    state: RefundState = RefundState.DUE
    at: Instant


class ReturnStore(Protocol):
    """Returns, their units, parcels, receipts and refunds."""

    async def add(self, record: ReturnRecord) -> None:
        """Put a return with its units on record (UNIQUE live unit of an order)."""

    async def find(self, return_id: str) -> ReturnRecord | None:
        """Return a return, or None."""

    async def get(self, return_id: str) -> ReturnRecord:
        """Return a return; raises NotFound."""

    async def page(
        self,
        *,
        stages: Sequence[ReturnStage] = (),
        order_id: str | None = None,
        warehouse_id: str | None = None,
        limit: int = 100,
        after: str | None = None,
    ) -> list[ReturnRecord]:
        """Return returns at these stages, or all, the newest first, from behind `after`."""

    async def advance(
        self, return_id: str, stage: ReturnStage, at: datetime, outcome: str = ""
    ) -> None:
        """Record where a return stands; raises Inconsistent: it has ended at another stage."""

    async def link_order(self, return_id: str, order_id: str) -> None:
        """Record which order ships what comes in its place."""

    async def charge_label(self, return_id: str, amount_minor: int) -> None:
        """Record what the customer bears of the label."""

    async def shipped_units(self, order_id: str) -> list[ShippedUnit]:
        """Return the units of an order that have left and that no return has, by line."""

    async def unit_amounts(self, order_id: str) -> dict[UnitNumber, int]:
        """Return what each unit of an order costs, as stored at acceptance, in minor units."""

    async def add_units(self, return_id: str, units: Sequence[ReturnUnit]) -> None:
        """Add units to a return (UNIQUE live unit of an order)."""

    async def save_units(self, return_id: str, units: Sequence[ReturnUnit]) -> None:
        """Record how units of a return are now."""

    async def add_parcels(self, parcels: Sequence[ReturnParcelRecord]) -> None:
        """Put the parcels of a return on record, in their order."""

    async def parcels(self, return_id: str) -> list[ReturnParcelRecord]:
        """Return the parcels of a return, in their order."""

    async def save_parcel(self, parcel: ReturnParcelRecord) -> None:
        """Record a parcel's label."""

    async def labeled(self, tracking_number: str) -> str | None:
        """Return the return whose parcel has this label, or None."""

    async def add_receipt(self, receipt: ReturnReceiptRecord) -> None:
        """Put a receipt on record (UNIQUE receipt_id of a return)."""

    async def receipts(self, return_id: str) -> list[ReturnReceiptRecord]:
        """Return the receipts of a return, in their order."""

    async def save_refund(self, refund: ReturnRefundRecord) -> None:
        """Record a refund, or what became of it."""

    async def refunds(self, return_id: str) -> list[ReturnRefundRecord]:
        """Return the refunds of a return, in their order."""

    async def refunded(self, order_id: str) -> Refunded:
        """Return what was given back of an order, refunds that are due included.

        Returns of its own units, and of those that were sent in their place.
        """
