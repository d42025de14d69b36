"""The label that goods come back with: bought from the customer to the warehouse, and printed."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from temporalio import activity

from activities.beating import beating
from activities.effects import Effects, first_result
from activities.label_choices import Choice
from activities.labeling import COMPANY_PREFIX, EXTENSION_DIGIT
from activities.return_label_sales import ReturnLabelSales
from fulfillment.domain.catalog import Article, Warehouse
from fulfillment.domain.documents import DocumentFormat, LabelContent
from fulfillment.domain.errors import Impossible, NoCarrierAnswers
from fulfillment.domain.geography import require_place
from fulfillment.domain.gs1 import sscc
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Order
from fulfillment.domain.return_parcels import CameIn, return_parcels
from fulfillment.domain.returns import ReturnReason
from fulfillment.domain.shipping import BoughtLabel, LabelPurchase, ParcelSpec, Shipment
from fulfillment.messages.returns import IssueReturnLabel, ReturnLabeled
from fulfillment.ports import Ports
from fulfillment.records import DocumentRecord
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnParcelRecord, ReturnRecord

_PREFIX = 1 + len(COMPANY_PREFIX)


@dataclass(frozen=True)
class _Coming:
    """A return's parcels with all that a carrier wants to know."""

    made: ReturnRecord
    order: Order
    warehouse: Warehouse
    articles: dict[str, Article]
    parcels: list[ReturnParcelRecord]

    def shipment(self, request: IssueReturnLabel) -> Shipment:
        """Return the request for rates: the way back, from the customer to the warehouse."""
        return Shipment(
            origin=require_place(self.order.ship_to),
            origin_country=self.order.ship_to.country,
            destination=self.warehouse.place,
            destination_country=self.warehouse.address.country,
            ready_at=request.at,
            timezone=self.warehouse.timezone,
            cutoff=self.warehouse.pickup_at,
            parcels=tuple(self._spec(parcel) for parcel in self.parcels),
            sender=self.order.ship_to,
            recipient=self.warehouse.address,
        )

    def _spec(self, parcel: ReturnParcelRecord) -> ParcelSpec:
        inside = [self.articles[sku] for _, sku, _ in parcel.contents]
        hazards = sorted(a.hazard_class for a in inside if a.hazard_class)
        value = sum(self.articles[sku].unit_value_minor * n for _, sku, n in parcel.contents)
        return ParcelSpec(
            parcel_ref=parcel.parcel_id,
            outer=parcel.outer,
            gross_weight_g=parcel.gross_weight_g,
            value=Money(amount_minor=value, currency=inside[0].currency),
            hazard_class=hazards[0] if hazards else None,
            fragile=any(a.fragile for a in inside),
        )

    def purchase(
        self, choice: Choice, shipment: Shipment, parcel: ReturnParcelRecord
    ) -> LabelPurchase:
        """Return the wish for one parcel's label."""
        return LabelPurchase(
            carrier_id=choice.quote.carrier_id,
            service_id=choice.quote.service_id,
            order_id=self.order.order_id,
            shipment=shipment,
            parcel_ref=parcel.parcel_id,
            sender=self.order.ship_to,
            recipient=self.warehouse.address,
            serial=int(parcel.sscc[_PREFIX:-1]),
        )

    def label_content(
        self, choice: Choice, parcel: ReturnParcelRecord, bought: BoughtLabel
    ) -> LabelContent:
        """Return what a parcel's label says."""
        return LabelContent(
            order_id=self.order.order_id,
            parcel_id=parcel.parcel_id,
            parcel_number=self.parcels.index(parcel) + 1,
            parcel_count=len(self.parcels),
            sender=self.order.ship_to,
            recipient=self.warehouse.address,
            carrier_name=choice.quote.carrier_id,
            service_name=choice.quote.name,
            mode=choice.quote.mode,
            routing_code=bought.routing_code,
            weight_g=parcel.gross_weight_g,
            ship_on=choice.quote.pickup_on,
            sscc=parcel.sscc,
            tracking_number=bought.tracking_number,
            fragile=any(self.articles[sku].fragile for _, sku, _ in parcel.contents),
        )


class ReturnLabelActivities:
    """Calls to the carrier for what comes back."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)
        self._sales = ReturnLabelSales(ports.carrier, ports.database)

    @activity.defn(name="issue_return_label")
    @beating()
    async def issue_return_label(self, request: IssueReturnLabel) -> ReturnLabeled:
        """Buy a label for each parcel that is expected, by the cheapest road, and print it.

        Where no service takes them the return goes on without: the customer sends it as they like.

        Raises:
            NoCarrierAnswers: nothing was quoted, and a carrier that might serve is down.
            CarrierUnavailable: the carrier did not answer.

        """
        found = await self._coming(request)
        if isinstance(found, ReturnLabeled):
            return found
        try:
            labeled, bought, choice = await self._buy(request, found)
        except NoCarrierAnswers:
            raise
        except Impossible as impossible:
            labeled, bought, choice = ReturnLabeled(why_none=str(impossible)), [], None
        printed = await asyncio.to_thread(self._print, found, choice, bought)

        async def record(tx: UnitOfWork) -> ReturnLabeled:
            for document in printed:
                await tx.parcels.add_document(document)
            for parcel, label in zip(found.parcels, bought, strict=bool(bought)):
                await tx.returns.save_parcel(_labeled(parcel, label))
            await self._charge(tx, found, bought)
            return labeled

        return await self._effects.once(request, request.order_id, ReturnLabeled, record)

    async def _coming(self, request: IssueReturnLabel) -> _Coming | ReturnLabeled:
        """Read what is expected; each parcel gets its SSCC here, once, before anything is bought.

        What was bought before is returned as it was.
        """
        async with self._ports.database.writing() as tx:
            await tx.orders.lock(request.order_id)
            labeled = await first_result(tx, request, ReturnLabeled)
            if labeled is not None:
                return labeled
            made = await tx.returns.get(request.return_id)
            articles = await tx.catalog.articles({unit.sku for unit in made.units})
            parcels = await tx.returns.parcels(made.return_id)
            if not parcels:
                parcels = await _expected(tx, made)
                await tx.returns.add_parcels(parcels)
            return _Coming(
                made=made,
                order=(await tx.orders.get(made.order_id)).order,
                warehouse=await tx.catalog.warehouse(made.warehouse_id),
                articles=articles,
                parcels=parcels,
            )

    async def _buy(
        self, request: IssueReturnLabel, coming: _Coming
    ) -> tuple[ReturnLabeled, list[BoughtLabel], Choice]:
        shipment = coming.shipment(request)
        choice = await self._sales.choose(request.key, shipment)
        wanted = [coming.purchase(choice, shipment, parcel) for parcel in coming.parcels]
        bought = await self._sales.buy(choice, wanted)
        labeled = ReturnLabeled(
            tracking_numbers=tuple(label.tracking_number for label in bought),
            carrier_id=choice.quote.carrier_id,
            decision=choice.decision,
        )
        return labeled, bought, choice

    def _print(
        self, coming: _Coming, choice: Choice | None, bought: list[BoughtLabel]
    ) -> list[DocumentRecord]:
        documents = []
        for parcel, label in zip(coming.parcels, bought, strict=bool(bought)):
            if choice is None:
                break
            content = coming.label_content(choice, parcel, label)
            drawn = label.document or self._ports.documents.label(content)
            documents.append(
                DocumentRecord(
                    document_id=_document_id(label),
                    kind="return_label",
                    media_type=label.media_type
                    if label.document
                    else DocumentFormat.PDF.media_type,
                    content=drawn,
                    order_id=coming.order.order_id,
                    says=None if label.document else content.model_dump(mode="json"),
                )
            )
        return documents

    async def _charge(self, tx: UnitOfWork, coming: _Coming, bought: list[BoughtLabel]) -> None:
        """Note what the customer bears of the labels, where the terms say so."""
        made = coming.made
        unwanted = all(unit.reason is ReturnReason.UNWANTED for unit in made.units)
        same = all(label.cost.currency == coming.order.currency for label in bought)
        if bought and made.policy.customer_pays_label and unwanted and same:
            cost = sum(label.cost.amount_minor for label in bought)
            await tx.returns.charge_label(made.return_id, cost)


async def _expected(tx: UnitOfWork, made: ReturnRecord) -> list[ReturnParcelRecord]:
    sent = [
        CameIn(outer=parcel.outer, gross_weight_g=parcel.gross_weight_g, contents=parcel.contents)
        for share in sorted({unit.fulfillment_id for unit in made.units})
        for parcel in await tx.parcels.of_fulfillment(share)
    ]
    wanted = Counter((unit.line_no, unit.sku) for unit in made.units)
    inside = {sku for parcel in sent for _, sku, _ in parcel.contents}
    articles = await tx.catalog.articles(inside)
    weights = {sku: article.weight_g for sku, article in articles.items()}
    return [
        ReturnParcelRecord(
            **parcel.model_dump(),
            parcel_id=f"{made.return_id}-{number}",
            return_id=made.return_id,
            sscc=sscc(EXTENSION_DIGIT, COMPANY_PREFIX, await tx.parcels.next_serial("sscc")),
        )
        for number, parcel in enumerate(return_parcels(wanted, sent, weights), 1)
    ]


def _labeled(parcel: ReturnParcelRecord, label: BoughtLabel) -> ReturnParcelRecord:
    return parcel.model_copy(
        update={
            "tracking_number": label.tracking_number,
            "carrier_id": label.carrier_id,
            "service_id": label.service_id,
            "cost_minor": label.cost.amount_minor,
            "currency": label.cost.currency,
            "document_id": _document_id(label),
            "carrier_reference": label.carrier_reference,
        }
    )


def _document_id(label: BoughtLabel) -> str:
    return f"{label.tracking_number}-label"
