"""Payments, the ledger of their money, and authorizations, as a Protocol."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from fulfillment.domain.authorizations import GatewayRequest, HeldAuthorization
from fulfillment.domain.money_ledger import MoneyEntry, Posting
from fulfillment.domain.refunds import UnitNumber
from fulfillment.records import PaymentRecord


class PaymentStore(Protocol):
    """What each order's payment has come to, and the postings that it came to that by."""

    async def save(self, payment: PaymentRecord) -> None:
        """Record a payment (CHECK: authorized ≥ captured + voided, captured ≥ refunded)."""

    async def find(self, order_id: str) -> PaymentRecord | None:
        """Return the order's payment, or None."""

    async def post(
        self,
        key: str,
        payment: PaymentRecord,
        posted: Sequence[Posting],
        at: datetime,
        *,
        reference: str | None = None,
    ) -> PaymentRecord:
        """Record postings in the ledger and what the payment has come to by them; return it.

        Args:
            key: of the effect; each kind of posting once under it (UNIQUE).
            payment: as it was before, of an order that this transaction has to itself.
            posted: at most one of a kind.
            at: when.
            reference: the gateway's by which it was done, if it is not the payment's any more.

        Raises:
            Inconsistent: posted before under this key, or a CHECK of the payment would be broken.

        """

    async def entries(self, order_id: str) -> list[MoneyEntry]:
        """Return the order's postings, oldest first."""

    async def hold(self, held: HeldAuthorization) -> None:
        """Record an authorization, from now on the one that counts.

        Raises:
            Inconsistent: one of this key is on record.

        """

    async def held(self, order_id: str) -> HeldAuthorization | None:
        """Return the authorization that counts, or None."""

    async def ask(self, request: GatewayRequest) -> GatewayRequest:
        """Record what the gateway is about to be asked; return what was first, under its key."""

    async def answered(self, key: str) -> None:
        """Record that the outcome of a request is known; of none, nothing is recorded."""

    async def asked(self, order_id: str) -> list[GatewayRequest]:
        """Return what was asked for an order, by key."""

    async def keep_units(self, key: str, order_id: str, units: Sequence[UnitNumber]) -> None:
        """Record of which units a capture takes the amount; what is known under its key stays."""

    async def units_kept(self, order_id: str) -> Mapping[str, Sequence[UnitNumber]]:
        """Return the units of each capture of an order by its key, whatever became of it."""
