"""What is asked beyond all bounds is a problem of the request, not ours; without any server."""

from datetime import UTC, datetime
from typing import cast

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import Client

from fulfillment.entrypoints.http.app import make_app
from fulfillment.operations.engine import Engine
from fulfillment.ports import Database, Documents
from fulfillment.settings import Settings
from http_shop import API_KEYS, PROBLEM, client_of


class Stopped:
    """A clock that stands still."""

    def now(self) -> datetime:
        """Return the time."""
        return datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """Give an application with nothing behind it: what is refused must not get there."""
    client, database = cast("Client", None), cast("Database", None)
    engine = Engine(client, database, Stopped(), "orders", cast("Documents", None))
    return make_app(engine, Settings.model_validate({"api_keys": API_KEYS}))


def problem_of(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and code of a problem."""
    assert PROBLEM == answer.headers["content-type"]
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_slash_too_many_is_no_route(app: FastAPI, method: str) -> None:
    """And leads nowhere else, least of all to a host that the request made up."""
    answer = await client_of(app).request(method, "/v1/orders/", headers={"Host": "evil.example"})
    assert (404, "no_such_route") == problem_of(answer)
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/v1/webhooks/refused?before=99999999999999999999999",
        "/v1/webhooks/refused?before=0",
        "/v1/webhooks/messages?since=0001-01-01T00:00:00%2B23:59",
        "/v1/webhooks/messages?since=9999-12-31T23:59:59-23:59",
        "/v1/report?since=0001-01-01T00:00:00%2B23:59",
        "/v1/report?until=0001-01-02T00:00:00Z",
        "/v1/report?until=9999-12-31T23:59:59Z",
    ],
)
async def test_numbers_and_times_beyond_all_bounds_are_refused(app: FastAPI, path: str) -> None:
    """By their field, before the database is asked."""
    answer = await client_of(app).get(path)
    assert 422 == answer.status_code
    [problem] = answer.json()["problems"]
    assert problem["path"].rpartition(".")[2] in {"before", "since", "until"}


@pytest.mark.parametrize("length", ["9" * 5_000, "0" * 5_000 + "99999999", "99999999"])
async def test_a_body_of_whatever_length_is_too_large(app: FastAPI, length: str) -> None:
    """Also if its length has more digits than Python reads."""
    headers = {"Content-Length": length, "Content-Type": "application/json"}
    answer = await client_of(app).post("/v1/orders", content=b"{}", headers=headers)
    assert (413, "body_too_large") == problem_of(answer)
    assert len(answer.text) < 1_000


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/v1/orders?after=%00", "query"),
        ("/v1/tasks?fulfillment=a%00b", "query"),
        ("/v1/documents/a%00b", "path"),
    ],
)
async def test_what_no_database_can_hold_is_refused(app: FastAPI, path: str, where: str) -> None:
    """Before it is asked; PostgreSQL's texts have no NUL character."""
    answer = await client_of(app).get(path)
    assert (422, "invalid_request") == problem_of(answer)
    assert [where] == [problem["path"] for problem in answer.json()["problems"]]
