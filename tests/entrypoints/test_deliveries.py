"""Parcels after the hand-over, by command and over HTTP: asked after, decided, received back."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from temporalio.client import Client
from typer.testing import CliRunner, Result

from floor_driver import Placed, Share, place
from fulfillment.domain.access import Role
from fulfillment.domain.lifecycle import Stage
from fulfillment.domain.tracking import TrackingException, TrackingStatus
from fulfillment.entrypoints import cli
from http_shop import KEYS, app_of, client_of
from plant import Plant, eventually

S, X = TrackingStatus, TrackingException


@pytest.fixture
def storefront(shop: Plant) -> AsyncClient:
    """Give what a storefront may ask."""
    return client_of(app_of(shop), KEYS[Role.STOREFRONT])


@pytest.fixture
def operations(shop: Plant) -> AsyncClient:
    """Give what may do everything."""
    return client_of(app_of(shop))


@pytest.fixture
def settings(shop: Plant, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the commands at the shop."""
    monkeypatch.setenv("FULFILLMENT_DATA_DIR", str(shop.settings.data_dir))
    monkeypatch.setenv("FULFILLMENT_TASK_QUEUE", shop.settings.task_queue)
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(shop.settings.data_dir / "none.toml"))
    monkeypatch.setenv("FULFILLMENT_TRACKING_LINK", "https://track.example/{tracking_number}")


async def run(*arguments: str) -> Result:
    """Run a command; in a thread, since the shop's worker lives in this one's loop."""
    runner = CliRunner()
    return await asyncio.to_thread(lambda: runner.invoke(cli.app, list(arguments)))


async def in_trouble(shop: Plant, name: str) -> tuple[Placed, Share, str]:
    """Have an order's parcel on its way, which nobody takes in."""
    order = await place(shop, name)
    share = await order.share()
    [number] = (await share.to(Stage.IN_TRANSIT)).tracking_numbers
    return order, share, number


async def to_decide(share: Share) -> None:
    """Wait until the workflow asks for a decision."""

    async def look() -> bool:
        return (await share.status()).blocked_on.startswith("delivery")

    await eventually(look)


@pytest.mark.usefixtures("settings")
async def test_by_command(shop: Plant, tmp_path: Path) -> None:
    """Track, decide, and take in what comes back; each refusal says what to do."""
    order, share, number = await in_trouble(shop, "cli-refused")
    early = await run("orders", "resolve", order.order_id, "refund", "--as", "eva")
    assert (1, True) == (early.exit_code, "expected a parcel in trouble" in early.stderr)
    said = await run("tracking", "record", number, "exception", "--exception", "refused")
    assert 0 == said.exit_code
    await to_decide(share)
    shown = await run("orders", "track", order.order_id)
    assert "exception: refused" in shown.stdout
    told: dict[str, Any] = json.loads(
        (await run("orders", "track", order.order_id, "--json")).stdout
    )
    [parcel] = told["parcels"]
    assert (f"https://track.example/{number}", "refused") == (parcel["link"], parcel["exception"])
    assert parcel["projected_delivery"] == told["projected_delivery"] is not None

    address = tmp_path / "address.json"
    address.write_text(json.dumps({"name": "Ada"}), encoding="utf-8")
    wrong = ("orders", "resolve", share.fulfillment_id, "new_address", "--as", "eva")
    assert "ship_to" in (await run(*wrong, "--ship-to", str(address))).stderr
    assert "give the address" in (await run(*wrong)).stderr
    done = await run("orders", "resolve", order.order_id, "refund", "--as", "eva")
    assert (0, True) == (done.exit_code, "EUR refunded" in done.stdout)
    assert "completed, 3 lost and refunded" == await order.ended()
    back = await run("tracking", "receive-back", number, "--as", "ann")
    assert (0, True) == (back.exit_code, "quarantine" in back.stdout)
    unknown = await run("tracking", "receive-back", "NOPE", "--as", "ann")
    assert (1, True) == (unknown.exit_code, "a parcel that was given up" in unknown.stderr)
    other = await run(
        "tracking",
        "close-late-arrival",
        f"{share.fulfillment_id}-pack",
        "--as",
        "ann",
        "--remark",
        "kept",
    )
    assert (1, True) == (other.exit_code, "expected a late arrival" in other.stderr)


async def test_over_http(shop: Plant, storefront: AsyncClient, operations: AsyncClient) -> None:
    """The storefront may look; who decides is of operations; what arrives late is closed."""
    order, share, number = await in_trouble(shop, "http-lost")
    await share.carrier_says(S.EXCEPTION, number, X.LOST)
    await to_decide(share)
    url = f"/v1/fulfillments/{share.fulfillment_id}/resolve-exception"
    assert 403 == (await storefront.post(url, json={"choice": "reship"})).status_code
    told = (await storefront.get(f"/v1/orders/{order.order_id}/tracking")).json()
    assert ("lost", 1) == (told["parcels"][0]["exception"], told["in_trouble"])
    assert 404 == (await storefront.get("/v1/orders/nowhere/tracking")).status_code
    assert 409 == (await operations.post(url, json={"choice": "wait"})).status_code
    decided = await operations.post(url, json={"choice": "reship"})
    assert (200, f"sent again as order {order.order_id}-R1") == (
        decided.status_code,
        decided.json()["message"],
    )
    assert "completed, 3 lost and sent again" == await order.ended()
    told = (await storefront.get(f"/v1/orders/{order.order_id}/tracking")).json()
    assert [f"{order.order_id}-R1"] == told["replaced_by"]
    await share.carrier_says(S.DELIVERED, number)
    received = await operations.post(f"/v1/tracking/{number}/receive-back", json={})
    assert (409, True) == (received.status_code, "take it in as a return" in received.text)
    [late] = [
        task["task_id"]
        for task in (await operations.get("/v1/tasks?kind=late_arrival")).json()
        if task["order_id"] == order.order_id
    ]
    closed = await operations.post(
        f"/v1/tasks/{late}/close-late-arrival", json={"remark": "keeps and pays it"}
    )
    assert ("done", "the-operations") == (closed.json()["state"], closed.json()["closed_by"])
    sent = Placed(shop, f"{order.order_id}-R1")
    assert "completed" == await sent.finish()
