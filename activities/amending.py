"""An order amended on its customer's wish, until its last parcels are labeled."""

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
            too_late = await _too_late(tx, request.order_id)
            now, by = self._ports.clock.now(), request.by
            words = told(request.wishes)
            await tx.journal.add_action(
                ActionRecord(
                    at=now,
                    by=by,
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
                    at=now,
                    by=by,
                    kind="amend",
                    change=words,
                )
            )
            return Amended(fields=tuple(words))

        return await self._effects.once(request, request.order_id, Amended, amend)


async def _too_late(tx: UnitOfWork, order_id: str) -> str | None:
    shares = await tx.fulfillments.of_order(order_id)
    missing = any(line.back_ordered for line in await tx.orders.progress(order_id))
    if not shares or missing or any(share.stage in AMENDABLE for share in shares):
        return None
    return "its parcels are labeled; cancel it, and hand in what is wanted as another order"
