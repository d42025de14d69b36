"""What storefronts say of an order again, out of order or changed, on a real server."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from fulfillment.domain.lifecycle import LineProgress
from fulfillment.entrypoints.http import webhooks
from fulfillment.operations.order_access import find_order, get_order
from fulfillment.storefronts.mapping import Merchant
from http_shop import app_of, client_of
from plant import Plant, eventually
from storefront_deliveries import STOREFRONTS, deliver, next_number, order_id_of, payload
from storefront_payloads import shopify_line, shopify_order, woo_line, woo_order

EARLIER = {"shopify": "2026-11-20T10:00:00-05:00", "woocommerce": "2026-11-20T10:00:00"}
CHANGED = {"shopify": "updated_at", "woocommerce": "date_modified_gmt"}
ENDED: dict[str, dict[str, Any]] = {
    "shopify": {"cancelled_at": "2026-11-20T12:00:00-05:00", "financial_status": "voided"},
    "woocommerce": {"status": "cancelled"},
}


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


async def outcome(web: AsyncClient, storefront: str, data: Any, **headers: str) -> str:
    """Deliver, and return what became of it, with the code of a refusal."""
    answer = (await deliver(web, storefront, data, **headers)).json()
    return ": ".join(filter(None, (answer["outcome"], answer["code"])))


async def progress(shop: Plant, order_id: str) -> list[LineProgress]:
    """Return what became of an order's lines."""
    return await shop.read(lambda tx: tx.orders.progress(order_id))


@pytest.mark.parametrize("storefront", STOREFRONTS)
async def test_an_end_that_comes_first_counts(
    shop: Plant, web: AsyncClient, storefront: str
) -> None:
    """What was said of the order before that is late, and ships nothing."""
    data = payload(storefront)
    order_id = order_id_of(storefront, data)
    assert await outcome(web, storefront, {**data, **ENDED[storefront]}) == "canceled"
    older = {**data, CHANGED[storefront]: EARLIER[storefront]}
    assert await outcome(web, storefront, older) == "outdated"
    assert await outcome(web, storefront, data) == "outdated"
    assert await find_order(shop.engine, order_id) is None
    deleted = {"shopify": "X-Shopify-Topic", "woocommerce": "X-WC-Webhook-Topic"}[storefront]
    topic = {"shopify": "orders/delete", "woocommerce": "order.deleted"}[storefront]
    gone = payload(storefront)
    assert await outcome(web, storefront, {"id": gone["id"]}, **{deleted: topic}) == "canceled"
    late = {**gone, CHANGED[storefront]: "2020-11-20T10:00:00Z"}
    assert await outcome(web, storefront, late) == "outdated"


async def test_what_is_routine_is_no_refusal(shop: Plant, web: AsyncClient) -> None:
    """Fulfilled, completed, paid, located, or refunded in money: the order goes on as it is."""
    data = shopify_order(shopify_line(1, sku="MUG"), shopify_line(2, sku="BOOK"), id=next_number())
    held = {"kind": "authorization", "status": "success", "authorization": "auth-1"}
    data |= {"financial_status": "authorized", "transactions": [held]}
    data["current_total_price"] = "48.20"
    data["current_total_tax"] = "3.20"
    order_id = f"shopify-{data['id']}"
    assert await outcome(web, "shopify", data) == "submitted"
    first, second = data["line_items"]
    located = {**data["shipping_address"], "latitude": 1.5, "longitude": 2.5}
    done = {**first, "fulfillable_quantity": 0, "fulfillment_status": "fulfilled"}
    money = {"id": 1, "refund_line_items": [], "order_adjustments": [{"amount": "-2.00"}]}
    paid = {**data, "financial_status": "paid", "shipping_address": located}
    back = {"financial_status": "partially_refunded", "refunds": [money]}
    for change, expected in (
        ({"customer": {"first_name": "Augusta"}}, "submitted"),
        (paid, "changed"),
        ({**paid, "line_items": [done, second], **back}, "submitted"),
        ({**paid, "fulfillment_status": "fulfilled"}, "noted"),
    ):
        assert await outcome(web, "shopify", {**data, **change}) == expected
    [kept] = await shop.read(lambda tx: _heard(tx, order_id))
    assert kept.paid
    assert [0, 0] == [line.canceled for line in await progress(shop, order_id)]
    actions = await shop.read(lambda tx: tx.journal.actions(order_id))
    assert ["paid in the shop"] == [action.action for action in actions]


async def _heard(tx: Any, order_id: str) -> list[Any]:
    return [await tx.storefronts.find(order_id)]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", "noted"),
        ("on-hold", "refused: held_in_storefront"),
        ("trash", "canceled"),
        ("failed", "canceled"),
    ],
)
async def test_a_status_of_woocommerce_after_the_order_was_taken(
    web: AsyncClient, status: str, expected: str
) -> None:
    """Done is noted, a wait is put to a person, and what is over is canceled."""
    data = payload("woocommerce")
    assert await outcome(web, "woocommerce", data) == "submitted"
    assert await outcome(web, "woocommerce", {**data, "status": status}) == expected


async def test_edits_are_followed(shop: Plant, web: AsyncClient) -> None:
    """A removed line is taken off once, and the rest goes to the new address."""
    first, second = woo_line(1, sku="MUG"), woo_line(2, sku="BOOK")
    data = woo_order(first, second, id=next_number(), total="52.60", total_tax="7.60")
    order_id = f"woo-{data['id']}"
    assert await outcome(web, "woocommerce", data) == "submitted"
    moved = {**data["shipping"], "first_name": "Charles", "last_name": "Babbage"}
    less = {**data, "line_items": [second], "total": "28.80", "total_tax": "3.80"}
    less["shipping"] = moved
    assert await outcome(web, "woocommerce", less) == "changed"
    assert await outcome(web, "woocommerce", less) == "submitted"
    assert [2, 0] == [line.canceled for line in await progress(shop, order_id)]
    assert (await get_order(shop.engine, order_id)).order.ship_to.name == "Charles Babbage"
    more = {**less, "line_items": [second, woo_line(3, sku="MUG")]}
    assert await outcome(web, "woocommerce", more) == "refused: order_conflict"


async def test_an_unclear_refund_is_put_to_a_person(shop: Plant, web: AsyncClient) -> None:
    """The order goes on, unless the merchant says that it stops; less than a unit is money."""
    for merchant, stops in ((None, False), (Merchant(unclear_refunds_stop=True), True)):
        web = client_of(app_of(shop, merchant), None)
        data = payload("woocommerce")
        order_id = f"woo-{data['id']}"
        assert await outcome(web, "woocommerce", data) == "submitted"
        refund = {"id": 1, "reason": "Ada did not like it", "total": "-1.00"}
        assert await outcome(web, "woocommerce", {**data, "refunds": [refund]}) == "changed"
        goods = {**data, "refunds": [refund, {**refund, "total": "-12.00"}]}
        assert await outcome(web, "woocommerce", goods) == "refused: refunded_in_part"
        if not stops:
            assert (await get_order(shop.engine, order_id)).outcome is None
            continue

        async def ended(order_id: str = order_id) -> str:
            found = (await get_order(shop.engine, order_id)).outcome
            return found.summary if found else ""

        assert await eventually(ended) == "canceled"
