"""A worker process that rings for the robots and says what it costs."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from fulfillment.settings import Settings

ANSWER_SECONDS = 60


class Cost(NamedTuple):
    """What a process has used so far."""

    cpu_s: float
    rss_bytes: int


class MeasuredWorker:
    """The other end of `bench._orders_worker`."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        """Keep the process and whoever waits for its bell."""
        if child.stdin is None or child.stdout is None:
            raise ValueError(child)
        self._child, self._stdin, self._stdout = child, child.stdin, child.stdout
        self._rings: dict[str, asyncio.Future[None]] = {}
        self._ready = asyncio.Event()
        self._costs: asyncio.Queue[Cost] = asyncio.Queue()

    def ring(self, workflow_id: str) -> asyncio.Future[None]:
        """Return what is done as soon as the workflow's pick list is about to be made."""
        return self._rings.setdefault(workflow_id, asyncio.get_running_loop().create_future())

    async def cost(self) -> Cost:
        """Ask what the process has used."""
        self._stdin.write(b"cost\n")
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._costs.get()

    async def listen(self) -> None:
        """Read what the process says, until it ends."""
        async for line in self._stdout:
            match _read(line):
                case {"pick": str(name)}:
                    self._set(self.ring(name))
                case {"cost": dict(cost)}:
                    self._costs.put_nowait(Cost(**cost))
                case {"ready": _}:
                    self._ready.set()

    @staticmethod
    def _set(ring: asyncio.Future[None]) -> None:
        # An activity that is tried again rings again.
        if not ring.done():
            ring.set_result(None)

    async def ready(self) -> None:
        """Wait until it polls."""
        await self._ready.wait()

    async def stop(self) -> None:
        """Close its stdin, by which it ends, and wait for it."""
        self._stdin.close()
        await self._child.wait()


def _read(line: bytes) -> Any:  # noqa: ANN401 - whatever it says
    try:
        return json.loads(line)
    except ValueError:
        sys.stderr.write(line.decode(errors="replace"))
        return None


@asynccontextmanager
async def measured_worker(settings: Settings, address: str) -> AsyncIterator[MeasuredWorker]:
    """Run a worker in a process of its own, for the pipeline and its twin."""
    environment: dict[str, Any] = {
        **os.environ,
        **settings.environment(),
        "TEMPORAL_ADDRESS": address,
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench._orders_worker"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )
    worker = MeasuredWorker(child)
    listening = asyncio.create_task(worker.listen())
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await worker.ready()
        yield worker
    finally:
        await worker.stop()
        await listening
