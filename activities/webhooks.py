"""Delivering webhooks: an endpoint's due messages, each attempt on record once it is made."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import groupby

from temporalio import activity

from fulfillment.domain.errors import NotifierUnavailable
from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import (
    Answer,
    Delivery,
    DeliveryState,
    Endpoint,
    delivery_after,
    endpoint_after,
)
from fulfillment.ports import Mail, Ports
from fulfillment.webhooks.messages import DeliverWebhooks, Round

BATCH = 100
AT_ONCE = 8
"""Orders that are told to an endpoint side by side; one order's messages go one after the other."""

BUDGET_SECONDS = 20.0
"""After so long no attempt is begun; the last one may take its own time-out on top."""

_BEAT_SECONDS = 2.0

_log = logging.getLogger(__name__)


class WebhookActivities:
    """Attempts to deliver, and what they come to."""

    def __init__(self, ports: Ports) -> None:
        """Keep what is reached outside."""
        self._ports = ports

    @activity.defn(name="deliver_webhooks")
    async def deliver_webhooks(self, request: DeliverWebhooks) -> Round:
        """Deliver what is due at an endpoint, as long as there is time.

        A crash between an answer and its record has the message delivered again, under its id.
        """
        deadline = asyncio.get_running_loop().time() + BUDGET_SECONDS
        made: list[bool] = []
        async with _beating():
            while _may_go_on(deadline):
                batch = await self._due(request.endpoint_id)
                if not batch:
                    break
                made += await self._deliver(request.endpoint_id, batch, deadline)
        return await self._round(request.endpoint_id, made)

    async def _due(self, endpoint_id: str) -> list[tuple[Delivery, Message]]:
        now = self._ports.clock.now()
        async with self._ports.database.reading() as tx:
            endpoint = await tx.webhooks.endpoint(endpoint_id)
            if endpoint is None or _rests(endpoint, now):
                return []
            due = await tx.webhooks.due(endpoint_id, now, BATCH)
            return [(one, await tx.webhooks.message(one.message_id)) for one in due]

    async def _deliver(
        self, endpoint_id: str, batch: Sequence[tuple[Delivery, Message]], deadline: float
    ) -> list[bool]:
        turnstile = asyncio.Semaphore(AT_ONCE)

        async def of_one_order(rows: Sequence[tuple[Delivery, Message]]) -> list[bool]:
            made: list[bool] = []
            async with turnstile:
                for delivery, message in rows:
                    endpoint = await self._listening(endpoint_id) if _may_go_on(deadline) else None
                    if endpoint is None:
                        break
                    made.append(await self._attempt(endpoint, delivery, message))
            return made

        by_order = sorted(batch, key=lambda row: row[1].order_id or "")
        groups = [list(rows) for _, rows in groupby(by_order, key=lambda row: row[1].order_id)]
        # All of them end, also where one fails: what was posted is to be on record.
        done = await asyncio.gather(*map(of_one_order, groups), return_exceptions=True)
        made: list[bool] = []
        for each in done:
            if isinstance(each, BaseException):
                raise each
            made += each
        return made

    async def _listening(self, endpoint_id: str) -> Endpoint | None:
        """Return the endpoint as it is now, unless it wants nothing at the moment."""
        async with self._ports.database.reading() as tx:
            endpoint = await tx.webhooks.endpoint(endpoint_id)
        rests = endpoint is None or _rests(endpoint, self._ports.clock.now())
        return None if rests else endpoint

    async def _attempt(self, endpoint: Endpoint, delivery: Delivery, message: Message) -> bool:
        now = self._ports.clock.now()
        answer = await self._ports.webhooks.send(endpoint, message, now)
        after = delivery_after(delivery, answer, self._ports.clock.now(), self._ports.webhook_rules)
        await self._record(endpoint.endpoint_id, after, answer)
        if after.state is DeliveryState.FAILED:
            await self._tell_operator(endpoint, f"{message.message_id}: {after.error}")
        return answer.accepted

    async def _record(self, endpoint_id: str, delivery: Delivery, answer: Answer) -> None:
        now, rules = self._ports.clock.now(), self._ports.webhook_rules
        async with self._ports.database.writing() as tx:
            endpoint = await tx.webhooks.endpoint(endpoint_id)
            if endpoint is None:
                return
            await tx.webhooks.save_delivery(delivery)
            after = endpoint_after(endpoint, answer, now, rules)
            if after != endpoint:
                await tx.webhooks.save_endpoint(after)
            if endpoint.enabled and not after.enabled:
                await tx.webhooks.give_up(endpoint_id, after.disabled_because)
        if endpoint.enabled and not after.enabled:
            await self._tell_operator(after, f"disabled, because {after.disabled_because}")

    async def _tell_operator(self, endpoint: Endpoint, what: str) -> None:
        """Tell the operator, at most once a day of each endpoint and kind of news.

        What is told is on record already: that it can't be mailed must not have it done again.
        """
        news = "failed" if endpoint.enabled else "disabled"
        now = self._ports.clock.now()
        key = f"webhooks/{endpoint.endpoint_id}/{news}/{now:%Y-%m-%d}"
        name = endpoint.endpoint_id
        body = (
            f"The webhook endpoint {name} does not get its messages any more ({what}).\n"
            "Nothing is lost. See what was not delivered, and deliver it again:\n"
            f"  fulfillment webhooks list --endpoint {name} --state failed\n"
            f"  fulfillment webhooks endpoints enable {name}\n"
            f"  fulfillment webhooks replay --endpoint {name} --failed\n"
        )
        subject = f"webhooks {news}: {name}"
        mail = Mail(recipient=self._ports.supervisor_mail, subject=subject, body=body)
        try:
            await self._ports.notifier.send(key, mail)
        except NotifierUnavailable as error:
            _log.error("not mailed: %s (%s)", subject, error.code)

    async def _round(self, endpoint_id: str, made: Sequence[bool]) -> Round:
        now, rules = self._ports.clock.now(), self._ports.webhook_rules
        delivered, failed = sum(made), len(made) - sum(made)
        async with self._ports.database.reading() as tx:
            endpoint = await tx.webhooks.endpoint(endpoint_id)
            due = await tx.webhooks.next_due(endpoint_id)
        if endpoint is None or not endpoint.enabled:
            return Round(delivered=delivered, failed=failed, closed=True)
        if due is not None and endpoint.paused_until is not None:
            due = max(due, endpoint.paused_until)
        wait = rules.sweep if due is None else min(max(due - now, timedelta()), rules.sweep)
        return Round(delivered=delivered, failed=failed, wait=wait, next_at=due)


def _rests(endpoint: Endpoint, now: datetime) -> bool:
    paused = endpoint.paused_until is not None and now < endpoint.paused_until
    return paused or not endpoint.enabled


def _may_go_on(deadline: float) -> bool:
    in_time = asyncio.get_running_loop().time() < deadline
    return in_time and not activity.is_worker_shutdown()


@asynccontextmanager
async def _beating() -> AsyncIterator[None]:
    """Heartbeat meanwhile, so that a killed worker is noticed soon."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(_BEAT_SECONDS)

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()
