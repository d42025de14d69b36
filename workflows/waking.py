"""Telling those who wait for goods that some are set aside for them."""

from collections.abc import Sequence

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from fulfillment.domain.back_order_queue import Waiter
    from fulfillment.temporal.identifiers import waiter_workflow_id


async def wake(waiters: Sequence[Waiter]) -> None:
    """Tell them, the first in line first; who has ended is not told."""
    for waiter in waiters:
        name = waiter_workflow_id(waiter)
        try:
            await workflow.get_external_workflow_handle(name).signal("stock_arrived")
        except FailureError:
            workflow.logger.info("%s has ended, and is not told that goods are there", name)
