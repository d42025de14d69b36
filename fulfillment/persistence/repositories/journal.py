"""Messages to customers and people's actions, on SQL."""

from fulfillment.persistence.repositories.store import SqlStore, select_by
from fulfillment.persistence.tables import actions, notices
from fulfillment.records import ActionRecord, NoticeRecord


class SqlJournalStore(SqlStore):
    """Messages to customers and people's actions; nothing is ever changed in them."""

    async def add_notice(self, notice: NoticeRecord) -> None:
        """Record a message.

        Raises:
            Inconsistent: a message of that key is on record.

        """
        await self._insert(notices, [notice.model_dump()])

    async def notices(self, order_id: str) -> list[NoticeRecord]:
        """Return the messages of an order, oldest first."""
        of_order = select_by(notices, "order_id", order_by="number")
        rows = await self._rows(of_order, order_id=order_id)
        return [NoticeRecord.model_validate(dict(row)) for row in rows]

    async def add_action(self, action: ActionRecord) -> None:
        """Append to the audit."""
        await self._insert(actions, [action.model_dump()])

    async def actions(self, order_id: str) -> list[ActionRecord]:
        """Return the audit of an order, oldest first."""
        of_order = select_by(actions, "order_id", order_by="number")
        rows = await self._rows(of_order, order_id=order_id)
        return [ActionRecord.model_validate(dict(row)) for row in rows]
