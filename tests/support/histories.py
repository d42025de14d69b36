"""What workflows leave in their histories, and a shop whose books and histories are checked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowHandle

import plant as plants

OF_THE_SERVER = (
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
)
"""News came while the task was being done; the workflow was terminated meanwhile."""


STALLED = "[TMPRL1101]"
"""The SDK waits two seconds for a task; a busy test machine may stand still for longer."""


async def events(handle: WorkflowHandle[Any, Any]) -> list[HistoryEvent]:
    """Return a workflow's history."""
    return list((await handle.fetch_history()).events)


async def quiet_history(handle: WorkflowHandle[Any, Any]) -> int:
    """Wait until a workflow has nothing to do but wait, and return how many events it has."""

    async def look() -> int:
        before = len(await events(handle))
        await asyncio.sleep(0.3)
        return before if before == len(await events(handle)) else 0

    return await plants.eventually(look)


async def details(handle: WorkflowHandle[Any, Any]) -> str:
    """Return the page that the Temporal UI shows of a workflow."""
    metadata: WorkflowMetadata = await handle.query("__temporal_workflow_metadata")
    return metadata.current_details


async def failed_tasks(client: Client, task_queue: str) -> list[str]:
    """Return why workflow tasks of this queue failed, where it was the worker's doing."""
    failures = []
    async for execution in client.list_workflows(f"TaskQueue = '{task_queue}'"):
        handle = client.get_workflow_handle(execution.id, run_id=execution.run_id)
        for event in await events(handle):
            failed = event.workflow_task_failed_event_attributes
            is_failure = event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED
            stalled = failed.failure.message.startswith(STALLED)
            if is_failure and not stalled and failed.cause not in OF_THE_SERVER:
                cause = WorkflowTaskFailedCause.Name(failed.cause)
                failures.append(f"{execution.id}: {cause} {failed.failure.message}")
    return failures


async def audit(shop: plants.Plant) -> None:
    """Check that the books hold and that no workflow task ever failed."""
    findings = await shop.read(lambda tx: tx.books.findings())
    broken = [f"{finding.rule}: {finding.message} {finding.rows}" for finding in findings]
    broken += await failed_tasks(shop.client, shop.settings.task_queue)
    assert not broken, "\n".join(broken)


@asynccontextmanager
async def audited_plant(
    client: Client, folder: Path, **changes: Any
) -> AsyncIterator[plants.Plant]:
    """Run a shop of one's own, whose books and workflows are checked at the end."""
    async with plants.plant(client, folder, **changes) as shop:
        yield shop
        await audit(shop)
