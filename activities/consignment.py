"""A fulfillment's parcels with all that a carrier, a label and a packing slip want to know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from activities.label_choices import NOTHING_EARLIER, Earlier
from fulfillment.domain.catalog import Article, Orientation, Warehouse
from fulfillment.domain.customs import crosses_border, customs_problems, customs_value_minor
from fulfillment.domain.dispatches import dispatch_of, shipment_of
from fulfillment.domain.documents import (
    InvoiceContent,
    InvoiceLine,
    LabelContent,
    SlipContent,
    SlipLine,
)
from fulfillment.domain.errors import CustomsDataMissing
from fulfillment.domain.orders import Order
from fulfillment.domain.planned_parcels import parcel_spec
from fulfillment.domain.shipping import BoughtLabel, LabelPurchase, ParcelSpec, Quote, Shipment
from fulfillment.domain.shipping_decision import PlannedService
from fulfillment.records import FulfillmentRecord, ParcelRecord


@dataclass(frozen=True)
class Consignment:
    """A fulfillment's parcels with all that a carrier wants to know."""

    order: Order
    share: FulfillmentRecord
    warehouse: Warehouse
    articles: Mapping[str, Article]
    parcels: Sequence[ParcelRecord]
    serials: Mapping[str, int]
    unit_numbers: Mapping[int, Sequence[int]]
    """Which units of each line the fulfillment has; its parcels take them in their turn."""
    earlier: Earlier = NOTHING_EARLIER
    """What earlier attempts at its labels left."""
    planned: PlannedService | None = None
    """What the cartons were chosen for."""

    def spec(self, parcel: ParcelRecord) -> ParcelSpec:
        """Return a parcel as the carrier sees it: the strictest of its contents."""
        units: Counter[str] = Counter()
        for _, sku, count in parcel.contents:
            units[sku] += count
        return parcel_spec(
            parcel.parcel_id, parcel.outer, parcel.gross_weight_g, units, self.articles
        )

    @property
    def crosses_border(self) -> bool:
        """Return whether the parcels must be declared to customs."""
        return crosses_border(self.warehouse.address, self.order.ship_to)

    def require_customs_data(self) -> None:
        """Check that each article can be declared, if they must be.

        Raises:
            CustomsDataMissing: naming the articles that lack their commodity code or origin.

        """
        shipped = sorted({sku for parcel in self.parcels for _, sku, _ in parcel.contents})
        missing = customs_problems(self.articles[sku] for sku in shipped)
        if missing and self.crosses_border:
            raise CustomsDataMissing.of(*missing)

    def shipment(self, ready_at: datetime) -> Shipment:
        """Return the request for rates.

        Raises:
            NoServiceAvailable: nobody knows where the destination is.

        """
        return shipment_of(
            dispatch_of(self.warehouse, self.order.ship_to, ready_at),
            [self.spec(parcel) for parcel in self.parcels],
            sender=self.warehouse.address,
            recipient=self.order.ship_to,
        )

    def purchase(self, shipment: Shipment, quote: Quote, parcel: ParcelRecord) -> LabelPurchase:
        """Return the wish for one parcel's label."""
        return LabelPurchase(
            carrier_id=quote.carrier_id,
            service_id=quote.service_id,
            order_id=self.order.order_id,
            shipment=shipment,
            parcel_ref=parcel.parcel_id,
            sender=self.warehouse.address,
            recipient=self.order.ship_to,
            serial=self.serials[parcel.parcel_id],
        )

    def label_content(
        self, quote: Quote, parcel: ParcelRecord, bought: BoughtLabel, number: int
    ) -> LabelContent:
        """Return what a parcel's label says."""
        spec = self.spec(parcel)
        inside = [self.articles[sku] for _, sku, _ in parcel.contents]
        return LabelContent(
            order_id=self.order.order_id,
            parcel_id=parcel.parcel_id,
            parcel_number=number,
            parcel_count=len(self.parcels),
            sender=self.warehouse.address,
            recipient=self.order.ship_to,
            carrier_name=quote.carrier_id,
            service_name=quote.name,
            mode=quote.mode,
            routing_code=bought.routing_code,
            weight_g=parcel.gross_weight_g,
            ship_on=quote.pickup_on,
            sscc=parcel.sscc or "",
            tracking_number=bought.tracking_number,
            fragile=spec.fragile,
            upright=any(a.orientation is Orientation.UPRIGHT for a in inside),
            hazard_class=spec.hazard_class,
            temperature_class=spec.temperature_class,
        )

    def slip_content(self, parcel: ParcelRecord, number: int) -> SlipContent:
        """Return what a parcel's packing slip says."""
        return SlipContent(
            order_id=self.order.order_id,
            parcel_id=parcel.parcel_id,
            parcel_number=number,
            parcel_count=len(self.parcels),
            sender=self.warehouse.address,
            recipient=self.order.ship_to,
            ordered_on=self.order.placed_at.date(),
            lines=tuple(
                self._slip_line(line_no, sku, units) for line_no, sku, units in parcel.contents
            ),
            gift=self.order.gift,
        )

    def _slip_line(self, line_no: int, sku: str, units: int) -> SlipLine:
        ordered = self.order.line(line_no)
        return SlipLine(
            sku=sku,
            name=self.articles[sku].name,
            quantity=units,
            in_place_of=None if sku == ordered.sku else ordered.sku,
            properties=ordered.properties,
        )

    def invoice_content(
        self, quote: Quote, parcel: ParcelRecord, bought: BoughtLabel, number: int, issued_on: date
    ) -> InvoiceContent:
        """Return what a parcel's commercial invoice says."""
        return InvoiceContent(
            order_id=self.order.order_id,
            parcel_id=parcel.parcel_id,
            parcel_number=number,
            parcel_count=len(self.parcels),
            sender=self.warehouse.address,
            recipient=self.order.ship_to,
            invoice_id=f"CI-{bought.tracking_number}",
            issued_on=issued_on,
            carrier_name=quote.carrier_id,
            tracking_number=bought.tracking_number,
            currency=self.order.currency,
            gross_weight_g=parcel.gross_weight_g,
            lines=tuple(
                self._declared(line_no, sku, numbers)
                for (line_no, sku, _), numbers in zip(
                    parcel.contents, self._units_of(parcel), strict=True
                )
            ),
        )

    def _units_of(self, parcel: ParcelRecord) -> list[list[int]]:
        """Return by content which units of its line lie in a parcel."""
        left = {line_no: iter(numbers) for line_no, numbers in self.unit_numbers.items()}
        given = {
            each.parcel_id: [
                list(islice(left[line_no], units)) for line_no, _, units in each.contents
            ]
            for each in self.parcels
        }
        return given[parcel.parcel_id]

    def _declared(self, line_no: int, sku: str, numbers: Sequence[int]) -> InvoiceLine:
        article, line = self.articles[sku], self.order.line(line_no)
        paid_minor = line.goods_minor - line.discount_minor
        list_minor = article.unit_value_minor if article.currency == self.order.currency else 0
        return InvoiceLine(
            sku=sku,
            name=article.name,
            hs_code=article.hs_code or "",
            origin=article.origin or "",
            quantity=len(numbers),
            net_weight_g=article.weight_g * len(numbers),
            value_minor=customs_value_minor(paid_minor, line.quantity, numbers, list_minor),
        )
