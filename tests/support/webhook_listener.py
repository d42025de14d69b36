"""A merchant who listens, as tests of outward webhooks need one."""

from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle

from fulfillment.domain.webhooks import DeliveryState
from fulfillment.operations import webhook_endpoints, webhooks
from fulfillment.operations.webhook_endpoints import EndpointWish
from fulfillment.operations.webhooks import MessageView
from fulfillment.webhooks.stores import Which
from plant import Plant, eventually, new_id
from webhook_receiver import Receiver


@dataclass(frozen=True)
class Listener:
    """A receiver, registered as an endpoint; its name is its own, as tests share a server."""

    shop: Plant
    name: str
    secret: str

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        """The workflow that delivers to it."""
        return self.shop.client.get_workflow_handle(f"webhooks/{self.name}")

    async def tested(self, count: int) -> list[str]:
        """Queue so many test messages; return their ids."""
        sent = [await webhooks.send_test(self.shop.engine, self.name) for _ in range(count)]
        return [each.message_id for each in sent]


async def listen(shop: Plant, receiver: Receiver, *kinds: str) -> Listener:
    """Register the receiver for these kinds of events, or all."""
    name = new_id("erp")
    wish = EndpointWish(endpoint_id=name, url=receiver.url, event_types=kinds)
    made = await webhook_endpoints.add_endpoint(shop.engine, wish, shop.ports.webhook_rules)
    return Listener(shop, name, made.secret)


async def came(receiver: Receiver, count: int) -> None:
    """Wait until so many different messages have come."""

    async def look() -> bool:
        return len(set(receiver.ids)) >= count

    await eventually(look)


async def told(shop: Plant, which: Which, state: DeliveryState) -> list[MessageView]:
    """Wait until all chosen messages have come so far everywhere, and return them."""

    async def look() -> list[MessageView] | None:
        found = await webhooks.list_messages(shop.engine, which, limit=1000)
        states = {delivery.state for view in found for delivery in view.deliveries}
        return found if states == {state} else None

    return await eventually(look)
