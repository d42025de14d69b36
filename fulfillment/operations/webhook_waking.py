"""Waking who delivers webhooks, once something is due."""

import logging
from collections.abc import Collection

from fulfillment.domain.errors import Unavailable
from fulfillment.operations.answers import NotRunning, answered
from fulfillment.operations.engine import Engine
from fulfillment.temporal.identifiers import webhook_workflow_id
from fulfillment.temporal.waker import TemporalWaker

_log = logging.getLogger(__name__)


async def wake(engine: Engine, endpoint_ids: Collection[str]) -> None:
    """Have what is due at endpoints delivered soon; if nobody answers, the sweep does it later."""
    waker = TemporalWaker(engine.client, engine.task_queue)
    for endpoint_id in endpoint_ids:
        try:
            async with answered(webhook_workflow_id(endpoint_id)):
                await waker.wake_now(endpoint_id)
        except (Unavailable, NotRunning) as error:
            _log.warning("webhooks of %s wait for the next sweep: %s", endpoint_id, error)
