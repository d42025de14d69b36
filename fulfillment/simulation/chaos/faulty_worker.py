"""The worker, which crashes now and then between an effect's commit and the word of it.

It is worker.py itself. The file ``next`` in the folder of the tickets is a ticket for one such
crash: the worker that next ends an activity in which none has crashed yet takes it, leaves the
activity's name in ``crashed``, and is gone at once, without a word. The ticket ``rare`` is for
activities that no ordinary order has, which would else seldom come first.
"""

import os
import runpy
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.back_orders import BackOrderActivities
from activities.cancellation import CancellationActivities
from activities.delivery_exceptions import DeliveryExceptionActivities
from activities.giving_back import GivingBackActivities
from activities.holds import HoldActivities
from activities.readdressing import ReaddressingActivities
from activities.registry import OF_RETURNS, names_of
from activities.replacements import ReplacementActivities
from activities.supply import SupplyActivities
from fulfillment import bootstrap

CRASHED = 70
"""The exit code of a crash."""
NEXT, RARE, CRASHES = "next", "rare", "crashed"
"""What the folder of the tickets holds."""
EXCEPTIONAL = frozenset(
    names_of(
        HoldActivities,
        BackOrderActivities,
        SupplyActivities,
        CancellationActivities,
        GivingBackActivities,
        ReaddressingActivities,
        DeliveryExceptionActivities,
        ReplacementActivities,
        *OF_RETURNS,
    )
)
"""Activities that no ordinary order has."""


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
    """Take a ticket, if there is one that nobody else takes, and this activity is still due."""
    crash = tickets / CRASHES / name
    if crash.exists():
        return False
    fitting = (tickets / RARE, tickets / NEXT) if name in EXCEPTIONAL else (tickets / NEXT,)
    for ticket in fitting:
        with suppress(FileNotFoundError):
            ticket.unlink()
            crash.touch()
            return True
    return False


def issue(tickets: Path, *, rare: bool = False) -> None:
    """Issue a ticket for one crash; where the last one was not taken, begin another round.

    A rare one waits for its activities to come; meanwhile another ticket is issued instead of it.
    """
    crashed = tickets / CRASHES
    crashed.mkdir(parents=True, exist_ok=True)
    ticket = tickets / (RARE if rare and not (tickets / RARE).exists() else NEXT)
    if ticket.exists():
        for crash in crashed.iterdir():
            # Another ticket may be issued just now, for crashes overlap where workers are slow.
            crash.unlink(missing_ok=True)
    ticket.touch()


def crashed_in(tickets: Path) -> list[str]:
    """Return the activities in which a worker has crashed in this round."""
    crashed = tickets / CRASHES
    return sorted(crash.name for crash in crashed.iterdir()) if crashed.exists() else []


def main(tickets: str, worker_file: str) -> None:
    """Run worker.py with the crashes around its activities."""
    crash = CrashAfterCommit(Path(tickets))
    bootstrap.make_worker = partial(bootstrap.make_worker, interceptors=[crash])
    # worker.py reads arguments of its own.
    sys.argv = [worker_file]
    runpy.run_path(worker_file, run_name="__main__")
