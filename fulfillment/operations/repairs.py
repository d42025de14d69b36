"""Carrying out what `verify` found to be safe to repair; each repair stands in the audit."""

from collections.abc import Awaitable, Callable, Sequence

from fulfillment.domain.base import Value
from fulfillment.domain.errors import FulfillmentError
from fulfillment.domain.repairs import Repair, RepairKind
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import fulfillment_handle
from fulfillment.operations.order_access import order_handle
from fulfillment.operations.orders import resume_order
from fulfillment.operations.pick_batches import resume_batch
from fulfillment.operations.returns import resume_return
from fulfillment.operations.stock import wake_back_orders
from fulfillment.operations.supply_checks import resume_supply
from fulfillment.records import ActionRecord, BookFinding


class Repaired(Value):
    """A repair that was tried, and why it was not done; "" where it was."""

    repair: Repair
    refusal: str = ""


def repairs_of(findings: Sequence[BookFinding]) -> list[Repair]:
    """Return what of the findings can be repaired without asking anybody, each once."""
    safe = [finding.safe_repair for finding in findings if finding.safe_repair is not None]
    return list(dict.fromkeys(safe))


async def carry_out(engine: Engine, repairs: Sequence[Repair], by: str) -> list[Repaired]:
    """Do each repair; what one of them refuses keeps none of the others.

    Args:
        engine: where.
        repairs: what is to be done, as `repairs_of` returns it.
        by: who wants it; goes on record with each.

    Raises:
        Unavailable: Temporal or its workers do not answer; what was done until then stays done.

    """
    done = []
    for repair in repairs:
        refusal = ""
        try:
            await _REPAIRS[repair.kind](engine, repair.subject)
        except FulfillmentError as error:
            if error.retryable:
                raise
            refusal = str(error)
        except NotRunning as ended:
            refusal = f"{ended} does not run any more"
        await _put_on_record(engine, repair, by, refusal)
        done.append(Repaired(repair=repair, refusal=refusal))
    return done


async def _put_on_record(engine: Engine, repair: Repair, by: str, refusal: str) -> None:
    order_id = repair.subject if repair.kind in _OF_AN_ORDER else None
    detail = f"{repair}: {refusal}" if refusal else str(repair)
    async with engine.database.writing() as tx:
        if repair.kind is RepairKind.CANCEL_FULFILLMENT:
            order_id = (await tx.fulfillments.get(repair.subject)).order_id
        action = ActionRecord(
            at=engine.clock.now(),
            by=by,
            action="repair",
            order_id=order_id,
            detail=detail,
            refused=bool(refusal),
        )
        await tx.journal.add_action(action)


async def _wake_stock(engine: Engine, sku: str) -> None:
    await wake_back_orders(engine, [sku])


async def _wake_order(engine: Engine, order_id: str) -> None:
    handle = order_handle(engine, order_id)
    async with answered(handle.id):
        await handle.signal("stock_arrived")


async def _cancel_fulfillment(engine: Engine, fulfillment_id: str) -> None:
    """Ask it by Temporal's own Cancel, which it weighs by the books: these say it is canceled."""
    handle = fulfillment_handle(engine, fulfillment_id)
    async with answered(handle.id):
        await handle.cancel()


_OF_AN_ORDER = (RepairKind.RESUME_ORDER, RepairKind.WAKE_ORDER)
_REPAIRS: dict[RepairKind, Callable[[Engine, str], Awaitable[object]]] = {
    RepairKind.RESUME_ORDER: resume_order,
    RepairKind.RESUME_BATCH: resume_batch,
    RepairKind.RESUME_SUPPLY: resume_supply,
    RepairKind.RESUME_RETURN: resume_return,
    RepairKind.WAKE_STOCK: _wake_stock,
    RepairKind.WAKE_ORDER: _wake_order,
    RepairKind.CANCEL_FULFILLMENT: _cancel_fulfillment,
}
