"""Sending an order in the place of another's goods."""

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.options import RECORD

with workflow.unsafe.imports_passed_through():
    from activities.replacements import ReplacementActivities
    from fulfillment.domain.lifecycle import OrderStage
    from fulfillment.messages import OrderReplacement, ReplacementOrdered
    from fulfillment.temporal import search_attributes as attributes
    from fulfillment.temporal.identifiers import order_workflow_id


async def send_replacement(request: OrderReplacement) -> ReplacementOrdered:
    """Make the order that is sent in the place of goods, and start it; a repeat starts nothing.

    It goes its own way from then on, whatever becomes of the workflow that asked for it.

    Raises:
        ActivityError: by InvalidOrder, where the order has no such line or unit.

    """
    ordered = await workflow.execute_activity_method(
        ReplacementActivities.order_replacement,
        request,
        summary=f"Send again, because of {request.reason.value}",
        **RECORD,
    )
    try:
        await workflow.start_child_workflow(
            "OrderWorkflow",
            ordered.order,
            id=order_workflow_id(ordered.replacement_id),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"In the place of {request.order_id}: {request.reason.value}",
            search_attributes=TypedSearchAttributes(
                [SearchAttributePair(attributes.ORDER_STAGE, OrderStage.RECEIVED.value)]
            ),
        )
    except WorkflowAlreadyStartedError:
        # Asked for before, by a run of this workflow that was reset or terminated.
        return ordered
    return ordered
