"""CutOffWorkflow: the cut-off of a warehouse and carrier has come."""

from datetime import datetime

from temporalio import workflow
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.options import RECORD

with workflow.unsafe.imports_passed_through():
    from activities.manifests import ManifestActivities
    from fulfillment.messages import CutOffRequest, CutOffs, EndOfDayRequest, FindCutOffs
    from fulfillment.temporal import search_attributes as attributes
    from fulfillment.temporal.identifiers import end_of_day_workflow_id

    # A child is only named here: it is loaded anew for its own runs.
    from workflows.end_of_day import EndOfDayWorkflow

NOMINAL_TIME = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
"""When a Schedule meant a run to begin; it may begin later, after an outage."""


@workflow.defn(name="CutOffWorkflow")
class CutOffWorkflow:
    """Has each manifest that is due closed by a workflow of its own, which outlives this one.

    Started by a Schedule at the cut-off, or on demand. So the next cut-off never waits for parcels
    that are still to be fetched.
    """

    @workflow.run
    async def run(self, request: CutOffRequest) -> CutOffs:
        """Start the end of the day, once for each cut-off."""
        due = await workflow.execute_activity_method(
            ManifestActivities.find_cut_offs,
            FindCutOffs(**request.model_dump(), at=_nominal_time()),
            summary="Find the manifests that are due",
            **RECORD,
        )
        for cut_off in due.cut_offs:
            await _start(EndOfDayRequest(**request.model_dump(), cut_off=cut_off))
        return due


def _nominal_time() -> datetime:
    info = workflow.info()
    return info.typed_search_attributes.get(NOMINAL_TIME) or info.start_time


async def _start(request: EndOfDayRequest) -> None:
    name = end_of_day_workflow_id(request.warehouse_id, request.carrier_id, request.cut_off)
    try:
        await workflow.start_child_workflow(
            EndOfDayWorkflow.run,
            request,
            id=name,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"End of day: {request.carrier_id} at {request.warehouse_id}",
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(attributes.WAREHOUSE, request.warehouse_id),
                    SearchAttributePair(attributes.CARRIER, request.carrier_id),
                ]
            ),
        )
    except WorkflowAlreadyStartedError:
        workflow.logger.info("%s is under way already, or has ended", name)
