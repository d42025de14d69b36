"""Orders that end in their storefront, and those that are to be shipped again after that."""

from fulfillment.domain.base import content_hash
from fulfillment.domain.errors import FulfillmentError, OrderConflict, Problem, TooLate
from fulfillment.domain.lifecycle import OutcomeKind
from fulfillment.operations.engine import Engine
from fulfillment.operations.orders import cancel_order
from fulfillment.records import EffectRecord, OrderRecord
from fulfillment.storefronts.state import ShopState


async def end_order(
    engine: Engine, key: str, known: OrderRecord, storefront: str, state: ShopState
) -> bool:
    """Cancel an order on record that has ended in its storefront, unless it is completed.

    Which delivery asked for it (`key`) is on record before it is asked.

    Returns:
        Whether nothing of it is shipped any more.

    Raises:
        TooLate: its parcels can't be brought back; or it was completed since this was asked first.
        Unavailable: no answer; the same again is safe.

    """
    order_id = known.order.order_id
    async with engine.database.writing() as tx:
        row = await tx.storefronts.find(order_id)
        if row is not None:
            await tx.storefronts.put(row.model_copy(update={"ended_by": key}))
    if known.outcome is not None:
        completed = known.outcome.kind is OutcomeKind.COMPLETED
        if completed and row is not None and row.ended_by == key:
            raise _shipped(order_id)
        return not completed
    await cancel_order(engine, order_id, f"{state.ended} in {storefront}", storefront)
    return True


async def is_end_asked(engine: Engine, key: str, order_id: str) -> bool:
    """Return whether this delivery is the last one that asked for an order's cancellation."""
    async with engine.database.reading() as tx:
        row = await tx.storefronts.find(order_id)
    return row is not None and row.ended_by == key


async def require_not_ended(engine: Engine, key: str, known: OrderRecord) -> None:
    """Have a person told once of an order that was to end here, and is to be shipped again.

    Its cancellation may still be under way, or have been refused: in any case it was asked for, and
    nobody can take it back.

    Raises:
        OrderConflict: this is the first delivery (`key`) that says so, or that one again.

    """
    order_id = known.order.order_id
    async with engine.database.reading() as tx:
        row = await tx.storefronts.find(order_id)
    if row is None or not row.ended_by:
        return
    async with engine.database.writing() as tx:
        # Held until this ends: of two deliveries at once one is the first.
        await tx.storefronts.find(order_id)
        name = f"{row.ended_by}/reopened"
        earlier = await tx.effects.find(name)
        if earlier is None:
            await tx.effects.add(
                EffectRecord(
                    key=name,
                    step="reopened_in_storefront",
                    order_id=None,
                    request_hash=content_hash(row),
                    result=key,
                    at=engine.clock.now(),
                )
            )
    if earlier is None or earlier.result == key:
        raise _reopened(order_id)


def _shipped(order_id: str) -> FulfillmentError:
    return TooLate.of(
        Problem(
            path=f"order {order_id}",
            expected="an order that could be canceled before it was shipped",
            came="one that was completed before anybody answered",
            remedy="ask the customer to send it back (`fulfillment returns request`)",
        )
    )


def _reopened(order_id: str) -> FulfillmentError:
    """Return that an order was ended here, and is to be shipped again."""
    return OrderConflict.of(
        Problem(
            path=f"order {order_id}",
            expected="an order that goes on",
            came="one that was to end here, and is to be shipped again",
            remedy=f"see what became of it (`fulfillment orders show {order_id}`), and submit what "
            "was canceled under an id of its own",
        )
    )
