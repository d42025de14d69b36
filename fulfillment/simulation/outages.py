"""Power cuts in mid-run: who is killed, and who is started in its place."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from fulfillment.entrypoints.stack import Stack
from fulfillment.simulation.cluster_stack import ClusterStack

OUTAGE_SECONDS = 1.5
"""How long nobody is started in the place of who was killed."""

Outage = Callable[[], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Incidents:
    """Who was started and who was killed, by process id, the last one last."""

    workers_started: list[int] = field(default_factory=list)
    workers_killed: list[int] = field(default_factory=list)
    servers_started: list[int] = field(default_factory=list)
    servers_killed: list[int] = field(default_factory=list)


def worker_outage(stack: Stack, incidents: Incidents, say: Callable[[str], None]) -> Outage:
    """Return what kills the worker that was started last, and starts another a moment later."""

    async def cut() -> None:
        pid = incidents.workers_started[-1]
        await stack.kill_worker(pid)
        incidents.workers_killed.append(pid)
        left = f"{len(stack.worker_pids)} left" if stack.worker_pids else "nobody works now"
        say(f"         SIGKILL to worker {pid}: {left}")
        await asyncio.sleep(OUTAGE_SECONDS)
        incidents.workers_started.append(await stack.start_worker())
        say(f"         worker {incidents.workers_started[-1]} started; all goes on where it was")

    return cut


def server_outage(stack: ClusterStack, incidents: Incidents, say: Callable[[str], None]) -> Outage:
    """Return what kills the Temporal server, and starts it again a moment later."""

    async def cut() -> None:
        pid = await stack.kill_server()
        incidents.servers_killed.append(pid)
        say(f"         SIGKILL to the Temporal server {pid}: no progress can be recorded now")
        await asyncio.sleep(OUTAGE_SECONDS)
        incidents.servers_started.append(await stack.restart_server())
        say(f"         Temporal server {incidents.servers_started[-1]} started; all goes on")

    return cut
