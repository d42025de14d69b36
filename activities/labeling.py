"""The service chosen, a label on every parcel, the pickup arranged."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from temporalio import activity

from activities.beating import beating
from activities.consignment import Consignment
from activities.effects import Effects, first_result
from activities.label_choices import earlier_choices
from activities.label_sales import LabelSales
from activities.manifest_pickups import window_on
from activities.manifest_places import open_manifest
from activities.printing import print_parcels
from activities.tasks import confirmed_by, open_again, task_id
from fulfillment.domain.catalog import Warehouse
from fulfillment.domain.confirmations import HandoverConfirmation
from fulfillment.domain.errors import FulfillmentCanceled
from fulfillment.domain.gs1 import sscc
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.domain.manifests import ManifestRecord
from fulfillment.domain.packing import PackSheet
from fulfillment.domain.pickups import PICKUP_WINDOW, Pickups
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelReference,
    PickupRequest,
)
from fulfillment.messages import BuyLabels, Labeled, PickupBooked
from fulfillment.ports import Ports
from fulfillment.records import DocumentRecord, LabelRecord, ParcelRecord
from fulfillment.stores import UnitOfWork

COMPANY_PREFIX = "4099999"
"""GS1 company prefix of the sample warehouse; a merchant sets its own."""

EXTENSION_DIGIT = 3
PICKUP = {"pickup_reference", "pickup_from", "pickup_until"}
BOOKED = {"carrier_id", "service_id", *PICKUP}


class LabelingActivities:
    """Effects between packing and the carrier."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._sales = LabelSales(ports.carrier, ports.database)
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name="buy_labels")
    @beating()
    async def buy_labels(self, request: BuyLabels) -> Labeled:
        """Choose the service, buy a label for each parcel, book the pickup, print.

        Raises:
            CustomsDataMissing: a parcel crosses a border, an article lacks its code or origin.
            NoServiceAvailable: no service takes these parcels there; each reason is named.
            NoCarrierAnswers: nothing was quoted, and a carrier that might serve is down.
            CarrierUnavailable: the carrier did not answer.

        """
        found = await self._consignment(request)
        return found if isinstance(found, Labeled) else await self._buy(request, found)

    async def _buy(self, request: BuyLabels, goods: Consignment) -> Labeled:
        goods.require_customs_data()
        shipment = goods.shipment(request.at)
        choice = await self._sales.choose(request.key, goods, shipment)
        bought = await self._sales.buy(choice, goods, shipment)
        quote, decision = choice.quote, choice.decision
        labels = tuple(label.reference for label in bought)
        # A choice that is noted may be of days ago, if the order was blocked meanwhile.
        on = max(quote.pickup_on, shipment.pickup_on)
        key = request.key if on == quote.pickup_on else f"{request.key}/{on}"
        wish = pickup_request(goods.warehouse, quote.carrier_id, on, labels)
        pickup = await self._pickup(request, key, wish, goods.warehouse)
        documents = await asyncio.to_thread(
            print_parcels, self._ports.documents, goods, quote, bought, quote.pickup_on
        )
        labeled = Labeled(
            task_id=task_id(request.fulfillment_id, TaskKind.HAND_OVER),
            fulfillment_id=request.fulfillment_id,
            carrier_id=quote.carrier_id,
            service_id=quote.service_id,
            tracking_numbers=tuple(label.tracking_number for label in bought),
            ssccs=tuple(parcel.sscc or "" for parcel in goods.parcels),
            **pickup.model_dump(),
            projected_delivery=quote.projected_delivery,
            decision=decision,
            polled=any(label.polled for label in bought),
        )

        async def record(tx: UnitOfWork) -> Labeled:
            names = []
            for parcel, label in zip(goods.parcels, bought, strict=True):
                label_doc, *others = documents[parcel.parcel_id]
                kept = _label(parcel, label, label_doc)
                await tx.parcels.add_label(kept, label_doc)
                names.append(kept.label_id)
                for document in others:
                    again = int(request.key.rpartition("/")[2]) > 1
                    await tx.parcels.add_document(_renamed(document, label) if again else document)
            manifest = await open_manifest(tx, goods.warehouse, quote.carrier_id, on)
            await tx.manifests.put(manifest.manifest_id, names, self._ports.clock.now())
            fetched = _fetched_with(manifest, goods.warehouse, request, labeled)
            return await self._open_handover(tx, goods, fetched)

        return await self._effects.once(request, goods.order.order_id, Labeled, record, _again)

    async def _pickup(
        self, request: BuyLabels, key: str, wish: PickupRequest, warehouse: Warehouse
    ) -> PickupBooked:
        if request.pickups is Pickups.MANIFEST:
            return window_on(warehouse, wish.on)
        pickup = await self._ports.carrier.book_pickup(key, wish)
        return PickupBooked(
            pickup_reference=pickup.reference,
            pickup_from=pickup.window_start,
            pickup_until=pickup.window_end,
        )

    async def _open_handover(self, tx: UnitOfWork, goods: Consignment, labeled: Labeled) -> Labeled:
        now, name = self._ports.clock.now(), goods.share.fulfillment_id
        booked = labeled.model_dump(include=BOOKED)
        share = await tx.fulfillments.get(name)
        await tx.fulfillments.save(share.model_copy(update=booked))
        # What can't be used is on record all the same, so that it is given back.
        if share.stage is Stage.CANCELED:
            return labeled.model_copy(update={"canceled": True})
        if (await tx.orders.get(share.order_id)).order != goods.order:
            return labeled.model_copy(update={"stale": True})
        await tx.fulfillments.advance(name, Stage.LABELING, Stage.AWAITING_PICKUP, now)
        parcels = zip(goods.parcels, labeled.tracking_numbers, strict=True)
        plan = {
            **labeled.model_dump(mode="json", include={*BOOKED, "manifest_id"}),
            "parcels": [
                {"parcel_id": parcel.parcel_id, "sscc": parcel.sscc, "tracking_number": number}
                for parcel, number in parcels
            ],
        }
        await open_again(tx, goods.share, TaskKind.HAND_OVER, plan, now)
        return labeled

    async def _consignment(self, request: BuyLabels) -> Consignment | Labeled:
        """Read what is shipped; each parcel gets its SSCC here, once, before anything is bought.

        What was bought before is returned as it was.
        """
        async with self._ports.database.writing() as tx:
            share = await tx.fulfillments.get(request.fulfillment_id)
            await tx.orders.lock(share.order_id)
            labeled = await first_result(tx, request, Labeled)
            if labeled is not None:
                return await _again(tx, labeled)
            earlier = await earlier_choices(tx, request.key)
            if share.stage is Stage.CANCELED and earlier.choice is None:
                message = f"{share.fulfillment_id} was canceled before labeling"
                raise FulfillmentCanceled(message)
            packed = await tx.parcels.of_fulfillment(share.fulfillment_id)
            parcels = [await _numbered(tx, parcel) for parcel in packed]
            pack = await tx.tasks.get(task_id(share.fulfillment_id, TaskKind.PACK))
            return Consignment(
                order=(await tx.orders.get(share.order_id)).order,
                share=share,
                warehouse=await tx.catalog.warehouse(share.warehouse_id),
                articles=await tx.catalog.articles({line.sku for line in share.lines}),
                parcels=parcels,
                serials={p.parcel_id: _serial(p) for p in parcels},
                unit_numbers=await tx.orders.unit_numbers(share.fulfillment_id),
                earlier=earlier,
                planned=PackSheet.model_validate(pack.plan).service,
            )


def pickup_request(
    warehouse: Warehouse, carrier_id: str, on: date, labels: Sequence[LabelReference]
) -> PickupRequest:
    """Return the wish for a pickup on a day, at the warehouse's hour, in its time zone."""
    start = datetime.combine(on, warehouse.pickup_at, ZoneInfo(warehouse.timezone))
    return PickupRequest(
        carrier_id=carrier_id,
        warehouse_id=warehouse.warehouse_id,
        on=on,
        window_start=start,
        window_end=start + PICKUP_WINDOW,
        parcels=len(labels),
        address=warehouse.address,
        labels=tuple(labels),
    )


def _fetched_with(
    manifest: ManifestRecord, warehouse: Warehouse, request: BuyLabels, labeled: Labeled
) -> Labeled:
    labeled = labeled.model_copy(update={"manifest_id": manifest.manifest_id})
    if request.pickups is Pickups.EACH:
        return labeled
    day = manifest.cut_off.astimezone(ZoneInfo(warehouse.timezone)).date()
    return labeled.model_copy(update=window_on(warehouse, day).model_dump())


async def _again(tx: UnitOfWork, labeled: Labeled) -> Labeled:
    """Return what was bought before: confirmed meanwhile, or given back."""
    live = [label.tracking_number for label in await tx.parcels.labels(labeled.fulfillment_id)]
    if labeled.canceled or labeled.stale or live != list(labeled.tracking_numbers):
        return labeled.model_copy(update={"stale": not labeled.canceled})
    by = await confirmed_by(tx, labeled.task_id)
    share = await tx.fulfillments.get((await tx.tasks.get(labeled.task_id)).fulfillment_id)
    # The pickup may have been booked again meanwhile.
    confirmed = HandoverConfirmation(by=by) if by else None
    now = {**share.model_dump(include=PICKUP), "confirmed": confirmed}
    return labeled.model_copy(update=now)


async def _numbered(tx: UnitOfWork, parcel: ParcelRecord) -> ParcelRecord:
    if parcel.sscc is not None:
        return parcel
    code = sscc(EXTENSION_DIGIT, COMPANY_PREFIX, await tx.parcels.next_serial("sscc"))
    await tx.parcels.set_sscc(parcel.parcel_id, code)
    return parcel.model_copy(update={"sscc": code})


def _renamed(document: DocumentRecord, label: BoughtLabel) -> DocumentRecord:
    """Return a paper that was printed for an old label, too, under a name of its own."""
    name = f"{label.tracking_number}-{document.kind.replace('_', '-')}"
    return document.model_copy(update={"document_id": name})


def _serial(parcel: ParcelRecord) -> int:
    prefix = 1 + len(COMPANY_PREFIX)
    return int((parcel.sscc or "")[prefix:-1])


def _label(parcel: ParcelRecord, bought: BoughtLabel, document: DocumentRecord) -> LabelRecord:
    return LabelRecord(
        label_id=f"{parcel.parcel_id}-l{bought.serial}",
        parcel_id=parcel.parcel_id,
        tracking_number=bought.tracking_number,
        carrier_id=bought.carrier_id,
        service_id=bought.service_id,
        cost_minor=bought.cost.amount_minor,
        currency=bought.cost.currency,
        document_id=document.document_id,
        carrier_reference=bought.carrier_reference,
    )
