"""How goods move through the floor, by the books: bin, cart, put wall, and what is not there."""

from collections.abc import Iterable

from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.records import Claim
from fulfillment.stores import UnitOfWork


def onto_cart(claims: Iterable[Claim]) -> list[Movement]:
    """Return how claimed goods move from their bins to their fulfillment's cart."""
    return [
        Movement(
            sku=claim.sku,
            lot=claim.lot,
            quantity=claim.quantity,
            source=Account(kind=AccountKind.BIN, ref=claim.bin_id or ""),
            target=Account(kind=AccountKind.CART, ref=claim.fulfillment_id),
        )
        for claim in claims
    ]


async def to_wall(tx: UnitOfWork, fulfillment_id: str) -> list[Movement]:
    """Return how a fulfillment's goods move from the cart to its slot."""
    cart = Account(kind=AccountKind.CART, ref=fulfillment_id)
    wall = Account(kind=AccountKind.PUT_WALL, ref=fulfillment_id)
    return [
        Movement(sku=sku, lot=lot, quantity=quantity, source=cart, target=wall)
        for sku, lot, quantity in await tx.stock.contents(str(cart))
    ]


async def written_off(
    tx: UnitOfWork, warehouse_id: str, bin_id: str, sku: str, lot: str | None = None
) -> list[Movement]:
    """Return what a bin that was short should hold beyond all bound claims, as booked off.

    Only as far as the warehouse has it unclaimed; of one lot, or of all.
    """
    levels = await tx.stock.levels({sku})
    left = sum(level.available for level in levels if level.warehouse_id == warehouse_id)
    movements = []
    for stock in await tx.stock.bin_stock(warehouse_id, {sku}):
        is_here = stock.bin_id == bin_id and lot in {None, stock.lot}
        gone = min(stock.quantity, left) if is_here else 0
        if gone > 0:
            left -= gone
            movements.append(
                Movement(
                    sku=stock.sku,
                    lot=stock.lot,
                    quantity=gone,
                    source=Account(kind=AccountKind.BIN, ref=stock.bin_id),
                    target=Account(kind=AccountKind.ADJUSTMENT, ref=warehouse_id),
                )
            )
    return movements
