"""What the warehouse floor can ask: which work there is, and that it was done."""

import asyncio
import uuid
from contextlib import suppress
from typing import Any

from fulfillment.domain.base import content_hash
from fulfillment.domain.confirmations import (
    CartonChange,
    Confirmation,
    HandoverConfirmation,
    PackConfirmation,
    PickConfirmation,
    PutBackConfirmation,
    ShortPick,
    SortConfirmation,
)
from fulfillment.domain.errors import ConfirmationRefused
from fulfillment.domain.lifecycle import Stage, TaskKind
from fulfillment.messages import Accepted, AssignTask, FulfillmentStatus
from fulfillment.operations.answers import NotRunning, answered, ask
from fulfillment.operations.engine import Engine
from fulfillment.operations.fulfillment_access import (
    fulfillment_handle,
    record_refusal,
    why_not_running,
)
from fulfillment.operations.stock import wake_back_orders
from fulfillment.records import TaskRecord, TaskState
from fulfillment.temporal.identifiers import fulfillment_workflow_id
from workflows.fulfillment import FulfillmentWorkflow

_KINDS: dict[type[Confirmation], TaskKind] = {
    PickConfirmation: TaskKind.PICK,
    ShortPick: TaskKind.PICK,
    SortConfirmation: TaskKind.SORT,
    PackConfirmation: TaskKind.PACK,
    CartonChange: TaskKind.PACK,
    HandoverConfirmation: TaskKind.HAND_OVER,
    PutBackConfirmation: TaskKind.PUT_BACK,
}

HEARD_TRIES, HEARD_SECONDS = 40, 0.25

# --- what there is to do ---------------------------------------------------------------------


async def list_tasks(  # noqa: PLR0913 - each is a filter
    engine: Engine,
    *,
    warehouse_id: str | None = None,
    kind: TaskKind | None = None,
    state: TaskState | None = TaskState.OPEN,
    fulfillment_id: str | None = None,
    limit: int = 200,
    after: str | None = None,
) -> list[TaskRecord]:
    """Return tasks, oldest first; the open ones unless another state is asked for."""
    async with engine.database.reading() as tx:
        return await tx.tasks.page(
            state=state,
            kind=kind,
            warehouse_id=warehouse_id,
            fulfillment_id=fulfillment_id,
            limit=limit,
            after=after,
        )


async def show_task(engine: Engine, task_id: str) -> TaskRecord:
    """Return a task with its plan.

    Raises:
        NotFound: no such task.

    """
    async with engine.database.reading() as tx:
        return await tx.tasks.get(task_id)


# --- what was done ---------------------------------------------------------------------------


async def confirm_pick(
    engine: Engine,
    fulfillment_id: str,
    confirmation: PickConfirmation,
    *,
    update_id: str | None = None,
) -> Accepted:
    """Confirm that the goods are in the cart; the same again gets the same answer.

    Raises:
        ConfirmationRefused: wrong stage, person, item, quantity or bin.
        NotFound: no such fulfillment.

    """
    update = FulfillmentWorkflow.confirm_pick
    return await _confirm(engine, fulfillment_id, update, confirmation, update_id)


async def confirm_sort(
    engine: Engine,
    fulfillment_id: str,
    confirmation: SortConfirmation,
    *,
    update_id: str | None = None,
) -> Accepted:
    """Confirm that the goods are in their slot of the put wall.

    Raises:
        ConfirmationRefused: wrong stage, person or slot.
        NotFound: no such fulfillment.

    """
    update = FulfillmentWorkflow.confirm_sort
    return await _confirm(engine, fulfillment_id, update, confirmation, update_id)


async def confirm_pack(
    engine: Engine,
    fulfillment_id: str,
    confirmation: PackConfirmation,
    *,
    update_id: str | None = None,
) -> Accepted:
    """Confirm that the goods are in their cartons, and what the scales said of each.

    Raises:
        ConfirmationRefused: wrong stage, person or cartons; a weight that is off.
        NotFound: no such fulfillment.

    """
    update = FulfillmentWorkflow.confirm_pack
    return await _confirm(engine, fulfillment_id, update, confirmation, update_id)


async def change_cartons(
    engine: Engine, fulfillment_id: str, change: CartonChange, *, update_id: str | None = None
) -> Accepted:
    """Have the goods planned into other cartons, before they are packed; see the new steps then.

    Raises:
        ConfirmationRefused: wrong stage or person, or what does not fit into these cartons and why.
        NotFound: no such fulfillment.

    """
    # Never an id made from the content: from S to M it may go back to S.
    name = update_id or f"change_cartons/{uuid.uuid4()}"
    update = FulfillmentWorkflow.change_cartons
    return await _confirm(engine, fulfillment_id, update, change, name)


async def confirm_put_back(
    engine: Engine,
    fulfillment_id: str,
    confirmation: PutBackConfirmation,
    *,
    update_id: str | None = None,
) -> Accepted:
    """Confirm that the goods of a canceled fulfillment are back in their bins; who waits is woken.

    Raises:
        ConfirmationRefused: it is not canceled, wrong person, or nothing is to be put back.
        NotFound: no such fulfillment.

    """
    async with engine.database.reading() as tx:
        skus = {line.sku for line in await tx.changes.put_backs(fulfillment_id)}
    await _wait_until_canceled(engine, fulfillment_id, expected=bool(skus))
    update = FulfillmentWorkflow.confirm_put_back
    accepted = await _confirm(engine, fulfillment_id, update, confirmation, update_id)
    await wake_back_orders(engine, sorted(skus))
    return accepted


async def _wait_until_canceled(engine: Engine, fulfillment_id: str, *, expected: bool) -> None:
    """Wait a moment: what the books say already, the workflow may hear only a moment later."""
    for _ in range(HEARD_TRIES if expected else 0):
        with suppress(NotRunning):
            async with answered(fulfillment_workflow_id(fulfillment_id)):
                now = await fulfillment_handle(engine, fulfillment_id).query(
                    FulfillmentWorkflow.status
                )
            if now.stage is Stage.CANCELED:
                return
        await asyncio.sleep(HEARD_SECONDS)


async def confirm_handover(
    engine: Engine,
    fulfillment_id: str,
    confirmation: HandoverConfirmation,
    *,
    update_id: str | None = None,
) -> Accepted:
    """Confirm that the carrier has the parcels.

    Raises:
        ConfirmationRefused: wrong stage, person, carrier or parcels.
        NotFound: no such fulfillment.

    """
    update = FulfillmentWorkflow.confirm_handover
    name = update_id or await _of_these_labels(engine, fulfillment_id, confirmation)
    return await _confirm(engine, fulfillment_id, update, confirmation, name)


async def _of_these_labels(
    engine: Engine, fulfillment_id: str, confirmation: HandoverConfirmation
) -> str:
    """Return the update's id: labeled anew, the same words are another question."""
    async with engine.database.reading() as tx:
        labels = await tx.parcels.labels(fulfillment_id)
    first = labels[0].label_id if labels else "-"
    return f"confirm_handover/{first}/{content_hash(confirmation)}"


async def report_short_pick(
    engine: Engine, fulfillment_id: str, short: ShortPick, *, update_id: str | None = None
) -> Accepted:
    """Report that a bin held less than planned; what is missing is looked for elsewhere.

    Raises:
        ConfirmationRefused: wrong stage, person, item or bin, or nothing is short.
        NotFound: no such fulfillment.

    """
    update = FulfillmentWorkflow.report_short_pick
    return await _confirm(engine, fulfillment_id, update, short, update_id)


async def assign_task(
    engine: Engine,
    fulfillment_id: str,
    to: str | None,
    by: str,
    *,
    update_id: str | None = None,
) -> FulfillmentStatus:
    """Give the open task of a fulfillment to a person; None gives it back to the pool.

    Raises:
        ConfirmationRefused: no task is open.
        NotFound: no such fulfillment.

    """
    # Never an id made from the content: what goes from Ann to Bob may go back to Ann.
    name = update_id or f"assign/{uuid.uuid4()}"
    request = AssignTask(to=to, by=by)
    update = FulfillmentWorkflow.assign
    try:
        return await ask(
            fulfillment_handle(engine, fulfillment_id), update, request, FulfillmentStatus, name
        )
    except NotRunning as gone:
        raise await why_not_running(engine, fulfillment_id, None) from gone


async def retry_step(engine: Engine, fulfillment_id: str) -> None:
    """Have a blocked step tried again, now.

    Raises:
        NotFound: no such fulfillment.
        Refused: the fulfillment has ended.

    """
    try:
        async with answered(fulfillment_workflow_id(fulfillment_id)):
            await fulfillment_handle(engine, fulfillment_id).signal("retry_step")
    except NotRunning as gone:
        raise await why_not_running(engine, fulfillment_id, None) from gone


async def _confirm(
    engine: Engine,
    fulfillment_id: str,
    update: Any,  # noqa: ANN401 - an update method; each caller pairs it with its confirmation
    confirmation: Confirmation,
    update_id: str | None,
) -> Accepted:
    name = update_id or f"{update.__name__}/{content_hash(confirmation)}"
    try:
        return await ask(
            fulfillment_handle(engine, fulfillment_id), update, confirmation, Accepted, name
        )
    except ConfirmationRefused as refusal:
        await record_refusal(engine, fulfillment_id, update.__name__, confirmation.by, refusal)
        raise
    except NotRunning as gone:
        kind = _KINDS[type(confirmation)]
        raise await why_not_running(engine, fulfillment_id, kind) from gone
