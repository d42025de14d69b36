"""What a worker and `serve` tell while they carry orders: all of it, and nothing personal."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from prometheus_client.parser import text_string_to_metric_families
from temporalio.client import Client

import plant
from floor_driver import Placed
from fulfillment.temporal.dev_server import DevServer
from observed import Observed, observed
from trace_sink import attributes

ROOT = Path(__file__).parents[2]
BOARD = ROOT / "deploy" / "grafana" / "dashboards" / "fulfillment.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
CANARIES = ("Zebedee", "Canaryson", "Canarystr", "7654321", "canary@example.com", "secret-gift")
NAMES = re.compile(r"\b(?:fulfillment|temporal|process)_[a-z0-9_]+")
FREE_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')

CUSTOMER: dict[str, Any] = {
    "customer": {
        "name": "Zebedee Canaryson",
        "email": "canary@example.com",
        "phone": "+49 40 7654321",
    },
    "ship_to": {
        "name": "Zebedee Canaryson",
        "street": ["Canarystr. 7"],
        "city": "Hamburg",
        "postal_code": "20359",
        "country": "DE",
    },
    "gift": {"message": "secret-gift"},
}


@pytest.fixture(scope="module")
async def site(
    server: DevServer, client: Client, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Observed, str]]:
    """Run the processes, and carry one order to its end and others to where they stop."""
    environ: dict[str, str] = {}
    try:
        async with observed(server, client, tmp_path_factory.mktemp("seen"), environ) as running:
            yield running, await carried(running)
    finally:
        for name in environ:
            os.environ.pop(name, None)


async def carried(running: Observed) -> str:
    """Submit good and bad orders over HTTP, finish one, and return its id."""
    good = plant.new_id("SEEN")
    timeouts = {"payment": {"method": "to_authorize", "reference": "tok_timeout_before"}}
    declined = {"payment": {"method": "to_authorize", "reference": "tok_declined"}}
    lost = {"ship_to": {**CUSTOMER["ship_to"], "postal_code": "2035"}}
    statuses = [
        await post(running, good, **timeouts),
        await post(running, plant.new_id("DECLINED"), **declined),
        await post(running, plant.new_id("LOST"), **lost),
        await post(running, plant.new_id("SHORT"), lines=[line("RARE1", 3)]),
        await post(running, good, **lost),
        await post(running, plant.new_id("WRONG"), ship_to={"name": "Zebedee Canaryson"}),
    ]
    assert statuses == [201, 201, 201, 201, 409, 422]
    await by_command(running, f"CLI.{good}")
    await running.web.get("/v1/orders/canary@example.com")
    await running.web.get("/v1/orders", params={"stage": "Canaryson"})
    await running.web.get("/Canaryson")
    placed = Placed(running.shop, good)
    share = await placed.share()
    wrong = {"by": "Zebedee Canaryson", "picked": [{"sku": "Canaryson", "quantity": 1}]}
    await running.web.post(f"/v1/fulfillments/{share.fulfillment_id}/confirm-pick", json=wrong)
    await share.handle.signal("picking_done", {"by": "Zebedee Canaryson", "picked": "Canaryson"})
    await share.finish()
    await placed.ended()
    stranger = await running.shop.client.start_workflow(
        "Stranger",
        "Zebedee Canaryson",
        id=plant.new_id("stranger"),
        task_queue=running.shop.settings.task_queue,
    )

    async def failed() -> bool:
        return "Stranger" in (await running.scrape()) or "workflow_task_execution_failed" in (
            await running.scrape()
        )

    await plant.eventually(failed)
    await stranger.terminate()
    return good


async def by_command(running: Observed, order_id: str) -> None:
    """Submit an order by `starter.py`."""
    starter = await asyncio.create_subprocess_exec(
        sys.executable,
        ROOT / "starter.py",
        "--no-follow",
        "-",
        env=running.stack.environment(),
        stdin=PIPE,
        stderr=PIPE,
        stdout=PIPE,
    )
    order = plant.order_data(order_id, **CUSTOMER)
    said, refused = await starter.communicate(json.dumps(order).encode())
    assert (said.decode(), refused.decode()) == (f"{order_id}: acknowledged\n", "")


def line(sku: str, quantity: int) -> dict[str, Any]:
    """Return an order's line."""
    return {"sku": sku, "quantity": quantity, "unit_price_minor": 1990, "tax_minor": 0}


async def post(running: Observed, order_id: str, **changes: Any) -> int:
    """Submit an order over HTTP and return the status."""
    order = plant.order_data(order_id, **{**CUSTOMER, **changes})
    return (await running.web.post("/v1/orders", json=order)).status_code


async def test_logs_are_json_with_ids(site: tuple[Observed, str]) -> None:
    """Each line is an object; a failing activity's names order, workflow, run and attempt."""
    running, order_id = site
    lines = running.lines(running.stack.worker_log)
    failed = [entry for entry in lines if "activity" in entry and entry.get("order_id") == order_id]
    assert {entry["program"] for entry in lines} == {"worker"}
    assert failed[0]["message"] == "Completing activity as failed"
    assert failed[0]["workflow_id"] == f"order/{order_id}"
    assert failed[0]["activity"] == "authorize_payment"
    assert (failed[0]["attempt"], failed[0]["level"]) == (1, "WARNING")
    assert failed[0]["task_queue"] == running.shop.settings.task_queue
    assert failed[0]["error"]["code"] == "payment_unclear"
    assert len(failed[0]["run_id"]) == 36


async def test_requests_are_logged_by_route(site: tuple[Observed, str]) -> None:
    """With method, route template, status, duration and request id; the raw URL is nowhere."""
    running, _ = site
    answered = [e for e in running.lines(running.serve_log) if e["message"] == "answered"]
    routes = Counter((e["method"], e["route"], e["status"]) for e in answered)
    assert routes["POST", "/v1/orders", 201] == 4
    assert routes["GET", "/v1/orders/{order_id}", 404] + routes["GET", "/v1/orders/{order_id}", 422]
    assert routes["GET", "none", 404] == 1
    assert all(e["duration_ms"] >= 0 and len(e["request_id"]) == 36 for e in answered)
    assert len({e["request_id"] for e in answered}) == len(answered)


async def test_nothing_personal_is_told(site: tuple[Observed, str]) -> None:
    """Name, street, phone, mail and gift message stand in no log, metric or span."""
    running, _ = site
    told = {
        "worker": running.stack.worker_log.read_bytes(),
        "serve": running.serve_log.read_bytes(),
        "metrics": (await running.scrape()).encode(),
        "traces": b"".join(running.sink.bodies),
    }
    assert all(len(text) > 1000 for text in told.values())
    found = [(where, c) for where, text in told.items() for c in CANARIES if c.encode() in text]
    assert found == []


def names_in(expressions: list[str]) -> set[str]:
    """Return the metric names that expressions use; label values left out."""
    return {name for text in expressions for name in NAMES.findall(FREE_TEXT.sub("", text))}


def board_expressions() -> list[str]:
    """Return every expression of the board."""
    board = json.loads(BOARD.read_text(encoding="utf-8"))
    return [t["expr"] for panel in board["panels"] for t in panel.get("targets", [])]


def alert_expressions() -> list[str]:
    """Return every expression of the alerts."""
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    return [rule["expr"] for group in rules["groups"] for rule in group["rules"]]


async def test_board_and_alerts_use_what_is_exposed(site: tuple[Observed, str]) -> None:
    """Every metric that an expression names was scraped from these processes."""
    running, _ = site
    exposed = samples_in(await running.scrape())
    used = names_in(board_expressions() + alert_expressions())
    assert len(used) > 20
    assert used - exposed == set()


def samples_in(scraped: str) -> set[str]:
    """Return the names of all samples."""
    families = text_string_to_metric_families(scraped)
    return {sample.name for family in families for sample in family.samples}


async def test_the_open_work_is_counted(site: tuple[Observed, str]) -> None:
    """Orders on hold and back-ordered are counted as they stand, the same by both programs."""
    running, _ = site

    async def counted() -> bool:
        back_ordered = 'fulfillment_orders{age="under_1h",stage="back_ordered"} 1.0'
        return (await running.scrape()).count(back_ordered) == 2

    await plant.eventually(counted)
    scraped = await running.scrape()
    assert scraped.count('fulfillment_orders{age="under_1h",stage="on_hold"} 2.0') == 2
    assert scraped.count("fulfillment_back_ordered_units 3.0") == 2
    assert scraped.count('fulfillment_blocked_workflows{workflow="OrderWorkflow"} 3.0') == 2
    retried = 'fulfillment_activity_retries_total{activity="authorize_payment"} 1.0'
    assert retried in scraped


async def test_labels_are_bounded(site: tuple[Observed, str]) -> None:
    """No label of ours holds an id: orders, runs and requests leave no trace in the metrics."""
    running, order_id = site
    families = text_string_to_metric_families(await running.scrape())
    ours = [s for f in families for s in f.samples if s.name.startswith("fulfillment_")]
    labels = {name for sample in ours for name in sample.labels}
    assert labels <= {
        "activity",
        "age",
        "kind",
        "le",
        "method",
        "outcome",
        "route",
        "stage",
        "status",
        "workflow",
    }
    assert order_id not in await running.scrape()


async def test_one_trace_from_request_to_activity(site: tuple[Observed, str]) -> None:
    """A request, the workflow it starts and its activities are one trace, each span once."""
    running, order_id = site

    async def ended() -> list[Span] | None:
        spans = [s for s in running.sink.spans() if of(s) == order_id]
        names = {span.name for span in spans}
        return spans if {"RunWorkflow:OrderWorkflow", "RunActivity:settle_order"} <= names else None

    spans = await plant.eventually(ended)
    everything = running.sink.spans()
    by_id = {span.span_id: span for span in everything}
    activity = next(s for s in spans if s.name == "RunActivity:authorize_payment")
    chain = chain_to(activity, by_id)
    assert [span.name for span in chain] == [
        "RunActivity:authorize_payment",
        "StartActivity:authorize_payment",
        "RunWorkflow:OrderWorkflow",
        "StartUpdateWithStartWorkflow:OrderWorkflow",
        "POST /v1/orders",
    ]
    assert {span.trace_id for span in chain} == {activity.trace_id}
    assert len(by_id) == len(everything)
    assert not [span.name for span in everything if span.name.startswith("fastapi")]
    once = Counter(s.name for s in spans if s.name.startswith("StartActivity"))
    assert once["StartActivity:authorize_payment"] == once["StartActivity:settle_order"] == 1


async def test_one_trace_from_command_to_activity(site: tuple[Observed, str]) -> None:
    """A command sends its span before it ends; the order's activities hang below it."""
    running, order_id = site
    mine = [span for span in running.sink.spans() if of(span) == f"CLI.{order_id}"]
    by_name = {span.name: span for span in mine}
    submitted = by_name["StartUpdateWithStartWorkflow:OrderWorkflow"]
    recorded = by_name["RunActivity:record_order"]
    assert submitted.parent_span_id == b""
    assert recorded.trace_id == submitted.trace_id
    assert by_name["StartActivity:record_order"].span_id == recorded.parent_span_id


def chain_to(span: Span, by_id: dict[bytes, Span]) -> list[Span]:
    """Return a span and all above it, up to the trace's root."""
    chain = [span]
    while chain[-1].parent_span_id:
        chain.append(by_id[chain[-1].parent_span_id])
    return chain


def of(span: Span) -> str:
    """Return the id of the order that a span is about."""
    return attributes(span).get("fulfillment.order_id", "")
