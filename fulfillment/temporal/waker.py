"""Wakes the workflows that deliver webhooks; in company, one call for many changes."""

import asyncio
import logging
from collections.abc import Collection

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from fulfillment.temporal.identifiers import webhook_workflow_id
from fulfillment.webhooks.messages import DeliverWebhooks

PAUSE_SECONDS = 0.2
"""How long changes are gathered: a workflow takes about five signals a second."""

_log = logging.getLogger(__name__)


class TemporalWaker:
    """Starts an endpoint's workflow, or signals it where it runs."""

    def __init__(self, client: Client, task_queue: str) -> None:
        """Keep whom to ask."""
        self._client = client
        self._task_queue = task_queue
        self._gathering: dict[str, asyncio.Task[None]] = {}
        self._calls: set[asyncio.Task[None]] = set()

    async def wake(self, endpoint_ids: Collection[str]) -> None:
        """Have what is due at these endpoints delivered soon; never raises, never waits."""
        for endpoint_id in endpoint_ids:
            if endpoint_id not in self._gathering:
                call = asyncio.create_task(self._later(endpoint_id))
                self._gathering[endpoint_id] = call
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)

    async def _later(self, endpoint_id: str) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        # What is committed from here on needs a call of its own.
        del self._gathering[endpoint_id]
        try:
            await self.wake_now(endpoint_id)
        except (RPCError, TemporalError, OSError) as error:
            _log.warning("webhooks of %s wait for the next sweep: %s", endpoint_id, error)

    async def wake_now(self, endpoint_id: str) -> None:
        """Start an endpoint's workflow, or signal it where it runs."""
        await self._client.start_workflow(
            "WebhookWorkflow",
            DeliverWebhooks(endpoint_id=endpoint_id),
            id=webhook_workflow_id(endpoint_id),
            task_queue=self._task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Webhooks of {endpoint_id}",
            start_signal="wake",
        )
