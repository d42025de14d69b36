"""Orders over HTTP, on a real server."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response

from fulfillment.domain.access import Role
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.operations.order_access import get_order
from http_shop import KEYS, PROBLEM, app_of, client_of
from plant import Plant, eventually, new_id, order, order_data

WRONG_POSTAL_CODE = {**order_data("any")["ship_to"], "postal_code": "XX"}


@pytest.fixture(scope="module")
def app(shop: Plant) -> FastAPI:
    """Give the shop over HTTP, to all of these tests at once."""
    return app_of(shop, http_burst=100_000)


@pytest.fixture
def web(app: FastAPI) -> AsyncClient:
    """Give a client that may do everything."""
    return client_of(app)


def problem(response: Response, status: int, code: str) -> dict[str, Any]:
    """Return the problem that was answered, which must be this one."""
    assert response.headers["content-type"] == PROBLEM
    details: dict[str, Any] = response.json()
    assert (response.status_code, details["status"], details["code"]) == (status, status, code)
    assert details["type"] == f"urn:fulfillment:{code}"
    return details


async def submit(web: AsyncClient, data: Any, key: str | None = None) -> Response:
    """Hand an order in, under a key of one's own."""
    headers = {"Idempotency-Key": key} if key else {}
    return await web.post("/v1/orders", json=data, headers=headers)


async def reaches(shop: Plant, order_id: str, stage: OrderStage) -> None:
    """Wait until an order is at a stage."""

    async def there() -> bool:
        return (await get_order(shop.engine, order_id)).stage is stage

    await eventually(there)


async def test_an_order_is_submitted_and_shown(shop: Plant, web: AsyncClient) -> None:
    """The answer says where it is, and it is the one that was handed in."""
    data = order_data(new_id("http"))
    created = await submit(web, data)
    assert created.status_code == 201
    assert created.headers["location"] == f"/v1/orders/{data['order_id']}"
    shown = (await web.get(created.headers["location"])).json()
    assert shown["record"]["content_hash"] == created.json()["content_hash"]
    assert shown["record"]["order"]["customer"] == order(data["order_id"]).customer.model_dump()
    await reaches(shop, data["order_id"], OrderStage.FULFILLING)
    told = (await web.get(f"{created.headers['location']}/timeline")).json()
    assert {"source", "at", "event", "by", "refused"} == set(told[0])
    why = (await web.get(f"{created.headers['location']}/why")).json()
    assert why[0]["chosen"]


async def test_the_same_order_again_gets_the_same_answer(web: AsyncClient) -> None:
    """With or without a key of its own; other content is a conflict."""
    data = order_data(new_id("http"))
    first = await submit(web, data)
    again = await submit(web, data)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    other = await submit(web, {**data, "shipping_minor": 491})
    problem(other, 409, "order_conflict")


async def test_an_idempotency_key_stands_for_one_request(web: AsyncClient) -> None:
    """The same request under it gets the same answer, another is refused and not done."""
    key, data, other = new_id("key"), order_data(new_id("http")), order_data(new_id("http"))
    first = await submit(web, data, key)
    assert (await submit(web, data, key)).json() == first.json()
    details = problem(await submit(web, other, key), 422, "effect_conflict")
    assert details["problems"][0]["path"] == "Idempotency-Key"
    problem(await web.get(f"/v1/orders/{other['order_id']}"), 404, "not_found")


async def test_an_idempotency_key_is_its_callers_own(app: FastAPI, web: AsyncClient) -> None:
    """What one key's holder sends says nothing about another's."""
    key = new_id("key")
    assert (await submit(web, order_data(new_id("http")), key)).status_code == 201
    other = client_of(app, KEYS[Role.STOREFRONT])
    assert (await submit(other, order_data(new_id("http")), key)).status_code == 201


async def test_a_wrong_order_is_refused_by_field(web: AsyncClient) -> None:
    """Each field with its path, also what only the catalog knows."""
    data = order_data(new_id("http"))
    wrong = {**data, "currency": "euro", "lines": [{**data["lines"][0], "quantity": 0}]}
    details = problem(await submit(web, wrong), 422, "invalid_order")
    assert {found["path"] for found in details["problems"]} == {"currency", "lines[0].quantity"}
    unknown = order_data(new_id("http"), ("MUG", 1), ("NOPE", 1))
    details = problem(await submit(web, unknown), 422, "invalid_order")
    assert [found["path"] for found in details["problems"]] == ["lines[1].sku"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_body"),
        (b'{"order_id": "A", "order_id": "B"}', 400, "malformed_body"),
        (b'{"shipping_minor": NaN}', 400, "malformed_body"),
        (b"\xff", 400, "malformed_body"),
        (b"", 422, "invalid_order"),
        (b"[]", 422, "invalid_order"),
    ],
)
async def test_a_body_is_read_strictly(
    web: AsyncClient, body: bytes, status: int, code: str
) -> None:
    """As an order's file is."""
    headers = {"Content-Type": "application/json"}
    problem(await web.post("/v1/orders", content=body, headers=headers), status, code)


async def test_a_body_of_another_type_is_refused(web: AsyncClient) -> None:
    """Only JSON is taken."""
    problem(await web.post("/v1/orders", data={"a": "b"}), 415, "unsupported_media_type")


async def test_orders_come_page_by_page(web: AsyncClient) -> None:
    """Each page says where the next one begins; the last one says nothing."""
    prefix = new_id("page")
    ids = [f"{prefix}.{n}" for n in range(3)]
    for order_id in ids:
        await submit(web, order_data(order_id))
    page = (await web.get("/v1/orders", params={"limit": 2, "after": prefix})).json()
    assert [row["order"]["order_id"] for row in page["orders"]] == ids[:2]
    assert page["next"] == ids[1]
    rest = (await web.get("/v1/orders", params={"limit": 200, "after": page["next"]})).json()
    assert rest["orders"][0]["order"]["order_id"] == ids[2]
    assert rest["next"] is None
    details = problem(await web.get("/v1/orders?limit=0"), 422, "invalid_request")
    assert details["problems"][0]["path"] == "limit"


async def test_an_order_is_canceled(shop: Plant, web: AsyncClient) -> None:
    """Under the same key with the same answer, by the key's name; afterwards it is too late."""
    data = order_data(new_id("http"))
    await submit(web, data)
    await reaches(shop, data["order_id"], OrderStage.FULFILLING)
    where, why = f"/v1/orders/{data['order_id']}/cancel", {"reason": "changed my mind"}
    waiting = await web.post(where, json={**why, "back_ordered_only": True})
    assert "nothing of it is back-ordered" in problem(waiting, 409, "too_late")["detail"]
    headers = {"Idempotency-Key": new_id("key")}
    first = await web.post(where, json=why, headers=headers)
    assert "voided the authorization" in first.json()["done"]
    await reaches(shop, data["order_id"], OrderStage.SETTLED)
    assert (await web.post(where, json=why, headers=headers)).json() == first.json()
    problem(await web.post(where, json={"reason": "again"}), 409, "too_late")
    told = (await web.get(f"/v1/orders/{data['order_id']}/timeline")).json()
    assert "the-operations" in {event["by"] for event in told}
    problem(await web.post("/v1/orders/nobody/cancel", json=why), 404, "not_found")


async def test_a_hold_is_corrected_or_released(shop: Plant, web: AsyncClient) -> None:
    """Both let the order go on; what is not on hold is refused, and so is what does not help."""
    doubtful = {**order_data("any")["ship_to"], "street": ["Reeperbahn"]}
    orders = [order_data(new_id("http"), ship_to=to) for to in (WRONG_POSTAL_CODE, doubtful)]
    for data in orders:
        await submit(web, data)
        await reaches(shop, data["order_id"], OrderStage.ON_HOLD)
    held, other = (f"/v1/orders/{data['order_id']}" for data in orders)
    better = {"address": order_data("any")["ship_to"]}
    problem(await web.post(f"{held}/release", json={}), 409, "confirmation_refused")
    assert (await web.post(f"{held}/correct-address", json=better)).status_code == 200
    assert (await web.post(f"{other}/release", json={})).status_code == 200
    await reaches(shop, orders[0]["order_id"], OrderStage.FULFILLING)
    await reaches(shop, orders[1]["order_id"], OrderStage.FULFILLING)
    problem(await web.post(f"{other}/release", json={}), 409, "confirmation_refused")


async def test_an_order_is_changed_and_canceled_in_part(shop: Plant, web: AsyncClient) -> None:
    """What it would do is told before; another address, other wishes, and units less."""
    data = order_data(new_id("http"))
    await submit(web, data)
    await reaches(shop, data["order_id"], OrderStage.FULFILLING)
    where = f"/v1/orders/{data['order_id']}"
    plan = (await web.get(f"{where}/cancellation")).json()
    assert plan["too_late"] is None
    assert plan["void_minor"] > 0
    assert "release" in {treatment["action"] for treatment in plan["treatments"]}
    address = {**data["ship_to"], "street": ["Holstenstr. 5"]}
    changed = await web.post(f"{where}/readdress", json={"address": address})
    assert ["the order goes to the new address"] == changed.json()["done"]
    wrong = {"address": {**address, "postal_code": "999"}}
    problem(await web.post(f"{where}/readdress", json=wrong), 409, "refused")
    wish = {"less": [{"line_no": 1, "quantity": 1}], "urgency": "express"}
    answer = (await web.post(f"{where}/amend", json=wish)).json()
    assert {"urgency: express", "canceled 1 x MUG"} <= set(answer["done"])
    part = {"reason": "no more", "lines": [{"line_no": 2, "quantity": 9}]}
    late = problem(await web.post(f"{where}/cancel", json=part), 409, "too_late")
    assert "at most the 1 units" in late["detail"]
    problem(await web.get("/v1/orders/nobody/cancellation"), 404, "not_found")
