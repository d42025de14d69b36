"""Which units of an order may come back: not those in parcels that were given up."""

from activities.paid_units import paid_units, payer_of
from activities.refund_parts import units_in
from fulfillment.domain.refunds import UnitNumber
from fulfillment.domain.return_units import ShippedUnit
from fulfillment.stores import UnitOfWork
from fulfillment.stores.given_up import Whereabouts


async def returnable_units(tx: UnitOfWork, order_id: str) -> list[ShippedUnit]:
    """Return the units that a customer may ask to return: those that arrived and are not back."""
    return await _free_but(tx, order_id, await _given_up_units(tx, order_id))


async def receivable_units(tx: UnitOfWork, order_id: str) -> list[ShippedUnit]:
    """Return the units that may come in a parcel: also what was given up and arrived later."""
    gone = await _given_up_units(tx, order_id, but=Whereabouts.ARRIVED)
    return await _free_but(tx, order_id, gone)


async def _free_but(tx: UnitOfWork, order_id: str, gone: set[UnitNumber]) -> list[ShippedUnit]:
    free = await tx.returns.shipped_units(order_id)
    return [unit for unit in free if (unit.line_no, unit.unit_no) not in gone]


async def settled_units(tx: UnitOfWork, order_id: str) -> set[UnitNumber]:
    """Return the units for which nothing is due any more: given back, or sent again."""
    refunded = await tx.refunds.refunded_units(await payer_of(tx, order_id))
    given_back = {
        unit.number for unit in await paid_units(tx, order_id) if unit.paid_unit in refunded
    }
    return given_back | await _given_up_units(tx, order_id)


async def _given_up_units(
    tx: UnitOfWork, order_id: str, but: Whereabouts | None = None
) -> set[UnitNumber]:
    found: set[UnitNumber] = set()
    for share in await tx.fulfillments.of_order(order_id):
        parcels = {
            one.parcel_id
            for one in await tx.given_up.of_fulfillment(share.fulfillment_id)
            if one.goods is not but
        }
        if parcels:
            found |= set(await units_in(tx, share, parcels))
    return found
