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
