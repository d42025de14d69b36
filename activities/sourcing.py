"""What the carriers would take from each warehouse, asked before anything is written."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from activities.queueing import Wanted, supply_of, wanted_of
from fulfillment.domain.addresses import Address
from fulfillment.domain.catalog import Article, CartonType, Warehouse
from fulfillment.domain.dispatches import dispatch_of, shipment_of
from fulfillment.domain.geography import require_place
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.service_choice import Wish
from fulfillment.domain.shipping import ParcelSpec
from fulfillment.domain.shipping_estimates import (
    Samples,
    Source,
    distant_source,
    parcel_room,
    quoted_source,
    sample_parcels,
)
from fulfillment.domain.sourcing import SourcingWeights, Terms
from fulfillment.domain.substitution import Supply
from fulfillment.domain.units import distance_km
from fulfillment.ports import Database, RateQuoter
from fulfillment.stores import UnitOfWork

ANSWERS_WITHIN = timedelta(seconds=4)
"""How long a carrier may take; where none has answered, the distance says what it costs."""


@dataclass(frozen=True)
class Prospect:
    """What an order's sourcing goes by, as known before the reservation."""

    sources: tuple[Source, ...]
    """One for each warehouse."""
    articles: Mapping[str, Article]
    """Of the lines and their substitutes."""
    terms: Terms


@dataclass(frozen=True)
class Demand:
    """What is wanted, where, and how urgently; of an order, or of a basket before it is one."""

    ship_to: Address
    currency: str
    wish: Wish
    wanted: Wanted
    skus: frozenset[str]
    """All that may be wanted by the time that it is reserved."""


@dataclass(frozen=True)
class Known:
    """What there is of what is wanted, and who could ship it."""

    demand: Demand
    supply: Supply
    levels: Sequence[StockLevel]
    articles: Mapping[str, Article]
    cartons: Sequence[CartonType]
    warehouses: Sequence[Warehouse]
    open_units: Mapping[str, int]


class Prospecting:
    """Reads what there is, and asks for the price from each warehouse that has any of it."""

    def __init__(
        self,
        database: Database,
        carrier: RateQuoter,
        weights: SourcingWeights,
        ship_within: timedelta = timedelta(0),
    ) -> None:
        """Keep whom to ask, what is weighed, and how long after that goods are ready to ship."""
        self._database, self._carrier, self._weights = database, carrier, weights
        self._ship_within = ship_within

    async def look_ahead(self, order_id: str, at: datetime, *, substitute: bool) -> Prospect:
        """Return what an order's sourcing goes by.

        Raises:
            NoServiceAvailable: nobody knows where the destination is.

        """
        async with self._database.reading() as tx:
            order = (await tx.orders.get(order_id)).order
            demand = await demand_of(tx, order, substitute=substitute)
            known = await read_known(tx, demand, at)
        return await self.prospect(known, at, promising=order.deliver_by is None)

    async def prospect(self, known: Known, at: datetime, *, promising: bool) -> Prospect:
        """Return what the sourcing of a demand goes by.

        Where only one warehouse has anything, and no date is to be promised, nobody is asked: there
        is nothing to compare.

        Raises:
            NoServiceAvailable: nobody knows where the destination is.

        """
        near = {source.warehouse_id: source for source in self._by_distance(known, at.date())}
        having = _having(known)
        if having and (promising or len(having) > 1) and known.cartons:
            samples = sample_parcels(units_of(known.supply.lines), known.articles, known.cartons)
            asking = _Asking(self._carrier, known.demand, samples, at + self._ship_within)
            asked = [one for one in known.warehouses if one.warehouse_id in having]
            answers = await asyncio.gather(
                *(asking.source(one, near[one.warehouse_id]) for one in asked)
            )
            near |= {source.warehouse_id: source for source in answers}
        return self._prospect(known, tuple(near.values()), at.date())

    def _by_distance(self, known: Known, on: date) -> list[Source]:
        destination, weights = require_place(known.demand.ship_to), self._weights
        return [
            distant_source(
                warehouse.warehouse_id,
                distance_km(warehouse.place, destination),
                on,
                weights.distance_parcel_minor,
                weights.distance_100_km_minor,
            ).model_copy(update={"open_units": known.open_units.get(warehouse.warehouse_id, 0)})
            for warehouse in known.warehouses
        ]

    def _prospect(self, known: Known, sources: tuple[Source, ...], on: date) -> Prospect:
        currencies = sorted({source.currency for source in sources if source.currency})
        if len(currencies) > 1:  # costs that do not compare: the distance says what each costs
            sources = tuple(self._by_distance(known, on))
        return Prospect(
            sources=sources,
            articles=known.articles,
            terms=Terms(
                wish=known.demand.wish,
                asked_on=on,
                currency=currencies[0] if len(currencies) == 1 else known.demand.currency,
                weights=self._weights,
                room=parcel_room(known.cartons),
            ),
        )


async def demand_of(tx: UnitOfWork, order: Order, *, substitute: bool) -> Demand:
    """Return what an order still needs."""
    wanted = await wanted_of(tx, order, substitute=substitute)
    skus = {sku for line in order.lines for sku in (line.sku, *line.substitutes)}
    return Demand(
        ship_to=order.ship_to,
        currency=order.currency,
        wish=Wish(urgency=order.urgency, deliver_by=order.deliver_by),
        wanted=wanted,
        skus=frozenset(skus | wanted.skus),
    )


async def read_known(tx: UnitOfWork, demand: Demand, now: datetime) -> Known:
    """Return what there is of what is wanted, and who could ship it; nobody's turn is taken."""
    supply, levels = await supply_of(tx, demand.wanted, now)
    return Known(
        demand=demand,
        supply=supply,
        levels=levels,
        articles=await tx.catalog.articles(demand.skus),
        cartons=await tx.catalog.cartons(),
        warehouses=await tx.catalog.warehouses(),
        open_units=await tx.fulfillments.open_units(),
    )


def _having(known: Known) -> set[str]:
    skus = {line.sku for line in known.supply.lines}
    return {lv.warehouse_id for lv in known.levels if lv.sku in skus and lv.available > 0}


def units_of(lines: Sequence[LineQuantity]) -> Counter[str]:
    """Return how many units of each SKU lines have."""
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.quantity
    return units


@dataclass(frozen=True)
class _Asking:
    """What is asked of the carriers, the same of each warehouse."""

    carrier: RateQuoter
    demand: Demand
    samples: Samples
    ready_at: datetime

    async def source(self, warehouse: Warehouse, by_distance: Source) -> Source:
        """Return what the carriers would take; no answer stops no order, then distance counts."""
        dispatch = dispatch_of(warehouse, self.demand.ship_to, self.ready_at)
        shipments = [shipment_of(dispatch, [one]) for one in self._parcels()]
        asking = (self.carrier.quote_rates(one, ANSWERS_WITHIN) for one in shipments)
        [rates] = await asyncio.gather(asyncio.gather(*asking), return_exceptions=True)
        if isinstance(rates, BaseException):
            how = f"by distance: {type(rates).__name__}"
            return by_distance.model_copy(update={"how": how})
        return quoted_source(by_distance, self.samples, rates[0], rates[-1], self.demand.wish)

    def _parcels(self) -> tuple[ParcelSpec, ...]:
        alike = self.samples.typical_g <= self.samples.lightest_g
        return (self.samples.typical,) if alike else (self.samples.typical, self.samples.lightest)
