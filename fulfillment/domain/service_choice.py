"""Which of the quoted services carries a shipment, and what delivery date is promised."""

from collections.abc import Iterator
from datetime import date

from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.errors import NoServiceAvailable, Problem
from fulfillment.domain.money import Money
from fulfillment.domain.orders import Urgency
from fulfillment.domain.shipping import Quote, Rates


def choose_service(
    rates: Rates, urgency: Urgency, promised_by: date | None = None
) -> tuple[Quote, Decision]:
    """Return the quote to take, and the decision with every alternative and why it lost.

    Express takes the fastest service; standard the cheapest that keeps the promise or, where none
    does, the fastest; economy the cheapest. Equals are settled by cost, then delivery, then id.

    Args:
        rates: what was quoted and what was refused.
        urgency: how much the customer minds the time.
        promised_by: the promised delivery date; None promises nothing. Only standard looks at it.

    Raises:
        NoServiceAvailable: nothing was quoted; the problems are each service's reasons.

    """
    if not rates.quotes:
        raise NoServiceAvailable.of(*_refused(rates))
    chosen, because = _winner(rates, urgency, promised_by)
    losers = tuple(
        Alternative(choice=q.key, cost=q.cost, because=_lost(q, chosen, urgency, promised_by))
        for q in rates.quotes
        if q != chosen
    )
    refused = tuple(Alternative(choice=r.key, because=r.reason) for r in rates.refusals)
    return chosen, Decision(
        subject=f"carrier service ({urgency})",
        chosen=chosen.key,
        because=because,
        cost=chosen.cost,
        alternatives=losers + refused,
    )


def promised_date(rates: Rates, urgency: Urgency) -> date:
    """Return the delivery date to promise, by what was quoted for goods as they will be.

    It is that of the fastest service that is the standard for the urgency (`standard_for`); where
    no such service takes them there, that of the fastest service that does.

    Raises:
        NoServiceAvailable: nothing was quoted; the problems are each service's reasons.

    """
    if not rates.quotes:
        raise NoServiceAvailable.of(*_refused(rates))
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


def _winner(rates: Rates, urgency: Urgency, promise: date | None) -> tuple[Quote, str]:
    if urgency is Urgency.EXPRESS:
        return min(rates.quotes, key=_fastest), "the fastest service"
    if urgency is Urgency.ECONOMY or promise is None:
        return min(rates.quotes, key=_cheapest), "the cheapest service"
    keeping = [quote for quote in rates.quotes if quote.projected_delivery <= promise]
    if keeping:
        return min(keeping, key=_cheapest), f"the cheapest service that delivers by {promise}"
    return (
        min(rates.quotes, key=_fastest),
        f"no service delivers by {promise}; this one is the fastest",
    )


def _fastest(quote: Quote) -> tuple[date, int, str]:
    return quote.projected_delivery, quote.cost.amount_minor, quote.key


def _cheapest(quote: Quote) -> tuple[int, date, str]:
    return quote.cost.amount_minor, quote.projected_delivery, quote.key


def _lost(quote: Quote, chosen: Quote, urgency: Urgency, promise: date | None) -> str:
    price = _price_difference(quote.cost, chosen.cost)
    days = (quote.projected_delivery - chosen.projected_delivery).days
    if days == 0 and quote.cost == chosen.cost:
        return f"costs the same and arrives the same day; {chosen.key} comes first by name"
    pace = "arrives the same day"
    if days:
        unit = "day" if abs(days) == 1 else "days"
        pace = f"arrives {abs(days)} {unit} {'later' if days > 0 else 'earlier'}"
    missed = urgency is Urgency.STANDARD and promise and quote.projected_delivery > promise
    return f"{price} and {pace}{f', after the promised {promise}' if missed else ''}"


def _price_difference(cost: Money, base: Money) -> str:
    difference = cost.amount_minor - base.amount_minor
    if not difference:
        return "costs the same"
    amount = Money(amount_minor=abs(difference), currency=cost.currency)
    return f"costs {amount} {'more' if difference > 0 else 'less'}"
