"""Goods that were sent by mistake come back: the books are set right, and the bins counted."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from activities.recount_tasks import PlaceToCount, open_recount
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.return_units import ReturnUnit
from fulfillment.stores import UnitOfWork
from fulfillment.stores.returns import ReturnRecord

_NEVER_LEFT = Account(kind=AccountKind.ADJUSTMENT)


def corrected(
    unit: ReturnUnit, source: Account, lot: str, target: Account
) -> tuple[Movement, Movement]:
    """Return how the books learn what was really sent, and has come.

    The ordered article never reached the customer: it leaves their account as a correction, and is
    found again where it lies by counting. What came instead enters as found.

    Args:
        unit: as received, with the article and the lot that came.
        source: where the books have the ordered article.
        lot: the lot that they have there.
        target: where goods wait for inspection.

    """
    ordered = Movement(sku=unit.sku, lot=lot, quantity=1, source=source, target=_NEVER_LEFT)
    came = Movement(sku=unit.goods_sku, lot=unit.lot, quantity=1, source=_NEVER_LEFT, target=target)
    return ordered, came


async def count_mixed_up(
    tx: UnitOfWork, made: ReturnRecord, units: Sequence[ReturnUnit], at: datetime
) -> None:
    """Have the bins counted that what came and what was ordered were mixed up between."""
    for unit in units:
        share = await tx.fulfillments.get(unit.fulfillment_id)
        ordered = [
            PlaceToCount(bin_id=moved.source.ref, sku=moved.sku, lot=moved.lot)
            for moved in await tx.stock.taken_for(unit.fulfillment_id)
            if moved.sku == unit.sku
        ]
        found = [
            PlaceToCount(bin_id=stock.bin_id, sku=stock.sku, lot=stock.lot)
            for stock in await tx.stock.bin_stock(share.warehouse_id, [unit.goods_sku])
        ]
        because = f"{unit.goods_sku} was sent for {unit.sku} ({made.return_id})"
        for place in dict.fromkeys([*ordered, *found]):
            # A unit comes once, so that another parcel of the return is another reason to count.
            came = f"{made.return_id}/{unit.line_no}/{unit.unit_no}"
            told = f"{came}/{place.bin_id}/{place.sku}/{place.lot}"
            name = sha256(told.encode()).hexdigest()[:16]
            await open_recount(tx, share.warehouse_id, place, name, because, at)
