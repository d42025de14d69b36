"""The carrier takes the parcels, or does not come; and they arrive."""

from datetime import datetime

from temporalio import activity

from activities.beating import beating
from activities.effects import Effects, first_result
from activities.labeling import pickup_request
from activities.tasks import finish_task
from fulfillment.domain.calendars import pickup_date
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.shipping import LabelReference
from fulfillment.domain.tracking import TrackingEvent, TrackingState, TrackingStatus, state_after
from fulfillment.messages import (
    Delivered,
    HandedOver,
    PickupBooked,
    RebookPickup,
    RecordDelivery,
    RecordHandover,
)
from fulfillment.ports import Ports
from fulfillment.records import FulfillmentRecord
from fulfillment.stores import UnitOfWork


class ShippingActivities:
    """Effects between the dock and the customer."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="record_handover")
    async def record_handover(self, request: RecordHandover) -> HandedOver:
        """Move the parcels to the carrier."""

        async def record(tx: UnitOfWork) -> HandedOver:
            share = await tx.fulfillments.get(request.fulfillment_id)
            now, by = self._ports.clock.now(), request.confirmation.by
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
        on = pickup_date(request.at, warehouse.timezone, warehouse.pickup_at)
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
        """Close the fulfillment if all its parcels have arrived; otherwise change nothing."""
        async with self._ports.database.reading() as tx:
            share = await tx.fulfillments.get(request.fulfillment_id)
            arrived = await _arrived(tx, share)
        if arrived is None:
            return Delivered(at=None)

        async def record(tx: UnitOfWork) -> Delivered:
            share = await tx.fulfillments.get(request.fulfillment_id)
            now = self._ports.clock.now()
            await tx.fulfillments.advance(
                share.fulfillment_id, Stage.IN_TRANSIT, Stage.DELIVERED, now
            )
            carrier = Account(kind=AccountKind.CARRIER, ref=share.fulfillment_id)
            customer = Account(kind=AccountKind.CUSTOMER, ref=share.order_id)
            moved = await _all_of(tx, carrier, customer)
            await tx.stock.move(request.key, moved, by="carrier", reason="delivered", at=now)
            lines = tuple(li.model_copy(update={"delivered": li.shipped}) for li in share.lines)
            await tx.fulfillments.save(share.model_copy(update={"lines": lines}))
            return Delivered(at=arrived)

        return await self._effects.once(request, share.order_id, Delivered, record)


async def _all_of(tx: UnitOfWork, source: Account, target: Account) -> list[Movement]:
    return [
        Movement(sku=sku, lot=lot, quantity=quantity, source=source, target=target)
        for sku, lot, quantity in await tx.stock.contents(str(source))
    ]


async def _arrived(tx: UnitOfWork, share: FulfillmentRecord) -> datetime | None:
    states = [
        await _state(tx, label.tracking_number)
        for label in await tx.parcels.labels(share.fulfillment_id)
    ]
    times = [s.as_of for s in states if s.status is TrackingStatus.DELIVERED and s.as_of]
    return max(times) if times and len(times) == len(states) else None


async def _state(tx: UnitOfWork, tracking_number: str) -> TrackingState:
    events = await tx.parcels.tracking(tracking_number)
    return state_after(TrackingEvent.model_validate(event.model_dump()) for event in events)
