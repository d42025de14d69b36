"""What was paid for units, by their own order or by the one whose goods they replace."""

from activities.refund_parts import collected_units
from fulfillment.domain.orders import PaymentMethod
from fulfillment.domain.refunds import Refund
from fulfillment.domain.replaced_money import PaidUnit, at_the_payer, own_units
from fulfillment.stores import UnitOfWork


async def paid_units(tx: UnitOfWork, order_id: str) -> list[PaidUnit]:
    """Return what was paid for each unit of an order, and by which."""
    order = (await tx.orders.get(order_id)).order
    own = own_units(order, await tx.returns.unit_amounts(order_id))
    replacing = {unit.number: unit for unit in await tx.replacing.units(order_id)}
    return [replacing.get(unit.number, unit) for unit in own]


async def replaced_units(tx: UnitOfWork, order_id: str) -> list[PaidUnit]:
    """Return the units of an order as they can be replaced: worth what is given back for them.

    What is paid on delivery and has not arrived, nobody has paid.
    """
    units = await paid_units(tx, order_id)
    payer = (await tx.orders.get(units[0].paid_by)).order
    if payer.payment.method is not PaymentMethod.ON_DELIVERY:
        return units
    collected = await collected_units(tx, payer.order_id)
    nothing = {"amount_minor": 0, "shipping_minor": 0}
    return [
        unit
        if unit.paid_unit is None or unit.paid_unit in collected
        else unit.model_copy(update=nothing)
        for unit in units
    ]


async def payer_of(tx: UnitOfWork, order_id: str) -> str:
    """Return the order that has paid for an order's units: its own, unless it replaces goods."""
    replacing = await tx.replacing.units(order_id)
    return replacing[0].paid_by if replacing else order_id


async def given_back_by_its_payer(tx: UnitOfWork, refund: Refund) -> Refund:
    """Return a refund as one of the order that has paid for its units."""
    replacing = {unit.number: unit for unit in await tx.replacing.units(refund.order_id)}
    return at_the_payer(refund, replacing)
