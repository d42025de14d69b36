"""Webhooks of EasyPost, on a real server."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from pydantic import SecretStr

from fake_easypost import event, tracker
from floor_driver import place
from fulfillment.carriers.easypost.events import is_signed, signature_of
from fulfillment.domain.lifecycle import Stage
from http_shop import app_of, client_of
from plant import Plant, new_id

SECRET = "sécret"  # noqa: S105 - made up
SETTINGS = {"easypost": {"webhook_secret": SecretStr(SECRET)}}


@pytest.fixture(scope="module")
def app(shop: Plant) -> FastAPI:
    """Give the shop over HTTP, to all of these tests at once."""
    return app_of(shop, None, carrier=SETTINGS)


@pytest.fixture
def web(app: FastAPI) -> AsyncClient:
    """Give what EasyPost reaches: it has no key."""
    return client_of(app, None)


def now() -> str:
    """Return the present time as EasyPost writes it."""
    return datetime.now(UTC).isoformat()


async def deliver(web: AsyncClient, body: bytes, signature: str | None = None) -> Response:
    """Deliver, rightly signed unless another signature is given."""
    signed = signature_of(body, SECRET) if signature is None else signature
    headers = {"X-Hmac-Signature": signed, "Content-Type": "application/json"}
    return await web.post("/webhooks/easypost", content=body, headers=headers)


async def refused(shop: Plant, name: str) -> list[tuple[str, str]]:
    """Return topic and code of what is kept as refused under a delivery's id."""
    found = await shop.read(lambda tx: tx.webhooks.refused())
    return [(each.topic, each.code) for each in found if each.delivery_id == name]


def named(body: bytes, name: str) -> bytes:
    """Return an event under another id."""
    return json.dumps({**json.loads(body), "id": name}).encode()


def test_a_known_signature() -> None:
    """In hexadecimal; the secret's composed letters are taken apart."""
    body = b"The quick brown fox jumps over the lazy dog"
    digest = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    assert signature_of(body, "key") == f"hmac-sha256-hex={digest}"
    assert is_signed(body, signature_of(body, "s\u00e9cret"), "se\u0301cret")
    assert not is_signed(body + b".", signature_of(body, "key"), "key")
    assert not is_signed(body, signature_of(body, ""), "")
    assert not is_signed(body, "\xe4", "key")


async def test_a_parcels_way_is_recorded_once(shop: Plant, web: AsyncClient) -> None:
    """However often it comes; it moves the order on, and what is late moves nothing back."""
    order = await place(shop, "easypost")
    share = await order.share()
    await share.to(Stage.IN_TRANSIT)
    (number,) = (await share.status()).tracking_numbers
    name = new_id("evt")
    way = tracker(number, ("in_transit", "x"), ("out_for_delivery", "y"))
    body = named(event(way, now()), name)
    for _ in range(2):
        answer = await deliver(web, body)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["outcome"], answer.json()["order_id"]) == ("recorded", order.order_id)
    told = await shop.read(lambda tx: tx.parcels.tracking(number))
    assert [record.status for record in told] == ["in_transit", "out_for_delivery"]
    assert {record.raw_reference for record in told} == {name}
    done = tracker(number, ("in_transit", "x"), ("out_for_delivery", "y"), ("delivered", "z"))
    await deliver(web, named(event(done, now()), new_id("evt")))
    late = tracker(number, ("in_transit", "x"))
    assert (await deliver(web, named(event(late, now()), new_id("evt")))).status_code == 200
    assert len(await shop.read(lambda tx: tx.parcels.tracking(number))) == 3
    assert "completed" == await order.ended()


async def test_what_is_not_signed_is_refused_unread(shop: Plant, web: AsyncClient) -> None:
    """No signature, another body's; nothing can be checked where no secret is set."""
    body = event(tracker("T", ("in_transit", "x")), now())
    for content, signature in ((body, ""), (b"{", "hmac-sha256-hex=00"), (body + b" ", None)):
        right = signature_of(body, SECRET) if signature is None else signature
        answer = await deliver(web, content, right)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid")
    unset = client_of(app_of(shop, None), None)
    answer = await deliver(unset, body)
    assert (answer.status_code, answer.json()["code"]) == (503, "webhook_not_set_up")
    assert "FULFILLMENT_CARRIER__EASYPOST__WEBHOOK_SECRET" in answer.json()["detail"]


async def test_an_unknown_parcel_changes_nothing(
    shop: Plant, web: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """It is answered, so that it does not come again, and audited."""
    name = new_id("evt")
    body = named(event(tracker("9400NOBODY", ("delivered", "x")), now()), name)
    for _ in range(2):
        answer = await deliver(web, body)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "refused")
        assert answer.json()["code"] == "not_found"
    assert await refused(shop, name) == [("tracker.updated", "not_found")]
    assert await shop.read(lambda tx: tx.parcels.tracking("9400NOBODY")) == []
    assert "easypost refused: not_found (tracking_number)" in caplog.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"no JSON", 400, "delivery_invalid"),
        (b"[]", 400, "delivery_invalid"),
        (b'{"id": "evt_1"}', 400, "delivery_invalid"),
        (
            event({}, (datetime.now(UTC) - timedelta(days=4)).isoformat()),
            400,
            "delivery_too_old",
        ),
        (event({"id": "trk_1"}, datetime.now(UTC).isoformat()), 200, "news_invalid"),
        (event({}, datetime.now(UTC).isoformat(), "batch.updated"), 200, None),
    ],
    ids=["no JSON", "a list", "no description", "stale", "no tracking code", "another topic"],
)
async def test_what_can_not_be_used(
    web: AsyncClient, body: bytes, status: int, code: str | None
) -> None:
    """It is refused by name, or acknowledged where it is none of ours."""
    answer = await deliver(web, body)
    content: dict[str, Any] = answer.json()
    assert (answer.status_code, content["code"]) == (status, code)
    if code == "news_invalid":
        assert content["fields"] == ["EasyPost tracker.tracking_code"]
