"""Erasing a customer's data: from the record of things, the mails, and Temporal's histories."""

from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.domain.base import Value
from fulfillment.domain.erasure import (
    ERASE_ACTION,
    erased_order,
    erased_outcome,
    erased_person,
    is_erased,
)
from fulfillment.domain.errors import FulfillmentError, NotFound, Problem, Refused
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.ports import SentMail
from fulfillment.records import ActionRecord, OrderRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal.identifiers import (
    fulfillment_workflow_id,
    order_workflow_id,
    return_workflow_id,
)

MAILED = ("notify_customer", "nudge_staff", "notify_returner", "nudge_return_staff")
"""The steps whose key is also a mail's."""


class Erasure(Value):
    """What was erased of an order; the same again finds nothing left, and says so."""

    order_id: str
    already: bool
    """Whether its data had been erased before."""
    mails: int = 0
    workflows: int = 0
    """How many closed workflow runs Temporal was told to delete."""


@dataclass(frozen=True)
class Eraser:
    """Who has data erased, and why; goes on record without anything of the customer."""

    by: str
    reason: str


async def orders_of_customer(engine: Engine, email: str) -> list[str]:
    """Return the ids of all orders of a mail address.

    Raises:
        NotFound: there is none.

    """
    async with engine.database.reading() as tx:
        found = await tx.privacy.orders_of(email)
    if not found:
        raise NotFound.of(
            Problem(path="mail", expected="a customer's address", came="one that no order has")
        )
    return found


async def erase_order(engine: Engine, mails: SentMail, order_id: str, eraser: Eraser) -> Erasure:
    """Erase the customer's data of an order that has ended; the same again is safe.

    The order stays on record with what the books need, so that `verify` holds, and the same order
    handed in again is still known as the same.

    Raises:
        Refused: the order, or one of its workflows, is still under way.
        NotFound: nothing of that id is known.

    """
    record, workflow_ids = await _known(engine, order_id)
    runs = await _ended_runs(engine, order_id, workflow_ids)
    removed = await _erase_mails(engine, mails, order_id)
    already = await _erase_records(engine, order_id, record, eraser, runs)
    for run in runs:
        await _delete(engine, run)
    return Erasure(order_id=order_id, already=already, mails=removed, workflows=len(runs))


# --- the record of things --------------------------------------------------------------------


async def _known(engine: Engine, order_id: str) -> tuple[OrderRecord | None, list[str]]:
    async with engine.database.reading() as tx:
        record = await tx.orders.find(order_id)
        shares = await tx.fulfillments.of_order(order_id)
        returns = await tx.returns.page(order_id=order_id)
    if record is not None and record.outcome is None:
        raise _under_way(order_id, record.stage.value)
    ids = [fulfillment_workflow_id(share.fulfillment_id) for share in shares]
    ids += [return_workflow_id(made.return_id) for made in returns]
    return record, [order_workflow_id(order_id), *ids]


async def _erase_mails(engine: Engine, mails: SentMail, order_id: str) -> int:
    async with engine.database.reading() as tx:
        effects = await tx.effects.of_order(order_id)
    keys = [effect.key for effect in effects if effect.step in MAILED]
    return sum([await mails.erase(key) for key in keys])


async def _erase_records(
    engine: Engine,
    order_id: str,
    known: OrderRecord | None,
    eraser: Eraser,
    runs: Sequence[WorkflowExecution],
) -> bool:
    """Erase in one transaction, with the audit's entry; return whether that was done before."""
    async with engine.database.writing() as tx:
        await tx.orders.lock(order_id)
        actions = await tx.journal.actions(order_id)
        if known is None and not actions and not runs:
            raise _unknown(order_id)
        already = any(action.action == ERASE_ACTION for action in actions)
        if already and (known is None or is_erased(known.order)):
            return True
        await _erase_rows(tx, order_id, known, actions)
        await tx.journal.add_action(
            ActionRecord(
                at=engine.clock.now(),
                by=eraser.by,
                action=ERASE_ACTION,
                order_id=order_id,
                detail=eraser.reason,
            )
        )
    return False


async def _erase_rows(
    tx: UnitOfWork, order_id: str, known: OrderRecord | None, actions: Sequence[ActionRecord]
) -> None:
    await tx.storefronts.forget(order_id)
    await tx.inbox.drop_of_order(order_id)
    if known is None or known.outcome is None:
        await tx.privacy.erase_actions(order_id, {})
        return
    people = {a.by: erased_person(a.by, known.order) for a in actions}
    renamed = {old: new for old, new in people.items() if old != new}
    summary = erased_outcome(known.outcome).summary
    await tx.privacy.erase_order(erased_order(known.order), summary, renamed)


# --- Temporal --------------------------------------------------------------------------------


async def _ended_runs(
    engine: Engine, order_id: str, workflow_ids: Sequence[str]
) -> list[WorkflowExecution]:
    """Return every run of these workflows that Temporal still has; all must have ended."""
    runs: dict[tuple[str, str], WorkflowExecution] = {}
    for workflow_id in workflow_ids:
        for run_id in await _runs(engine, order_id, workflow_id):
            key = (workflow_id, run_id)
            runs[key] = WorkflowExecution(workflow_id=workflow_id, run_id=run_id)
    return list(runs.values())


async def _runs(engine: Engine, order_id: str, workflow_id: str) -> set[str]:
    # The list may be a moment behind, and the latest run is asked for by itself.
    found = engine.client.list_workflows(f"WorkflowId = '{workflow_id}'")
    runs = {execution.run_id async for execution in found}
    try:
        async with answered(workflow_id):
            latest = await engine.client.get_workflow_handle(workflow_id).describe()
    except NotRunning:
        return runs
    if latest.close_time is None:
        raise _under_way(order_id, f"workflow {workflow_id}, which runs")
    return {*runs, latest.run_id}


async def _delete(engine: Engine, run: WorkflowExecution) -> None:
    request = DeleteWorkflowExecutionRequest(
        namespace=engine.client.namespace, workflow_execution=run
    )
    try:
        await engine.client.workflow_service.delete_workflow_execution(request)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


# --- refusals --------------------------------------------------------------------------------


def _under_way(order_id: str, came: str) -> FulfillmentError:
    return Refused.of(
        Problem(
            path=f"order {order_id}",
            expected="an order that has ended",
            came=came,
            remedy=f"let it be delivered, or cancel it (`fulfillment orders cancel {order_id}`), "
            "then erase it",
        )
    )


def _unknown(order_id: str) -> FulfillmentError:
    return NotFound.of(
        Problem(
            path=f"order {order_id}",
            expected="an order on record, in the audit or in Temporal",
            came="none of this id",
            remedy="check the id; `fulfillment orders list` shows those on record",
        )
    )
