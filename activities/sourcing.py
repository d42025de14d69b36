"""What the carriers would take from each warehouse, asked before anything is written."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from activities.queueing import supply_of, wanted_of
from fulfillment.domain.catalog import Article, CartonType, Warehouse
from fulfillment.domain.geography import require_place
from fulfillment.domain.inventory import StockLevel
from fulfillment.domain.orders import LineQuantity, Order
from fulfillment.domain.service_choice import Wish
from fulfillment.domain.shipping import ParcelSpec, Shipment
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
from fulfillment.ports import CarrierClient, Database
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
class _Known:
    order: Order
    supply: Supply
    levels: Sequence[StockLevel]
    articles: Mapping[str, Article]
    cartons: Sequence[CartonType]
    warehouses: Sequence[Warehouse]
    open_units: Mapping[str, int]


class Prospecting:
    """Reads what there is, and asks for the price from each warehouse that has any of it."""

    def __init__(
        self, database: Database, carrier: CarrierClient, weights: SourcingWeights
    ) -> None:
        """Keep whom to ask, and what is weighed."""
        self._database, self._carrier, self._weights = database, carrier, weights

    async def look_ahead(self, order_id: str, at: datetime, *, substitute: bool) -> Prospect:
        """Return what an order's sourcing goes by.

        Where only one warehouse has anything, nobody is asked: there is nothing to compare.

        Raises:
            NoServiceAvailable: nobody knows where the destination is.

        """
        async with self._database.reading() as tx:
            known = await _read(tx, order_id, at, substitute=substitute)
        near = {source.warehouse_id: source for source in self._by_distance(known, at.date())}
        having = _having(known)
        if len(having) > 1 and known.cartons:
            samples = sample_parcels(_units(known.supply.lines), known.articles, known.cartons)
            asking = _Asking(self._carrier, known.order, samples, at)
            asked = [one for one in known.warehouses if one.warehouse_id in having]
            answers = await asyncio.gather(
                *(asking.source(one, near[one.warehouse_id]) for one in asked)
            )
            near |= {source.warehouse_id: source for source in answers}
        return self._prospect(known, tuple(near.values()), at.date())

    def _by_distance(self, known: _Known, on: date) -> list[Source]:
        destination, weights = require_place(known.order.ship_to), self._weights
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

    def _prospect(self, known: _Known, sources: tuple[Source, ...], on: date) -> Prospect:
        currencies = sorted({source.currency for source in sources if source.currency})
        if len(currencies) > 1:  # costs that do not compare: the distance says what each costs
            sources = tuple(self._by_distance(known, on))
        return Prospect(
            sources=sources,
            articles=known.articles,
            terms=Terms(
                wish=_wish(known.order),
                asked_on=on,
                currency=currencies[0] if len(currencies) == 1 else known.order.currency,
                weights=self._weights,
                room=parcel_room(known.cartons),
            ),
        )


async def _read(tx: UnitOfWork, order_id: str, at: datetime, *, substitute: bool) -> _Known:
    order = (await tx.orders.get(order_id)).order
    wanted = await wanted_of(tx, order, substitute=substitute)
    supply, levels = await supply_of(tx, wanted, at)
    skus = {sku for line in order.lines for sku in (line.sku, *line.substitutes)} | wanted.skus
    return _Known(
        order=order,
        supply=supply,
        levels=levels,
        articles=await tx.catalog.articles(skus),
        cartons=await tx.catalog.cartons(),
        warehouses=await tx.catalog.warehouses(),
        open_units=await tx.fulfillments.open_units(),
    )


def _having(known: _Known) -> set[str]:
    skus = {line.sku for line in known.supply.lines}
    return {lv.warehouse_id for lv in known.levels if lv.sku in skus and lv.available > 0}


def _units(lines: Sequence[LineQuantity]) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.quantity
    return units


@dataclass(frozen=True)
class _Asking:
    """What is asked of the carriers, the same of each warehouse."""

    carrier: CarrierClient
    order: Order
    samples: Samples
    at: datetime

    async def source(self, warehouse: Warehouse, by_distance: Source) -> Source:
        """Return what the carriers would take; no answer stops no order, then distance counts."""
        shipments = [_shipment(self.order, warehouse, one, self.at) for one in self._parcels()]
        asking = (self.carrier.quote_rates(one, ANSWERS_WITHIN) for one in shipments)
        [rates] = await asyncio.gather(asyncio.gather(*asking), return_exceptions=True)
        if isinstance(rates, BaseException):
            how = f"by distance: {type(rates).__name__}"
            return by_distance.model_copy(update={"how": how})
        wish = _wish(self.order)
        return quoted_source(by_distance, self.samples, rates[0], rates[-1], wish)

    def _parcels(self) -> tuple[ParcelSpec, ...]:
        alike = self.samples.typical_g <= self.samples.lightest_g
        return (self.samples.typical,) if alike else (self.samples.typical, self.samples.lightest)


def _wish(order: Order) -> Wish:
    return Wish(urgency=order.urgency, deliver_by=order.deliver_by)


def _shipment(order: Order, warehouse: Warehouse, parcel: ParcelSpec, at: datetime) -> Shipment:
    return Shipment(
        origin=warehouse.place,
        origin_country=warehouse.address.country,
        destination=require_place(order.ship_to),
        destination_country=order.ship_to.country,
        ready_at=at,
        timezone=warehouse.timezone,
        cutoff=warehouse.pickup_at,
        parcels=(parcel,),
    )
