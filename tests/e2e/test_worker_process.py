"""worker.py as a process: it starts, stops and dies as a worker should."""

import asyncio
import os
import re
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType, PendingActivityState
from temporalio.client import WorkflowHandle

import plant
from fulfillment import bootstrap
from fulfillment.entrypoints.stack import Stack, WorkerFailed
from fulfillment.settings import Settings
from fulfillment.temporal.dev_server import DevServer, free_port
from fulfillment.temporal.identifiers import order_workflow_id
from refused_workers import refused
from sites import stack_of_its_own


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    """Keep everybody else from writing to the database."""
    file = sqlite3.connect(settings.database_url.partition(":///")[2], isolation_level=None)
    try:
        file.execute("BEGIN IMMEDIATE")
        yield
        file.execute("ROLLBACK")
    finally:
        file.close()


async def submitted(stack: Stack) -> WorkflowHandle[object, object]:
    """Start an order's workflow as a storefront may, and return its handle."""
    client = await bootstrap.connect(stack.settings, stack.address)
    order_id = plant.new_id("WORKER")
    return await client.start_workflow(
        "OrderWorkflow",
        plant.order_data(order_id),
        id=order_workflow_id(order_id),
        task_queue=stack.settings.task_queue,
    )


async def begun(handle: WorkflowHandle[object, object]) -> bool:
    """Tell whether an activity of the workflow is under way."""
    described = await handle.describe()
    started = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    return any(act.state == started for act in described.raw_description.pending_activities)


async def events(handle: WorkflowHandle[object, object]) -> list["EventType.ValueType"]:
    """Return the kinds of events in the workflow's history."""
    return [event.event_type async for event in handle.fetch_history_events()]


async def test_a_stack_whose_worker_is_killed_and_stopped(tmp_path: Path) -> None:
    """What a killed worker had begun the next one does, which ends what is under way when told.

    The server starts again on its address meanwhile; at the end all have stopped.
    """
    async with stack_of_its_own(tmp_path) as stack:
        address = await stack.start_server()
        first = await stack.start_worker()
        await stack.stop_server()
        assert await stack.start_server() == address
        with locked(stack.settings):
            handle = await submitted(stack)
            await plant.eventually(lambda: begun(handle))
            await stack.kill_worker(first)
        second = await stack.start_worker()
        assert stack.worker_pids == [second]
        await plant.eventually(lambda: fulfilling(handle))
        await finishes_what_is_under_way(stack, second)
    assert [alive(pid) for pid in (first, second)] == [False, False]


async def finishes_what_is_under_way(stack: Stack, pid: int) -> None:
    """Check that a worker that is told to stop lets its activity end, and leaves with code 0."""
    with locked(stack.settings):
        handle = await submitted(stack)
        await plant.eventually(lambda: begun(handle))
        stopping = asyncio.ensure_future(stack.stop_worker(pid))
        await plant.eventually(lambda: said(stack, "finishes what is under way"))
        await asyncio.sleep(0.5)
        assert not stopping.done()
    code = await stopping
    kinds = await events(handle)
    assert code == 0
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED in kinds
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED not in kinds
    assert f"worker {pid} stopped" in stack.log_tail()


async def said(stack: Stack, words: str) -> bool:
    """Tell whether a worker has said so."""
    return words in stack.log_tail()


async def fulfilling(handle: WorkflowHandle[object, object]) -> bool:
    """Tell whether the order has got as far as the floor."""
    status = await handle.query("status")
    return isinstance(status, dict) and status["stage"] == "fulfilling"


async def test_a_server_out_of_reach_is_one_line(tmp_path: Path) -> None:
    """The worker says so in one line and leaves with code 2; the stack says how it ended."""
    address = f"127.0.0.1:{free_port()}"
    settings = plant.settings_in(tmp_path, connect_timeout=timedelta(seconds=1))
    async with Stack(settings, address=address) as stack:
        with pytest.raises(WorkerFailed, match="ended with code 2"):
            await stack.start_worker()
        assert stack.worker_pids == []
        assert len(stack.log_tail().splitlines()) == 1
        assert f"expected a server answering at {address} within 1 s" in stack.log_tail()


WITHOUT_USE = [
    ({"DATABASE_URL": "mysql://localhost/fulfillment"}, ["DATABASE_URL"]),
    ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite"}, ["DATABASE_URL"]),
    ({"FULFILLMENT_DATA_DIR": "/dev/null/data"}, ["FULFILLMENT_DATA_DIR"]),
    ({"FULFILLMENT_TARIFFS": "/dev/null/tariffs.json"}, ["FULFILLMENT_TARIFFS"]),
    (
        {"FULFILLMENT_TIME_SCALE": "fast", "FULFILLMENT_TASK_QUEUE": "q" * 201},
        ["FULFILLMENT_TASK_QUEUE", "FULFILLMENT_TIME_SCALE"],
    ),
]


async def test_settings_that_can_not_be_used(server: DevServer, tmp_path: Path) -> None:
    """Each is refused by the name of its variable, in one line, and the exit code is 2."""
    found = {"TEMPORAL_ADDRESS": server.address, "FULFILLMENT_DATA_DIR": str(tmp_path)}
    told = await refused(found, [changes for changes, _ in WITHOUT_USE])
    for said_of_it, (_, names) in zip(told, WITHOUT_USE, strict=True):
        assert len(names) == len(said_of_it.splitlines())
        assert names == sorted(re.findall(r"(\w+): expected ", said_of_it))


def alive(pid: int) -> bool:
    """Tell whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_up_keeps_a_worker_running(server: DevServer, tmp_path: Path) -> None:
    """`make up` starts another worker where one died, and stops it when told to."""
    environ = {"TEMPORAL_ADDRESS": server.address, "FULFILLMENT_DATA_DIR": str(tmp_path)}
    up = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "fulfillment.entrypoints.up",
        env={**os.environ, **environ, "FULFILLMENT_TASK_QUEUE": plant.new_id("up")},
        stderr=asyncio.subprocess.PIPE,
    )
    assert up.stderr is not None
    pids: list[int] = []
    try:
        while len(pids) < 2:
            line = (await asyncio.wait_for(up.stderr.readline(), 60)).decode()
            if " polls " in line:
                pids.append(int(line.split()[1]))
                if len(pids) == 1:
                    os.kill(pids[0], signal.SIGKILL)
        up.send_signal(signal.SIGINT)
        _, last = await asyncio.wait_for(up.communicate(), 60)
    finally:
        if up.returncode is None:
            up.kill()
    assert (up.returncode, last.decode().splitlines()[-1]) == (0, "stopped")
    assert [alive(pid) for pid in pids] == [False, False]
