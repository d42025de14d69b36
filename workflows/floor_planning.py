"""FloorPlanningWorkflow: a warehouse's released fulfillments become pick batches."""

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.keys import Keys
from workflows.options import PLAN

with workflow.unsafe.imports_passed_through():
    from activities.floor_planning import FloorPlanningActivities
    from fulfillment.domain.pick_batches import BatchStage
    from fulfillment.messages import FloorPlanned, FloorRequest, PickBatchRequest, PlanFloor
    from fulfillment.temporal import search_attributes as attributes
    from fulfillment.temporal.identifiers import pick_batch_workflow_id

    # A child is only named here: it is loaded anew for its own runs.
    from workflows.pick_batch import PickBatchWorkflow


@workflow.defn(name="FloorPlanningWorkflow")
class FloorPlanningWorkflow:
    """Forms pick batches of what is released, and has each walked by a workflow of its own.

    Started by a Schedule of the warehouse, at its interval or on demand.
    """

    @workflow.run
    async def run(self, request: FloorRequest) -> FloorPlanned:
        """Plan once."""
        # Two runs of a Schedule in one second have one id: when a run began tells them apart.
        began = f"{workflow.info().start_time:%y%m%d-%H%M%S%f}"
        planned = await workflow.execute_activity_method(
            FloorPlanningActivities.plan_floor,
            PlanFloor(
                key=Keys().next("plan_floor", began),
                warehouse_id=request.warehouse_id,
                run=began,
            ),
            summary="Form batches of what is released",
            **PLAN,
        )
        for batch in planned.batches:
            await _start(batch)
        _show(request.warehouse_id, planned)
        return planned


async def _start(batch: PickBatchRequest) -> None:
    try:
        await workflow.start_child_workflow(
            PickBatchWorkflow.run,
            batch,
            id=pick_batch_workflow_id(batch.batch_id),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"{len(batch.members)} orders in {batch.warehouse_id}",
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(attributes.ORDER_STAGE, BatchStage.PICKING.value),
                    SearchAttributePair(attributes.WAREHOUSE, batch.warehouse_id),
                ]
            ),
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("batch %s is under way already", batch.batch_id)


def _show(warehouse_id: str, planned: FloorPlanned) -> None:
    rows = [
        f"- **{batch.batch_id}**: {len(batch.members)} orders, {batch.picks} picks, "
        f"{batch.distance_mm / 1000:.0f} m"
        for batch in planned.batches
    ]
    until = f" until {planned.wait_until:%H:%M:%S} UTC at most" if planned.wait_until else ""
    rows.append(f"- {planned.waiting} wait for company{until}")
    rows += [f"- left out: {reason}" for reason in planned.left_out]
    workflow.set_current_details("\n".join([f"### Floor of {warehouse_id}", "", *rows]))
