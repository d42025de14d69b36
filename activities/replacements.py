"""Orders that are sent in the place of another's goods: numbered, and made once."""

from temporalio import activity

from activities.effects import Effects
from activities.paid_units import replaced_units
from fulfillment.domain.orders import Order
from fulfillment.domain.replaced_money import replacing_units
from fulfillment.domain.replacements import (
    ReplacementWish,
    lines_of_units,
    replacement_id,
    replacement_of,
)
from fulfillment.messages import OrderReplacement, ReplacementOrdered
from fulfillment.ports import Ports
from fulfillment.stores import UnitOfWork

STEP = "order_replacement"


class ReplacementActivities:
    """Effects on what is sent in the place of other goods."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports
        self._effects = Effects(ports.database, ports.clock, ports.waker)

    @activity.defn(name=STEP)
    async def order_replacement(self, request: OrderReplacement) -> ReplacementOrdered:
        """Make the order that is sent in the place of goods; the same again is the same order.

        Its own workflow puts it on record, as every order's does.

        Raises:
            InvalidOrder: the order has no such line or unit, or nothing is to be sent.

        """
        async with self._ports.database.reading() as tx:
            replaced = (await tx.orders.get(request.order_id)).order
        wish = _wish(replaced, request)
        made = replacement_of(replaced, 1, wish, request.at)

        async def number(tx: UnitOfWork) -> ReplacementOrdered:
            free = await _next_number(tx, request.order_id)
            name = replacement_id(request.order_id, free)
            paid = await replaced_units(tx, request.order_id)
            await tx.replacing.add(replacing_units(name, wish.lines, paid))
            return ReplacementOrdered(
                order_id=request.order_id,
                replacement_id=name,
                number=free,
                placed_at=request.at,
            )

        ordered = await self._effects.once(request, request.order_id, ReplacementOrdered, number)
        own = {"order_id": ordered.replacement_id, "placed_at": ordered.placed_at}
        return ordered.model_copy(update={"order": made.model_copy(update=own)})


async def replacements_of(tx: UnitOfWork, order_id: str) -> list[ReplacementOrdered]:
    """Return what was sent in the place of an order's goods, oldest first."""
    return [
        ReplacementOrdered.model_validate_json(effect.result)
        for effect in await tx.effects.of_order(order_id)
        if effect.step == STEP
    ]


async def _next_number(tx: UnitOfWork, order_id: str) -> int:
    """Return the next number whose id no order has, be it one of a storefront."""
    number = max((one.number for one in await replacements_of(tx, order_id)), default=0) + 1
    while await tx.orders.find(replacement_id(order_id, number)) is not None:
        number += 1
    return number


def _wish(order: Order, request: OrderReplacement) -> ReplacementWish:
    return ReplacementWish(
        lines=(*lines_of_units(order, request.units), *request.lines),
        reason=request.reason,
        urgency=request.urgency,
        ship_to=request.ship_to,
    )
