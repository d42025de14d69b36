"""OpenTelemetry traces, on where the standard OTEL_EXPORTER_OTLP_* variables name a collector.

Spans are made by the SDK's own plugin, whose tracer knows replays; what leaves the process is
reduced to what stands here: an error's text and whatever a header brought stay inside.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import version
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio.contrib.opentelemetry import OpenTelemetryPlugin, create_tracer_provider

from fulfillment.domain.errors import FulfillmentError, Problem
from fulfillment.telemetry.log_context import subject

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
PROTOCOL: Final = "http/protobuf"
DISABLED: Final = "OTEL_SDK_DISABLED"
TIMEOUT: Final = "OTEL_EXPORTER_OTLP_TIMEOUT"
SHORT_SECONDS: Final = 1.0
SERVICE: Final = "OTEL_SERVICE_NAME"

WORKFLOW_ID: Final = "temporalWorkflowID"
KEPT: Final = (
    WORKFLOW_ID,
    "temporalRunID",
    "temporalActivityID",
    "http.request.method",
    "http.response.status_code",
    "http.route",
)
"""Attributes that leave the process; the order's and fulfillment's id are added to them."""

EXCEPTION: Final = "exception"
"""The one event that leaves, with the error's class."""

_TRACEPARENT = TraceContextTextMapPropagator()


class TracingInvalid(FulfillmentError):
    """The OTEL_* variables ask for something that is not here."""

    code = "tracing_invalid"


@cache
def begin(program: str, *, is_short: bool = False) -> bool:
    """Begin to trace if the variables say so; return whether they do.

    Args:
        program: what this process is, as `worker`.
        is_short: whether a person waits for its end, and not long for a collector that is away.

    Raises:
        TracingInvalid: a protocol other than http/protobuf is asked for.

    """
    if not is_wanted(os.environ):
        return False
    timeout = None if os.environ.get(TIMEOUT) or not is_short else SHORT_SECONDS
    export_to(OTLPSpanExporter(timeout=timeout), program)
    return True


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Return whether the standard variables name a collector, and don't switch tracing off.

    Raises:
        TracingInvalid: a protocol other than http/protobuf is asked for.

    """
    if not any(environ.get(name) for name in ENDPOINTS):
        return False
    if environ.get(DISABLED, "").lower() == "true":
        return False
    for name in PROTOCOLS:
        came = environ.get(name) or PROTOCOL
        if came != PROTOCOL:
            remedy = "unset it, and name the collector's HTTP port (4318 by custom)"
            raise TracingInvalid.of(Problem(path=name, expected=PROTOCOL, came=came, remedy=remedy))
    return True


def export_to(exporter: SpanExporter, program: str) -> None:
    """Make the process's tracer provider, whose spans go to this exporter; once per process."""
    name = os.environ.get(SERVICE) or f"fulfillment-{program}"
    resource = Resource.create({SERVICE_NAME: name, SERVICE_VERSION: version("fulfillment-engine")})
    provider = create_tracer_provider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(SafeExporter(exporter)))
    trace.set_tracer_provider(provider)


def is_on() -> bool:
    """Return whether this process traces."""
    return hasattr(trace.get_tracer_provider(), "force_flush")


def flush() -> None:
    """Send what was traced and not sent yet."""
    provider = trace.get_tracer_provider()
    if hasattr(provider, "force_flush"):
        provider.force_flush()


def plugins() -> list[OpenTelemetryPlugin]:
    """Return what a client traces by; nothing where this process does not trace."""
    return [OpenTelemetryPlugin(add_temporal_spans=True)] if is_on() else []


@contextmanager
def request_span(method: str, headers: Mapping[str, str]) -> Iterator[Span]:
    """Open the span of an HTTP request, inside the caller's trace where it brought one."""
    # Of what the caller sent, only the trace's ids: baggage may hold anything.
    context = _TRACEPARENT.extract(headers)
    with trace.get_tracer(__name__).start_as_current_span(
        method, context, SpanKind.SERVER, record_exception=False, set_status_on_exception=False
    ) as span:
        yield span


class SafeExporter(SpanExporter):
    """Exports spans without what could quote personal data."""

    def __init__(self, exporter: SpanExporter) -> None:
        """Keep what exports."""
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export the spans, reduced."""
        return self._exporter.export([reduced(span) for span in spans])

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Have the exporter send what it still holds."""
        return self._exporter.force_flush(timeout_millis)


def reduced(span: ReadableSpan) -> ReadableSpan:
    """Return a span with the attributes that may leave, of errors only their class."""
    attributes = span.attributes or {}
    kept = {name: attributes[name] for name in KEPT if name in attributes}
    about = subject(str(attributes.get(WORKFLOW_ID, "")))
    ids = {f"fulfillment.{name}": value for name, value in about.items()}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={**kept, **ids},
        events=[_reduced_event(event) for event in span.events if event.name == EXCEPTION],
        kind=span.kind,
        status=Status(span.status.status_code, _kind(span.status.description)),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _reduced_event(event: Event) -> Event:
    kind = (event.attributes or {}).get("exception.type", "")
    return Event(event.name, {"exception.type": kind}, event.timestamp)


def _kind(description: str | None) -> str | None:
    """Return the class of `class: text`."""
    return description.partition(":")[0] if description else None
