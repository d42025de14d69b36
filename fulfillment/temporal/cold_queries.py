"""Runs put out of a worker's cache once a query has taken them ahead of their history.

A query waits some seconds for the worker that last had the run. Where that one is dead, another
replays the run for the query, together with what has come since and still waits for its workflow
task. The SDK's core (1.35) keeps the run like that, with commands that the server has not seen;
the workflow task then gives it the rest alone, an update or a signal. Any later replay gives both
at once, the update first, and finds other commands than the history has (`TMPRL1100`): the
workflow is stuck for good. So such a run is put out of the cache, and its task replays it anew.
"""

from typing import Any

from temporalio.worker import Worker

LEGACY = "legacy_query"
"""What the SDK's core calls a query that has a task of its own."""


class Evictor:
    """Puts runs out of the cache of one worker, as soon as it is known."""

    def __init__(self) -> None:
        """Begin without a worker: a replayer has none, and no queries."""
        self._worker: Worker | None = None

    def serve(self, worker: Worker) -> None:
        """Put runs out of this worker's cache from now on."""
        self._worker = worker

    def evict(self, run_id: str) -> None:
        """Ask for a run to be put out of the cache once what it is at is done."""
        if self._worker is not None:
            # Not public; tests/temporal/test_cold_queries.py shows what is relied on.
            self._worker._bridge_worker.request_workflow_eviction(run_id)  # noqa: SLF001


class QueryWatch:
    """What one cached run has been given, to see whether a query took it ahead of its history."""

    def __init__(self, run_id: str, evictor: Evictor) -> None:
        """Begin with a run that was just loaded."""
        self._run_id = run_id
        self._evictor = evictor
        self._new: set[int] = set()

    def saw(self, act: Any) -> None:  # noqa: ANN401 - the SDK's own type
        """Note what the run was given; have it evicted if that may have been for a query alone.

        A query's own task and a workflow task look alike from here. So a run is evicted by a query
        for as long as all that was new to this worker came at one length of history: once too often
        where it is queried after its first workflow task here, which costs a replay.
        """
        queries = [job.query_workflow for job in act.jobs if job.HasField("query_workflow")]
        if not queries and act.is_replaying:
            self._new.clear()
        elif not queries:
            self._new.add(act.history_length)
        elif len(self._new) == 1 and any(query.query_id == LEGACY for query in queries):
            self._evictor.evict(self._run_id)
