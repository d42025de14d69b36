"""A query that a dead worker leaves to another one does not take its run ahead of its history."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Replayer, Worker

import plant as plants
import queried_workflow
from fulfillment.temporal.plugin import FulfillmentPlugin
from queried_workflow import STICKY, QueriedWorkflow


@asynccontextmanager
async def mortal_worker(client: Client, queue: str) -> AsyncIterator[None]:
    """Run a worker process, and kill it."""
    address = client.service_client.config.target_host
    module = Path(queried_workflow.__file__)
    worker = await asyncio.create_subprocess_exec(sys.executable, str(module), address, queue)
    try:
        yield
    finally:
        worker.kill()
        await worker.wait()


async def test_a_run_replayed_for_a_query_hears_an_update_as_its_replay_will(
    client: Client,
) -> None:
    """The SDK would keep the run with what a replay does after the update: it is stuck then."""
    queue, hands = plants.new_id("queried"), plants.new_id("hands")
    begun, may_end = asyncio.Event(), asyncio.Event()

    @activity.defn(name="work")
    async def work() -> None:
        begun.set()
        await may_end.wait()

    async with Worker(client, task_queue=hands, activities=[work]):
        async with mortal_worker(client, queue):
            handle = await client.start_workflow(
                QueriedWorkflow.run, hands, id=queue, task_queue=queue
            )
            await begun.wait()
        asked = asyncio.create_task(handle.query(QueriedWorkflow.done))
        await asyncio.sleep(STICKY.total_seconds() / 4)
        may_end.set()
        async with Worker(client, task_queue=queue, workflows=[QueriedWorkflow]):
            assert 1 == await asked
            await handle.execute_update(QueriedWorkflow.confirm)
            await handle.result()
    replayer = Replayer(workflows=[QueriedWorkflow], plugins=[FulfillmentPlugin()])
    replayed = await replayer.replay_workflow(
        await handle.fetch_history(), raise_on_replay_failure=False
    )
    assert None is replayed.replay_failure
