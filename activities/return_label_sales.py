"""Labels for what comes back: of several parcels all are bought, or none.

As in `label_sales`, what is bought must not be forgotten: the choice is noted before anything is
bought, and where a parcel can't be sent, the others' labels are noted as given up before the first
is given back. An attempt that comes later goes on there.
"""

from collections.abc import Sequence

from activities.label_choices import Choice, GivenUp, choice_note, given_up_note
from fulfillment.domain.errors import CarrierRefused, Impossible, NoCarrierAnswers, NotFound
from fulfillment.domain.orders import Urgency
from fulfillment.domain.service_choice import choose_service
from fulfillment.domain.shipping import BoughtLabel, LabelPurchase, LabelReference, Rates, Shipment
from fulfillment.domain.tariffs import Mode
from fulfillment.ports import CarrierClient, Database


class NotSold(GivenUp):
    """Labels that were bought in vain, and why another one can't be."""

    because: str


class ReturnLabelSales:
    """Buys the labels of a return's parcels, so that no paid label is forgotten."""

    def __init__(self, carrier: CarrierClient, database: Database) -> None:
        """Keep who sells, and where choices are noted."""
        self._carrier = carrier
        self._database = database

    async def choose(self, key: str, shipment: Shipment) -> Choice:
        """Return the service that is noted, or note the cheapest road before anything is bought.

        Raises:
            NoServiceAvailable: no service takes these parcels there.
            NoCarrierAnswers: nothing was quoted, and a carrier that might serve is down.

        """
        noted = await self._find(choice_note(key))
        if noted is None:
            rates = await self._carrier.quote_rates(shipment)
            quote, decision = choose_service(_by_road(rates), Urgency.ECONOMY)
            made = Choice(key=key, quote=quote, decision=decision).model_dump_json()
            noted = await self._keep(choice_note(key), made)
        return Choice.model_validate_json(noted)

    async def buy(self, choice: Choice, purchases: Sequence[LabelPurchase]) -> list[BoughtLabel]:
        """Return the labels of all parcels, in their order, bought now or before.

        Raises:
            Impossible: one can't be bought; the others are given back, or it is said of which the
                carrier does not take them back.

        """
        noted = await self._find(given_up_note(choice.key))
        bought: list[BoughtLabel] = []
        try:
            for purchase in purchases if noted is None else ():
                key = f"{choice.key}/{purchase.parcel_ref}"
                bought.append(await self._carrier.buy_label(key, purchase))
        except NoCarrierAnswers:
            raise
        except Impossible as impossible:
            labels = tuple(label.reference for label in bought)
            not_sold = NotSold(labels=labels, because=str(impossible))
            noted = await self._keep(given_up_note(choice.key), not_sold.model_dump_json())
        if noted is not None:
            raise await self._given_up(choice, NotSold.model_validate_json(noted))
        return bought

    async def _given_up(self, choice: Choice, not_sold: NotSold) -> Impossible:
        refused = [await self._give_back(choice, label) for label in not_sold.labels]
        return Impossible("; ".join([not_sold.because, *filter(None, refused)]))

    async def _give_back(self, choice: Choice, label: LabelReference) -> str:
        """Give a label back; return why the carrier does not take it, if so."""
        number = label.tracking_number
        try:
            await self._carrier.void_label(f"{choice.key}/void/{number}", label)
        except (CarrierRefused, NotFound) as refusal:
            return f"label {number} is paid and not taken back: {refusal}"
        return ""

    async def _find(self, key: str) -> str | None:
        async with self._database.reading() as tx:
            return await tx.carrier_notes.find(key)

    async def _keep(self, key: str, text: str) -> str:
        async with self._database.writing() as tx:
            return await tx.carrier_notes.keep(key, text)


def _by_road(rates: Rates) -> Rates:
    """Return what goes by road alone; all, where nothing does."""
    road = tuple(quote for quote in rates.quotes if quote.mode is Mode.ROAD)
    return rates.model_copy(update={"quotes": road}) if road else rates
