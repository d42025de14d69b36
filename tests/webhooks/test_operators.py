"""Outward webhooks as operators see them: by command and over HTTP, the same operations."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from fulfillment.domain.access import Role
from fulfillment.entrypoints import cli, submit
from fulfillment.operations.order_access import get_order
from http_shop import KEYS, app_of, client_of
from plant import Plant, eventually, new_id
from storefront_payloads import woo_line, woo_order
from webhook_receiver import Receiver, Reply

Run = Callable[..., Coroutine[Any, Any, Result]]
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the standard's example


@pytest.fixture
def run(own: Plant, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the shop; in a thread, since its worker lives in this one's loop."""
    environ = {
        "FULFILLMENT_DATA_DIR": str(own.settings.data_dir),
        "FULFILLMENT_TASK_QUEUE": own.settings.task_queue,
        "FULFILLMENT_WEBHOOK_ALLOW_LOOPBACK": "true",
        "TEMPORAL_ADDRESS": own.client.service_client.config.target_host,
        "TEMPORAL_CONFIG_FILE": str(own.settings.data_dir / "none.toml"),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    async def invoke(*arguments: str, app: Any = cli.app) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))  # type: ignore[arg-type]

    return invoke


async def came(receiver: Receiver, count: int) -> None:
    """Wait until so many requests have come."""

    async def look() -> bool:
        return len(receiver.received) >= count

    await eventually(look)


async def shown(run: Run, message: str, state: str) -> Any:
    """Wait until a message's one delivery has come so far, and return what is shown of it."""

    async def look() -> Any:
        view = json.loads((await run("webhooks", "show", message)).output)
        return view if view["deliveries"][0]["state"] == state else None

    return await eventually(look)


async def test_an_endpoint_by_commands_alone(run: Run, receiver: Receiver) -> None:
    """Added, tested, failing for good, enabled again, replayed, rotated, removed."""
    name = new_id("erp")
    added = await run("webhooks", "endpoints", "add", name, receiver.url, "--secret", SECRET)
    assert (added.exit_code, added.output.splitlines()[-1]) == (0, SECRET)
    assert (await run("webhooks", "endpoints", "add", name, receiver.url)).exit_code == 1
    refused = await run("webhooks", "endpoints", "add", "other", "http://shop.example/")
    assert refused.exit_code == 1
    receiver.answer_with(Reply(410))
    sent = (await run("webhooks", "test", name)).output.split(" ")[0]
    await shown(run, sent, "failed")
    listed = (await run("webhooks", "endpoints", "list")).output
    assert "disabled: it answered 410 Gone" in listed
    assert SECRET not in listed
    assert (await run("webhooks", "replay", "--failed", "--endpoint", name)).exit_code == 1
    assert (await run("webhooks", "endpoints", "enable", name)).exit_code == 0
    assert "1 deliveries" in (await run("webhooks", "replay", "--failed")).output
    await shown(run, sent, "delivered")
    assert receiver.ids == [sent, sent]
    assert receiver.received[1].verified(SECRET)["type"] == "webhook.test"
    assert f"{name} delivered (1)" in (await run("webhooks", "list", "--state", "delivered")).output
    assert (await run("webhooks", "replay")).exit_code == 1
    rotated = await run("webhooks", "endpoints", "rotate-secret", name)
    assert "signs too until" in rotated.output
    assert (await run("webhooks", "endpoints", "disable", name, "--as", "eva")).exit_code == 0
    assert (await run("webhooks", "test", name)).exit_code == 1
    assert (await run("webhooks", "endpoints", "remove", name)).exit_code == 0
    assert "no endpoints" in (await run("webhooks", "endpoints", "list")).output
    assert "no refused deliveries" in (await run("webhooks", "refused")).output


async def test_an_endpoint_over_http(own: Plant, receiver: Receiver) -> None:
    """The same operations, for operators alone; a secret is shown once."""
    app, name = app_of(own), new_id("erp")
    web = client_of(app)
    wish = {"endpoint_id": name, "url": receiver.url, "secret": SECRET}
    denied = await client_of(app, KEYS[Role.STOREFRONT]).post("/v1/webhooks/endpoints", json=wish)
    assert denied.status_code == 403
    made = await web.post("/v1/webhooks/endpoints", json=wish)
    assert (made.status_code, made.json()["secret"]) == (201, SECRET)
    assert (await web.post("/v1/webhooks/endpoints", json=wish)).status_code == 409
    unknown = await web.post("/v1/webhooks/endpoints", json={**wish, "event_types": ["order.x"]})
    assert unknown.json()["problems"][0]["path"] == "event_types"
    [listed] = (await web.get("/v1/webhooks/endpoints")).json()
    assert (listed["endpoint_id"], "secret" in listed) == (name, False)
    path = f"/v1/webhooks/endpoints/{name}"
    message = (await web.post(f"{path}/test")).json()["message_id"]
    await came(receiver, 1)
    new = (await web.post(f"{path}/rotate-secret", json={})).json()["secret"]
    replayed = await web.post("/v1/webhooks/replay", json={"message_id": message})
    assert replayed.json() == {"queued": 1, "endpoints": [name]}
    await came(receiver, 2)
    assert receiver.received[1].verified(new) == receiver.received[0].verified(SECRET)
    page = (await web.get("/v1/webhooks/messages", params={"endpoint": name, "limit": 1})).json()
    assert ([each["message"]["message_id"] for each in page["messages"]], page["next"]) == (
        [message],
        None,
    )
    one = (await web.get(f"/v1/webhooks/messages/{message}")).json()
    assert one["message"]["type"] == "webhook.test"
    assert (await web.post(f"{path}/disable")).json()["disabled_because"] == (
        "disabled by the-operations"
    )
    assert (await web.post(f"{path}/enable")).json()["enabled"]
    assert (await web.delete(path)).status_code == 204
    assert (await web.delete(path)).status_code == 404


async def test_the_starter_reads_the_merchants_words(
    own: Plant, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As webhooks do: SKUs are mapped, and the shop's name stands in the id."""
    words, orders = tmp_path / "merchant.json", tmp_path / "orders.json"
    words.write_text('{"shop": "berlin", "skus": {"93:0": "MUG"}}')
    orders.write_text(json.dumps(woo_order(woo_line(sku="", product_id=93), id=4711)))
    assert (await run(str(orders), "--no-follow", app=submit.app)).exit_code == 1
    monkeypatch.setenv("FULFILLMENT_MERCHANT", str(words))
    done = await run(str(orders), "--no-follow", app=submit.app)
    assert (done.exit_code, done.output) == (0, "woo-berlin-4711: acknowledged\n")
    assert (await get_order(own.engine, "woo-berlin-4711")).order.lines[0].sku == "MUG"
