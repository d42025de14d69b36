"""What can be promised of a basket before it is an order: dates and costs, service by service.

It is what the order would get: the warehouses that sourcing would choose, each with its parcels
ready within the promised time, the pickup that takes them, and the services that labeling would.
"""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from fulfillment.domain.base import Instant, Value
from fulfillment.domain.charges import Charge, merged
from fulfillment.domain.errors import NoServiceAvailable
from fulfillment.domain.money import Money
from fulfillment.domain.orders import LineQuantity, Urgency
from fulfillment.domain.service_choice import choose_service
from fulfillment.domain.shipping import ParcelSpec, Quote, Rates, Refusal
from fulfillment.domain.substitution import Substitution
from fulfillment.domain.tariffs import Mode


class PromisedShare(Value):
    """What one warehouse would ship, and when it is ready."""

    warehouse_id: str
    lines: tuple[LineQuantity, ...]
    parcels: int
    """As estimated by weight and volume; packing decides."""
    ready_at: Instant
    """On the clock of the warehouse."""
    cutoff: time
    """Until when goods go the same day, on the clock of the warehouse."""


class PromisedService(Value):
    """A carrier service that takes the basket, from each warehouse that would ship."""

    carrier_id: str
    service_id: str
    name: str
    mode: Mode
    pickup_on: date
    """Of the last share."""
    deliver_on: date
    """When the last share arrives, as a date at the customer's."""
    order_by: Instant | None
    """Until when an order still gets these dates, if the stock lasts; None if it is not known."""
    cost: Money
    """Of all parcels, as estimated before packing."""
    charges: tuple[Charge, ...]
    """The lines of the cost, where the carrier names them."""

    @property
    def key(self) -> str:
        """Return carrier and service as one name, as `overland/road-parcel`."""
        return f"{self.carrier_id}/{self.service_id}"


class UnservedBy(Value):
    """Why a service does not take the basket."""

    service: str
    because: str


class UrgencyPromise(Value):
    """What a customer who chooses an urgency is promised, and what shipping costs."""

    urgency: Urgency
    deliver_on: date | None
    """The promised day; None where nothing can be promised."""
    cost: Money | None
    services: tuple[str, ...] = ()
    """Those that labeling would choose, one for each warehouse that ships."""
    in_time: bool | None = None
    """Whether that is by the day that the customer wants; None if they want none."""
    because: str = ""
    """Why nothing can be promised."""


class MissingGoods(LineQuantity):
    """What no warehouse has: it is back-ordered, and has no promised date until it comes."""

    expected_on: date | None = None
    """The day on which a supply order under way should bring it; others may be first in line."""

    def __str__(self) -> str:
        """Return it as people read it."""
        due = f", expected on {self.expected_on}" if self.expected_on else ", without a date"
        return f"{self.quantity} x {self.sku}{due}"


class Promise(Value):
    """The answer for a basket; services and shares are those of its own urgency."""

    asked_at: Instant
    urgencies: tuple[UrgencyPromise, ...]
    services: tuple[PromisedService, ...]
    unserved: tuple[UnservedBy, ...]
    shares: tuple[PromisedShare, ...]
    missing: tuple[MissingGoods, ...]
    substitutions: tuple[Substitution, ...] = ()


class ShareRates(Value):
    """What carriers would take of one warehouse's share."""

    share: PromisedShare
    rates: Rates


def share_parcels(typical: ParcelSpec, count: int) -> tuple[ParcelSpec, ...]:
    """Return so many parcels alike, each with its own reference."""
    return tuple(
        typical.model_copy(update={"parcel_ref": f"{typical.parcel_ref}-{number}"})
        for number in range(1, count + 1)
    )


def promise_for(
    urgency: Urgency,
    shares: Sequence[ShareRates],
    promised: date | None,
    missing: Sequence[MissingGoods],
    wanted_by: date | None = None,
) -> UrgencyPromise:
    """Return what is promised for an urgency, at the price of the services that keep it.

    Args:
        urgency: which one.
        shares: what carriers would take, warehouse by warehouse, as sourcing shares out.
        promised: the day that sourcing can promise; None if it can't.
        missing: what is back-ordered.
        wanted_by: the day by which the customer wants it; services are chosen to keep that one.

    """
    if missing:
        because = f"back-ordered: {'; '.join(map(str, missing))}"
        return UrgencyPromise(urgency=urgency, deliver_on=None, cost=None, because=because)
    try:
        quotes = [choose_service(s.rates, urgency, wanted_by or promised)[0] for s in shares]
    except NoServiceAvailable as error:
        return UrgencyPromise(urgency=urgency, deliver_on=None, cost=None, because=str(error))
    if promised is None:
        because = "no carrier says when it arrives"
        return UrgencyPromise(urgency=urgency, deliver_on=None, cost=None, because=because)
    return UrgencyPromise(
        urgency=urgency,
        deliver_on=promised,
        cost=_sum([quote.cost for quote in quotes]),
        services=tuple(quote.key for quote in quotes),
        in_time=None if wanted_by is None else promised <= wanted_by,
    )


def services_of(
    shares: Sequence[ShareRates], ship_within: timedelta
) -> tuple[tuple[PromisedService, ...], tuple[UnservedBy, ...]]:
    """Return the services that take every share, cheapest first, and why the others do not."""
    taken = [{quote.key: quote for quote in share.rates.quotes} for share in shares]
    refused = _refusals(shares)
    keys = dict.fromkeys(key for quotes in taken for key in quotes)
    whole = [key for key in keys if key not in refused and all(key in quotes for quotes in taken)]
    services = [_service([quotes[key] for quotes in taken], ship_within) for key in whole]
    unserved = [UnservedBy(service=key, because=because) for key, because in refused.items()]
    return (
        tuple(sorted(services, key=lambda one: (one.cost.amount_minor, one.deliver_on, one.key))),
        tuple(unserved),
    )


def _refusals(shares: Sequence[ShareRates]) -> Mapping[str, str]:
    reasons: dict[str, list[str]] = {}
    for one in shares:
        where = f"from {one.share.warehouse_id}: " if len(shares) > 1 else ""
        for refusal in one.rates.refusals:
            reasons.setdefault(refusal.key, []).append(f"{where}{_reason(refusal)}")
    return {key: "; ".join(each) for key, each in reasons.items()}


def _reason(refusal: Refusal) -> str:
    """Return all reasons, without the service's name in front of each."""
    paths = [problem.path.removeprefix(refusal.key).strip() for problem in refusal.problems]
    told = zip(refusal.problems, paths, strict=True)
    return "; ".join(str(problem.model_copy(update={"path": path})) for problem, path in told)


def _service(quotes: Sequence[Quote], ship_within: timedelta) -> PromisedService:
    first, cost = quotes[0], _sum([quote.cost for quote in quotes])
    cutoffs = [quote.cutoff_at for quote in quotes if quote.cutoff_at is not None]
    lines = [line for quote in quotes for line in quote.charges]
    return PromisedService(
        carrier_id=first.carrier_id,
        service_id=first.service_id,
        name=first.name,
        mode=first.mode,
        pickup_on=max(quote.pickup_on for quote in quotes),
        deliver_on=max(quote.projected_delivery for quote in quotes),
        order_by=min(cutoffs) - ship_within if len(cutoffs) == len(quotes) else None,
        cost=cost,
        charges=merged(lines, cost.currency) if all(quote.charges for quote in quotes) else (),
    )


def _sum(costs: Sequence[Money]) -> Money:
    return Money(amount_minor=sum(cost.amount_minor for cost in costs), currency=costs[0].currency)
