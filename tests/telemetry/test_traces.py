"""Traces: when they are on, what leaves, and that replaying tells nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode
from temporalio.client import WorkflowHistory
from temporalio.contrib.opentelemetry import create_tracer_provider
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from typer.testing import CliRunner

from fulfillment import bootstrap
from fulfillment.domain.errors import FulfillmentError
from fulfillment.entrypoints import cli
from fulfillment.telemetry import tracing
from fulfillment.telemetry.tracing import SafeExporter, TracingInvalid, is_wanted, request_span
from record_histories import FOLDER, load
from workflows.registry import WORKFLOWS

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
CANARY = "Zebedee Canaryson"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Trace into memory as long as the test runs."""
    exporter = InMemorySpanExporter()
    provider = create_tracer_provider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(SafeExporter(exporter)))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


def test_on_where_a_collector_is_named() -> None:
    """By the standard variables; off without, or where OTEL_SDK_DISABLED says so."""
    assert is_wanted(ENDPOINT)
    assert is_wanted({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"})
    assert not is_wanted({})
    assert not is_wanted({**ENDPOINT, "OTEL_SDK_DISABLED": "true"})
    with pytest.raises(TracingInvalid, match="expected http/protobuf, came grpc"):
        is_wanted({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"})


def test_a_command_refuses_another_protocol(tmp_path: Path) -> None:
    """By the variable's name, with the exit code of a set-up that is wrong."""
    environ = {
        "FULFILLMENT_DATA_DIR": str(tmp_path),
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        **ENDPOINT,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
    }
    ended = CliRunner(env=environ).invoke(cli.app, ["orders", "list"])
    assert ended.exit_code == 2
    assert "OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf" in ended.stderr


def test_without_a_collector_nothing_is_added() -> None:
    """The client has no tracing plugin then."""
    assert tracing.plugins() == []


def test_what_leaves(exported: InMemorySpanExporter) -> None:
    """Known attributes and the order's id; of an error its class; nothing that was added."""
    tracer = trace.get_tracer("test")
    with tracer.start_as_current_span(
        "RunActivity:x", attributes={"temporalWorkflowID": "fulfillment/A-1-2", "who": CANARY}
    ) as span:
        span.record_exception(ValueError(CANARY))
        span.add_event(CANARY, {"text": CANARY})
        span.set_status(Status(StatusCode.ERROR, f"ValueError: {CANARY}"))
    (told,) = exported.get_finished_spans()
    assert dict(told.attributes or {}) == {
        "temporalWorkflowID": "fulfillment/A-1-2",
        "fulfillment.order_id": "A-1",
        "fulfillment.fulfillment_id": "A-1-2",
    }
    assert told.status.description == "ValueError"
    assert CANARY not in told.to_json()


def test_a_request_joins_its_callers_trace(exported: InMemorySpanExporter) -> None:
    """By the traceparent alone; baggage is left behind."""
    parent = f"00-{'ab' * 16}-{'cd' * 8}-01"
    with request_span("GET", {"traceparent": parent, "baggage": f"name={CANARY}"}):
        pass
    (span,) = exported.get_finished_spans()
    assert span.context is not None
    assert span.parent is not None
    assert (span.context.trace_id, span.parent.span_id) == (int("ab" * 16, 16), int("cd" * 8, 16))
    assert CANARY not in span.to_json()


async def test_golden_histories_replay_with_tracing(exported: InMemorySpanExporter) -> None:
    """What was recorded without tracing replays with it, in the sandbox, and tells nothing."""
    paths = sorted(FOLDER.glob("*.json"))[::6]  # without tracing, all are replayed elsewhere
    histories: list[WorkflowHistory] = await asyncio.to_thread(lambda: [load(p) for p in paths])
    replayer = Replayer(
        workflows=WORKFLOWS,
        plugins=[bootstrap.plugin(), *tracing.plugins()],
        workflow_failure_exception_types=[FulfillmentError],
    )

    async def each() -> AsyncIterator[WorkflowHistory]:
        for history in histories:
            yield history

    result = await replayer.replay_workflows(each(), raise_on_replay_failure=False)
    assert isinstance(replayer.config()["workflow_runner"], SandboxedWorkflowRunner)
    assert result.replay_failures == {}
    told: tuple[ReadableSpan, ...] = exported.get_finished_spans()
    assert [span.name for span in told] == []
