"""Workers that start at once: each is forked from a process that has loaded all they need.

To load the engine costs a worker some seconds of a core. A campaign starts more than a hundred of
them, and on two cores they would do little else.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from fulfillment.domain.lifecycle import Picking
from fulfillment.entrypoints.stack import Stack
from fulfillment.settings import Settings
from fulfillment.simulation.chaos import faulty_worker
from fulfillment.temporal.child_process import ChildProcess

LOADED = "fulfillment.simulation.chaos.preload"
"""The module that loads what workers need."""

_forking = get_context("forkserver")


class ForkingStack(Stack):
    """A stack whose workers crash where a ticket says so, and need no time to begin.

    Every other worker picks in batches: which one puts an order on record decides how it is picked.
    """

    def __init__(self, settings: Settings, tickets: Path) -> None:
        """Keep the folder of the tickets."""
        super().__init__(settings)
        self._tickets = tickets
        self._picking = cycle(Picking)
        _forking.set_forkserver_preload([LOADED])

    async def _begin_worker(self, worker_file: Path) -> ChildProcess:
        log = self.worker_log
        log.parent.mkdir(parents=True, exist_ok=True)
        log.touch()
        began = log.stat().st_size
        picking = self.settings.model_copy(update={"picking": next(self._picking)})
        environment = {**self.environment(), **picking.environment()}
        arguments = (environment, str(log), str(self._tickets), str(worker_file))
        process = _forking.Process(target=_work, args=arguments, daemon=True)
        # The first one waits until all is loaded.
        await asyncio.to_thread(process.start)
        return ChildProcess(ForkedProcess(process), log, began)


class ForkedProcess:
    """A forked process, to be waited for as those of asyncio are."""

    def __init__(self, process: BaseProcess) -> None:
        """Begin to wait for its end, in the running event loop."""
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = self._loop.create_future()
        self._loop.add_reader(process.sentinel, self._end)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """Return its exit code, the negative signal where one ended it, None as long as it runs."""
        return self._ended.result() if self._ended.done() else None

    def kill(self) -> None:
        """Send SIGKILL."""
        self._process.kill()

    def send_signal(self, signal: int, /) -> None:
        """Send a signal."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal)

    async def wait(self) -> int:
        """Wait until it has ended, and return its exit code."""
        return await asyncio.shield(self._ended)

    def _end(self) -> None:
        self._loop.remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set_result(self._process.exitcode or 0)


def _work(environment: Mapping[str, str], log: str, tickets: str, worker_file: str) -> None:
    """Be a worker: with a session, a log and variables of its own."""
    os.setsid()
    with Path(log).open("ab") as output:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(output.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    faulty_worker.main(tickets, worker_file)
