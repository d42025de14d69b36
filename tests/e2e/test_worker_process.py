"""worker.py as a process: it starts as a worker should, or says why not, and `up` keeps it."""

import asyncio
import os
import re
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import plant
from fulfillment.entrypoints.stack import Stack, WorkerFailed
from fulfillment.temporal.dev_server import DevServer, free_port
from refused_workers import refused
from sites import alive


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
