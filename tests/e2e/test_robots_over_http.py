"""Robots act over HTTP alone, with the key of each role, and orders end as their scenario says."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client

from fulfillment import bootstrap
from fulfillment.domain.access import Role
from fulfillment.domain.errors import (
    ConfirmationRefused,
    FulfillmentError,
    NotFound,
    Refused,
    Unavailable,
)
from fulfillment.domain.lifecycle import OrderStage
from fulfillment.entrypoints.http.app import make_app
from fulfillment.operations.catalog import load_catalog
from fulfillment.operations.engine import Engine
from fulfillment.operations.order_access import is_running
from fulfillment.operations.order_views import snapshots
from fulfillment.settings import Settings
from fulfillment.simulation.crew import Crew
from fulfillment.simulation.customer import Storefront
from fulfillment.simulation.evidence import gather_evidence
from fulfillment.simulation.judgment import judge_order
from fulfillment.simulation.robots import Pace
from fulfillment.simulation.scenario import Scenario, load_scenario
from fulfillment.simulation.ways_http import ByHttp, refusal_of
from fulfillment.simulation.world import make_world
from http_shop import API_KEYS, KEYS
from plant import eventually, settings_in

PACE = Pace(look=0.4, work=(0.0, 0.0), travel=(0.0, 0.0), hesitation=0.0)
"""Several look by one key, and none may ask more than fifty times a second."""

KINDS = (
    "address corrected",
    "out of stock until a delivery",
    "canceled in time",
    "wrong pick, put right",
    "short pick",
    "confirmed by bare signals",
    "submitted twice",
    "same id, other content",
)


def scenario() -> Scenario:
    """Return one order of each kind that takes its own way through the API."""
    first = load_scenario("first")
    groups = [g.model_copy(update={"count": 1}) for g in first.groups if g.kind in KINDS]
    soon = [d.model_copy(update={"after_seconds": 0}) for d in first.deliveries]
    update = {"groups": tuple(groups), "deliveries": tuple(soon), "prefix": "HTTP"}
    return first.model_copy(update=update)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give settings with a key of each role, whose limits are those of every shop."""
    return settings_in(tmp_path, api_keys=API_KEYS)


@pytest.fixture
async def engine(client: Client, settings: Settings) -> AsyncIterator[Engine]:
    """Give an engine with an empty database, and a worker."""
    async with (
        bootstrap.ports(settings) as ports,
        bootstrap.make_worker(client, ports, settings),
    ):
        yield Engine(
            client=client,
            database=ports.database,
            clock=ports.clock,
            task_queue=settings.task_queue,
            documents=ports.documents,
        )


@pytest.fixture
async def way(engine: Engine, settings: Settings) -> AsyncIterator[ByHttp]:
    """Give the way over HTTP, without a network."""
    transport = httpx.ASGITransport(app=make_app(engine, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as service:
        yield ByHttp(service, KEYS, engine)


async def test_orders_end_as_their_scenario_says(
    engine: Engine, settings: Settings, way: ByHttp
) -> None:
    """Handed in, picked, sorted, packed, handed over, tracked, canceled and corrected over HTTP."""
    world = make_world(scenario(), datetime.now(UTC))
    await load_catalog(engine, world.catalog)
    order_ids = [planned.order.order_id for planned in world.orders]
    async with Crew(engine, world, PACE, way) as crew:
        await Storefront(crew.surroundings("storefront"), world.orders).open()

        async def ended() -> bool:
            crew.raise_failure()
            settled = [
                order.stage is OrderStage.SETTLED for order in await snapshots(engine, order_ids)
            ]
            return all(settled) and not any(
                await asyncio.gather(*(is_running(engine, name) for name in order_ids))
            )

        await eventually(ended, seconds=120)
    evidence = await gather_evidence(engine, settings, order_ids, [])
    findings = [
        (planned.group.kind, finding)
        for planned, found in zip(world.orders, evidence.orders, strict=True)
        for finding in judge_order(
            planned,
            found,
            crew.diary.refusals(found.order_id),
            evidence.captured_at_gateway,
        )
    ]
    assert [] == findings
    assert len(KINDS) == len(order_ids)


async def test_what_is_not_there_is_not_there(way: ByHttp) -> None:
    """As the operations say it: a task of no such id is refused, an order has no stage."""
    with pytest.raises(NotFound, match="came nothing-1"):
        await way.show_task("nothing-1")
    assert await way.stage_of("nothing") is None


async def test_a_service_that_is_gone_is_asked_again() -> None:
    """What does not even answer is an outage, never a refusal."""

    def fail(request: httpx.Request) -> httpx.Response:
        message = "nobody there"
        raise httpx.ConnectError(message, request=request)

    nobody: Engine = None  # type: ignore[assignment]
    transport = httpx.MockTransport(fail)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as service:
        with pytest.raises(Unavailable, match="nobody there"):
            await ByHttp(service, KEYS, nobody).list_tasks()
    assert {*KEYS} == {*Role}


@pytest.mark.parametrize(
    ("code", "retryable", "expected"),
    [
        ("confirmation_refused", False, ConfirmationRefused),
        ("forbidden", False, Refused),
        ("too_many_requests", True, Unavailable),
        ("store_busy", True, Unavailable),
    ],
)
def test_a_problem_is_the_error_that_it_was(
    code: str, *, retryable: bool, expected: type[FulfillmentError]
) -> None:
    """By its code where the domain has it, else by whether the same again can help."""
    details = {"code": code, "retryable": retryable, "detail": "it is so", "problems": []}
    media_type = {"content-type": "application/problem+json"}
    error = refusal_of(httpx.Response(409, json=details, headers=media_type))
    assert isinstance(error, expected)
    assert "it is so" == str(error)
