"""The floor, stock, tracking and documents over HTTP, on a real server."""

from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from fulfillment.domain.access import Role
from http_shop import KEYS, app_of, client_of
from plant import Plant, eventually, new_id, order_data

BOOK_IN_BERLIN = ("BER-A1-03", "BOOK")


@pytest.fixture(scope="module")
def app(shop: Plant) -> FastAPI:
    """Give the shop over HTTP, to all of these tests at once."""
    return app_of(shop, http_burst=100_000)


@pytest.fixture
def floor(app: FastAPI) -> AsyncClient:
    """Give a client of the floor."""
    return client_of(app, KEYS[Role.FLOOR])


@pytest.fixture
def office(app: FastAPI) -> AsyncClient:
    """Give a client that may do everything."""
    return client_of(app)


async def task(floor: AsyncClient, share: str, kind: str) -> dict[str, Any]:
    """Wait for the open task of a fulfillment and return it."""

    async def opened() -> list[dict[str, Any]]:
        found = await floor.get("/v1/tasks", params={"fulfillment": share, "kind": kind})
        rows: list[dict[str, Any]] = found.json()
        return rows

    [only] = await eventually(opened)
    return only


async def placed(office: AsyncClient) -> str:
    """Hand an order in and return its first fulfillment."""
    order_id = new_id("floor")
    assert (await office.post("/v1/orders", json=order_data(order_id))).status_code == 201
    return f"{order_id}-1"


async def confirm(floor: AsyncClient, share: str, step: str, **body: Any) -> dict[str, Any]:
    """Confirm a step and return what was accepted."""
    done = await floor.post(f"/v1/fulfillments/{share}/confirm-{step}", json=body)
    assert done.status_code == 200, done.text
    answer: dict[str, Any] = done.json()
    return answer


async def printed_again(floor: AsyncClient, order_id: str, document_id: str) -> None:
    """Check that a label can be had for each printer, the same bytes each time, and on record."""
    listed = (await floor.get(f"/v1/orders/{order_id}/documents")).json()
    assert {entry["kind"] for entry in listed} == {"label", "packing_slip"}
    path = f"/v1/documents/{document_id}"
    for wanted, begins in (("png", b"\x89PNG"), ("zpl", b"^XA"), ("pdf", b"%PDF")):
        shown = await floor.get(path, params={"format": wanted})
        again = await floor.post(f"{path}/reprint", json={"format": wanted, "reason": "torn"})
        assert (shown.status_code, again.status_code) == (200, 200)
        assert (shown.content[: len(begins)], again.content) == (begins, shown.content)
        assert f'.{wanted}"' in again.headers["content-disposition"]
    slip = next(entry for entry in listed if entry["kind"] == "packing_slip")
    refused = await floor.get(f"/v1/documents/{slip['document_id']}", params={"format": "zpl"})
    assert (refused.status_code, refused.json()["problems"][0]["path"]) == (409, "format")


async def test_an_order_is_carried_over_http_alone(floor: AsyncClient, office: AsyncClient) -> None:
    """From the task list to the carrier's delivery, with the label as PDF."""
    share = await placed(office)
    pick = await task(floor, share, "pick")
    assert (await floor.get(f"/v1/tasks/{pick['task_id']}")).json() == pick
    picked = [{"sku": "MUG", "quantity": 2}, {"sku": "BOOK", "quantity": 1}]
    assert (await confirm(floor, share, "pick", by="ann", picked=picked))["stage"] == "sorting"
    await confirm(floor, share, "sort", by="ann")
    await pack_otherwise(floor, share)
    [parcel] = (await task(floor, share, "hand_over"))["plan"]["parcels"]
    number = parcel["tracking_number"]
    await confirm(floor, share, "handover", tracking_numbers=[number], ssccs=[parcel["sscc"]])
    reported = (await office.get("/v1/report")).json()
    assert "shipper" in {row["role"] for row in reported["work"]}
    nothing = {"since": "2026-11-25T00:00:00Z", "until": "2026-11-25T00:00:00Z"}
    refused = await office.get("/v1/report", params=nothing)
    assert (refused.status_code, refused.json()["problems"][0]["path"]) == (409, "since")
    view = (await office.get(f"/v1/orders/{share[:-2]}")).json()
    label = view["fulfillments"][0]["labels"][0]
    document = await floor.get(f"/v1/documents/{label['document_id']}")
    assert document.headers["content-type"] == "application/pdf"
    assert document.content.startswith(b"%PDF")
    await printed_again(floor, share[:-2], label["document_id"])
    event = {
        "event_id": new_id("event"),
        "tracking_number": number,
        "status": "delivered",
        "at": "2026-11-23T10:12:00+01:00",
    }
    told = await office.post("/v1/tracking", json=event)
    assert (told.status_code, told.json()["news"]) == (200, True)

    async def settled() -> bool:
        shown = (await office.get(f"/v1/orders/{share[:-2]}")).json()
        return bool(shown["record"]["stage"] == "settled")

    await eventually(settled)


async def pack_otherwise(floor: AsyncClient, share: str) -> None:
    """Look at the picture, take another carton than planned, and weigh it."""
    pack = (await task(floor, share, "pack"))["task_id"]
    where = f"/v1/tasks/{pack}/pictures"
    changed = await floor.post(f"/v1/fulfillments/{share}/change-cartons", json={"cartons": ["L"]})
    assert changed.json()["message"] == "to be packed in L; see the new steps"
    svg, png = await floor.get(f"{where}/1.svg"), await floor.get(f"{where}/1.png")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert f"Order {share[:-2]}: carton 1 of 1, L" in svg.text
    assert "default-src 'none'" in svg.headers["content-security-policy"]
    assert png.content.startswith(b"\x89PNG")
    assert (await floor.get(f"{where}/2.svg")).json()["code"] == "not_found"
    body = {"by": "bob", "weights_g": [1]}
    light = await floor.post(f"/v1/fulfillments/{share}/confirm-pack", json=body)
    assert light.json()["problems"][0]["path"] == "weight of carton 1 (L)"
    override = {"by": "eve", "reason": "samples"}
    await confirm(floor, share, "pack", **body, override=override)


async def test_a_wrong_confirmation_is_refused(floor: AsyncClient, office: AsyncClient) -> None:
    """With what was expected, what came, and what to do; a typo is no "as planned"."""
    share = await placed(office)
    await task(floor, share, "pick")
    where = f"/v1/fulfillments/{share}/confirm-pick"
    wrong = await floor.post(where, json={"picked": [{"sku": "LAMP", "quantity": 1}]})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "confirmation_refused")
    assert wrong.json()["problems"][0]["remedy"]
    typos: list[Any] = [{"piked": []}, {"picked": [{"sku": "MUG", "quantity": 2, "bin": "B"}]}]
    for typo in typos:
        refused = await floor.post(where, json=typo)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


async def test_a_task_is_given_to_a_person(floor: AsyncClient, office: AsyncClient) -> None:
    """Who then is the only one to confirm it, until it is given back."""
    share = await placed(office)
    await task(floor, share, "pick")
    where = f"/v1/fulfillments/{share}"
    given = await floor.post(f"{where}/assign", json={"to": "ann"})
    assert given.json()["assignee"] == "ann"
    other = await floor.post(f"{where}/confirm-pick", json={"by": "bob"})
    assert other.json()["problems"][0]["path"] == "person"
    unsigned = await floor.post(f"{where}/confirm-pick", json={})
    assert unsigned.json()["problems"][0]["came"] == "the-floor"
    assert (await floor.post(f"{where}/assign", json={"to": None})).json()["assignee"] is None
    assert (await floor.post(f"{where}/confirm-pick", json={})).status_code == 200
    assert (await office.post(f"{where}/retry")).status_code == 202


async def test_a_short_pick_is_reported(floor: AsyncClient, office: AsyncClient) -> None:
    """What is missing is looked for elsewhere."""
    share = await placed(office)
    items = (await task(floor, share, "pick"))["plan"]["items"]
    book = next(item for item in items if item["sku"] == "BOOK")
    body = {"by": "ann", "sku": "BOOK", "bin_id": book["bin_id"], "found": 0}
    reported = await floor.post(f"/v1/fulfillments/{share}/short-pick", json=body)
    assert reported.status_code == 200, reported.text
    count = {
        "adjustment_id": new_id("C"),
        "bin_id": book["bin_id"],
        "sku": "BOOK",
        "counted": 4000,
        "reason": "found again",
    }
    assert (await floor.post("/v1/stock/adjustments", json=count)).status_code == 200


async def test_stock_is_received_counted_and_seen(floor: AsyncClient) -> None:
    """Each report counts once; the key is who did it where nobody is named."""
    receipt = {
        "receipt_id": new_id("R"),
        "warehouse_id": "BER",
        "bin_id": "BER-A0-09",
        "sku": "RARE35",
        "quantity": 10,
    }
    first = await floor.post("/v1/stock/receipts", json=receipt)
    assert (first.status_code, first.json()["on_hand"]) == (200, 10)
    assert (await floor.post("/v1/stock/receipts", json=receipt)).json() == first.json()
    count = {
        "adjustment_id": new_id("C"),
        "bin_id": "BER-A0-09",
        "sku": "RARE35",
        "counted": 8,
        "reason": "counted",
    }
    assert (await floor.post("/v1/stock/adjustments", json=count)).json()["change"] == -2
    [shelf] = (await floor.get("/v1/stock", params={"sku": "RARE35", "warehouse": "BER"})).json()
    assert shelf["level"]["on_hand"] == 8
    sweep = {"sweep_id": new_id("E"), "warehouse_id": "BER"}
    swept = await floor.post("/v1/stock/expiries", json=sweep)
    assert (swept.status_code, swept.json()["quarantined"]) == (200, [])
    unknown = await floor.get("/v1/stock", params={"sku": "NOPE"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    other = await floor.post("/v1/stock/receipts", json={**receipt, "quantity": 11})
    assert (other.status_code, other.json()["code"]) == (422, "invalid_receipt")
    wrong = await floor.post("/v1/stock/receipts", json={**receipt, "quantity": 0})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_receipt")


async def test_what_is_not_there_is_not_found(floor: AsyncClient, office: AsyncClient) -> None:
    """Each area says so in the same way."""
    for answer in (
        await floor.get("/v1/tasks/nothing"),
        await floor.get("/v1/documents/nothing"),
        await floor.post("/v1/fulfillments/nothing/confirm-pick", json={}),
        await office.post("/v1/fulfillments/nothing/retry"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
