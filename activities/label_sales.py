"""Which service is bought, and its labels: for good, or given back before another one is.

A label that is paid when it is bought must not be forgotten. So the choice of such a service is
noted before anything is bought, and an attempt that comes later goes on with it. Where a parcel of
several can't be bought, the others' labels are noted, given back, and another choice is made.
"""

from collections.abc import Sequence

from activities.consignment import Consignment
from activities.label_choices import Choice, GivenUp, choice_note, given_up_note
from fulfillment.domain.errors import Impossible
from fulfillment.domain.service_choice import choose_service
from fulfillment.domain.shipping import BoughtLabel, Shipment
from fulfillment.domain.shipping_decision import compared_with_plan
from fulfillment.ports import CarrierClient, Database


class LabelSales:
    """Chooses and buys, so that no paid label is forgotten."""

    def __init__(self, carrier: CarrierClient, database: Database) -> None:
        """Keep who sells, and where choices are noted."""
        self._carrier = carrier
        self._database = database

    async def choose(self, key: str, goods: Consignment, shipment: Shipment) -> Choice:
        """Return the choice that is noted, or make one; note it if its labels are paid at once.

        Raises:
            NoServiceAvailable: no service takes these parcels there.
            NoCarrierAnswers: nothing was quoted, and a carrier that might serve is down.

        """
        earlier = goods.earlier
        for number, given_up in enumerate(earlier.given_up, 1):
            await self._give_back(f"{key}/{number}", given_up)
        if earlier.choice is not None:
            return earlier.choice
        number = len(earlier.given_up) + 1
        rates = await self._carrier.quote_rates(shipment)
        quote, decision = choose_service(rates, goods.order.urgency, goods.order.deliver_by)
        decision = compared_with_plan(decision, goods.planned)
        choice = Choice(key=f"{key}/{number}", quote=quote, decision=decision)
        if not quote.prepaid:
            return choice
        kept = await self._keep(choice_note(choice.key), choice.model_dump_json())
        return Choice.model_validate_json(kept)

    async def buy(
        self, choice: Choice, goods: Consignment, shipment: Shipment
    ) -> Sequence[BoughtLabel]:
        """Return the labels of all parcels, in their order, bought now or before.

        Raises:
            Impossible: one can't be bought; the others will be given back before the next choice.

        """
        bought: list[BoughtLabel] = []
        for parcel in goods.parcels:
            purchase = goods.purchase(shipment, choice.quote, parcel)
            try:
                label = await self._carrier.buy_label(f"{choice.key}/{parcel.parcel_id}", purchase)
            except Impossible:
                if choice.quote.prepaid:
                    await self._give_up(choice, bought)
                raise
            bought.append(label)
        return bought

    async def _give_up(self, choice: Choice, bought: Sequence[BoughtLabel]) -> None:
        given_up = GivenUp(labels=tuple(label.reference for label in bought))
        await self._keep(given_up_note(choice.key), given_up.model_dump_json())
        await self._give_back(choice.key, given_up)

    async def _give_back(self, key: str, given_up: GivenUp) -> None:
        for label in given_up.labels:
            done = f"{choice_note(key)}/given-back/{label.tracking_number}"
            if not await self._is_noted(done):
                await self._carrier.void_label(f"{key}/void/{label.tracking_number}", label)
                await self._keep(done, "yes")

    async def _is_noted(self, key: str) -> bool:
        async with self._database.reading() as tx:
            return await tx.carrier_notes.find(key) is not None

    async def _keep(self, key: str, text: str) -> str:
        async with self._database.writing() as tx:
            return await tx.carrier_notes.keep(key, text)
