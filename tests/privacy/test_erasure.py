"""A customer's data are erased everywhere, and the books and the order's identity stay."""

import asyncio

import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

import plant as plants
from erasing import erase, mails
from floor_driver import place, refusal_of
from fulfillment.domain.access import Role
from fulfillment.domain.erasure import ERASE_ACTION
from fulfillment.domain.errors import NotFound, Refused
from fulfillment.domain.returns import ReturnStage
from fulfillment.entrypoints import cli
from fulfillment.operations.erasure import Erasure
from http_shop import KEYS, app_of, client_of
from plant import Plant
from return_driver import ask, delivered


async def test_a_return_is_erased_with_its_order(shop: Plant) -> None:
    """What the customer wrote to it, who asked, and its mails; not before it has ended."""
    order = await delivered(shop, "returned")
    back = await ask(order, note="the handle is off, Ada", by="Ada Lovelace")
    await back.labeled()
    refusal = await refusal_of(erase(shop, order.order_id))
    assert f"return/{back.return_id}, which runs" in str(refusal)
    await back.cancel()
    await back.at(ReturnStage.CANCELED)

    async def erased() -> Erasure | None:
        try:
            return await erase(shop, order.order_id)
        except Refused:
            return None

    done = await plants.eventually(erased)
    assert 3 == done.workflows
    request = (await back.view()).record.request
    assert ("", "erased") == (request.note, request.by)
    keys = [effect.key for effect in await order.effects() if "return_approved" in effect.key]
    kept = await asyncio.to_thread(lambda: [path.name for path in mails(shop)])
    assert keys
    assert not [name for name in kept if back.return_id in name]


async def test_an_order_under_way_is_refused(shop: Plant) -> None:
    """With what to do; nothing of it is changed. An unknown one is named."""
    order = await place(shop, "under-way")
    before = await order.record()
    refusal = await refusal_of(erase(shop, order.order_id))
    assert Refused is type(refusal)
    assert f"fulfillment orders cancel {order.order_id}" in str(refusal)
    assert before.order == (await order.record()).order
    await order.cancel()
    await order.ended()
    assert NotFound is type(await refusal_of(erase(shop, "nobody")))
    assert not (await erase(shop, order.order_id)).already


async def test_erasure_over_http(shop: Plant) -> None:
    """For operations alone, and once by its key."""
    order = await place(shop, "by-http")
    path, wish = f"/v1/orders/{order.order_id}/erase", {"reason": "request 3"}
    app = app_of(shop)
    async with client_of(app, KEYS[Role.STOREFRONT]) as storefront:
        assert 403 == (await storefront.post(path, json=wish)).status_code
    async with client_of(app) as web:
        assert 409 == (await web.post(path, json=wish)).status_code
        await order.cancel()
        await order.ended()
        done = await web.post(path, json=wish, headers={"Idempotency-Key": "e1"})
        assert (200, False) == (done.status_code, done.json()["already"])
        shown = (await web.get(f"/v1/orders/{order.order_id}")).json()
        assert "erased" == shown["record"]["order"]["ship_to"]["name"]
    [erasure] = [a for a in await order.actions() if a.action == ERASE_ACTION]
    assert ("the-operations", "request 3") == (erasure.by, erasure.detail)


async def test_erasure_by_command(
    shop: Plant, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All orders of a mail address that have ended; one under way is refused, and told."""
    customer = {"name": "Cy Canary", "email": "cy@example.net"}
    ended, running = [await place(shop, "by-mail", customer=customer) for _ in range(2)]
    await ended.cancel()
    await ended.ended()
    monkeypatch.setenv("FULFILLMENT_DATA_DIR", str(shop.settings.data_dir))
    monkeypatch.setenv("TEMPORAL_ADDRESS", client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(shop.settings.data_dir / "none.toml"))

    async def run(*arguments: str) -> Result:
        command = ("customers", "erase", "--reason", "request 4", "--as", "zoe", *arguments)
        return await asyncio.to_thread(lambda: CliRunner().invoke(cli.app, list(command)))

    result = await run("--mail", "CY@example.net")
    assert 1 == result.exit_code
    assert f"{ended.order_id} is erased: " in result.stdout
    assert f"order {running.order_id}: expected an order that has ended" in result.stderr
    assert "Cy Canary" not in (await ended.record()).model_dump_json()
    await running.cancel()
    await running.ended()
    assert 0 == (await run(running.order_id, ended.order_id)).exit_code
    assert 1 == (await run("--mail", "cy@example.net")).exit_code
    assert 1 == (await run()).exit_code
