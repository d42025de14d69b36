"""Rates asked, labels bought and given back: each key pays once.

EasyPost has no idempotency keys. Instead each purchase has its own object there, made without any
cost, whose id is noted under our key before it is paid: so two attempts pay for the same object,
which EasyPost sells once. Where even the note was lost, the object is found by our reference.
"""

import asyncio
from datetime import timedelta

from fulfillment.carriers.easypost import rating, shipments
from fulfillment.carriers.easypost.account import (
    EasyPostAccount,
    our_reference,
    problem_of,
    reference_of,
)
from fulfillment.carriers.easypost.shipments import MEDIA_TYPES, ParcelWish
from fulfillment.carriers.easypost.shipments import Shipment as Bought
from fulfillment.carriers.easypost.wire import Rate
from fulfillment.domain.errors import (
    CarrierAnswerInvalid,
    CarrierRefused,
    CarrierUnavailable,
    NoServiceAvailable,
    NotFound,
    Problem,
)
from fulfillment.domain.shipping import (
    BoughtLabel,
    LabelPurchase,
    LabelReference,
    Rates,
    Shipment,
)
from fulfillment.ports import QUOTED_WITHIN

BEGINS_WITH = {"PDF": b"%PDF", "PNG": b"\x89PNG", "ZPL": b"^XA"}
PAID_ALREADY = ("SHIPMENT.POSTAGE.EXISTS", "SHIPMENT.PURCHASE.IN_PROGRESS")
"""Reasons by which EasyPost says that somebody, most likely we, has bought it or is buying it."""


class LabelSales(EasyPostAccount):
    """Rates and labels."""

    def objections(self, shipment: Shipment) -> list[Problem]:
        """Return each reason why EasyPost is not asked for a shipment."""
        return rating.objections(shipment)

    async def quote_rates(self, shipment: Shipment, within: timedelta = QUOTED_WITHIN) -> Rates:
        """Return what each service costs for all parcels together."""
        del within  # each question has its own timeout, and `AllCarriers` waits for no more
        problems = self.objections(shipment)
        sender, recipient = shipment.sender, shipment.recipient
        if problems or sender is None or recipient is None:
            return rating.refused(problems)
        wishes = [
            ParcelWish(
                parcel=parcel,
                sender=sender,
                recipient=recipient,
                label_format=self.label_format,
                carrier_accounts=self.carrier_accounts,
            )
            for parcel in shipment.parcels
        ]
        try:
            rated = await asyncio.gather(*map(self._create, wishes))
        except CarrierRefused as refusal:
            return rating.refused(refusal.problems)
        return rating.rates_of(shipment, rated)

    async def buy_label(self, key: str, purchase: LabelPurchase) -> BoughtLabel:
        """Buy a label for a parcel, once for a key.

        Raises:
            NoServiceAvailable: the service is not offered for this parcel, or not any more.
            CarrierRefused: EasyPost said no, or the key's label was given back.

        """
        shipment = await self._shipment_of(key, purchase)
        if not shipment.is_bought:
            shipment = await self._buy(shipment, purchase)
        if shipment.refund_status in shipments.REFUNDED:
            raise CarrierRefused.of(
                problem_of("key", "one whose label stands", "one whose label was given back")
            )
        return await self._label(shipment, purchase)

    async def void_label(self, key: str, label: LabelReference) -> None:
        """Give a label back; again is as good as once.

        Raises:
            CarrierRefused: it was used already, or is too old.

        """
        del key  # a shipment is refunded once, whoever asks
        shipment_id = reference_of(label)
        try:
            answer = await self.ask(shipments.refund_request(shipment_id))
        except CarrierRefused:
            answer = await self.ask(shipments.retrieve_request(shipment_id))
            if answer.refund_status not in shipments.REFUNDED:
                raise
        if answer.refund_status not in shipments.REFUNDED:
            came = answer.refund_status[:40] or "none"
            raise CarrierRefused.of(problem_of("refund", "one that is submitted", came))

    async def _create(self, wish: ParcelWish) -> Bought:
        return await self.ask(shipments.create_request(wish))

    async def _shipment_of(self, key: str, purchase: LabelPurchase) -> Bought:
        """Return the one shipment of a key: noted, found by our reference, or made now."""
        note = f"label/{key}"
        noted = await self.notes.find(note)
        if noted is not None:
            return await self._rerated(await self.ask(shipments.retrieve_request(noted)))
        reference = our_reference(note)
        try:
            found = await self.ask(shipments.retrieve_request(reference))
        except NotFound:
            found = await self._create(self._wish(purchase, reference))
        first = await self.notes.keep(note, found.id)
        if first == found.id:
            return found
        return await self.ask(shipments.retrieve_request(first))

    def _wish(self, purchase: LabelPurchase, reference: str) -> ParcelWish:
        return ParcelWish(
            parcel=purchase.parcel,
            sender=purchase.sender,
            recipient=purchase.recipient,
            label_format=self.label_format,
            reference=reference,
            carrier_accounts=self.carrier_accounts,
        )

    async def _rerated(self, shipment: Bought) -> Bought:
        """Return a shipment of an earlier attempt with fresh rates, unless it is bought."""
        if shipment.is_bought:
            return shipment
        answer = await self.http.send(shipments.rerate_request(shipment.id))
        return shipment.model_copy(update={"rates": tuple(shipments.parse_rates(answer))})

    async def _buy(self, shipment: Bought, purchase: LabelPurchase) -> Bought:
        try:
            return await self._pay(shipment, purchase)
        except CarrierRefused as refusal:
            if "RATE" not in refusal.reason:
                raise
        return await self._pay(await self._rerated(shipment), purchase)

    async def _pay(self, shipment: Bought, purchase: LabelPurchase) -> Bought:
        """Buy at the service's rate; an unclear outcome is cleared up by asking."""
        rate = _rate_of(shipment, purchase)
        try:
            answer = await self.ask(shipments.buy_request(shipment.id, rate.id))
        except (CarrierUnavailable, CarrierRefused) as error:
            if isinstance(error, CarrierRefused) and error.reason not in PAID_ALREADY:
                raise
            answer = await self.ask(shipments.retrieve_request(shipment.id))
            if not answer.is_bought:
                raise CarrierUnavailable(str(error), error.problems) from error
        if not answer.is_bought:
            raise CarrierAnswerInvalid.of(problem_of("purchase", "a tracking code", "none"))
        return answer

    async def _label(self, shipment: Bought, purchase: LabelPurchase) -> BoughtLabel:
        rate = shipment.selected_rate
        if rate is None or not shipment.tracking_code:
            raise CarrierAnswerInvalid.of(problem_of("purchase", "a rate and a code", "none"))
        return BoughtLabel(
            carrier_id=purchase.carrier_id,
            service_id=purchase.service_id,
            parcel_ref=purchase.parcel_ref,
            tracking_number=shipment.tracking_code,
            routing_code="",
            cost=rate.cost,
            serial=purchase.serial,
            document=await self._document(shipment),
            media_type=MEDIA_TYPES[self.label_format],
            carrier_reference=shipment.id,
            polled=True,
        )

    async def _document(self, shipment: Bought) -> bytes:
        wanted = self.label_format
        url = shipment.postage_label.url(wanted) if shipment.postage_label else ""
        if not url:
            converted = await self.ask(shipments.label_request(shipment.id, wanted))
            url = converted.postage_label.url(wanted) if converted.postage_label else ""
        if not url:
            raise CarrierAnswerInvalid.of(problem_of("label", f"its address as {wanted}", "none"))
        document = await self.http.download(url)
        if not document.lstrip().startswith(BEGINS_WITH[wanted]):
            raise CarrierAnswerInvalid.of(problem_of("label", f"a {wanted}", "something else"))
        return document


def _rate_of(shipment: Bought, purchase: LabelPurchase) -> Rate:
    offered = [
        rate
        for rate in shipment.rates
        if rating.same_service(rate, purchase.carrier_id, purchase.service_id)
    ]
    if not offered:
        others = ", ".join(sorted({f"{r.carrier} {r.service}" for r in shipment.rates})) or "none"
        wanted = f"a rate of {purchase.carrier_id}/{purchase.service_id}"
        raise NoServiceAvailable.of(problem_of(f"parcel {purchase.parcel_ref}", wanted, others))
    return min(offered, key=lambda rate: (rate.rate, rate.id))
