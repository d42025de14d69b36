"""The time-skipping test server, where this machine has a way to it."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from fulfillment.temporal.plugin import FulfillmentPlugin
from time_skipping_server import STARTUP_LIMIT, time_skipping_server

MONTH = timedelta(days=30)


@workflow.defn(name="WaitingWorkflow")
class WaitingWorkflow:
    """Waits for a month."""

    @workflow.run
    async def run(self) -> float:
        """Return how many seconds passed."""
        began = workflow.now()
        await workflow.sleep(MONTH)
        return (workflow.now() - began).total_seconds()


@pytest.fixture
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    """Start the server."""
    path = await time_skipping_server()
    if path is None:
        pytest.skip("no time-skipping server: neither a download nor Java with Maven")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(path),
        test_server_startup_timeout=STARTUP_LIMIT,
        plugins=[FulfillmentPlugin()],
    ) as started:
        yield started


async def test_a_month_passes_in_seconds(environment: WorkflowEnvironment) -> None:
    """A workflow that waits for a month is done at once."""
    began = time.monotonic()
    async with Worker(environment.client, task_queue="month", workflows=[WaitingWorkflow]):
        waited = await environment.client.execute_workflow(
            WaitingWorkflow.run, id="month", task_queue="month"
        )
    assert waited >= MONTH.total_seconds()
    assert time.monotonic() - began < 30
