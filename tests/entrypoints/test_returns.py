"""Returns by command and over HTTP, on a real server."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

import plant as plants
from fulfillment.domain.access import Role
from fulfillment.domain.returns import ReturnStage
from fulfillment.entrypoints import cli
from fulfillment.temporal.identifiers import return_workflow_id
from histories import audited_plant
from http_shop import KEYS, app_of, client_of
from return_driver import Back, delivered


@pytest.fixture(scope="module")
async def returns_shop(
    client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[plants.Plant]:
    """Give a shop whose books are checked at the end."""
    async with audited_plant(client, tmp_path_factory.mktemp("returning")) as shop:
        yield shop


async def command(shop: plants.Plant, client: Client, *arguments: str) -> Result:
    """Run a command as in a shell."""
    variables = {
        "FULFILLMENT_DATA_DIR": str(shop.settings.data_dir),
        "FULFILLMENT_TASK_QUEUE": shop.settings.task_queue,
        "TEMPORAL_ADDRESS": str(client.service_client.config.target_host),
        "TEMPORAL_CONFIG_FILE": str(shop.settings.data_dir / "none.toml"),
    }
    return await asyncio.to_thread(CliRunner(env=variables).invoke, cli.app, list(arguments))


async def test_a_return_by_commands(returns_shop: plants.Plant, client: Client) -> None:
    """Requested, listed, shown, received, inspected; refused with what to do."""
    shop = returns_shop
    order = await delivered(shop, "by-command")

    async def said(*arguments: str) -> str:
        done = await command(shop, client, "returns", *arguments)
        assert done.exit_code == 0, done.output
        return done.output

    line = ("--line", "1", "--reason", "unwanted")
    asked = ("request", order.order_id, *line, "--quantity", "2", "--key", "k", "--json")
    rma = json.loads(await said(*asked))["return_id"]
    assert rma == json.loads(await said(*asked))["return_id"]
    back = Back(shop, order.order_id, rma)
    await back.labeled()
    assert rma in await said("list")
    more = await command(shop, client, "returns", "request", order.order_id, *line)
    assert 1 == more.exit_code
    assert "return refused: line 1: expected at most the 0 units" in more.output
    scanned = ("--receipt", f"{rma}-1", "--item", "MUG=2", "--as", "dan")
    assert "2 units received; inspecting" in await said("receive", rma, *scanned)
    found = ("--line", "1", "--quantity", "2", "--condition", "as_new")
    place = ("--to", "restock", "--bin", "BER-A0-01", "--as", "ida")
    assert "2 units inspected" in await said("inspect", rma, *found, *place)
    await back.at(ReturnStage.RESOLVED)
    assert "resolved" in await said("show", rma)
    assert "units received" in await said("timeline", rma)
    assert "return approval" in await said("why", rma)
    shown = await command(shop, client, "orders", "show", order.order_id)
    assert f"return {rma}: resolved" in shown.output
    stray = ("receive-stray", "BER", "--receipt", f"{rma}-2", "--item", "SOAP=1")
    assert f"stray-{rma}-2" in await said(*stray)
    assert "1 units to scrap:BER" in await said("sort-out", f"stray-{rma}-2", "--to", "scrap")


async def test_a_return_over_http(returns_shop: plants.Plant) -> None:
    """The storefront asks, the floor takes in; each by its own key, each thing once."""
    shop = returns_shop
    order = await delivered(shop, "by-http")
    app = app_of(shop)
    store, floor = client_of(app, KEYS[Role.STOREFRONT]), client_of(app, KEYS[Role.FLOOR])
    item = {"line_no": 2, "quantity": 1, "reason": "damaged"}
    body = {"order_id": order.order_id, "items": [item]}
    made = await store.post("/v1/returns", json=body, headers={"Idempotency-Key": "once"})
    again = await store.post("/v1/returns", json=body, headers={"Idempotency-Key": "once"})
    assert (201, made.json()) == (again.status_code, again.json())
    rma = made.json()["return_id"]
    back = Back(shop, order.order_id, rma)
    number = await back.labeled()
    goods = {"receipt_id": f"{rma}-1", "items": [{"sku": "BOOK", "quantity": 1}]}
    assert 403 == (await store.post(f"/v1/returns/{number}/receive", json=goods)).status_code
    got = await floor.post(f"/v1/returns/{number}/receive", json=goods)
    assert "inspecting" == got.json()["stage"]
    unit = {"line_no": 2, "quantity": 1, "condition": "damaged", "disposition": "scrap"}
    done = await floor.post(f"/v1/returns/{rma}/inspect", json={"units": [unit]})
    assert 200 == done.status_code
    await back.at(ReturnStage.RESOLVED)
    view = (await store.get(f"/v1/returns/{rma}")).json()
    assert "the-storefront" == view["record"]["request"]["by"]
    assert "done" == view["refunds"][0]["state"]
    listed = await store.get("/v1/returns", params={"order": order.order_id})
    assert [rma] == [each["return_id"] for each in listed.json()]
    # On record as resolved, it has still a moment to end.
    await shop.client.get_workflow_handle(return_workflow_id(rma)).result()
    late = await floor.post(f"/v1/returns/{rma}/inspect", json={"units": [unit]})
    assert (409, "too_late") == (late.status_code, late.json()["code"])
    unknown = await store.get("/v1/returns/RMA-0")
    assert 404 == unknown.status_code
    other = await store.post("/v1/returns", json={"order_id": order.order_id, "items": []})
    assert 422 == other.status_code
