"""Whether this program's workflow code can carry on what is under way: recent histories replayed.

A worker of another version that takes a workflow replays its history first. Where the code would
do something else than was done, the task fails and is tried again until a worker comes that fits.
To replay the same histories before such a worker polls finds that out while nothing waits for it.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from temporalio.client import Client, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

from fulfillment.domain.errors import Problem
from fulfillment.temporal.setup_errors import HistoriesNotReplayed, ServerUnreachable


@dataclass(frozen=True)
class Replayed:
    """A running workflow whose history was replayed, and why it could not be; "" where it was."""

    workflow_id: str
    run_id: str
    reason: str = ""


@dataclass(frozen=True)
class ReplayScope:
    """Which running workflows are replayed.

    `limit` is of each kind; `version` names the Worker Deployment Version, as `name:build`, whose
    workflows alone a worker will be given, or "" where it will be given any.
    """

    kinds: Sequence[str]
    task_queue: str
    limit: int
    version: str = ""

    def query(self, kind: str) -> str:
        """Return the visibility query of the running workflows of a kind."""
        parts = [
            f"WorkflowType = '{kind}'",
            "ExecutionStatus = 'Running'",
            f"TaskQueue = '{self.task_queue}'",
        ]
        if self.version:
            parts.append(f"TemporalWorkerDeploymentVersion = '{self.version}'")
        return " AND ".join(parts)


async def replay_running(client: Client, replayer: Replayer, scope: ReplayScope) -> list[Replayed]:
    """Replay the latest running workflows of each kind, and return how each came out.

    Args:
        client: where they run.
        replayer: has the workflow code that shall carry them on.
        scope: which of them.

    Raises:
        ServerUnreachable: the server does not name them, or does not give their histories.

    """
    replayed: list[Replayed] = []
    try:
        async with (
            aclosing(_histories(client, scope)) as histories,
            replayer.workflow_replay_iterator(histories) as results,
        ):
            async for result in results:
                failure = result.replay_failure
                history = result.history
                reason = "" if failure is None else _first_line(failure)
                replayed.append(Replayed(history.workflow_id, history.run_id, reason))
    except RPCError as error:
        raise ServerUnreachable.of(_unanswered(error)) from error
    return replayed


async def require_replayable(client: Client, replayer: Replayer, scope: ReplayScope) -> int:
    """Refuse a worker whose code can't carry on what is under way; return how many were replayed.

    Raises:
        HistoriesNotReplayed: naming each workflow that could not be replayed, and why.

    """
    replayed = await replay_running(client, replayer, scope)
    problems = [_problem(one) for one in replayed if one.reason]
    if problems:
        raise HistoriesNotReplayed.of(*problems)
    return len(replayed)


async def _histories(client: Client, scope: ReplayScope) -> AsyncGenerator[WorkflowHistory, None]:
    for kind in scope.kinds:
        async for found in client.list_workflows(scope.query(kind), limit=scope.limit):
            handle = client.get_workflow_handle(found.id, run_id=found.run_id)
            try:
                yield await handle.fetch_history()
            except RPCError as error:
                # It has ended meanwhile, and its retention, too.
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise


def _unanswered(error: RPCError) -> Problem:
    return Problem(
        path="temporal",
        expected="the running workflows and their histories",
        came=error.message,
        remedy="see that the server answers, and knows worker versions where these are pinned;"
        " then repeat",
    )


def _first_line(failure: Exception) -> str:
    text = str(failure).strip()
    return text.splitlines()[0] if text else type(failure).__name__


def _problem(one: Replayed) -> Problem:
    return Problem(
        path=f"workflow {one.workflow_id}",
        expected="a history that this code replays",
        came=one.reason,
        remedy="guard the change by workflow.patched, or keep a worker of the version that began it"
        " (docs/operations.md, Upgrades)",
    )
