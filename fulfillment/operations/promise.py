"""What can be promised of a basket before the order: by when, and at what cost.

It goes by what the order would: the same stock, sourcing, services and dates. It writes nothing.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from activities.orders import require_articles
from activities.queueing import Wanted, order_waiter
from activities.sourcing import (
    ANSWERS_WITHIN,
    Demand,
    Known,
    Prospecting,
    read_known,
    units_of,
)
from fulfillment.domain.baskets import Basket
from fulfillment.domain.dispatches import dispatch_of, shipment_of
from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.domain.lifecycle import SubstitutionPolicy
from fulfillment.domain.orders import Order, Urgency
from fulfillment.domain.promises import (
    MissingGoods,
    Promise,
    PromisedShare,
    ShareRates,
    UrgencyPromise,
    promise_for,
    services_of,
    share_parcels,
)
from fulfillment.domain.service_choice import Wish
from fulfillment.domain.shipping import Rates, Refusal, Shipment
from fulfillment.domain.shipping_estimates import bulk_of, parcel_room, sample_parcels
from fulfillment.domain.sourcing import Share, allocate_lines, promised_by
from fulfillment.operations.engine import Engine

NEWCOMER = order_waiter("")
"""A basket that is no order yet."""


class _Outlook(NamedTuple):
    """What is promised for one urgency, and what it goes by."""

    promise: UrgencyPromise
    shares: Sequence[ShareRates]


async def promise(engine: Engine, basket: Basket | Order) -> Promise:
    """Return what a basket would be promised for each urgency, and by each service.

    Raises:
        InvalidOrder: an article is not in the catalog.
        NoServiceAvailable: nobody knows where the destination is.
        StoreBusy: the database does not answer.

    """
    wanted = Basket.of(basket) if isinstance(basket, Order) else basket
    now = engine.clock.now()
    async with engine.database.reading() as tx:
        await require_articles(tx, wanted)
        known = await read_known(tx, _demand(engine, wanted), now)
        missing = [
            MissingGoods(**line.model_dump(), expected_on=await tx.supply.expected(line.sku))
            for line in known.supply.missing
        ]
    looks = (_outlook(engine, known, missing, urgency, now) for urgency in Urgency)
    each = await asyncio.gather(*looks)
    outlooks = dict(zip(Urgency, each, strict=True))
    own = outlooks[wanted.urgency].shares
    services, unserved = services_of(own, engine.ship_within)
    return Promise(
        asked_at=now,
        urgencies=tuple(outlook.promise for outlook in outlooks.values()),
        services=services,
        unserved=unserved,
        shares=tuple(one.share for one in own),
        missing=tuple(missing),
        substitutions=known.supply.substitutions,
    )


def _demand(engine: Engine, basket: Basket) -> Demand:
    allowed = engine.substitution is SubstitutionPolicy.ALLOWED
    instead = {n: line.substitutes for n, line in enumerate(basket.lines, 1) if allowed}
    # What is set aside for others is not promised to a newcomer, who has no place in the line.
    wanted = Wanted(waiter=NEWCOMER, lines=basket.wanted, allowed=instead, entries=())
    return Demand(
        ship_to=basket.ship_to,
        currency=basket.currency,
        wish=Wish(urgency=basket.urgency, deliver_by=basket.deliver_by),
        wanted=wanted,
        skus=frozenset(wanted.skus),
    )


async def _outlook(
    engine: Engine,
    known: Known,
    missing: Sequence[MissingGoods],
    urgency: Urgency,
    now: datetime,
) -> _Outlook:
    by = known.demand.wish.deliver_by
    wish = Wish(urgency=urgency, deliver_by=by)
    known = replace(known, demand=replace(known.demand, wish=wish))
    prospecting = Prospecting(engine.database, engine.carrier, engine.sourcing, engine.ship_within)
    prospect = await prospecting.prospect(known, now, promising=True)
    allocation = allocate_lines(
        known.supply.lines, known.levels, prospect.sources, prospect.articles, prospect.terms
    )
    shares = await asyncio.gather(
        *(_share_rates(engine, known, share, now) for share in allocation.shares)
    )
    promised = promised_by(allocation, prospect.sources)
    return _Outlook(promise_for(urgency, shares, promised, missing, by), shares)


async def _share_rates(engine: Engine, known: Known, share: Share, now: datetime) -> ShareRates:
    [warehouse] = [w for w in known.warehouses if w.warehouse_id == share.warehouse_id]
    units = units_of(share.lines)
    count = parcel_room(known.cartons).parcels(*bulk_of(units, known.articles))
    dispatch = dispatch_of(warehouse, known.demand.ship_to, now + engine.ship_within)
    told = PromisedShare(
        warehouse_id=share.warehouse_id,
        lines=share.lines,
        parcels=count,
        ready_at=dispatch.ready_at.astimezone(ZoneInfo(warehouse.timezone)),
        cutoff=warehouse.pickup_at,
    )
    if not known.cartons:
        return ShareRates(share=told, rates=_none(_NO_CARTON))
    typical = sample_parcels(units, known.articles, known.cartons).typical
    shipment = shipment_of(dispatch, share_parcels(typical, count))
    return ShareRates(share=told, rates=await _rates(engine, shipment))


async def _rates(engine: Engine, shipment: Shipment) -> Rates:
    """Return what carriers would take; where none answers, why."""
    try:
        return await engine.carrier.quote_rates(shipment, ANSWERS_WITHIN)
    except FulfillmentError as error:
        down = Problem(path="carriers", expected="an answer", came=error.code)
        return _none(*(error.problems or (down,)))


def _none(*problems: Problem) -> Rates:
    refusal = Refusal(carrier_id="any", service_id="any", name="any", problems=problems)
    return Rates(quotes=(), refusals=(refusal,))


_NO_CARTON = Problem(
    path="cartons",
    expected="at least one carton type in the catalog",
    came="none",
    remedy="add some with `fulfillment catalog load`",
)
