"""A workflow task that stalls is tried again, and its worker stays sound."""

from pathlib import Path

from temporalio.client import Client
from temporalio.worker import Worker

import plant as plants
from stalling_workflow import StallingWorkflow

QUEUE = "stalling"


async def test_a_stalled_task_ends_what_it_began_before_its_run_is_evicted(
    client: Client, tmp_path: Path
) -> None:
    """The SDK would raise an exception in its thread, and evict the run while that is at work."""
    notes = tmp_path / "notes"
    async with Worker(client, task_queue=QUEUE, workflows=[StallingWorkflow]):
        seen = await client.execute_workflow(
            StallingWorkflow.run, str(notes), id=plants.new_id("stalling"), task_queue=QUEUE
        )
    assert ["begun", "ended", "evicted", "resumed"] == seen.split()
