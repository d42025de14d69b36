"""Webhooks of Shopify and WooCommerce, on a real server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from fulfillment.domain.lifecycle import OrderStage
from fulfillment.entrypoints.http import webhooks
from fulfillment.operations.order_access import get_order
from fulfillment.records import ActionRecord
from fulfillment.storefronts.mapping import Merchant
from fulfillment.storefronts.signatures import is_signed, signature_of
from http_shop import app_of, client_of, signed
from plant import Plant, eventually, new_id
from storefront_deliveries import PREFIX, STOREFRONTS, deliver, next_number, payload, taken
from storefront_payloads import shopify_line, woo_line, woo_order


@pytest.fixture(scope="module")
def app(shop: Plant) -> FastAPI:
    """Give the shop over HTTP, to all of these tests at once."""
    return app_of(shop)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for answers also where the machine is busy."""
    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 60.0)


@pytest.fixture
def web(app: FastAPI) -> AsyncClient:
    """Give what a storefront reaches: it has no key."""
    return client_of(app, None)


def edited(storefront: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the same order with another line."""
    line = {"shopify": shopify_line, "woocommerce": woo_line}[storefront]
    return {**data, "line_items": [*data["line_items"], line(2, sku="BOOK")]}


async def actions(shop: Plant, order_id: str) -> list[ActionRecord]:
    """Return the audit of an order."""
    return await shop.read(lambda tx: tx.journal.actions(order_id))


def test_a_known_signature() -> None:
    """The usual example of HMAC-SHA256, in base64."""
    body, secret = b"The quick brown fox jumps over the lazy dog", "key"
    assert signature_of(body, secret) == "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg="
    assert is_signed(body, signature_of(body, secret), secret)
    assert not is_signed(body + b".", signature_of(body, secret), secret)
    assert not is_signed(body, signature_of(body, secret).lower(), secret)
    assert not is_signed(body, "\xe4", secret)
    assert not is_signed(body, signature_of(body, ""), "")


@pytest.mark.parametrize("storefront", STOREFRONTS)
async def test_a_delivery_is_submitted_once(shop: Plant, web: AsyncClient, storefront: str) -> None:
    """However often it comes, as the same delivery or as another one of the same order."""
    data, name = payload(storefront), new_id("delivery")
    order_id = f"{PREFIX[storefront]}-{data['id']}"
    answers = [await deliver(web, storefront, data, name) for _ in range(2)]
    answers.append(await deliver(web, storefront, data))
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert answer.json() == taken("submitted", order_id)
    assert (await get_order(shop.engine, order_id)).order.lines[0].sku == "MUG"


@pytest.mark.parametrize("storefront", STOREFRONTS)
async def test_what_is_not_signed_is_refused_unread(
    shop: Plant, web: AsyncClient, storefront: str
) -> None:
    """No signature, another body's, another secret's; also where the body is no JSON."""
    path, good = f"/webhooks/{storefront}", signed(storefront, payload(storefront), "1")
    unsigned = {"content": b"{", "headers": {"Content-Type": "application/json"}}
    changed = {**good, "content": good["content"] + b" "}
    for wrong in (unsigned, changed):
        answer = await web.post(path, **wrong)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
    other = app_of(shop, None, **{f"{storefront}_webhook_secret": "another"})
    answer = await client_of(other, None).post(path, **good)
    assert answer.status_code == 401
    unset = app_of(shop, None, **{f"{storefront}_webhook_secret": ""})
    answer = await client_of(unset, None).post(path, **good)
    assert (answer.status_code, answer.json()["code"]) == (503, "webhook_not_set_up")
    assert f"FULFILLMENT_{storefront.upper()}_WEBHOOK_SECRET" in answer.json()["detail"]


@pytest.mark.parametrize("storefront", STOREFRONTS)
async def test_an_edited_order_is_acknowledged_and_put_on_record(
    shop: Plant, web: AsyncClient, storefront: str
) -> None:
    """So that the storefront does not repeat for days what can't be done."""
    data = payload(storefront)
    order_id = f"{PREFIX[storefront]}-{data['id']}"
    await deliver(web, storefront, data)
    name = new_id("delivery")
    for _ in range(2):
        answer = await deliver(web, storefront, edited(storefront, data), name)
        assert answer.status_code == 200
        assert (answer.json()["outcome"], answer.json()["code"]) == ("refused", "order_conflict")
    [action] = [found for found in await actions(shop, order_id) if found.refused]
    assert (action.by, action.action.split(" ")[0]) == (storefront, "webhook")
    assert "order_conflict" in action.detail


async def test_what_can_not_be_mapped_is_acknowledged_and_put_on_record(
    shop: Plant, web: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """With the field's path; the storefront sends the order again when it is paid."""
    data = payload("shopify", financial_status="pending")
    order_id = f"shopify-{data['id']}"
    refused = (await deliver(web, "shopify", data)).json()
    assert refused == taken("refused", order_id, "invalid_order", "financial_status")
    assert f"shopify refused: {order_id} invalid_order (financial_status)" in caplog.text
    assert "pending" not in caplog.text
    [action] = await actions(shop, order_id)
    assert "financial_status" in action.detail
    paid = await deliver(web, "shopify", {**data, "financial_status": "paid"})
    assert paid.json()["outcome"] == "submitted"


@pytest.mark.parametrize("storefront", STOREFRONTS)
async def test_what_is_no_order_is_acknowledged(web: AsyncClient, storefront: str) -> None:
    """Other topics are left alone; an order topic with something else in it is refused."""
    topic = {"shopify": "X-Shopify-Topic", "woocommerce": "X-WC-Webhook-Topic"}[storefront]
    other = await deliver(web, storefront, {"id": 1}, **{topic: "products/update"})
    assert (other.status_code, other.json()["outcome"]) == (200, "ignored")
    bodies: list[Any] = [{"id": 1}, [], b"no JSON"]
    for body in bodies:
        answer = await deliver(web, storefront, body)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "refused")


@pytest.mark.parametrize("storefront", STOREFRONTS)
async def test_a_canceled_order_is_canceled(shop: Plant, web: AsyncClient, storefront: str) -> None:
    """By its cancellation in the storefront."""
    data = payload(storefront)
    order_id = f"{PREFIX[storefront]}-{data['id']}"
    gone = {"shopify": {"cancelled_at": "2026-11-21T10:00:00Z"}}.get(
        storefront, {"status": "cancelled"}
    )
    await deliver(web, storefront, data)
    after = await deliver(web, storefront, {**data, **gone})
    assert after.json() == taken("canceled", order_id)

    async def settled() -> bool:
        return (await get_order(shop.engine, order_id)).stage is OrderStage.SETTLED

    await eventually(settled)


async def test_two_deliveries_may_have_one_id(web: AsyncClient) -> None:
    """WooCommerce makes it of the webhook and the second: both orders are taken."""
    name = new_id("delivery")
    for data in (payload("woocommerce"), payload("woocommerce")):
        answer = await deliver(web, "woocommerce", data, name)
        assert answer.json()["order_id"] == f"woo-{data['id']}"


async def test_the_ping_of_woocommerce_is_answered(web: AsyncClient) -> None:
    """It is not signed, and does nothing."""
    answer = await web.post("/webhooks/woocommerce", data={"webhook_id": "142"})
    assert (answer.status_code, answer.json()["outcome"]) == (200, "ignored")
    other = await web.post("/webhooks/woocommerce", data={"webhook_id": "142", "id": "1"})
    assert other.status_code == 401


async def test_an_old_delivery_is_refused(web: AsyncClient) -> None:
    """By the time that Shopify says it was triggered at."""
    now = datetime.now(UTC)
    for age, status in ((timedelta(days=2), 200), (timedelta(days=4), 400)):
        header = {"X-Shopify-Triggered-At": (now - age).isoformat()}
        answer = await deliver(web, "shopify", payload("shopify"), **header)
        assert answer.status_code == status
    for nonsense in ("yesterday", "2026-11-20T10:00:00"):
        header = {"X-Shopify-Triggered-At": nonsense}
        answer = await deliver(web, "shopify", payload("shopify"), **header)
        assert (answer.status_code, answer.json()["code"]) == (400, "delivery_invalid")


async def test_a_delivery_needs_its_id(web: AsyncClient) -> None:
    """It is what makes it once."""
    header = {"X-Shopify-Webhook-Id": ""}
    answer = await deliver(web, "shopify", payload("shopify"), **header)
    assert (answer.status_code, answer.json()["code"]) == (400, "delivery_invalid")


async def test_what_nobody_answers_is_kept_and_carried_out(
    shop: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a worker the storefront is answered in time; nobody has to send it again."""
    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 0.5)
    idle = app_of(shop)
    engine = replace(shop.engine, task_queue="nobody-works-here")
    idle.state.service = replace(idle.state.service, engine=engine)
    data, name = payload("woocommerce"), new_id("delivery")
    order_id = f"woo-{data['id']}"
    answer = await deliver(client_of(idle, None), "woocommerce", data, name)
    assert answer.json() == taken("accepted", order_id)
    await shop.client.get_workflow_handle(f"order/{order_id}").terminate()
    operator = client_of(app_of(shop))
    waiting = (await operator.get("/v1/webhooks/inbox")).json()
    [kept] = [each for each in waiting if each["order_id"] == order_id]
    assert kept["delivery_id"] == name
    retried = (await operator.post("/v1/webhooks/inbox/retry", json={})).json()
    assert retried["due"] == retried["done"] > 0
    assert (await operator.get("/v1/webhooks/inbox")).json() == []
    assert (await get_order(shop.engine, order_id)).order.lines[0].sku == "MUG"


async def test_the_merchants_words_count(shop: Plant) -> None:
    """SKUs are mapped, and the shop's name stands in the id."""
    app = app_of(shop, Merchant(shop="berlin", skus={"93:0": "MUG"}))
    number = next_number()
    data = woo_order(woo_line(sku="", product_id=93), id=number)
    answer = await deliver(client_of(app, None), "woocommerce", data)
    assert answer.json()["order_id"] == f"woo-berlin-{number}"


async def outcome_of(shop: Plant, order_id: str) -> str:
    """Wait until the order has ended; return how."""

    async def look() -> str:
        outcome = (await get_order(shop.engine, order_id)).outcome
        return outcome.summary if outcome else ""

    return await eventually(look)


@pytest.mark.parametrize("storefront", STOREFRONTS)
async def test_what_is_refunded_as_a_whole_is_not_shipped(
    shop: Plant, web: AsyncClient, storefront: str
) -> None:
    """It is canceled, as if the storefront had said so."""
    data = payload(storefront)
    order_id = f"{PREFIX[storefront]}-{data['id']}"
    await deliver(web, storefront, data)
    field = {"shopify": "financial_status", "woocommerce": "status"}[storefront]
    after = await deliver(web, storefront, {**data, field: "refunded"})
    assert after.json() == taken("canceled", order_id)
    assert await outcome_of(shop, order_id) == "canceled"


async def test_refused_deliveries_can_be_seen(shop: Plant, web: AsyncClient) -> None:
    """When, from where, which, and where it is wrong; not what came there."""
    data = payload("woocommerce", refunds=[{"id": 1, "reason": "late", "total": "-8.00"}])
    name = new_id("delivery")
    await deliver(web, "woocommerce", data, name)
    operator = client_of(app_of(shop))
    [seen, *_] = (await operator.get("/v1/webhooks/refused")).json()
    assert seen | {"at": "", "number": 0} == {
        "at": "",
        "number": 0,
        "storefront": "woocommerce",
        "topic": "order.created",
        "delivery_id": name,
        "order_id": f"woo-{data['id']}",
        "code": "invalid_order",
        "fields": ["refunds[0].line_items"],
    }
    older = await operator.get("/v1/webhooks/refused", params={"before": seen["number"]})
    assert name not in [each["delivery_id"] for each in older.json()]
