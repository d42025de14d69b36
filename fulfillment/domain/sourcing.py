"""Which warehouse ships which quantities: the cheapest plan by cost, parcels, time and load."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple

from pydantic import Field

from fulfillment.domain.base import Value
from fulfillment.domain.catalog import Article
from fulfillment.domain.decisions import Alternative, Decision
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.money import Money
from fulfillment.domain.orders import LineQuantity, Urgency
from fulfillment.domain.service_choice import Wish
from fulfillment.domain.shipping_estimates import Bulk, Room, Source, bulk_of
from fulfillment.domain.sourcing_search import Found, Item, Plan, Problem, Site, find_plans

SHOWN_ALTERNATIVES = 3

MILLI = 1_000
"""Costs are compared in thousandths of a minor unit: what a gram costs is less than one."""

NOT_SERVED_MINOR = 100_000_000
"""What a warehouse costs from which no service goes: it ships only what nobody else has."""

Weight = Annotated[int, Field(ge=0, le=10_000_000)]


class SourcingWeights(Value):
    """What is weighed against what carriers take, in minor units of the tariffs' currency."""

    share_minor: Weight = 200
    """Each warehouse that ships: a pick, a pack, and the customer's door once more."""
    parcel_minor: Weight = 100
    """Each parcel, besides the carrier's price."""
    split_minor: Weight = 50
    """Each further warehouse that the units of one article come from."""
    late_day_minor: Weight = 10_000
    """Each day after `deliver_by`."""
    express_day_minor: Weight = 500
    """Each day until an express order arrives."""
    standard_day_minor: Weight = 20
    economy_day_minor: Weight = 0
    load_minor: Weight = 5
    """Each hundred units that already wait to be shipped at a warehouse."""
    distance_parcel_minor: Weight = 500
    """Each parcel, where no carrier answers ..."""
    distance_100_km_minor: Weight = 50
    """... and for each hundred kilometers that it goes."""

    def day_minor(self, urgency: Urgency) -> int:
        """Return what each day of waiting weighs."""
        return {
            Urgency.EXPRESS: self.express_day_minor,
            Urgency.STANDARD: self.standard_day_minor,
            Urgency.ECONOMY: self.economy_day_minor,
        }[urgency]


class Terms(NamedTuple):
    """What a plan is judged by."""

    wish: Wish
    asked_on: date
    currency: str
    weights: SourcingWeights
    room: Room


class Share(Value):
    """What one warehouse ships of an order."""

    warehouse_id: str
    lines: tuple[LineQuantity, ...]


class Allocation(Value):
    """Who ships what, and why so."""

    shares: tuple[Share, ...]
    decision: Decision


def allocate_lines(
    lines: Sequence[LineQuantity],
    levels: Sequence[StockLevel],
    sources: Sequence[Source],
    articles: Mapping[str, Article],
    terms: Terms,
) -> Allocation:
    """Give lines that stock covers to warehouses, at the least weighted cost.

    What a plan costs: for each warehouse that ships a parcel's price, its weights and its load; for
    each unit its weight and, if the order is more than a parcel, its part of one; for each article
    torn apart; and the days until the last share arrives, above all those after the promise. Exact
    for up to `sourcing_search.EXACT_SITES` warehouses, bounded beyond. Of equals the nearest ship.

    No unit is lost or invented: the shares add up to the lines. A line is torn apart only where no
    share has enough of its article left for all of it.
    """
    if not lines:
        return Allocation(shares=(), decision=_nothing())
    sourcing = _Sourcing(lines, levels, sources, articles, terms)
    found = find_plans(sourcing.problem(), 1 + SHOWN_ALTERNATIVES)
    shares = sourcing.shares(found.plans[0])
    return Allocation(shares=shares, decision=sourcing.decide(found))


def promised_by(allocation: Allocation, sources: Sequence[Source]) -> date | None:
    """Return when the last share can be promised to arrive; None where nobody can promise one."""
    dates = {source.warehouse_id: source.promised for source in sources}
    promised = [dates.get(share.warehouse_id) for share in allocation.shares]
    known = [day for day in promised if day is not None]
    return max(known) if known and len(known) == len(promised) else None


def sourcing_problem(
    lines: Sequence[LineQuantity],
    levels: Sequence[StockLevel],
    sources: Sequence[Source],
    articles: Mapping[str, Article],
    terms: Terms,
) -> Problem:
    """Return what `allocate_lines` finds the cheapest plan of; its sites are the nearest first."""
    return _Sourcing(lines, levels, sources, articles, terms).problem()


def _nothing() -> Decision:
    return Decision(subject="sourcing", chosen="no warehouse", because="nobody has anything of it")


class _Sourcing:
    def __init__(
        self,
        lines: Sequence[LineQuantity],
        levels: Sequence[StockLevel],
        sources: Sequence[Source],
        articles: Mapping[str, Article],
        terms: Terms,
    ) -> None:
        self._lines, self._terms = lines, terms
        self._wanted: Counter[str] = Counter()
        for line in lines:
            self._wanted[line.sku] += line.quantity
        self._bulk = {sku: bulk_of({sku: 1}, articles) for sku in self._wanted}
        self._stock = {(lv.warehouse_id, lv.sku): max(0, lv.available) for lv in levels}
        near = sorted(sources, key=lambda source: (source.distance_km, source.warehouse_id))
        self._sources = [source for source in near if self._units_at(source)]

    def _units_at(self, source: Source) -> int:
        there = self._stock
        return sum(
            min(quantity, there.get((source.warehouse_id, sku), 0))
            for sku, quantity in self._wanted.items()
        )

    # --- the problem ---------------------------------------------------------------------

    def problem(self) -> Problem:
        """Return what is to be found, in thousandths of a minor unit."""
        several = self._parcels_for(self._wanted.values()) > 1
        return Problem(
            sites=tuple(
                Site(MILLI * self._opening_minor(s), MILLI * self._time_minor(s))
                for s in self._sources
            ),
            items=tuple(
                self._item(sku, units, several=several) for sku, units in self._wanted.items()
            ),
            split=MILLI * self._terms.weights.split_minor,
        )

    def _opening_minor(self, source: Source) -> int:
        weights = self._terms.weights
        first_parcel = source.parcel_minor + weights.parcel_minor
        load = source.open_units * weights.load_minor // 100
        refused = 0 if source.served else NOT_SERVED_MINOR
        return weights.share_minor + first_parcel + load + refused

    def _time_minor(self, source: Source) -> int:
        wish, weights = self._terms.wish, self._terms.weights
        days = max(0, (source.arrives - self._terms.asked_on).days)
        late = max(0, (source.arrives - wish.deliver_by).days) if wish.deliver_by else 0
        return days * weights.day_minor(wish.urgency) + late * weights.late_day_minor

    def _item(self, sku: str, units: int, *, several: bool) -> Item:
        bulk = self._bulk[sku]
        return Item(
            units=units,
            stock=tuple(self._stock.get((s.warehouse_id, sku), 0) for s in self._sources),
            unit_cost=tuple(self._unit_cost(s, bulk, several=several) for s in self._sources),
        )

    def _unit_cost(self, source: Source, bulk: Bulk, *, several: bool) -> int:
        cost = source.per_kg_minor * bulk.charge_g
        if several:
            room, price = self._terms.room, source.parcel_minor + self._terms.weights.parcel_minor
            by_weight = MILLI * price * bulk.weight_g // room.weight_g
            cost += max(by_weight, MILLI * price * bulk.volume_mm3 // room.volume_mm3)
        return cost

    # --- from a plan to shares -----------------------------------------------------------

    def shares(self, plan: Plan) -> tuple[Share, ...]:
        """Return what each warehouse ships, the nearest first; whole lines where that can be."""
        dealt: dict[int, list[LineQuantity]] = defaultdict(list)
        for sku, row in zip(self._wanted, plan.units, strict=True):
            left = {number: units for number, units in enumerate(row) if units}
            own = [line for line in self._lines if line.sku == sku]
            for line in sorted(own, key=lambda line: (-line.quantity, line.line_no)):
                for number, units in _take(line.quantity, left):
                    dealt[number].append(line.model_copy(update={"quantity": units}))
        return tuple(
            Share(
                warehouse_id=self._sources[number].warehouse_id,
                lines=tuple(sorted(dealt[number], key=lambda line: (line.line_no, line.sku))),
            )
            for number in plan.sites
        )

    # --- why -----------------------------------------------------------------------------

    def decide(self, found: Found) -> Decision:
        """Return the decision with the next best plans, and who lacks what."""
        best, *others = found.plans
        proven = "the cheapest of all plans" if found.exact else "the cheapest plan found"
        lost = [self._lost(plan, best) for plan in others]
        return Decision(
            subject="sourcing",
            chosen=self._names(best),
            because=f"{proven} for {self._wanted.total()} units: {self._facts(best)}",
            cost=self._money(self._shipping_milli(best)),
            alternatives=tuple((lost + self._lacking())[:SHOWN_ALTERNATIVES]),
        )

    def _lost(self, plan: Plan, best: Plan) -> Alternative:
        more = plan.cost - best.cost
        weighs = f"weighs {self._money(more)} more" if more else "weighs the same, and is farther"
        return Alternative(
            choice=self._names(plan),
            cost=self._money(self._shipping_milli(plan)),
            because=f"{weighs}: {self._facts(plan)}",
        )

    def _lacking(self) -> list[Alternative]:
        total = self._wanted.total()
        units = {source.warehouse_id: self._units_at(source) for source in self._sources}
        return [
            Alternative(choice=name, because=f"has {have} of {total} units")
            for name, have in units.items()
            if have < total
        ]

    def _facts(self, plan: Plan) -> str:
        sources = [self._sources[number] for number in plan.sites]
        arrives, by = max(source.arrives for source in sources), self._terms.wish.deliver_by
        late = f", {(arrives - by).days} day(s) late" if by and arrives > by else ""
        how = ", ".join(dict.fromkeys(source.how for source in sources))
        load = sum(source.open_units for source in sources)
        return (
            f"{self._parcels(plan)} parcel(s) of {len(sources)} warehouse(s), shipping "
            f"{self._money(self._shipping_milli(plan))} ({how}), there by {arrives}{late}, "
            f"{load} units waiting"
        )

    def _parcels(self, plan: Plan) -> int:
        return sum(self._parcels_of(plan, number) for number in plan.sites)

    def _parcels_of(self, plan: Plan, number: int) -> int:
        return self._parcels_for(row[number] for row in plan.units)

    def _parcels_for(self, units: Iterable[int]) -> int:
        goods = list(zip(self._bulk.values(), units, strict=True))
        weight_g = sum(bulk.weight_g * number for bulk, number in goods)
        return self._terms.room.parcels(weight_g, sum(b.volume_mm3 * n for b, n in goods))

    def _shipping_milli(self, plan: Plan) -> int:
        """Return what carriers should take for a plan, its parcels counted whole."""
        total = 0
        for number in plan.sites:
            source = self._sources[number]
            total += MILLI * source.parcel_minor * self._parcels_of(plan, number)
            for bulk, row in zip(self._bulk.values(), plan.units, strict=True):
                total += source.per_kg_minor * bulk.charge_g * row[number]
        return total

    def _money(self, milli: int) -> Money:
        return Money(amount_minor=round(milli / MILLI), currency=self._terms.currency)

    def _names(self, plan: Plan) -> str:
        return " + ".join(self._sources[number].warehouse_id for number in plan.sites)


def _take(quantity: int, left: dict[int, int]) -> list[tuple[int, int]]:
    """Take a line's units from one site that has enough, the tightest, else from the fullest."""
    enough = [number for number, units in left.items() if units >= quantity]
    tightest = min(enough, key=lambda number: (left[number], number), default=None)
    fullest = sorted(left, key=lambda number: (-left[number], number))
    taken = []
    for number in fullest if tightest is None else [tightest]:
        units = min(quantity, left[number])
        if units:
            taken.append((number, units))
            left[number] -= units
            quantity -= units
    return taken
