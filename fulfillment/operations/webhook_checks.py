"""Whether what was announced is on its way: no message undelivered without a reason."""

import asyncio
from datetime import timedelta

from fulfillment.domain.webhooks import Delivery
from fulfillment.operations.engine import Engine
from fulfillment.records import BookFinding
from fulfillment.temporal.identifiers import webhook_workflow_id

_LOOKS = 5
_LOOK_AGAIN_SECONDS = 1.0
_SWEEP = timedelta(minutes=2)
"""What was committed while nobody could be waked waits for a sweep, and for those before it."""


async def webhook_findings(engine: Engine, *, settled: bool, grace: timedelta) -> list[BookFinding]:
    """Return what should have been delivered, or tried again, by now.

    What waits for its next attempt, was given up, or belongs to an endpoint that is disabled or has
    asked for time, has its reason on record and is no finding.
    """
    late: list[Delivery] = []
    for _ in range(_LOOKS):
        before = engine.clock.now() - (timedelta() if settled else grace + _SWEEP)
        async with engine.database.reading() as tx:
            late = await tx.webhooks.overdue(before)
        if not late:
            return []
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
    return [_undelivered(delivery) for delivery in late]


def _undelivered(delivery: Delivery) -> BookFinding:
    name, to = delivery.message_id, delivery.endpoint_id
    last = f" after {delivery.attempts} attempts ({delivery.error})" if delivery.attempts else ""
    return BookFinding(
        rule="every message is delivered, or has the reason on record",
        rows=(f"webhook_messages {name}", f"webhook_endpoints {to}"),
        message=f"{name} is due at {to} since {delivery.next_attempt_at}, undelivered{last}",
        repair=f"fulfillment webhooks endpoints enable {to} (wakes it); "
        f"if that does not help, see {webhook_workflow_id(to)} in the Temporal UI",
    )
