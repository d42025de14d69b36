"""A delivery that is booked as stock, and counts for its supply order in the same transaction."""

from datetime import datetime

from activities.supply_booking import add_received, held_supply, origin
from fulfillment.domain.errors import ConfirmationRefused, InvalidReceipt, NotFound, Problem
from fulfillment.domain.inventory import Account, AccountKind
from fulfillment.domain.supply import check_report
from fulfillment.domain.supply_orders import SupplyRecord
from fulfillment.stores import UnitOfWork


async def expected_supply(
    tx: UnitOfWork, supply_id: str | None, sku: str, quantity: int
) -> SupplyRecord | None:
    """Return the supply order that a delivery names; None where it names none.

    Raises:
        InvalidReceipt: no such supply order, one of another article, or fewer are outstanding.

    """
    if supply_id is None:
        return None
    try:
        supply = await held_supply(tx, supply_id)
        check_report(supply.state, supply.outstanding, quantity)
    except (NotFound, ConfirmationRefused) as error:
        raise InvalidReceipt(str(error), error.problems) from error
    if supply.sku != sku:
        raise InvalidReceipt.of(
            Problem(
                path="sku",
                expected=f"{supply.sku}, which supply order {supply_id} brings",
                came=sku,
                remedy="name the supply order of this delivery, or none",
            )
        )
    return supply


def origin_of(supply: SupplyRecord | None) -> Account:
    """Return the account that delivered goods enter the books from."""
    return Account(kind=AccountKind.SUPPLIER) if supply is None else origin(supply)


async def count_in(
    tx: UnitOfWork, supply: SupplyRecord | None, quantity: int, at: datetime
) -> None:
    """Have delivered units count for their supply order, if there is one."""
    if supply is not None:
        await add_received(tx, supply, quantity, at)
