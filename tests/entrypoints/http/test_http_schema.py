"""The OpenAPI schema says everything about every route."""

import json
from typing import Any

import pytest
from fastapi import FastAPI

from fulfillment.entrypoints.http.problems import STATUS
from fulfillment.entrypoints.http.roles import ROLES
from fulfillment.temporal.errors import BY_CODE
from http_shop import PROBLEM, app_of, client_of
from plant import Plant

ASKING = {"POST /v1/promises"}
"""What only asks, although it has a body."""
REQUIRED = {"401", "403", "404", "422", "429", "500", "503"}


@pytest.fixture(scope="module")
def app(shop: Plant) -> FastAPI:
    """Give one application to all."""
    return app_of(shop)


@pytest.fixture(scope="module")
def schema(app: FastAPI) -> dict[str, Any]:
    """Give the schema; nobody changes it."""
    return app.openapi()


def operations(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every operation by its route."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_is_described(schema: dict[str, Any]) -> None:
    """With a summary, a description, a tag, a good answer and the problems."""
    for route, operation in operations(schema).items():
        assert operation["summary"], route
        assert operation["description"], route
        assert len(operation["tags"]) == 1, route
        statuses = set(operation["responses"])
        assert any(status.startswith("2") for status in statuses), route
        problems = {status for status in statuses if not status.startswith("2")}
        assert problems >= (REQUIRED if route in ROLES else {"500", "503"}), route
        for status in problems:
            assert set(operation["responses"][status]["content"]) == {PROBLEM}, route


def test_every_operation_says_who_may_use_it(schema: dict[str, Any]) -> None:
    """By the scheme, and by the roles in words."""
    schemes = schema["components"]["securitySchemes"]
    for route, operation in operations(schema).items():
        if "/healthz" in route or "/readyz" in route:
            assert "security" not in operation
            continue
        [[name]] = operation["security"]
        assert name in schemes, route
        if route in ROLES:
            assert "Roles: " in operation["description"], route


def test_every_body_of_ours_has_an_example(schema: dict[str, Any]) -> None:
    """On the body itself, or on its fields."""
    for route, operation in operations(schema).items():
        if route not in ROLES or "requestBody" not in operation:
            continue
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        name = body.get("$ref", "").rpartition("/")[2]
        model = schema["components"]["schemas"].get(name, {})
        assert "example" in json.dumps([body, model]), route
        changes = route not in ASKING
        assert ("Idempotency-Key" in json.dumps(operation.get("parameters"))) is changes, route


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    """Nothing is named that is not there."""
    text = json.dumps(schema)
    named = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named - set(schema["components"]["schemas"]) == set()
    assert "HTTPValidationError" not in text


async def test_the_schema_is_served(app: FastAPI, schema: dict[str, Any]) -> None:
    """As it is; no page loads scripts from elsewhere."""
    web = client_of(app, None)
    assert (await web.get("/openapi.json")).json() == json.loads(json.dumps(schema))
    assert (await web.get("/docs")).status_code == 404


def test_every_error_of_the_domain_has_a_status() -> None:
    """By the nearest class of the tree; only the root, which nothing is, is a 500."""
    for kind in BY_CODE.values():
        nearest = next(known for known in kind.__mro__ if known in STATUS)
        assert STATUS[nearest] in (404, 409, 422, 500, 503)
