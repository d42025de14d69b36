"""Attempts to deliver webhooks are on record whatever else fails, on each database."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from temporalio.testing import ActivityEnvironment

from activities.webhooks import WebhookActivities
from fulfillment import bootstrap
from fulfillment.domain.errors import NotifierUnavailable
from fulfillment.domain.webhook_events import Message
from fulfillment.domain.webhooks import Answer, Delivery, DeliveryState, Endpoint
from fulfillment.ports import Handed, Mail, Ports
from fulfillment.settings import Settings
from fulfillment.webhooks.messages import DeliverWebhooks
from record_samples import NOW, order, put_on_record


class Failing:
    """A receiver that answers 500, or breaks the sender at one message."""

    def __init__(self, broken: str = "") -> None:
        """Keep at which message the sender breaks."""
        self.broken = broken
        self.posted: list[str] = []

    async def send(self, endpoint: Endpoint, message: Message, now: datetime) -> Answer:
        """Answer 500."""
        del endpoint, now
        if message.message_id == self.broken:
            raise RuntimeError(self.broken)
        self.posted.append(message.message_id)
        return Answer(status=500)


class NoMail:
    """A mail server that is down."""

    async def send(self, key: str, mail: Mail) -> Handed:
        """Fail."""
        del key, mail
        message = "down"
        raise NotifierUnavailable(message)

    async def erase(self, key: str) -> bool:
        """Say that nothing is kept."""
        del key
        return False


@pytest.fixture
async def ports(database_url: str, tmp_path: Path) -> AsyncIterator[Ports]:
    """Give the ports, with two messages for one endpoint: the first has one attempt left."""
    settings = Settings(database_url=database_url, data_dir=tmp_path)
    async with bootstrap.ports(settings) as wired:
        for number in range(2):
            await put_on_record(wired.database, order(f"O-{number}"))
        async with wired.database.writing() as tx:
            secret = SecretStr("whsec_" + "A" * 32)
            url = "https://erp.example.com/hooks"
            erp = Endpoint(endpoint_id="erp", url=url, secret=secret, created_at=NOW)
            await tx.webhooks.add_endpoint(erp)
            for number in range(2):
                fields = {"sequence": 1, "type": "order.on_hold", "at": NOW, "data": {}}
                name = {"message_id": f"msg_{number}", "order_id": f"O-{number}"}
                await tx.webhooks.add_message(Message.model_validate(name | fields))
            await tx.webhooks.queue("erp", ["msg_0", "msg_1"], NOW)
            attempts = len(wired.webhook_rules.retry_after)
            last = Delivery(
                message_id="msg_0", endpoint_id="erp", attempts=attempts, next_attempt_at=NOW
            )
            await tx.webhooks.save_delivery(last)
        yield wired


async def delivered(ports: Ports) -> None:
    """Deliver what is due."""
    activities = WebhookActivities(ports)
    request = DeliverWebhooks(endpoint_id="erp")
    await ActivityEnvironment().run(activities.deliver_webhooks, request)


async def kept(ports: Ports) -> dict[str, Delivery]:
    """Return what is on record of both messages."""
    async with ports.database.reading() as tx:
        found = await tx.webhooks.deliveries(["msg_0", "msg_1"])
    return {delivery.message_id: delivery for delivery in found}


async def test_an_attempt_is_on_record_though_nobody_can_be_told(
    ports: Ports, caplog: pytest.LogCaptureFixture
) -> None:
    """The last one fails while the mail server is down: it is made once, and the round goes on."""
    receiver = Failing()
    beset = replace(ports, webhooks=receiver, notifier=NoMail())
    for _ in range(2):
        await delivered(beset)
    assert ["msg_0", "msg_1"] == sorted(receiver.posted)
    found = await kept(ports)
    assert (DeliveryState.FAILED, 10) == (found["msg_0"].state, found["msg_0"].attempts)
    assert (DeliveryState.PENDING, 1) == (found["msg_1"].state, found["msg_1"].attempts)
    assert "not mailed: webhooks failed: erp (notifier_unavailable)" in caplog.text


async def test_what_was_posted_is_on_record_though_another_order_fails(ports: Ports) -> None:
    """Those side by side are seen to their ends."""
    receiver = Failing(broken="msg_0")
    with pytest.raises(RuntimeError, match="msg_0"):
        await delivered(replace(ports, webhooks=receiver))
    found = await kept(ports)
    assert ["msg_1"] == receiver.posted
    assert (DeliveryState.PENDING, 1) == (found["msg_1"].state, found["msg_1"].attempts)
    assert timedelta() < (found["msg_1"].next_attempt_at or NOW) - NOW
