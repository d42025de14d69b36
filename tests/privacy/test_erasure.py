"""A customer's data are erased everywhere, and the books and the order's identity stay."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.service import RPCError
from typer.testing import CliRunner, Result

import plant as plants
from canaries import Crashing, Flock, Striking, carry, data_of, found_in
from encrypted_shops import client_with
from floor_driver import Placed, place, refusal_of
from fulfillment import bootstrap
from fulfillment.domain.access import Role
from fulfillment.domain.erasure import ERASE_ACTION
from fulfillment.domain.errors import NotFound, OrderConflict, Refused
from fulfillment.domain.orders import parse_order
from fulfillment.domain.returns import ReturnStage
from fulfillment.entrypoints import cli
from fulfillment.operations import order_views, orders
from fulfillment.operations.erasure import Eraser, Erasure, erase_order
from fulfillment.operations.verify import verify
from fulfillment.temporal.dev_server import DevServer
from http_shop import KEYS, app_of, client_of
from plant import Plant, plant
from return_driver import ask, delivered

GONE = Flock("gone")
ZOE = Eraser("zoe", "request 2026-17")
KEPT = {"declined", "signal"}
"""The payment's reference at the gateway, and the person on the floor who gave the signal."""


async def erase(shop: Plant, order_id: str) -> Erasure:
    """Erase an order as the operation does."""
    return await erase_order(shop.engine, bootstrap.sent_mail(shop.settings), order_id, ZOE)


async def exists(client: Client, workflow_id: str) -> bool:
    """Return whether Temporal still has a workflow."""
    try:
        await client.get_workflow_handle(workflow_id).describe()
    except RPCError:
        return False
    return True


def mails(shop: Plant) -> Iterator[Path]:
    """Yield the mails that are kept."""
    return shop.settings.mail_dir.glob("*")


def bytes_of(folder: Path) -> bytes:
    """Return all that a shop has written, its gateway's own books excepted."""
    files = (f for f in folder.rglob("*") if f.is_file() and not f.name.startswith("gateway"))
    return b"".join(file.read_bytes() for file in files)


async def test_a_customer_is_erased(file_server: DevServer, tmp_path: Path) -> None:
    """From every file of the shop and from Temporal; a second time finds nothing left."""
    client = await client_with(file_server.address)
    async with plant(
        client,
        tmp_path,
        interceptors=[Crashing(GONE)],
        change=lambda ports: replace(ports, carrier=Striking(ports.carrier, GONE)),
    ) as shop:
        ids = await carry(shop, GONE)
        *recorded, never = ids
        workflow_ids = [f"order/{order_id}" for order_id in ids] + [f"fulfillment/{ids[0]}-1"]
        assert all([await exists(client, workflow_id) for workflow_id in workflow_ids])
        assert list(mails(shop))

        done = [await erase(shop, order_id) for order_id in ids]
        assert [False] * 4 == [erasure.already for erasure in done]
        assert [2, 1, 1, 1] == [erasure.workflows for erasure in done]
        assert [] == list(mails(shop))
        for workflow_id in workflow_ids:
            await plants.eventually(partial(_gone, client, workflow_id))
        again = [await erase(shop, order_id) for order_id in ids]
        assert [(True, 0, 0)] * 4 == [(e.already, e.mails, e.workflows) for e in again]

        for order_id in ids:
            audit = await Placed(shop, order_id).actions()
            erasures = [a for a in audit if a.action == ERASE_ACTION]
            assert [("zoe", "request 2026-17")] == [(a.by, a.detail) for a in erasures]
        assert [] == await verify(shop.engine, settled=True)
        for order_id in recorded:
            view = await order_views.show_order(shop.engine, order_id)
            assert "gone" == view.workflow
            assert await order_views.timeline(shop.engine, order_id)
        await _is_still_known(shop, ids[0])
    held = found_in(bytes_of(tmp_path), GONE)
    assert held <= KEPT, held
    assert never not in recorded


async def _gone(client: Client, workflow_id: str) -> bool:
    return not await exists(client, workflow_id)


async def _is_still_known(shop: Plant, order_id: str) -> None:
    """Hand the same order in again, which is the same one; other content is refused."""
    same = parse_order(data_of(GONE, order_id))
    assert order_id == (await orders.submit_order(shop.engine, same)).order_id
    assert not await exists(shop.client, f"order/{order_id}")
    other = parse_order(data_of(GONE, order_id, shipping_minor=1))
    assert OrderConflict is type(await refusal_of(orders.submit_order(shop.engine, other)))


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
