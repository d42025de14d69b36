"""The carrier takes the parcels, or does not come; and they arrive."""

from datetime import datetime

from temporalio import activity

from activities.beating import beating
from activities.effects import Effects, first_result
from activities.labeling import pickup_request
from activities.notifications import NotificationActivities
from activities.pickup_days import next_pickup_on
from activities.tasks import finish_task
from activities.tracking import tracking_state
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.shipping import LabelReference
from fulfillment.domain.tracking import TrackingStatus
from fulfillment.messages import (
    Delivered,
    HandedOver,
    NoticeKind,
    NotifyCustomer,
    PickupBooked,
    RebookPickup,
    RecordDelivery,
    RecordHandover,
)
from fulfillment.ports import Ports
from fulfillment.records import FulfillmentRecord, TaskState
from fulfillment.stores import UnitOfWork


class ShippingActivities:
    """Effects between the dock and the customer."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)
        self._notices = NotificationActivities(ports)

    @activity.defn(name="record_handover")
    async def record_handover(self, request: RecordHandover) -> HandedOver:
        """Move the parcels to the carrier, unless their labels name an old address by now."""

        async def record(tx: UnitOfWork) -> HandedOver:
            share = await tx.fulfillments.get(request.fulfillment_id)
            now, by = self._ports.clock.now(), request.confirmation.by
            if share.stage is Stage.LABELING:
                return HandedOver(parcel_ids=(), readdressed=True)
            await tx.fulfillments.advance(
                share.fulfillment_id, Stage.AWAITING_PICKUP, Stage.IN_TRANSIT, now
            )
            parcels = await tx.parcels.of_fulfillment(share.fulfillment_id)
            cartons = [Account(kind=AccountKind.CARTON, ref=p.parcel_id) for p in parcels]
            carrier = Account(kind=AccountKind.CARRIER, ref=share.fulfillment_id)
            moved = [m for carton in cartons for m in await _all_of(tx, carton, carrier)]
            await tx.stock.move(request.key, moved, by=by, reason="handed over", at=now)
            lines = tuple(li.model_copy(update={"shipped": li.packed}) for li in share.lines)
            await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
            await finish_task(tx, share, TaskKind.HAND_OVER, by, now)
            labels = [label.label_id for label in await tx.parcels.labels(share.fulfillment_id)]
            await tx.manifests.hand_over(labels, by, now)
            return HandedOver(parcel_ids=tuple(parcel.parcel_id for parcel in parcels))

        return await self._effects.once_of_share(request, HandedOver, record)

    @activity.defn(name="rebook_pickup")
    @beating()
    async def rebook_pickup(self, request: RebookPickup) -> PickupBooked:
        """Book the next pickup after one that did not happen."""
        async with self._ports.database.reading() as tx:
            earlier = await first_result(tx, request, PickupBooked)
            if earlier is not None:
                return earlier
            share = await tx.fulfillments.get(request.fulfillment_id)
            warehouse = await tx.catalog.warehouse(share.warehouse_id)
            labels = [
                LabelReference(
                    carrier_id=label.carrier_id,
                    tracking_number=label.tracking_number,
                    carrier_reference=label.carrier_reference,
                )
                for label in await tx.parcels.labels(share.fulfillment_id)
            ]
        on = await next_pickup_on(self._ports, warehouse, request.at)
        pickup = await self._ports.carrier.book_pickup(
            request.key, pickup_request(warehouse, share.carrier_id or "", on, labels)
        )
        booked = PickupBooked(
            pickup_reference=pickup.reference,
            pickup_from=pickup.window_start,
            pickup_until=pickup.window_end,
        )

        async def record(tx: UnitOfWork) -> PickupBooked:
            now = await tx.fulfillments.get(request.fulfillment_id)
            await tx.fulfillments.save(now.model_copy(update=booked.model_dump()))
            return booked

        return await self._effects.once(request, share.order_id, PickupBooked, record)

    @activity.defn(name="record_delivery")
    async def record_delivery(self, request: RecordDelivery) -> Delivered:
        """Close the fulfillment if all its parcels have arrived, and tell the customer.

        A parcel that was given up is not waited for. Otherwise nothing is changed. The message is
        an effect of its own, after the delivery's has committed.
        """
        delivered = await self._record_delivery(request)
        if delivered.at is not None:
            await self._notices.notify_customer(
                NotifyCustomer(
                    key=request.notice_key,
                    order_id=await self._order_of(request.fulfillment_id),
                    fulfillment_id=request.fulfillment_id,
                    kind=NoticeKind.DELIVERED,
                )
            )
        return delivered

    async def _order_of(self, fulfillment_id: str) -> str:
        async with self._ports.database.reading() as tx:
            return await tx.fulfillments.order_of(fulfillment_id)

    async def _record_delivery(self, request: RecordDelivery) -> Delivered:
        async with self._ports.database.reading() as tx:
            share = await tx.fulfillments.get(request.fulfillment_id)
            outcome = await _outcome(tx, share)
        if outcome is None:
            return Delivered(at=None)

        async def record(tx: UnitOfWork) -> Delivered:
            share = await tx.fulfillments.get(request.fulfillment_id)
            now = self._ports.clock.now()
            stage = Stage.UNDELIVERED if outcome.undelivered else Stage.DELIVERED
            await tx.fulfillments.advance(share.fulfillment_id, Stage.IN_TRANSIT, stage, now)
            await _close_exceptions(tx, share, now)
            carrier = Account(kind=AccountKind.CARRIER, ref=share.fulfillment_id)
            customer = Account(kind=AccountKind.CUSTOMER, ref=share.order_id)
            moved = await _all_of(tx, carrier, customer)
            await tx.stock.move(request.key, moved, by="carrier", reason="delivered", at=now)
            lines = tuple(
                li.model_copy(update={"delivered": li.shipped - li.resent - li.refunded})
                for li in share.lines
            )
            await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
            return outcome

        return await self._effects.once(request, share.order_id, Delivered, record)


async def _all_of(tx: UnitOfWork, source: Account, target: Account) -> list[Movement]:
    return [
        Movement(sku=sku, lot=lot, quantity=quantity, source=source, target=target)
        for sku, lot, quantity in await tx.stock.contents(str(source))
    ]


async def _outcome(tx: UnitOfWork, share: FulfillmentRecord) -> Delivered | None:
    """Return how it ends once every parcel has arrived or was given up; None before that."""
    given_up = {one.parcel_id for one in await tx.given_up.of_fulfillment(share.fulfillment_id)}
    labels = await tx.parcels.labels(share.fulfillment_id)
    states = [await tracking_state(tx, one) for one in labels if one.parcel_id not in given_up]
    if not states:
        forgiven = all(line.refunded == line.shipped for line in share.lines)
        return Delivered(at=None, undelivered=True, forgiven=forgiven) if given_up else None
    times = [s.as_of for s in states if s.status is TrackingStatus.DELIVERED and s.as_of]
    return Delivered(at=max(times)) if len(times) == len(states) else None


async def _close_exceptions(tx: UnitOfWork, share: FulfillmentRecord, at: datetime) -> None:
    for task in await tx.tasks.page(
        kind=TaskKind.DELIVERY_EXCEPTION, fulfillment_id=share.fulfillment_id
    ):
        await tx.tasks.close(task.task_id, TaskState.CLOSED, "carrier", at)
