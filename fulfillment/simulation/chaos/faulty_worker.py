"""The worker, which crashes now and then between an effect's commit and the word of it.

``python -m fulfillment.simulation.chaos.faulty_worker TICKETS worker.py`` is worker.py itself. The
file ``next`` in the folder TICKETS is a ticket for one such crash: the worker that next ends an
activity in which none has crashed yet takes it, leaves the activity's name in ``crashed``, and is
gone at once, without a word.
"""

import os
import runpy
import sys
from functools import partial
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from fulfillment import bootstrap

CRASHED = 70
"""The exit code of a crash."""


class CrashAfterCommit(Interceptor):
    """Ends the process where a ticket says so."""

    def __init__(self, tickets: Path) -> None:
        """Keep the folder of the tickets."""
        self.tickets = tickets

    def intercept_activity(
        self,
        next: ActivityInboundInterceptor,  # noqa: A002 - the SDK's name
    ) -> ActivityInboundInterceptor:
        """Stand around each activity."""
        return _Crashing(next, self.tickets)


class _Crashing(ActivityInboundInterceptor):
    def __init__(self, inner: ActivityInboundInterceptor, tickets: Path) -> None:
        super().__init__(inner)
        self._tickets = tickets

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002, ANN401
        result = await super().execute_activity(input)
        if _takes(self._tickets, activity.info().activity_type):
            os._exit(CRASHED)
        return result


def _takes(tickets: Path, name: str) -> bool:
    """Take the ticket, if there is one that nobody else takes, and this activity is still due."""
    crash = tickets / "crashed" / name
    if crash.exists():
        return False
    try:
        (tickets / "next").unlink()
    except FileNotFoundError:
        return False
    crash.touch()
    return True


def issue(tickets: Path) -> None:
    """Issue a ticket for one crash; where the last one was not taken, begin another round."""
    ticket, crashed = tickets / "next", tickets / "crashed"
    crashed.mkdir(parents=True, exist_ok=True)
    if ticket.exists():
        for crash in crashed.iterdir():
            crash.unlink()
    ticket.touch()


def python_of(tickets: Path) -> tuple[str, ...]:
    """Return what a stack runs its worker by, so that the tickets of a folder are taken."""
    return (sys.executable, "-m", __spec__.name, str(tickets))


def main(tickets: str, worker_file: str) -> None:
    """Run worker.py with the crashes around its activities."""
    crash = CrashAfterCommit(Path(tickets))
    bootstrap.make_worker = partial(bootstrap.make_worker, interceptors=[crash])
    runpy.run_path(worker_file, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
