"""An order that another release's code began, as a worker of this one finds it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

import plant


@workflow.defn(name="OrderWorkflow", sandboxed=False)
class OtherOrderWorkflow:
    """An OrderWorkflow of another release, which begins with a timer."""

    @workflow.run
    async def run(self, order: Any) -> None:
        """Wait for as long as the test takes."""
        del order
        await workflow.sleep(3600)


@asynccontextmanager
async def another_release_at_work(
    client: Client, queue: str, workflow_id: str
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """Have an order begun by another release's worker, which is gone then; end it afterwards."""
    async with Worker(client, task_queue=queue, workflows=[OtherOrderWorkflow]):
        order = plant.order_data("OTHER")
        handle = await client.start_workflow(
            "OrderWorkflow", order, id=workflow_id, task_queue=queue
        )

        async def waits() -> bool:
            return (await handle.describe()).history_length > 4

        await plant.eventually(waits)

    async def listed() -> bool:
        running = f"TaskQueue = '{queue}' AND ExecutionStatus = 'Running'"
        return bool([one async for one in client.list_workflows(running)])

    await plant.eventually(listed)
    yield handle
    await handle.terminate()
