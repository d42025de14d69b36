"""Which of the quoted services carries a shipment, and what delivery date is promised."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from fulfillment.domain.base import Value
from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.errors import NoServiceAvailable, Problem
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Urgency
from fulfillment.domain.shipping import Quote, Rates


class Offer(NamedTuple):
    """Something that could be taken: at what cost, and when the goods would arrive."""

    name: str
    cost: Money
    arrives: date


class Wish(Value):
    """By when the customer wants it, and what they mind."""

    urgency: Urgency
    deliver_by: date | None = None
    """The promised day; None promises nothing."""

    def rank(self, offer: Offer) -> tuple[bool, int, int, str]:
        """Return what sorts offers, the best first.

        Where a day is promised, the cheapest that keeps the promise, whatever the urgency. Where
        nothing is promised, or nobody keeps it, express takes the fastest and economy the cheapest;
        standard is the cheapest where nothing is promised, and the fastest where nobody keeps it.
        Equals are settled by cost, then arrival, then name.
        """
        late, minor, day = self.misses(offer), offer.cost.amount_minor, offer.arrives.toordinal()
        hurried = self.urgency is Urgency.EXPRESS and self.deliver_by is None
        if hurried or (late and self.urgency is not Urgency.ECONOMY):
            return late, day, minor, offer.name
        return late, minor, day, offer.name

    def misses(self, offer: Offer) -> bool:
        """Return whether an offer arrives after the promised day."""
        return self.deliver_by is not None and offer.arrives > self.deliver_by

    def reason(self, best: Offer, what: str) -> str:
        """Return why an offer is the best, as a person reads it.

        Args:
            best: the offer.
            what: what is chosen among, such as "service".

        """
        fast = self.urgency is not Urgency.ECONOMY
        if self.misses(best):
            pace = "the fastest" if fast else "the cheapest"
            return f"no {what} delivers by {self.deliver_by}; this one is {pace}"
        if self.deliver_by is not None:
            return f"the cheapest {what} that delivers by {self.deliver_by}"
        return f"the {'fastest' if self.urgency is Urgency.EXPRESS else 'cheapest'} {what}"

    def loss(self, offer: Offer, best: Offer) -> str:
        """Return why an offer lost against the best, as a person reads it."""
        days = (offer.arrives - best.arrives).days
        if days == 0 and offer.cost == best.cost:
            return f"costs the same and arrives the same day; {best.name} comes first by name"
        pace = "arrives the same day"
        if days:
            unit = "day" if abs(days) == 1 else "days"
            pace = f"arrives {abs(days)} {unit} {'later' if days > 0 else 'earlier'}"
        late = f", after the promised {self.deliver_by}" if self.misses(offer) else ""
        return f"{_price_difference(offer.cost, best.cost)} and {pace}{late}"


def choose_service(
    rates: Rates, urgency: Urgency, promised_by: date | None = None
) -> tuple[Quote, Decision]:
    """Return the quote to take (see `Wish.rank`), and the decision with why each other one lost.

    Args:
        rates: what was quoted and what was refused.
        urgency: how much the customer minds the time.
        promised_by: the promised delivery date; None promises nothing.

    Raises:
        NoServiceAvailable: nothing was quoted; the problems are each service's reasons.

    """
    require_quotes(rates)
    wish = Wish(urgency=urgency, deliver_by=promised_by)
    offers = {_offer(quote): quote for quote in rates.quotes}
    best = min(offers, key=wish.rank)
    losers = tuple(
        Alternative(choice=offer.name, cost=offer.cost, because=wish.loss(offer, best))
        for offer in offers
        if offer != best
    )
    refused = tuple(Alternative(choice=r.key, because=r.reason) for r in rates.refusals)
    return offers[best], Decision(
        subject=f"carrier service ({urgency})",
        chosen=best.name,
        because=wish.reason(best, "service"),
        cost=best.cost,
        alternatives=losers + refused,
    )


def require_quotes(rates: Rates) -> None:
    """Check that some service takes a shipment.

    Raises:
        NoServiceAvailable: nothing was quoted; the problems are each service's reasons.

    """
    if not rates.quotes:
        raise NoServiceAvailable.of(*_refused(rates))


def _offer(quote: Quote) -> Offer:
    return Offer(quote.key, quote.cost, quote.projected_delivery)


def promised_date(rates: Rates, urgency: Urgency) -> date:
    """Return the delivery date to promise, by what was quoted for goods as they will be.

    It is that of the fastest service that is the standard for the urgency (`standard_for`); where
    no such service takes them there, that of the fastest service that does.

    Raises:
        NoServiceAvailable: nothing was quoted; the problems are each service's reasons.

    """
    require_quotes(rates)
    standard = [quote for quote in rates.quotes if urgency in quote.standard_for]
    return min(quote.projected_delivery for quote in standard or rates.quotes)


_NOTHING_CONFIGURED = Problem(
    path="tariffs",
    expected="at least one carrier service",
    came="none",
    remedy="add a service to the tariff file",
)


def _refused(rates: Rates) -> Iterator[Problem]:
    if not rates.refusals:
        yield _NOTHING_CONFIGURED
    for refusal in rates.refusals:
        yield from refusal.problems


def _price_difference(cost: Money, base: Money) -> str:
    difference = cost.amount_minor - base.amount_minor
    if not difference:
        return "costs the same"
    amount = Money(amount_minor=abs(difference), currency=cost.currency)
    return f"costs {amount} {'more' if difference > 0 else 'less'}"
