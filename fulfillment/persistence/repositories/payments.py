"""What each order's payment has come to, on SQL."""

from fulfillment.persistence.repositories.store import SqlStore, select_by
from fulfillment.persistence.tables import payments
from fulfillment.records import PaymentRecord


class SqlPaymentStore(SqlStore):
    """What each order's payment has come to."""

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
