"""Expecting goods back that no customer has asked to return."""

from collections.abc import Iterable

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.returns import ReturnReason, ReturnStage, announcement, rma_number
    from fulfillment.messages.returns import StartReturn
    from fulfillment.temporal import search_attributes as attributes
    from fulfillment.temporal.identifiers import return_workflow_id


async def announce_return(
    order_id: str, units: Iterable[tuple[int, int]], reason: ReturnReason, key: str
) -> str:
    """Start the return of units that are on their way back, and return its RMA number.

    It goes its own way from then on, and tells and refunds the customer nothing: that is for who
    announces it.

    Args:
        order_id: whose units they are.
        units: each as (line number, number in its line).
        reason: why.
        key: stands for this announcement; a repeat starts nothing.

    """
    return_id = rma_number(order_id, key)
    try:
        await workflow.start_child_workflow(
            "ReturnWorkflow",
            StartReturn(return_id=return_id, request=announcement(order_id, units, reason)),
            id=return_workflow_id(return_id),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=f"Goods of order {order_id} come back: {reason.value}",
            search_attributes=TypedSearchAttributes(
                [SearchAttributePair(attributes.ORDER_STAGE, ReturnStage.REQUESTED.value)]
            ),
        )
    except WorkflowAlreadyStartedError:
        return return_id
    return return_id
