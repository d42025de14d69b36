"""worker.py --verify, and a worker that refuses to start, on histories of another code."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from temporalio.client import Client

import plant
from fulfillment import bootstrap
from fulfillment.entrypoints.stack import WORKER_FILE
from fulfillment.operations.orders import submit_order
from fulfillment.operations.replays import ReplayScope, replay_running, require_replayable
from fulfillment.temporal.dev_server import DevServer
from fulfillment.temporal.identifiers import order_workflow_id
from fulfillment.temporal.setup_errors import HistoriesNotReplayed
from other_release import another_release_at_work


def run_worker(
    server: DevServer, folder: Path, *arguments: str, **environ: str
) -> "subprocess.CompletedProcess[str]":
    """Run worker.py to its end, and return what it said."""
    settings = {"FULFILLMENT_DATA_DIR": str(folder), "TEMPORAL_ADDRESS": server.address}
    return subprocess.run(
        [sys.executable, WORKER_FILE, *arguments],
        env={**os.environ, **settings, **environ},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


async def test_what_runs_is_verified_before_it_is_taken(
    client: Client, server: DevServer, tmp_path: Path
) -> None:
    """What does not replay is named with its reason: exit code 1; a worker does not start: 2.

    The error has a problem for each workflow, with what to do.
    """
    queue = plant.new_id("verified")
    environ = {"FULFILLMENT_TASK_QUEUE": queue}
    workflow_id = order_workflow_id(queue)
    scope = ReplayScope(["OrderWorkflow", "FulfillmentWorkflow"], queue, 5)
    async with another_release_at_work(client, queue, workflow_id):
        with pytest.raises(HistoriesNotReplayed, match=workflow_id) as raised:
            await require_replayable(client, bootstrap.make_replayer(), scope)
        verified = await asyncio.to_thread(run_worker, server, tmp_path, "--verify", **environ)
        refused = await asyncio.to_thread(
            run_worker, server, tmp_path, FULFILLMENT_VERIFY_HISTORIES="5", **environ
        )
    assert (1, 2) == (verified.returncode, refused.returncode)
    first, last = verified.stdout.splitlines()
    assert first.startswith(f"{workflow_id} (run ")
    assert "Nondeterminism" in first
    assert "1 running workflows replayed, 1 of them not with this code" == last
    assert f"workflow {workflow_id}: expected a history that this code replays" in refused.stderr
    assert "polls" not in refused.stderr
    assert ["workflow.patched" in problem.remedy for problem in raised.value.problems] == [True]


async def test_what_this_code_began_replays(
    shop: plant.Plant, client: Client, server: DevServer, tmp_path: Path
) -> None:
    """An order under way replays, and the exit code is 0."""
    placed = plant.order(plant.new_id("VERIFIED"))
    await submit_order(shop.engine, placed)
    scope = bootstrap.replay_scope(shop.settings, 5)

    async def listed() -> bool:
        replayed = await replay_running(client, bootstrap.make_replayer(), scope)
        assert [] == [one for one in replayed if one.reason]
        return order_workflow_id(placed.order_id) in [one.workflow_id for one in replayed]

    await plant.eventually(listed)
    assert await require_replayable(client, bootstrap.make_replayer(), scope) >= 1
    queue = {"FULFILLMENT_TASK_QUEUE": shop.settings.task_queue}
    verified = await asyncio.to_thread(run_worker, server, tmp_path, "--verify", "3", **queue)
    assert (0, "") == (verified.returncode, verified.stderr)
    assert verified.stdout.endswith("replayed, 0 of them not with this code\n")
    await client.get_workflow_handle(order_workflow_id(placed.order_id)).terminate()


def test_a_pinned_worker_verifies_its_own_version(tmp_path: Path) -> None:
    """With `pinned` it is given its own version's workflows alone, with `auto_upgrade` all."""
    versioned = {"deployment_name": "shop", "build_id": "v1"}
    pinned = bootstrap.replay_scope(plant.settings_in(tmp_path, **versioned), 5)
    free = bootstrap.replay_scope(
        plant.settings_in(tmp_path, **versioned, versioning="auto_upgrade"), 5
    )
    assert "TemporalWorkerDeploymentVersion = 'shop:v1'" in pinned.query("OrderWorkflow")
    assert "Version" not in free.query("OrderWorkflow")
