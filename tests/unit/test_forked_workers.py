"""A forked worker is stopped, killed and waited for as any other program of ours."""

import asyncio
import os
import signal
import time
from multiprocessing import get_context

import pytest

from fulfillment.simulation.chaos.forked_workers import ForkedProcess

_spawning = get_context("spawn")


def started(code: int = 0, *, sleeps: float = 0.0) -> ForkedProcess:
    """Start a process that ends with a code."""
    process = _spawning.Process(target=end, args=(code, sleeps), daemon=True)
    process.start()
    return ForkedProcess(process)


def end(code: int, sleeps: float) -> None:
    """Be the process."""
    time.sleep(sleeps)
    os._exit(code)


async def test_its_own_end_is_seen_by_all_who_wait() -> None:
    """The exit code is there once it has ended, as a crash's is, and was not before."""
    process = started(70)
    assert process.returncode is None
    assert (70, 70) == tuple(await asyncio.gather(process.wait(), process.wait()))
    assert process.returncode == 70


@pytest.mark.parametrize("name", [signal.SIGKILL, signal.SIGTERM])
async def test_a_signal_ends_it(name: signal.Signals) -> None:
    """The code is the negative signal; a second one to who is gone is no error."""
    process = started(sleeps=60)
    process.kill() if name is signal.SIGKILL else process.send_signal(name)
    assert -name == await process.wait()
    process.send_signal(name)
    process.kill()
