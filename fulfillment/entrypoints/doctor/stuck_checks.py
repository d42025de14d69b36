"""Check of workflows whose task fails again and again: which, why, and what mends them."""

import asyncio
from dataclasses import dataclass

from temporalio.api.common.v1 import WorkflowExecution as ExecutionName
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError, RPCStatusCode

from fulfillment.entrypoints.doctor.findings import Answer, Site, ok, wrong

LOOKED_AT = 200
"""Running workflows that are described at most, beside those that the server reports by itself."""

STUCK_ATTEMPTS = 3
"""Attempts of a workflow task from which on it is not bad luck, whatever they ended with."""

REPORTED = (
    "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')"
)
"""How newer servers are asked for what they found themselves."""

_AT_ONCE = 20
_NAMED = 5
_LAST_EVENTS = 3
_LONGEST = 200
_ENCRYPTED = "Encoded failure"
_NONDETERMINISTIC = "NON_DETERMINISTIC_ERROR"
_PREFIX = "WORKFLOW_TASK_FAILED_CAUSE_"
_REMEDIES = {
    _NONDETERMINISTIC: "its history is of other code: start workers of the version that began it,"
    " or guard the change by a patch (docs/operations.md, Upgrades); it goes on by itself",
    "WORKFLOW_WORKER_UNHANDLED_FAILURE": "a bug, or an encryption key that is missing: see the"
    " worker's log, mend it and start the workers anew; it goes on by itself",
    "timed out": "the workers die or take too long over it: see their log, and start more",
}
_OTHERWISE = "see its last WorkflowTaskFailed in the Temporal UI and the worker's log"


@dataclass(frozen=True)
class Stuck:
    """A workflow whose task fails: how often by now, why, and with which words."""

    workflow_id: str
    attempts: int
    cause: str
    message: str = ""

    def __str__(self) -> str:
        """Return it in a line."""
        words = f", {self.message}" if self.message else ""
        return f"{self.workflow_id} ({self.cause} at attempt {self.attempts}{words})"


async def stuck_workflows(site: Site) -> Answer:
    """Look whether workflow tasks of running workflows fail again and again."""
    client, queue = site.temporal, site.settings.task_queue
    running = f"ExecutionStatus = 'Running' AND TaskQueue = '{queue}'"
    listed = [each async for each in client.list_workflows(running, limit=LOOKED_AT)]
    known = {each.run_id for each in listed}
    listed += [each for each in await _reported(client, running) if each.run_id not in known]
    gate = asyncio.Semaphore(_AT_ONCE)

    async def look(each: WorkflowExecution) -> Stuck | None:
        async with gate:
            return await _stuck(client, each)

    found = [one for one in await asyncio.gather(*map(look, listed)) if one is not None]
    looked = f"{len(listed)} running workflows looked at"
    if not found:
        return ok(f"{looked}, none stuck")
    found.sort(key=lambda one: one.workflow_id)
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    named = "; ".join(map(str, found[:_NAMED]))
    remedies = dict.fromkeys(_REMEDIES.get(one.cause, _OTHERWISE) for one in found)
    return wrong(f"{looked}, {len(found)} stuck: {named}{more}", "; ".join(remedies))


async def _reported(client: Client, running: str) -> list[WorkflowExecution]:
    query = f"{running} AND {REPORTED}"
    try:
        return [each async for each in client.list_workflows(query, limit=LOOKED_AT)]
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return []  # an older server, which does not know the attribute


async def _stuck(client: Client, execution: WorkflowExecution) -> Stuck | None:
    """Return why a workflow is stuck; None where it is not, or has ended meanwhile."""
    handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
    try:
        attempts = (await handle.describe()).raw_description.pending_workflow_task.attempt
        if attempts <= 1:
            return None
        event = await _last_failed(client, execution)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    if event is None:
        late = attempts >= STUCK_ATTEMPTS
        return Stuck(execution.id, attempts, "timed out") if late else None
    failed = event.workflow_task_failed_event_attributes
    cause = WorkflowTaskFailedCause.Name(failed.cause).removeprefix(_PREFIX)
    if cause not in _REMEDIES and attempts < STUCK_ATTEMPTS:
        return None  # news that came while the task was done, and the like
    return Stuck(execution.id, attempts, cause, _words(failed.failure.message))


async def _last_failed(client: Client, execution: WorkflowExecution) -> HistoryEvent | None:
    """Return how the last workflow task failed, if it did."""
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=ExecutionName(workflow_id=execution.id, run_id=execution.run_id),
        maximum_page_size=_LAST_EVENTS,
    )
    answer = await client.workflow_service.get_workflow_execution_history_reverse(request)
    for event in answer.history.events:
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
            return event
    return None


def _words(message: str) -> str:
    if message == _ENCRYPTED:
        return "in words that are encrypted"
    first = message.strip().partition("\n")[0]
    return first if len(first) <= _LONGEST else f"{first[: _LONGEST - 3]}..."
