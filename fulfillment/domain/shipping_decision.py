"""Cartons and carrier service, decided together: what both cost, and the promise to the customer.

Each of a few carton plans is rated; of all plans with all services that take them the cheapest is
chosen that keeps the promise, what the cartons cost themselves included.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, NamedTuple

from pydantic import Field

from fulfillment.domain.base import Value
from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.money import Money
from fulfillment.domain.service_choice import Offer, Wish, require_quotes
from fulfillment.domain.shipping import Quote, Rates

MOST_OFFERS = 6
"""Losers that are kept for `why`, of all plans with all services."""

MOST_ALTERNATIVES = 8
"""The same, with the services that do not take the parcels."""


class ShippingRules(Value):
    """How much may be asked of carriers to decide on an order's cartons."""

    rated_plans: Annotated[int, Field(gt=0)] = 4
    """Carton plans that are rated at most; each asks every carrier that is set up once."""
    quoted_within: timedelta = timedelta(seconds=2)
    """How long that may take, for the first plan and again for the others together."""


class RatedPlan(Value):
    """A carton plan, and what carriers say to its parcels."""

    carton_ids: tuple[str, ...]
    """One for each parcel; of a unit in its own box, its SKU."""
    cartons_minor: int
    """What the cartons cost themselves, in the currency of the rates."""
    rates: Rates

    @property
    def name(self) -> str:
        """Return the cartons as a person reads them, as `2 x M + S`."""
        return cartons_in_words(self.carton_ids)


class PlannedService(Value):
    """The service that cartons were chosen for; labels may be bought of another one."""

    key: str
    """Carrier and service, as `overland/road-parcel`."""
    cost: Money
    """Of the service alone, without the cartons."""
    projected_delivery: date


class ShippingChoice(NamedTuple):
    """The plan that is packed, and the service that it is packed for."""

    number: int
    """Of the plan, from 0."""
    quote: Quote
    decision: Decision

    @property
    def planned(self) -> PlannedService:
        """Return the service in short."""
        quote = self.quote
        return PlannedService(
            key=quote.key, cost=quote.cost, projected_delivery=quote.projected_delivery
        )


class _Pair(NamedTuple):
    number: int
    quote: Quote
    offer: Offer


def decide_shipping(plans: Sequence[RatedPlan], wish: Wish) -> ShippingChoice:
    """Return the plan and service to take (see `Wish.rank`), with what lost and why.

    Never worse than the best service for the first plan; where any plan has a service that keeps
    the promise, it is kept. Rates of all plans are in one currency, so that costs compare.

    Raises:
        NoServiceAvailable: no service takes any of the plans; the problems are those of the first.

    """
    pairs = list(_pairs(plans))
    if not pairs:
        require_quotes(plans[0].rates)
    best = min(pairs, key=lambda pair: (wish.rank(pair.offer), pair.number))
    losers = [
        Alternative(
            choice=pair.offer.name, cost=pair.offer.cost, because=wish.loss(pair.offer, best.offer)
        )
        for pair in _telling(pairs, best, wish)
    ]
    refused = [
        Alternative(choice=refusal.key, because=refusal.reason)
        for refusal in plans[best.number].rates.refusals
    ]
    decision = Decision(
        subject=f"cartons and carrier service ({wish.urgency})",
        chosen=best.offer.name,
        because=wish.reason(best.offer, "set of cartons and service"),
        cost=best.offer.cost,
        alternatives=tuple((losers + refused)[:MOST_ALTERNATIVES]),
    )
    return ShippingChoice(best.number, best.quote, decision)


def _pairs(plans: Sequence[RatedPlan]) -> Iterator[_Pair]:
    for number, plan in enumerate(plans):
        for quote in plan.rates.quotes:
            cost = Money(
                amount_minor=quote.cost.amount_minor + plan.cartons_minor,
                currency=quote.cost.currency,
            )
            name = f"{plan.name} by {quote.key}"
            yield _Pair(number, quote, Offer(name, cost, quote.projected_delivery))


def _telling(pairs: Iterable[_Pair], best: _Pair, wish: Wish) -> list[_Pair]:
    """Return the losers worth telling: the best of each service, and of each plan."""
    ranked = sorted(pairs, key=lambda pair: (wish.rank(pair.offer), pair.number))
    services: dict[str, _Pair] = {}
    plans: dict[int, _Pair] = {}
    for pair in ranked:
        services.setdefault(pair.quote.key, pair)
        plans.setdefault(pair.number, pair)
    told = [*services.values(), *plans.values()]
    return [pair for pair in ranked if pair is not best and any(pair is t for t in told)][
        :MOST_OFFERS
    ]


def by_cartons_alone(carton_ids: Sequence[str], urgency: str, reason: str) -> Decision:
    """Return the decision where there are no rates: the fewest cartons, the service later."""
    return Decision(
        subject=f"cartons and carrier service ({urgency})",
        chosen=cartons_in_words(carton_ids),
        because=f"the fewest cartons, without rates; the service is chosen at labeling: {reason}",
    )


def compared_with_plan(decision: Decision, planned: PlannedService | None) -> Decision:
    """Return the choice of a service for parcels as packed, with why it is not the planned one."""
    if planned is None or planned.key == decision.chosen:
        return decision
    said: Mapping[str, str] = {one.choice: one.because for one in decision.alternatives}
    why = said.get(planned.key, "it is not offered any more")
    because = f"{decision.because}; the cartons were planned for {planned.key}: {why}"
    return decision.model_copy(update={"because": because})


def cartons_in_words(carton_ids: Sequence[str]) -> str:
    """Return cartons as a person reads them, as `2 x M + S`."""
    counts = Counter(carton_ids)
    return " + ".join(
        f"{count} x {name}" if count > 1 else name for name, count in sorted(counts.items())
    )
