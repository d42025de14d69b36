"""What the floor asks of pick batches: plan, look, close the walk and the wall, reassign."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)

from fulfillment.domain.base import Value, content_hash
from fulfillment.domain.errors import FulfillmentError, Problem, Refused
from fulfillment.domain.inventory import Account, AccountKind, Movement
from fulfillment.domain.pick_batches import BatchStage
from fulfillment.messages import (
    AssignTask,
    BatchAnswer,
    BatchStatus,
    Closing,
    FloorPlanned,
    PickBatchRequest,
)
from fulfillment.operations.answers import NotRunning, answered, ask, orphaned
from fulfillment.operations.engine import Engine
from fulfillment.operations.stock import wake_back_orders
from fulfillment.records import ActionRecord, BatchRecord, PickRecord, PutBackRecord
from fulfillment.stores import UnitOfWork
from fulfillment.temporal import search_attributes as attributes
from fulfillment.temporal.identifiers import floor_schedule_id, pick_batch_workflow_id
from fulfillment.temporal.schedules import run_on_demand, set_floor_schedule
from workflows.pick_batch import PickBatchWorkflow

BatchHandle = WorkflowHandle[PickBatchWorkflow, BatchStatus]


class BatchView(Value):
    """A batch with its walk, and what goes back to its bin."""

    batch: BatchRecord
    picks: tuple[PickRecord, ...]
    put_backs: tuple[PutBackRecord, ...]


# --- planning --------------------------------------------------------------------------------


async def warehouse_ids(engine: Engine) -> list[str]:
    """Return the ids of all warehouses, in their order."""
    async with engine.database.reading() as tx:
        return [warehouse.warehouse_id for warehouse in await tx.catalog.warehouses()]


async def schedule_floor(engine: Engine) -> tuple[str, ...]:
    """Make or bring up to date the Schedules of all warehouses; return their ids."""
    async with engine.database.reading() as tx:
        warehouses = await tx.catalog.warehouses()
    for warehouse in warehouses:
        await set_floor_schedule(engine.client, engine.task_queue, warehouse, engine.plan_every)
    return tuple(floor_schedule_id(warehouse.warehouse_id) for warehouse in warehouses)


async def plan_floor(engine: Engine, warehouse_id: str) -> FloorPlanned:
    """Run the warehouse's Schedule now, and return the batches that this has formed.

    Raises:
        NotFound: no such warehouse.
        Unavailable: Temporal or its workers do not answer.

    """
    async with engine.database.reading() as tx:
        warehouse = await tx.catalog.warehouse(warehouse_id)
    name = floor_schedule_id(warehouse_id)
    async with answered(name):
        await set_floor_schedule(engine.client, engine.task_queue, warehouse, engine.plan_every)
        run = await run_on_demand(engine.client, name)
        handle = engine.client.get_workflow_handle(
            run.workflow_id, run_id=run.first_execution_run_id, result_type=FloorPlanned
        )
        return FloorPlanned.model_validate(await handle.result())


# --- what there is ---------------------------------------------------------------------------


async def list_batches(
    engine: Engine,
    *,
    warehouse_id: str | None = None,
    stages: Sequence[BatchStage] = (BatchStage.PICKING, BatchStage.SORTING),
    limit: int = 100,
    after: str | None = None,
) -> list[BatchRecord]:
    """Return batches, the newest first; those under way unless other stages are asked for."""
    async with engine.database.reading() as tx:
        return await tx.batches.page(
            warehouse_id=warehouse_id, stages=stages, limit=limit, after=after
        )


async def show_batch(engine: Engine, batch_id: str) -> BatchView:
    """Return a batch with its walk.

    Raises:
        NotFound: no such batch.

    """
    async with engine.database.reading() as tx:
        return BatchView(
            batch=await tx.batches.get(batch_id),
            picks=tuple(await tx.batches.picks(batch_id)),
            put_backs=tuple(await tx.batches.put_backs(batch_id)),
        )


# --- what was done ---------------------------------------------------------------------------


async def close_picking(
    engine: Engine, batch_id: str, closing: Closing, *, update_id: str | None = None
) -> BatchAnswer:
    """Close the walk: what no scan has moved was picked as planned; repeated, the same answer.

    Raises:
        ConfirmationRefused: wrong stage or person, or closed by somebody else.
        NotFound: no such batch.

    """
    return await _close(engine, batch_id, PickBatchWorkflow.close_picking, closing, update_id)


async def close_sorting(
    engine: Engine, batch_id: str, closing: Closing, *, update_id: str | None = None
) -> BatchAnswer:
    """Close the wall: all goods are in their slots; repeated, the same answer.

    Raises:
        ConfirmationRefused: wrong stage or person, or closed by somebody else.
        NotFound: no such batch.

    """
    return await _close(engine, batch_id, PickBatchWorkflow.close_sorting, closing, update_id)


async def _close(
    engine: Engine,
    batch_id: str,
    update: Any,  # noqa: ANN401 - an update method
    closing: Closing,
    update_id: str | None,
) -> BatchAnswer:
    said = closing.session_id or content_hash(closing)
    name = update_id or f"{update.__name__}/{said}"
    return await _ask(engine, batch_id, update, closing, name)


async def assign_batch(
    engine: Engine, batch_id: str, to: str | None, by: str, *, update_id: str | None = None
) -> BatchAnswer:
    """Give the open task of a batch to a person; None gives it back to the pool.

    Raises:
        ConfirmationRefused: no task is open.
        NotFound: no such batch.

    """
    # Never an id made from the content: what goes from Ann to Bob may go back to Ann.
    name = update_id or f"assign/{uuid.uuid4()}"
    assignment = AssignTask(to=to, by=by)
    return await _ask(engine, batch_id, PickBatchWorkflow.assign, assignment, name)


async def _ask(
    engine: Engine,
    batch_id: str,
    update: Any,  # noqa: ANN401 - an update method
    request: Value,
    update_id: str,
) -> BatchAnswer:
    try:
        return await ask(batch_handle(engine, batch_id), update, request, BatchAnswer, update_id)
    except NotRunning as gone:
        raise await _why_not_running(engine, batch_id) from gone


async def confirm_put_back(engine: Engine, put_back_id: str, by: str) -> PutBackRecord:
    """Confirm that units of a withdrawn fulfillment are back in their bin, and free again.

    Said again by the same person, it changes nothing.

    Raises:
        Inconsistent: somebody else has confirmed it.
        NotFound: no such put-back.

    """
    async with engine.database.writing() as tx:
        earlier = await tx.batches.put_back(put_back_id)
        if earlier.done_by == by:
            return earlier
        done = await book_put_back(tx, put_back_id, by, engine.clock.now())
    await wake_back_orders(engine, [done.sku])
    return done


async def book_put_back(tx: UnitOfWork, put_back_id: str, by: str, at: datetime) -> PutBackRecord:
    """Book that units are back in their bin.

    Raises:
        Inconsistent: somebody has confirmed it already.
        NotFound: no such put-back.

    """
    done = await tx.batches.close_put_back(put_back_id, by, at)
    back = Movement(
        sku=done.sku,
        lot=done.lot,
        quantity=done.quantity,
        source=Account(kind=AccountKind.CART, ref=done.fulfillment_id),
        target=Account(kind=AccountKind.BIN, ref=done.bin_id),
    )
    key = f"put-back/{put_back_id}"
    await tx.stock.move(key, [back], by=by, reason="put back", at=at)
    detail = f"{put_back_id}: {done.quantity} {done.sku} into {done.bin_id}"
    action = ActionRecord(
        at=at, by=by, action="put_back", fulfillment_id=done.fulfillment_id, detail=detail
    )
    await tx.journal.add_action(action)
    return done


# --- its workflow ----------------------------------------------------------------------------


def batch_handle(engine: Engine, batch_id: str) -> BatchHandle:
    """Return the handle of a batch's workflow, whether it runs or not."""
    return engine.client.get_workflow_handle_for(
        PickBatchWorkflow.run, pick_batch_workflow_id(batch_id)
    )


async def resume_batch(engine: Engine, batch_id: str) -> BatchStage:
    """Start the workflow of a batch again that was terminated; it goes on where the record is.

    Raises:
        NotFound: no such batch.
        Refused: it has ended, or no history says what it was started with.

    """
    async with engine.database.reading() as tx:
        batch = await tx.batches.get(batch_id)
    if batch.stage is BatchStage.CANCELED:
        raise _ended(batch)
    live = {member.fulfillment_id: member for member in batch.live}
    first = await _as_started(engine, batch_id)
    request = first.model_copy(
        update={
            "members": tuple((one.fulfillment_id, one.order_id) for one in live.values()),
            "slots": tuple(one.slot for one in live.values()),
            "stage": batch.stage,
        }
    )
    async with answered(pick_batch_workflow_id(batch_id)):
        await engine.client.start_workflow(
            PickBatchWorkflow.run,
            request,
            id=pick_batch_workflow_id(batch_id),
            task_queue=engine.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"{len(live)} orders in {batch.warehouse_id}",
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(attributes.ORDER_STAGE, batch.stage.value),
                    SearchAttributePair(attributes.WAREHOUSE, batch.warehouse_id),
                ]
            ),
        )
    return batch.stage


async def _as_started(engine: Engine, batch_id: str) -> PickBatchRequest:
    try:
        async with answered(pick_batch_workflow_id(batch_id)):
            history = batch_handle(engine, batch_id).fetch_history_events(page_size=1)
            started = (await anext(history)).workflow_execution_started_event_attributes
        payloads = list(started.input.payloads)
        [request] = await engine.client.data_converter.decode(payloads, [PickBatchRequest])
    except NotRunning as gone:
        problem = Problem(
            path=f"batch {batch_id}",
            expected="a history that says what it was started with",
            came="none",
            remedy="see whether TEMPORAL_NAMESPACE is the one that the batch was planned in",
        )
        raise Refused.of(problem) from gone
    return PickBatchRequest.model_validate(request)


async def _why_not_running(engine: Engine, batch_id: str) -> FulfillmentError:
    async with engine.database.reading() as tx:
        batch = await tx.batches.get(batch_id)
    if batch.stage in {BatchStage.SORTED, BatchStage.CANCELED}:
        return _ended(batch)
    return orphaned(f"batch {batch_id}", f"fulfillment floor batch resume {batch_id}")


def _ended(batch: BatchRecord) -> FulfillmentError:
    return Refused.of(
        Problem(
            path=f"batch {batch.batch_id}",
            expected="one that is under way",
            came=batch.stage.value,
            remedy="nothing is left to do",
        )
    )
