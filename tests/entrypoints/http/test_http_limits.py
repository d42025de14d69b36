"""How much and how often may be asked, and what is answered when something breaks."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st

from fulfillment.domain.access import Role
from fulfillment.domain.errors import StoreBusy
from fulfillment.entrypoints.http.app import make_app
from fulfillment.entrypoints.http.limits import RateLimits, TooManyRequests
from fulfillment.stores import UnitOfWork
from http_shop import KEYS, PROBLEM, app_of, client_of, signed
from plant import Plant, new_id, order_data


class Broken:
    """A database that fails, with what it stored in its message."""

    def __init__(self, error: Exception) -> None:
        """Keep how it fails."""
        self.error = error

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[UnitOfWork]:
        """Fail."""
        raise self.error
        yield

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[UnitOfWork]:
        """Fail."""
        raise self.error
        yield


def broken(shop: Plant, error: Exception) -> FastAPI:
    """Return the shop's application on a database that fails."""
    engine = replace(shop.engine, database=Broken(error))
    return make_app(engine, app_of(shop).state.service.settings)


async def chunks(count: int) -> AsyncIterator[bytes]:
    """Give a body whose length nobody says beforehand."""
    for _ in range(count):
        yield b" " * 1000


async def test_a_key_may_not_ask_too_often(shop: Plant) -> None:
    """It is told when to ask again; others may go on."""
    app = app_of(shop, http_burst=2, http_requests_per_second=0.5)
    web = client_of(app)
    answers = [await web.get("/v1/tasks/nothing") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert answers[2].headers["retry-after"] == "2"
    assert answers[2].json()["retryable"]
    assert (await client_of(app, KEYS[Role.FLOOR]).get("/v1/tasks/nothing")).status_code == 404


async def test_who_shows_no_key_may_not_ask_too_often(shop: Plant) -> None:
    """All of them share one allowance; who shows a key or signature may go on."""
    app = app_of(shop, http_burst=2, http_requests_per_second=0.001)
    stranger, nobody = client_of(app, "a guess"), client_of(app, None)
    hook: dict[str, Any] = {"content": b"{}", "headers": {"Content-Type": "application/json"}}
    answers = [
        await stranger.get("/v1/orders"),
        await nobody.post("/webhooks/shopify", **hook),
        await nobody.post("/webhooks/woocommerce", **hook),
        await stranger.get("/v1/orders"),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert (await client_of(app).get("/v1/tasks/nothing")).status_code == 404
    good = signed("shopify", {"id": 1}, new_id("delivery"))
    assert (await nobody.post("/webhooks/shopify", **good)).status_code == 200


@example(pauses=[0.0, 1.6089302573828608, 0.0], burst=1, per_second=0.125)
@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 5), st.floats(0.1, 10))
def test_never_more_than_the_rate_allows(
    pauses: list[float], burst: int, per_second: float
) -> None:
    """In any time at most the burst and what came back meanwhile; who waits as told gets in."""
    now = 0.0
    limits = RateLimits(per_second, burst, lambda: now)
    for taken, pause in enumerate(pauses, 1):
        now += pause
        try:
            limits.take("it")
        except TooManyRequests as refusal:
            now += refusal.wait_seconds
            limits.take("it")
        assert taken <= burst + now * per_second + 1e-6


@pytest.mark.parametrize("path", ["/v1/orders", "/webhooks/shopify", "/webhooks/woocommerce"])
async def test_a_body_may_not_be_too_large(shop: Plant, path: str) -> None:
    """Whether its length is said beforehand, or it comes in chunks."""
    web = client_of(app_of(shop, http_body_limit=2_500))
    headers = {"Content-Type": "application/json"}
    said = await web.post(path, content=b" " * 2_501, headers=headers)
    chunked = await web.post(path, content=chunks(3), headers=headers)
    for answer in (said, chunked):
        assert (answer.status_code, answer.headers["content-type"]) == (413, PROBLEM)
        assert answer.json()["code"] == "body_too_large"
    assert (await web.post(path, content=chunks(2), headers=headers)).status_code != 413


async def test_a_slow_body_is_given_up(shop: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody holds a connection by sending nothing."""
    monkeypatch.setattr("fulfillment.entrypoints.http.limits.BODY_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(1)
        yield b"}"

    answer = await client_of(app_of(shop)).post("/v1/orders", content=slow())
    assert (answer.status_code, answer.json()["code"]) == (408, "body_too_slow")


async def test_a_mistake_of_ours_is_told_without_its_message(
    shop: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    """What a driver says may quote what was stored: it is neither answered nor logged."""
    app = broken(shop, RuntimeError("Ada Lovelace, Reeperbahn 1"))
    with caplog.at_level(logging.DEBUG):
        answer = await client_of(app).get("/v1/orders/A-1")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "RuntimeError at GET /v1/orders/{order_id}" in caplog.text
    assert "Ada" not in answer.text + caplog.text


async def test_what_does_not_answer_is_unavailable(shop: Plant) -> None:
    """With when to ask again, on every route."""
    web = client_of(broken(shop, StoreBusy("busy")))
    payload = signed("woocommerce", {}, "1")
    for answer in (
        await web.get("/v1/orders"),
        await web.post("/v1/orders", json=order_data(new_id("busy"))),
        await web.post("/webhooks/woocommerce", **payload),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "store_busy")
        assert int(answer.headers["retry-after"]) > 0


async def test_health_is_the_process_and_readiness_the_parts(shop: Plant) -> None:
    """A database that fails makes it not ready, and it still lives."""
    well = client_of(app_of(shop), None)
    assert (await well.get("/healthz")).json() == {"status": "ok"}
    assert (await well.get("/readyz")).json() == {"database": "ok", "temporal": "ok"}
    ill = client_of(broken(shop, RuntimeError("secret")), None)
    assert (await ill.get("/healthz")).status_code == 200
    answer = await ill.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert [found["path"] for found in answer.json()["problems"]] == ["database"]
    assert "secret" not in answer.text


async def test_what_is_no_route_is_told_as_a_problem(shop: Plant) -> None:
    """An unknown path, and a method that a path does not have."""
    web = client_of(app_of(shop))
    nowhere = await web.get("/v2/orders")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "no_such_route")
    wrong = await web.delete("/v1/orders")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"]
    for answer in (nowhere, wrong):
        assert answer.headers["content-type"] == PROBLEM


async def test_of_two_requests_under_one_key_one_is_done(shop: Plant) -> None:
    """Also when they come at the same time."""
    web = client_of(app_of(shop))
    headers = {"Idempotency-Key": new_id("key")}
    batch = [order_data(new_id("race")) for _ in range(2)]
    answers = await asyncio.gather(
        *(web.post("/v1/orders", json=data, headers=headers) for data in batch * 2)
    )
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [201, 201, 422, 422]
    assert statuses[:2] == statuses[2:]
