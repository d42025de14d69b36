"""A workflow whose first task stalls for longer than the SDK waits, and notes how far it came."""

import asyncio
import time
from pathlib import Path

from temporalio import workflow

STALL_S = 2.6
"""The SDK takes a task for deadlocked after two seconds."""


@workflow.defn(name="StallingWorkflow")
class StallingWorkflow:
    """Stalls in its first task, like a workflow on a machine that stands still."""

    @workflow.run
    async def run(self, notes: str) -> str:
        """Return what was noted in a file: by the task that stalled, and by what came after it."""
        first = _stalls_at_first(notes)
        try:
            await asyncio.sleep(0.01)
        finally:
            _note(notes, "evicted" if first else "resumed")
        return _read(notes)


def _stalls_at_first(notes: str) -> bool:
    with workflow.unsafe.sandbox_unrestricted():
        first = not Path(notes).exists()
        if first:
            _note(notes, "begun")
            time.sleep(STALL_S)
            _note(notes, "ended")
        return first


def _note(notes: str, what: str) -> None:
    with workflow.unsafe.sandbox_unrestricted(), Path(notes).open("a", encoding="utf-8") as file:
        file.write(f"{what}\n")


def _read(notes: str) -> str:
    with workflow.unsafe.sandbox_unrestricted():
        return Path(notes).read_text(encoding="utf-8")
