"""A workflow that is queried while its worker is dead; run as a module, it is that worker."""

import asyncio
import sys
from datetime import timedelta

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from fulfillment.temporal.plugin import FulfillmentPlugin

STICKY = timedelta(seconds=2)
"""How long a query and a workflow task wait for the worker that is dead."""

SOON = timedelta(seconds=60)


@workflow.defn(name="QueriedWorkflow")
class QueriedWorkflow:
    """Does one thing after the other, and ends once that was confirmed."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self._done = 0
        self._confirmed = False

    @workflow.run
    async def run(self, queue: str) -> None:
        """Do two things on another task queue."""
        for _ in range(2):
            await workflow.execute_activity("work", task_queue=queue, start_to_close_timeout=SOON)
            self._done += 1
        await workflow.wait_condition(lambda: self._confirmed)

    @workflow.query
    def done(self) -> int:
        """Return how much is done."""
        return self._done

    @workflow.update
    async def confirm(self) -> None:
        """Let it end."""
        self._confirmed = True


async def _serve(address: str, queue: str) -> None:
    client = await Client.connect(address, plugins=[FulfillmentPlugin()])
    async with Worker(
        client,
        task_queue=queue,
        workflows=[QueriedWorkflow],
        sticky_queue_schedule_to_start_timeout=STICKY,
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(*sys.argv[1:]))
