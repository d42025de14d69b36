"""Whether a workflow runs, and gets on: what each check of something under way asks Temporal."""

from collections.abc import Awaitable
from typing import Any

from temporalio.client import WorkflowExecutionDescription, WorkflowHandle

from fulfillment.domain.errors import Unavailable
from fulfillment.operations.answers import NotRunning, answered, is_stuck
from fulfillment.records import BookFinding

STUCK_ATTEMPTS = 3
"""From which attempt of its workflow task on nothing passes by itself; queries end there, too."""


async def runs(handle: WorkflowHandle[Any, Any]) -> bool:
    """Return whether there is such a workflow, and it has not ended.

    Raises:
        Unavailable: Temporal does not answer.

    """
    return await _running(handle) is not None


async def carried_on(handle: WorkflowHandle[Any, Any], orphan: BookFinding) -> list[BookFinding]:
    """Look whether something under way is carried on.

    Args:
        handle: the workflow that should carry it on.
        orphan: what is found where none runs; its repair starts one, also where it is stuck.

    Raises:
        Unavailable: Temporal does not answer.

    """
    running = await _running(handle)
    if running is None:
        return [orphan]
    attempt = running.raw_description.pending_workflow_task.attempt
    return [stuck(handle.id, orphan.repair)] if attempt >= STUCK_ATTEMPTS else []


async def _running(handle: WorkflowHandle[Any, Any]) -> WorkflowExecutionDescription | None:
    try:
        async with answered(handle.id):
            described = await handle.describe()
    except NotRunning:
        return None
    return described if described.close_time is None else None


async def or_stuck(
    workflow_id: str, resume: str, looking: Awaitable[list[BookFinding]]
) -> list[BookFinding]:
    """Look by asking a workflow; find it stuck where that fails since its task fails.

    Raises:
        Unavailable: Temporal or its workers do not answer.

    """
    try:
        return await looking
    except Unavailable as error:
        if not is_stuck(error):
            raise
    return [stuck(workflow_id, resume)]


def stuck(workflow_id: str, resume: str) -> BookFinding:
    """Return that a workflow can't go on, and what starts it anew."""
    subject = workflow_id.replace("/", " ", 1)
    return BookFinding(
        rule="every workflow under way gets on",
        rows=(subject,),
        message=f"the workflow of {subject} can't go on: its task fails again and again",
        repair="see why by `fulfillment doctor`; start workers of the version that began it,"
        f" or `temporal workflow terminate -w {workflow_id}`, then `{resume}`",
    )
