"""The worker, which crashes now and then between an effect's commit and the word of it.

``python -m fulfillment.simulation.chaos.faulty_worker`` is worker.py itself. A file in the folder
that FULFILLMENT_CHAOS_TICKETS names, called as an activity, is a ticket for one such crash: the
worker that next ends such an activity takes the ticket and is gone at once, without a word.
"""

import os
import runpy
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from fulfillment import bootstrap
from fulfillment.entrypoints.stack import WORKER_FILE

TICKETS_VARIABLE = "FULFILLMENT_CHAOS_TICKETS"
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
        if _takes(self._tickets / activity.info().activity_type):
            os._exit(CRASHED)
        return result


def _takes(ticket: Path) -> bool:
    """Take a ticket, if there is one that nobody else takes."""
    try:
        ticket.unlink()
    except FileNotFoundError:
        return False
    return True


def issue(tickets: Path, names: Sequence[str]) -> None:
    """Put a ticket for one crash into the folder for each of these activities."""
    tickets.mkdir(parents=True, exist_ok=True)
    for name in names:
        (tickets / name).touch()


def main() -> None:
    """Run worker.py with the crashes around its activities."""
    crash = CrashAfterCommit(Path(os.environ[TICKETS_VARIABLE]))
    bootstrap.make_worker = partial(bootstrap.make_worker, interceptors=[crash])
    runpy.run_path(str(WORKER_FILE), run_name="__main__")


if __name__ == "__main__":
    main()
