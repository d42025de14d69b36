"""The product's workflows are imported into the sandbox once, and are restricted in each run."""

import importlib
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

import plant as plants
from fulfillment.temporal import sandbox

SOURCE = '''
"""A workflow that does what no workflow may: keep something, and look at the clock."""

from datetime import datetime

from temporalio import workflow

RUNS = []


@workflow.defn
class ClockWorkflow:
    """Says how many runs its module has seen, and what came of a look at the clock."""

    @workflow.run
    async def run(self) -> list[str]:
        """Look at the clock."""
        RUNS.append(workflow.info().run_id)
        try:
            datetime.now()
        except Exception as error:
            return [str(len(RUNS)), type(error).__name__]
        return [str(len(RUNS)), "told the time"]
'''


async def test_runs_share_modules_and_each_is_restricted(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run finds the modules of the first one, and may no more look at the clock."""
    (tmp_path / "clock_watching.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sandbox, "stateless", {"clock_watching"})
    watching = importlib.import_module("clock_watching").ClockWorkflow
    queue, seen = plants.new_id("clock"), []
    async with Worker(client, task_queue=queue, workflows=[watching]):
        for _ in range(2):
            run = plants.new_id("clock")
            seen.append(await client.execute_workflow(watching.run, id=run, task_queue=queue))
    refused = "RestrictedWorkflowAccessError"
    assert [["1", refused], ["2", refused]] == seen
