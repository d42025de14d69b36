"""What each order's payment has come to, by which postings, and what is held for it, on SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fulfillment.domain.authorizations import GatewayRequest, HeldAuthorization
from fulfillment.domain.money_ledger import ACCOUNTS, LEVELS, MoneyEntry, Posting, levels_after
from fulfillment.domain.refunds import UnitNumber
from fulfillment.persistence.repositories.store import SqlStore, select_by, update_by
from fulfillment.persistence.tables import (
    authorizations,
    capture_units,
    gateway_requests,
    money_entries,
    payments,
)
from fulfillment.records import PaymentRecord


class SqlPaymentStore(SqlStore):
    """What each order's payment has come to, and the postings that it came to that by."""

    async def save(self, payment: PaymentRecord) -> None:
        """Record a payment.

        Raises:
            Inconsistent: more is captured and voided than authorized, or refunded than captured.

        """
        await self._put(payments, [payment.model_dump()])

    async def find(self, order_id: str) -> PaymentRecord | None:
        """Return the order's payment, or None."""
        row = await self._row(select_by(payments, "order_id"), order_id=order_id)
        return None if row is None else PaymentRecord.model_validate(dict(row))

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

        Raises:
            Inconsistent: posted before under this key, or a CHECK of the payment would be broken.

        """
        of = payment.model_dump(include={"order_id", "reference", "currency"})
        of |= {"key": key, "at": at, "reference": reference or payment.reference}
        rows = [of | row.model_dump() | _accounts(row) for row in posted]
        levels = levels_after(payment.model_dump(include=set(LEVELS)), posted)
        after = payment.model_copy(update=levels)
        await self.save(after)
        await self._insert(money_entries, rows)
        return after

    async def entries(self, order_id: str) -> list[MoneyEntry]:
        """Return the order's postings, oldest first."""
        of_order = select_by(money_entries, "order_id", order_by="number")
        rows = await self._rows(of_order, order_id=order_id)
        return [MoneyEntry.model_validate(dict(row)) for row in rows]

    async def hold(self, held: HeldAuthorization) -> None:
        """Record an authorization, from now on the one that counts.

        Raises:
            Inconsistent: one of this key is on record.

        """
        await self._insert(authorizations, [held.model_dump()])

    async def held(self, order_id: str) -> HeldAuthorization | None:
        """Return the authorization that counts, or None."""
        of_order = select_by(authorizations, "order_id", order_by="number")
        rows = await self._rows(of_order, order_id=order_id)
        return HeldAuthorization.model_validate(dict(rows[-1])) if rows else None

    async def ask(self, request: GatewayRequest) -> GatewayRequest:
        """Record what the gateway is about to be asked; return what was first, under its key."""
        row = await self._row(select_by(gateway_requests, "key"), key=request.key)
        if row is not None:
            return GatewayRequest.model_validate(dict(row))
        await self._insert(gateway_requests, [request.model_dump()])
        return request

    async def answered(self, key: str) -> None:
        """Record that the outcome of a request is known; of none, nothing is recorded."""
        await self._change(
            update_by(gateway_requests, "key", "is_open"), of_key=key, to_is_open=False
        )

    async def asked(self, order_id: str) -> list[GatewayRequest]:
        """Return what was asked for an order, by key."""
        of_order = select_by(gateway_requests, "order_id", order_by="key")
        rows = await self._rows(of_order, order_id=order_id)
        return [GatewayRequest.model_validate(dict(row)) for row in rows]

    async def keep_units(self, key: str, order_id: str, units: Sequence[UnitNumber]) -> None:
        """Record of which units a capture takes the amount; what is known under its key stays."""
        if await self._row(select_by(capture_units, "key"), key=key) is None:
            of = {"key": key, "order_id": order_id}
            rows = [of | {"line_no": line_no, "unit_no": unit_no} for line_no, unit_no in units]
            await self._insert(capture_units, rows)

    async def units_kept(self, order_id: str) -> Mapping[str, Sequence[UnitNumber]]:
        """Return the units of each capture of an order by its key, whatever became of it."""
        units: dict[str, list[UnitNumber]] = {}
        for row in await self._rows(select_by(capture_units, "order_id"), order_id=order_id):
            units.setdefault(row["key"], []).append((row["line_no"], row["unit_no"]))
        return units


def _accounts(posting: Posting) -> dict[str, str]:
    source, target = ACCOUNTS[posting.kind]
    return {"source": source.value, "target": target.value}
