"""Which cartons goods are packed in, and for which service: asked of carriers before packing."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fulfillment.domain.cartonization import PackPlan
from fulfillment.domain.catalog import Article, CartonType, Warehouse
from fulfillment.domain.decisions import Decision
from fulfillment.domain.dispatches import dispatch_of, shipment_of
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.orders import Order
from fulfillment.domain.planned_parcels import cartons_minor, planned_parcels
from fulfillment.domain.service_choice import Wish
from fulfillment.domain.shipping import Rates, Shipment
from fulfillment.domain.shipping_decision import (
    PlannedService,
    RatedPlan,
    ShippingRules,
    by_cartons_alone,
    decide_shipping,
)
from fulfillment.domain.weighing import Weighing
from fulfillment.ports import CarrierClient


@dataclass(frozen=True)
class PackedGoods:
    """What is packed, from where to whom, and what carriers want to know of it."""

    order: Order
    warehouse: Warehouse
    articles: Mapping[str, Article]
    cartons: Sequence[CartonType]
    weighing: Weighing
    at: datetime
    """When the parcels are ready, as far as is known."""

    def shipment(self, plan: PackPlan) -> Shipment:
        """Return the request for rates for the parcels of a plan.

        Raises:
            NoServiceAvailable: nobody knows where the destination is.

        """
        parcels = planned_parcels(plan, self.cartons, self.articles, self.weighing)
        dispatch = dispatch_of(self.warehouse, self.order.ship_to, self.at)
        return shipment_of(
            dispatch, parcels, sender=self.warehouse.address, recipient=self.order.ship_to
        )

    def rated(self, plan: PackPlan, rates: Rates) -> RatedPlan:
        """Return a plan with what carriers say to it."""
        return RatedPlan(
            carton_ids=tuple(packed.carton_id for packed in plan.cartons),
            cartons_minor=cartons_minor(plan, self.cartons),
            rates=rates,
        )

    @property
    def wish(self) -> Wish:
        """Return what the customer minds."""
        return Wish(urgency=self.order.urgency, deliver_by=self.order.deliver_by)


@dataclass(frozen=True)
class ChosenPlan:
    """The plan that is packed, and why."""

    plan: PackPlan
    decision: Decision
    service: PlannedService | None
    """None where no carrier quoted."""


class ShippingChoices:
    """Rates carton plans, and chooses one with its service."""

    def __init__(self, carrier: CarrierClient, rules: ShippingRules) -> None:
        """Keep whom to ask, and how much."""
        self._carrier, self._rules = carrier, rules

    async def choose(self, plans: Sequence[PackPlan], goods: PackedGoods) -> ChosenPlan:
        """Return the plan that keeps the promise at the least cost.

        Without rates it is the first plan: what carriers don't say or don't take stops no packing,
        only labeling.
        """
        try:
            rated = await self._rated(plans[: self._rules.rated_plans], goods)
            choice = decide_shipping(rated, goods.wish)
        except FulfillmentError as error:
            names = [packed.carton_id for packed in plans[0].cartons]
            why = by_cartons_alone(names, goods.order.urgency, str(error))
            return ChosenPlan(plans[0], why, None)
        return ChosenPlan(plans[choice.number], choice.decision, choice.planned)

    async def _rated(self, plans: Sequence[PackPlan], goods: PackedGoods) -> list[RatedPlan]:
        """Rate the first plan, then the others at once, if there was an answer.

        A carrier that is down is so asked once, not once for each plan, and costs its breaker one
        failure.
        """
        usual, *others = plans
        found = [goods.rated(usual, await self._ask(usual, goods))]
        asking = (self._ask(plan, goods) for plan in others)
        answers = await asyncio.gather(*asking, return_exceptions=True)
        for plan, rates in zip(others, answers, strict=True):
            if isinstance(rates, Rates):
                found.append(goods.rated(plan, rates))
            elif not isinstance(rates, FulfillmentError):
                raise rates
        return _comparable(found)

    async def _ask(self, plan: PackPlan, goods: PackedGoods) -> Rates:
        return await self._carrier.quote_rates(goods.shipment(plan), self._rules.quoted_within)


def _comparable(rated: Sequence[RatedPlan]) -> list[RatedPlan]:
    """Return the plans whose rates are in the currency of the first one's."""
    quotes = [{quote.cost.currency for quote in plan.rates.quotes} for plan in rated]
    return [
        plan
        for number, (plan, own) in enumerate(zip(rated, quotes, strict=True))
        if not number or own <= quotes[0] or not quotes[0]
    ]
