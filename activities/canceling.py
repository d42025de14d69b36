"""What a cancellation does in the books to a fulfillment, action by action of the table."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.batch_members import leave_wall, withdraw
from activities.tasks import open_task
from fulfillment.domain.cancellation import Action, actions_at
from fulfillment.domain.inventory import Account, AccountKind
from fulfillment.domain.lifecycle import NOT_LEFT, Stage, TaskKind
from fulfillment.domain.orders import LineQuantity
from fulfillment.domain.put_backs import plan_put_backs
from fulfillment.records import FulfillmentRecord
from fulfillment.stores import UnitOfWork

STOPPABLE = (*NOT_LEFT, Stage.IN_TRANSIT)
"""Stages from which a fulfillment can be canceled; from the last one, once its parcels turn."""


@dataclass(frozen=True)
class Case:
    """A fulfillment as it is when it is canceled, by whom, and when."""

    tx: UnitOfWork
    share: FulfillmentRecord
    by: str
    at: datetime


async def stop_share(case: Case, canceled: Sequence[LineQuantity]) -> int:
    """Cancel a fulfillment: of its units these for good, so that its order may claim the others.

    Returns:
        How many units can be promised again at once.

    """
    tx, share = case.tx, case.share
    name = share.fulfillment_id
    if not await tx.fulfillments.cancel(name, STOPPABLE, case.at):
        return 0
    await tx.tasks.close_all(name, case.by, case.at)
    await tx.orders.cancel_units(share.order_id, canceled)
    await tx.orders.free_units(name)
    released = 0
    for action in dict.fromkeys(action for _, action in actions_at(share.stage)):
        if action in IN_BOOKS:
            released += await IN_BOOKS[action](case)
    # Where the units are now, their put-backs say.
    nothing = dict.fromkeys(("planned", "picked", "packed", "shipped"), 0)
    none = tuple(line.model_copy(update=nothing) for line in share.lines)
    await tx.fulfillments.save(share.model_copy(update={"lines": none}))
    return released


async def _release(case: Case) -> int:
    return await case.tx.stock.release(case.share.fulfillment_id)


async def _leave_batch(case: Case) -> int:
    leave = withdraw if case.share.stage is Stage.PICKING else leave_wall
    await leave(case.tx, case.share, case.by, case.at)
    return 0


async def _put_back(case: Case) -> int:
    """Open the task by which a person puts the goods back, wherever they are."""
    tx, name = case.tx, case.share.fulfillment_id
    taken = await tx.stock.taken_for(name)
    lines = plan_put_backs(await goods_of(tx, name), taken)
    if lines:
        await tx.changes.open_put_backs(name, lines, case.at)
        plan = {
            "comes_back": case.share.stage is Stage.IN_TRANSIT,
            "rows": [line.model_dump(mode="json") for line in lines],
        }
        await open_task(tx, case.share, TaskKind.PUT_BACK, plan, case.at)
    return 0


IN_BOOKS: Mapping[Action, Callable[[Case], Awaitable[int]]] = {
    Action.LEAVE_BATCH: _leave_batch,
    Action.RELEASE: _release,
    Action.PUT_BACK: _put_back,
    Action.INTERCEPT: _put_back,
}
"""What is done in the transaction; what carriers and gateways do, the workflows ask for later."""


async def goods_of(tx: UnitOfWork, fulfillment_id: str) -> list[tuple[str, str, str, int]]:
    """Return account, SKU, lot and units of what has left its bins and is not with the customer."""
    parcels = await tx.parcels.of_fulfillment(fulfillment_id)
    kinds = (AccountKind.CART, AccountKind.PUT_WALL, AccountKind.CARRIER)
    accounts = [Account(kind=kind, ref=fulfillment_id) for kind in kinds]
    accounts += [Account(kind=AccountKind.CARTON, ref=one.parcel_id) for one in parcels]
    return [
        (str(account), sku, lot, units)
        for account in accounts
        for sku, lot, units in await tx.stock.contents(str(account))
    ]
