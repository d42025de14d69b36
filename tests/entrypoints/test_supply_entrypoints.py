"""Back-orders and supply orders by command and over HTTP, on a real server."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from typer.testing import CliRunner

import plant as plants
from floor_driver import Placed, place
from fulfillment.domain.access import Role
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.domain.supply import SupplyState
from fulfillment.entrypoints import cli
from fulfillment.operations.catalog import load_catalog, parse_catalog
from histories import audited_plant
from http_shop import KEYS, app_of, client_of

SOURCE = {
    "method": "purchase",
    "supplier_id": "ACME",
    "warehouse_id": plants.BERLIN,
    "bin_id": "BER-A2-07",
    "lead_time_days": 3,
}
SKUS = ("RARE10", "RARE11", "RARE12")


@pytest.fixture(scope="module")
async def buying(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop that purchases what is missing."""
    folder = tmp_path_factory.mktemp("buying")
    async with audited_plant(client, folder, supply="automatic") as shop:
        acme = {"supplier_id": "ACME", "name": "Acme", "email": "sales@acme.example"}
        sources = [{"sku": sku, **SOURCE} for sku in SKUS]
        catalog = parse_catalog({"suppliers": [acme], "supply_sources": sources})
        await load_catalog(shop.engine, catalog)
        yield shop


async def waits(shop: plants.Plant, sku: str) -> tuple[Placed, str]:
    """Have an order wait for two of an article; return it and the supply order."""
    order = await place(shop, "asks", ("MUG", 1), (sku, 2))
    await order.at(OrderStage.BACK_ORDERED)

    async def ordered() -> str | None:
        found = await shop.read(lambda tx: tx.supply.under_way(sku))
        return found.supply_id if found and found.state is SupplyState.ORDERED else None

    return order, await plants.eventually(ordered)


async def command(shop: plants.Plant, client: Client, *arguments: str, fails: int = 0) -> str:
    """Run a command as in a shell; return what it says."""
    variables = {
        "FULFILLMENT_DATA_DIR": str(shop.settings.data_dir),
        "FULFILLMENT_TASK_QUEUE": shop.settings.task_queue,
        "TEMPORAL_ADDRESS": str(client.service_client.config.target_host),
        "TEMPORAL_CONFIG_FILE": str(shop.settings.data_dir / "none.toml"),
    }
    runner = CliRunner(env=variables)
    done = await asyncio.to_thread(runner.invoke, cli.app, list(arguments))
    assert fails == done.exit_code, done.output
    return " ".join(done.output.split())


async def test_by_commands(buying: plants.Plant, client: Client) -> None:
    """Who waits, what was chosen, what is purchased, received, and given up."""

    async def said(*arguments: str, fails: int = 0) -> str:
        return await command(buying, client, *arguments, fails=fails)

    order, supply_id = await waits(buying, SKUS[0])
    queue = json.loads(await said("stock", "queue", "--sku", SKUS[0], "--json"))
    assert [order.order_id] == [entry["waiter"]["waiter_id"] for entry in queue]
    chosen = ("orders", "back-order", order.order_id, "--line", "2", "--as", "ada")
    assert "expected at most the 2 units" in await said(
        *chosen, "--choice", "cancel", "--units", "3", fails=1
    )
    assert f"still waits for 1 x {SKUS[0]}" in await said(
        *chosen, "--choice", "cancel", "--units", "1"
    )
    assert supply_id in await said("supply", "list")
    assert "2 x RARE10, ordered" in await said("supply", "show", supply_id)
    assert "1 of 2 received" in await said(
        "supply", "receive", supply_id, "--quantity", "1", "--as", "ann"
    )
    assert "nobody is to be told" in await said("stock", "wake", SKUS[1])
    assert "canceled, 1 of 2 received" in await said("supply", "cancel", supply_id, "--as", "eve")
    assert "canceled" in await said("supply", "receive", supply_id, "--as", "ann", fails=1)
    await said("supply", "show", "S-9", fails=1)
    assert "completed, 1 canceled" == await order.finish(shares=2)


async def test_over_http(buying: plants.Plant) -> None:
    """The storefront passes choices on; operations see, receive and end supply orders."""
    app = app_of(buying)
    web, shop = client_of(app), client_of(app, KEYS[Role.STOREFRONT])
    order, supply_id = await waits(buying, SKUS[1])
    path = f"/v1/orders/{order.order_id}/back-order"
    refused = await shop.post(path, json={"choices": [{"line_no": 1, "choice": "wait"}]})
    assert (409, "confirmation_refused") == (refused.status_code, refused.json()["code"])
    chosen = await shop.post(path, json={"choices": [{"line_no": 2, "choice": "wait"}]})
    assert ["line 2 wait"] == chosen.json()["done"]
    assert 403 == (await shop.get("/v1/supply")).status_code
    assert [supply_id] == [
        one["supply_id"] for one in (await web.get("/v1/supply")).json() if one["sku"] == SKUS[1]
    ]
    body = {"receipt_id": "D-9", "quantity": 2}
    received = await web.post(f"/v1/supply/{supply_id}/receive", json=body)
    assert ("received", 2) == (received.json()["state"], received.json()["received"])
    assert "received" == (await web.get(f"/v1/supply/{supply_id}")).json()["state"]
    assert "completed" == await order.finish(shares=2)
    assert [] == (await web.get("/v1/stock/queue", params={"sku": SKUS[1]})).json()
    assert [] == (await web.post("/v1/stock/wake", json={"skus": [SKUS[1]]})).json()["woken"]


async def test_supply_that_fails_over_http(buying: plants.Plant) -> None:
    """The order is told, and goes on without it."""
    web = client_of(app_of(buying))
    order, supply_id = await waits(buying, SKUS[2])
    failed = await web.post(f"/v1/supply/{supply_id}/fail", json={"reason": "discontinued"})
    assert "failed" == failed.json()["state"]
    again = await web.post(f"/v1/supply/{supply_id}/cancel", json={"reason": "too late"})
    assert 409 == again.status_code
    await order.noted("discontinued")
    await order.cancel(back_ordered_only=True)
    assert "completed, 2 canceled" == await order.finish()
