"""Compares the clocks of this machine, the Temporal server and the database."""

import asyncio
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue
from temporalio.api.workflowservice.v1 import PollActivityTaskQueueRequest
from temporalio.client import Client

from fulfillment.entrypoints.doctor.findings import Answer, Site, ok, warning, wrong
from fulfillment.entrypoints.doctor.temporal_checks import pollers

WARN_SECONDS, WRONG_SECONDS = 2.0, 30.0
"""How far clocks may differ: timers and due times are told by the one, shown by the other."""

_POLL = timedelta(seconds=5)
"""Shorter polls are refused by the server."""
_WAIT_SECONDS = 4.0
_PAUSE_SECONDS = 0.05
_REMEDY = "let all machines keep their time by NTP (`timedatectl` shows whether this one does)"


async def clocks(site: Site) -> Answer:
    """Look how far the clocks differ from this machine's."""
    differences: dict[str, float | None] = {"Temporal": await temporal_ahead(site.temporal)}
    if site.database and site.database.seconds_ahead is not None:
        differences["the database"] = site.database.seconds_ahead
    known = {name: ahead for name, ahead in differences.items() if ahead is not None}
    if not known:
        return warning("the server did not tell its time", "check the clocks by hand")
    return judged(known)


def judged(ahead_seconds: Mapping[str, float]) -> Answer:
    """Return whether clocks that are ahead of ours by so many seconds will do."""
    found = ", ".join(f"{name} is {by:+.1f} s from here" for name, by in ahead_seconds.items())
    worst = max(map(abs, ahead_seconds.values()))
    if worst > WRONG_SECONDS:
        return wrong(found, _REMEDY)
    return warning(found, _REMEDY) if worst > WARN_SECONDS else ok(found)


async def temporal_ahead(client: Client) -> float | None:
    """Return by how many seconds the server's clock is ahead of ours; None where it does not tell.

    No call returns the server's time. But it notes when a task queue was polled, so we poll one
    that nobody else uses, which leaves nothing behind, and ask when that was.
    """
    queue = f"fulfillment-doctor-{uuid.uuid4()}"
    request = PollActivityTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), identity="doctor"
    )
    asked = time.time()
    poll = asyncio.ensure_future(
        client.workflow_service.poll_activity_task_queue(request, timeout=_POLL)
    )
    try:
        seen = await _first_poller(client, queue)
    except TimeoutError:
        return None
    finally:
        poll.cancel()
        await asyncio.gather(poll, return_exceptions=True)
    return seen.last_access_time.ToDatetime(UTC).timestamp() - asked


async def _first_poller(client: Client, queue: str) -> PollerInfo:
    async with asyncio.timeout(_WAIT_SECONDS):
        while True:
            if seen := await pollers(client, queue, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY):
                return seen[0]
            await asyncio.sleep(_PAUSE_SECONDS)
