"""An order amended on its customer's wish, until its last parcels are labeled."""

from datetime import datetime

from temporalio import activity

from activities.effects import Effects
from fulfillment.domain.amendments import AMENDABLE, amended, told
from fulfillment.messages import Amended, RecordAmendment
from fulfillment.ports import Ports
from fulfillment.records import ActionRecord, AmendmentRecord
from fulfillment.stores import UnitOfWork


class AmendingActivities:
    """The decision between an amendment and the labels that are bought by the old wishes."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_amendment")
    async def record_amendment(self, request: RecordAmendment) -> Amended:
        """Put other wishes on record, if something is left that has no label yet."""

        async def amend(tx: UnitOfWork) -> Amended:
            return await amend_order(tx, request, self._ports.clock.now())

        return await self._effects.once(request, request.order_id, Amended, amend)


async def amend_order(tx: UnitOfWork, request: RecordAmendment, at: datetime) -> Amended:
    """Put other wishes on record, or why it is too late; either is audited."""
    too_late = await too_late_to_amend(tx, request.order_id)
    words = told(request.wishes)
    await tx.journal.add_action(
        ActionRecord(
            at=at,
            by=request.by,
            action="amend",
            order_id=request.order_id,
            detail=too_late or ", ".join(f"{name} {word}" for name, word in words.items()),
            refused=too_late is not None,
        )
    )
    if too_late is not None:
        return Amended(too_late=too_late)
    order = (await tx.orders.get(request.order_id)).order
    await tx.orders.set_content(amended(order, request.wishes))
    await tx.changes.add_amendment(
        AmendmentRecord(
            amendment_id=request.key,
            order_id=order.order_id,
            at=at,
            by=request.by,
            kind="amend",
            change=words,
        )
    )
    return Amended(fields=tuple(words))


async def too_late_to_amend(tx: UnitOfWork, order_id: str) -> str | None:
    """Return why other wishes can't be seen to any more, or None if they can."""
    shares = await tx.fulfillments.of_order(order_id)
    missing = any(line.back_ordered for line in await tx.orders.progress(order_id))
    if not shares or missing or any(share.stage in AMENDABLE for share in shares):
        return None
    return "its parcels are labeled; cancel it, and hand in what is wanted as another order"
