"""The life of an endpoint's workflow, for the golden histories."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from temporalio.client import Client, WorkflowHistory

import plant as plants
from fulfillment.operations import webhook_endpoints, webhooks
from fulfillment.operations.webhook_endpoints import EndpointWish
from fulfillment.ports import Ports
from webhook_receiver import Receiver, Reply

NAME = "webhooks"
ENDPOINT = "golden"


async def life_of_an_endpoint(client: Client, data: Path) -> WorkflowHistory:
    """Let an endpoint take a message, refuse one at first, and be gone; return the history."""
    receiver = Receiver()
    async with plants.plant(client, data, change=_quick, webhook_allow_loopback=True) as shop:
        with receiver.listening():
            wish = EndpointWish(endpoint_id=ENDPOINT, url=receiver.url)
            await webhook_endpoints.add_endpoint(shop.engine, wish, shop.ports.webhook_rules)
            handle = client.get_workflow_handle(f"webhooks/{ENDPOINT}")
            for replies in ([Reply()], [Reply(500), Reply()], [Reply(410)]):
                receiver.answer_with(*replies)
                wanted = len(receiver.received) + len(replies)
                await webhooks.send_test(shop.engine, ENDPOINT)
                await plants.eventually(partial(_came, receiver, wanted))
            await handle.result()
        return await handle.fetch_history()


async def _came(receiver: Receiver, count: int) -> bool:
    return len(receiver.received) == count


def _quick(ports: Ports) -> Ports:
    soon = {"retry_after": (timedelta(seconds=1),)}
    return replace(ports, webhook_rules=ports.webhook_rules.model_copy(update=soon))
