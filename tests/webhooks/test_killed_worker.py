"""A worker dies between an order's commit and its webhook: the merchant hears of it anyway."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import plant
from fulfillment import bootstrap
from fulfillment.entrypoints.stack import Stack
from fulfillment.operations import webhook_endpoints
from fulfillment.operations.orders import submit_order
from fulfillment.operations.webhook_endpoints import EndpointWish
from fulfillment.temporal.dev_server import DevServer
from webhook_receiver import Receiver, types


@pytest.fixture
async def stack(server: DevServer, tmp_path: Path) -> AsyncIterator[Stack]:
    """Give a stack on the server of all tests, with a furnished shop and no worker yet."""
    settings = plant.settings_in(tmp_path, webhook_allow_loopback=True)
    await plant._copy_furnished(settings)
    async with Stack(settings, address=server.address) as made:
        yield made


async def test_what_a_killed_worker_left_is_delivered(stack: Stack, receiver: Receiver) -> None:
    """It dies while the merchant is about to answer: the next one sends the same again."""
    pid = await stack.start_worker()
    async with bootstrap.engine(stack.settings, stack.address) as engine:
        wish = EndpointWish(endpoint_id=plant.new_id("erp"), url=receiver.url)
        rules = stack.settings.webhook_rules()
        secret = (await webhook_endpoints.add_endpoint(engine, wish, rules)).secret
        receiver.opened.clear()
        await submit_order(engine, plant.order(plant.new_id("hook")))
        await plant.eventually(lambda: asked(receiver))
        await stack.kill_worker(pid)
        receiver.opened.set()
        lost = receiver.ids[0]
        async with (
            bootstrap.ports(stack.settings) as ports,
            bootstrap.make_worker(engine.client, ports, stack.settings),
        ):
            await plant.eventually(lambda: told(receiver))
    assert receiver.ids.count(lost) >= 2
    kinds = types(sorted(receiver.verified(secret), key=lambda body: body["data"]["sequence"]))
    assert kinds[:2] == ["order.acknowledged", "order.verified"]
    assert kinds[-1] == "fulfillment.picking"


async def asked(receiver: Receiver) -> bool:
    """Tell whether a webhook has come."""
    return bool(receiver.received)


async def told(receiver: Receiver) -> bool:
    """Tell whether the pick list was told of, and the first message came twice."""
    repeated = receiver.ids.count(receiver.ids[0]) > 1
    return repeated and any(b"fulfillment.picking" in each.body for each in receiver.received)
