"""Kills, crashes, restarts and locks, each at its moment; and who takes the place of the dead."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import make_url

from fulfillment.entrypoints.stack import Stack, WorkerFailed
from fulfillment.ports import Clock
from fulfillment.simulation.chaos.faulty_worker import CRASHED, issue
from fulfillment.simulation.chaos.plan import Incident, Plan
from fulfillment.simulation.chaos.tally import Tally

LOCK_SECONDS = (0.5, 8.0)
"""A writer waits for five seconds; so it is sometimes in vain."""
DOWN_SECONDS = (0.0, 2.0)
"""How long the Temporal server is away."""
WORK_SECONDS = 3.0
"""A worker works so long, and half as long as it took to start, before it is killed: else a slow
machine would only start workers."""
MOST_TIMES = 1.3
"""What found no worker at work within so many times the plan's seconds happens no more."""
PAUSE_SECONDS = 0.5


@dataclass
class Incidents:
    """Does to the processes what the plan says, and keeps as many workers as it says."""

    stack: Stack
    plan: Plan
    luck: Random
    tally: Tally
    clock: Clock
    tickets: Path
    _rare: bool = False
    _until: float = 0.0
    _due: dict[int, float] = field(default_factory=dict)
    """From when on workers may be killed, by their process id."""
    _ends: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Let all incidents of the plan happen, each at its moment or as soon as it can."""
        began = time.monotonic()
        self._until = began + self.plan.seconds * MOST_TIMES
        for moment, incident in self.plan.timeline(self.luck):
            await asyncio.sleep(max(0.0, moment - (time.monotonic() - began)))
            await self._happen(incident)
        await asyncio.gather(*self._ends)

    async def keep_working(self) -> None:
        """Start a worker for each one that is missing, until canceled."""
        async with asyncio.TaskGroup() as places:
            for _ in range(self.plan.workers):
                places.create_task(self._fill_place())

    async def _fill_place(self) -> None:
        while True:
            try:
                code = await self._work()
            except (WorkerFailed, KeyError):
                # No server to connect to, or killed as it began.
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if code == CRASHED:
                self._strike(Incident.CRASH_WORKER)

    async def _work(self) -> int:
        began = time.monotonic()
        pid = await self.stack.start_worker()
        polls = time.monotonic()
        self._due[pid] = polls + max(WORK_SECONDS, (polls - began) / 2)
        try:
            return await self.stack.worker_ended(pid)
        finally:
            self._due.pop(pid, None)

    async def _happen(self, incident: Incident) -> None:
        match incident:
            case Incident.KILL_WORKER:
                self._in_background(self._end_worker(incident, self.stack.kill_worker))
            case Incident.STOP_WORKER:
                self._in_background(self._end_worker(incident, self.stack.stop_worker))
            case Incident.CRASH_WORKER:
                self._in_background(self._crash_worker())
            case Incident.RESTART_SERVER | Incident.KILL_SERVER:
                await self._restart_server(incident)
            case Incident.LOCK_DATABASE:
                self._in_background(self._lock())

    async def _end_worker(
        self, incident: Incident, end: Callable[[int], Awaitable[object]]
    ) -> None:
        pid = await self._any_worker()
        if pid is None:
            return
        self._strike(incident)
        with suppress(KeyError):
            await end(pid)

    async def _crash_worker(self) -> None:
        if not await self._at_work():
            return
        # Every other crash is kept for what no ordinary order has.
        self._rare = not self._rare
        await asyncio.to_thread(issue, self.tickets, rare=self._rare)

    async def _any_worker(self) -> int | None:
        found = await self._at_work()
        if not found:
            return None
        pid = self.luck.choice(found)
        self._due.pop(pid, None)
        return pid

    async def _at_work(self) -> list[int]:
        """Wait until a worker has worked, which takes a while on a slow machine; return all."""
        while (now := time.monotonic()) < self._until:
            found = [pid for pid, due in self._due.items() if due < now]
            if found:
                return found
            await asyncio.sleep(PAUSE_SECONDS)
        return []

    async def _restart_server(self, incident: Incident) -> None:
        self._strike(incident)
        if incident is Incident.KILL_SERVER:
            await self.stack.kill_server()
        else:
            await self.stack.stop_server()
        await asyncio.sleep(self.luck.uniform(*DOWN_SECONDS))
        await self.stack.start_server()

    async def _lock(self) -> None:
        self._strike(Incident.LOCK_DATABASE)
        file = str(make_url(self.stack.settings.database_url).database)
        await asyncio.to_thread(_hold_lock, file, self.luck.uniform(*LOCK_SECONDS))

    def _strike(self, incident: Incident) -> None:
        self.tally.strike(incident.value, self.clock.now())

    def _in_background(self, errand: Coroutine[None, None, None]) -> None:
        self._ends.add(asyncio.create_task(errand))


def _hold_lock(file: str, seconds: float) -> None:
    with closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
