"""What people do about parcels that do not arrive as they should."""

import uuid

from activities.undelivered import found_again
from fulfillment.domain.delivery_exceptions import Resolution
from fulfillment.domain.errors import ConfirmationRefused, NotFound, Problem, Refused
from fulfillment.domain.inventory import Account, AccountKind
from fulfillment.domain.lifecycle import TaskKind
from fulfillment.messages import Accepted
from fulfillment.operations.answers import NotRunning, ask
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import (
    fulfillment_handle,
    record_refusal,
    why_not_running,
)
from fulfillment.records import ActionRecord, TaskRecord, TaskState
from fulfillment.stores.given_up import AWAY, GivenUpParcel, Whereabouts
from workflows.fulfillment import FulfillmentWorkflow


async def resolve_exception(
    engine: Engine, name: str, resolution: Resolution, *, update_id: str | None = None
) -> Accepted:
    """Decide what becomes of parcels in trouble: of an order's only ones, or of a fulfillment's.

    Args:
        engine: the running engine.
        name: the order's id, or the fulfillment's.
        resolution: the decision.
        update_id: the caller's own key of it.

    Raises:
        ConfirmationRefused: nothing is to be decided, not by this person, or not so.
        NotFound: no such order or fulfillment.
        Refused: the fulfillment has ended, or several of the order's wait for a decision.

    """
    fulfillment_id = await _fulfillment_of(engine, name)
    update = FulfillmentWorkflow.resolve_exception
    key = update_id or f"resolve_exception/{uuid.uuid4()}"
    try:
        return await ask(
            fulfillment_handle(engine, fulfillment_id), update, resolution, Accepted, key
        )
    except ConfirmationRefused as refusal:
        await record_refusal(engine, fulfillment_id, "resolve_exception", resolution.by, refusal)
        raise
    except NotRunning as gone:
        raise await why_not_running(engine, fulfillment_id, None) from gone


async def _fulfillment_of(engine: Engine, name: str) -> str:
    """Return the fulfillment that is meant: the named one, or the order's that needs a decision."""
    async with engine.database.reading() as tx:
        shares = [share.fulfillment_id for share in await tx.fulfillments.of_order(name)]
        open_ones = [
            share
            for share in shares
            if await tx.tasks.page(kind=TaskKind.DELIVERY_EXCEPTION, fulfillment_id=share)
        ]
    if not shares:
        return name
    if len(open_ones) > 1:
        remedy = "name the fulfillment instead of the order"
        raise Refused.of(
            Problem(
                path="fulfillment",
                expected="one that needs a decision",
                came=", ".join(open_ones),
                remedy=remedy,
            )
        )
    return open_ones[0] if open_ones else shares[0]


async def receive_undelivered(engine: Engine, tracking_number: str, by: str) -> GivenUpParcel:
    """Take in a parcel that was given up and has come back: its goods go to quarantine.

    The same again changes nothing.

    Returns:
        The parcel as it stands then.

    Raises:
        NotFound: no such parcel was given up.
        Refused: it is with its customer.

    """
    async with engine.database.writing() as tx:
        given_up = await tx.given_up.find(tracking_number)
        if given_up is None:
            raise NotFound.of(_not_given_up(tracking_number))
        await tx.orders.lock(given_up.order_id)
        given_up = await tx.given_up.find(tracking_number) or given_up
        if given_up.goods is Whereabouts.ARRIVED:
            raise Refused.of(_with_customer(tracking_number))
        if given_up.goods in AWAY:
            share = await tx.fulfillments.get(given_up.fulfillment_id)
            quarantine = Account(kind=AccountKind.QUARANTINE, ref=share.warehouse_id)
            now = engine.clock.now()
            await found_again(tx, given_up, quarantine, Whereabouts.BACK, by, now)
            await tx.journal.add_action(_received(given_up, by, engine))
    return given_up.model_copy(update={"goods": Whereabouts.BACK})


async def close_late_arrival(engine: Engine, task_id: str, by: str, remark: str) -> TaskRecord:
    """Put on record what was agreed with a customer whose parcel arrived after it was given up.

    Raises:
        NotFound: no such task.
        Refused: it is another kind of task.
        Inconsistent: it is closed already.

    """
    async with engine.database.writing() as tx:
        task = await tx.tasks.get(task_id)
        if task.kind is not TaskKind.LATE_ARRIVAL:
            problem = Problem(
                path=f"task {task_id}",
                expected="a late arrival",
                came=task.kind.value,
                remedy="`fulfillment floor list --kind late_arrival` lists them",
            )
            raise Refused.of(problem)
        now = engine.clock.now()
        await tx.tasks.close(task_id, TaskState.DONE, by, now)
        await tx.journal.add_action(
            ActionRecord(
                at=now,
                by=by,
                action="close_late_arrival",
                order_id=task.order_id,
                fulfillment_id=task.fulfillment_id,
                detail=remark,
            )
        )
        return await tx.tasks.get(task_id)


def _received(given_up: GivenUpParcel, by: str, engine: Engine) -> ActionRecord:
    return ActionRecord(
        at=engine.clock.now(),
        by=by,
        action="receive_undelivered",
        order_id=given_up.order_id,
        fulfillment_id=given_up.fulfillment_id,
        detail=given_up.tracking_number,
    )


def _not_given_up(tracking_number: str) -> Problem:
    return Problem(
        path="tracking_number",
        expected="a parcel that was given up",
        came=tracking_number,
        remedy="record its tracking as returned; who is to decide is asked then",
    )


def _with_customer(tracking_number: str) -> Problem:
    return Problem(
        path="tracking_number",
        expected="a parcel that is not with its customer",
        came=f"{tracking_number}, which has arrived",
        remedy="take it in as a return",
    )
